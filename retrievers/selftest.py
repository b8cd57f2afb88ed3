"""A few stored questions with their known best items: a retriever that opens an index answers them before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from retrievers.errors import IndexCorrupt
from retrievers.partition import Unit, best
from retrievers.postings import Postings
from retrievers.scope import Scope

if TYPE_CHECKING:
    from retrievers.build import BuildSettings
    from retrievers.encoder import Encoder

_WORDS, _ROWS, _CLEAR = 12, 3, 0.02


def questions(unit: Unit, settings: BuildSettings) -> dict[str, list[list[str]]]:
    """For each kind of retriever, (text, best item) pairs: the first words of a few rows, where the winner is clear."""
    if unit.size == 0:
        return {"lexical": [], "dense": []}
    wanted = {row * (unit.size - 1) // max(_ROWS - 1, 1) for row in range(_ROWS)}
    texts = [" ".join(text.split()[:_WORDS]) for row, text in enumerate(unit.texts()) if row in wanted]
    lexical = _clear(
        texts, [best(unit, Postings(unit.folder / "bm25").scores(settings.analyzer.terms(t)), 2, Scope()) for t in texts]
    )
    dense = _clear(texts, _dense(unit, texts, settings.encoder)) if settings.encoder is not None else []
    return {"lexical": lexical, "dense": dense}


def run(unit: Unit, kind: str, stored: Mapping[str, Sequence[Sequence[str]]], found: Sequence[str]) -> None:
    """Compare what a retriever finds first with what it found at building; raise `IndexCorrupt` where they differ."""
    for (text, expected), first in zip(stored[kind], found, strict=True):
        if first != expected:
            raise IndexCorrupt(
                f"the {kind} self-test of {unit.folder} failed: {text!r} gave {first!r}",
                f"{expected!r}, as when the index was built",
                "build it again with this version: fathom index DOCS --out INDEX",
            )


def _dense(unit: Unit, texts: Sequence[str], encoder: Encoder) -> list[tuple[list[str], list[float]]]:
    return [
        best(unit, np.asarray(unit.vectors @ vector, dtype=np.float32), 2, Scope()) for vector in encoder.encode_queries(texts)
    ]


def _clear(texts: Sequence[str], found: Sequence[tuple[list[str], list[float]]]) -> list[list[str]]:
    """The questions whose winner leads by a margin that no change of device or dtype can turn."""
    pairs: list[list[str]] = []
    for text, (ids, scores) in zip(texts, found, strict=True):
        if ids and (len(ids) == 1 or scores[0] - scores[1] > _CLEAR * max(abs(scores[0]), 1e-6)):
            pairs.append([text, ids[0]])
    return pairs


def asks(stored: Mapping[str, Any], kind: str) -> list[str]:
    """The texts of the stored questions of one kind."""
    return [text for text, _ in stored[kind]]

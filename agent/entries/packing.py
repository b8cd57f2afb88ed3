"""Candidates of one stage, packed into one row: a thousand places are some ten kilobytes."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from agent.entries.faults import StoreError
from retrievers.base import Hit, Step

_FORM = b"\x01"


@dataclass(frozen=True)
class Candidates:
    """What one stage gave for one query, as the ledger holds it: the first places of `total`. Iterating gives hits.

    >>> ledger.candidates(run, 1, 2)[0].rank("doc-7#3")
    """

    stage: str
    query: str
    ids: tuple[str, ...]
    scores: tuple[float, ...]
    details: tuple[str, ...]
    total: int

    def rank(self, id: str) -> int | None:
        """The 1-based place of `id`, or None if it is not among the places that were kept."""
        return self.ids.index(id) + 1 if id in self.ids else None

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Hit]:
        for rank, (id, score, detail) in enumerate(zip(self.ids, self.scores, self.details, strict=True), start=1):
            yield Hit(id, score, (Step(self.stage, rank, score, detail),))


def pack(staged: Candidates) -> bytes:
    """Ids, scores and details as one compressed JSON text; the scores are the base64 of little-endian float32, so exact."""
    scores = b64encode(np.asarray(staged.scores, "<f4").tobytes()).decode()
    body = {"ids": staged.ids, "scores": scores, "details": staged.details if any(staged.details) else ()}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return _FORM + zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def packed(position: int, staged: Candidates) -> dict[str, Any]:
    """The columns of what a stage gave, the `position`th of its recipe from 0."""
    about = {"position": position, "stage": staged.stage, "query": staged.query, "total": staged.total}
    return {**about, "packed": pack(staged)}


def unpack(packed: bytes, stage: str, query: str, total: int) -> Candidates:
    """What `pack` packed; a `StoreError` if it is anything else."""
    try:
        if packed[:1] != _FORM:
            raise ValueError("another form")
        body = json.loads(zlib.decompress(packed[1:]).decode("utf-8", "surrogatepass"))
        ids = tuple(body["ids"])
        scores = tuple(np.frombuffer(b64decode(body["scores"], validate=True), "<f4").tolist())
        details = tuple(body["details"]) or ("",) * len(ids)
        if not len(ids) == len(scores) == len(details):
            raise ValueError("not one score an id")
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise StoreError(
            f"the candidates of the stage {stage} cannot be read", "what fathom packed", "put a backup of the ledger in its place"
        ) from error
    return Candidates(stage, query, ids, scores, details, total)

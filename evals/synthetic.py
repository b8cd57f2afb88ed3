"""Synthetic passages whose words follow Zipf's law, made from a seed: for speed and memory, never for quality."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = 50_000
_COMMON = 100
_CONSONANTS, _VOWELS = "bdfghklmnprstvz", "aeiou"


def vocabulary(size: int = SIZE) -> list[str]:
    """Pronounceable words, commonest first, each of its own stem: all end in `ku`, which no English ending does."""
    return [_word(rank) for rank in range(size)]


def passages(count: int, words: int, names: Sequence[str], seed: int = 0) -> Iterator[str]:
    """`count` passages of `words` words of `names`: the word at place r comes with a chance proportional to 1 / (r + 1)."""
    for row in _places(count, words, len(names), seed):
        yield " ".join(names[int(place)] for place in row)


def questions(count: int, words: int, names: Sequence[str], seed: int = 1) -> list[str]:
    """`count` queries by the same law, the 100 commonest words left out as stop words would be."""
    return list(passages(count, words, names[_COMMON:], seed))


def write_corpus(path: Path, texts: Iterable[str]) -> None:
    """The passages as JSON lines with ids p0, p1, ..."""
    with path.open("w", encoding="utf-8") as out:
        for number, text in enumerate(texts):
            out.write(json.dumps({"id": f"p{number}", "title": "", "text": text}) + "\n")


def _places(count: int, words: int, size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    chances = 1 / np.arange(1, size + 1)
    bounds = np.cumsum(chances / chances.sum())
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield np.minimum(np.searchsorted(bounds, random.random(words)), size - 1)


def _word(rank: int) -> str:
    syllables: list[str] = []
    left = rank
    while left or not syllables:
        left, place = divmod(left, len(_CONSONANTS) * len(_VOWELS))
        syllables.append(_CONSONANTS[place // len(_VOWELS)] + _VOWELS[place % len(_VOWELS)])
    return "".join(syllables) + "ku"

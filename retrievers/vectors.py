"""The vectors of a build: those of the generation before where a text is the same, else encoded, a chunk at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray

from retrievers.encoder import Encoder
from retrievers.generation import Generation
from retrievers.known import Known
from retrievers.partition import Unit

Progress = Callable[[str, int, int | None], None]
_CHUNK, _PIECE, _CHARACTERS = 512, 64, 16 << 20


@dataclass(frozen=True)
class Written:
    """How many vectors were encoded, and how many were there before."""

    encoded: int
    reused: int


def write_vectors(units: Sequence[Unit], encoder: Encoder, previous: Generation | None, progress: Progress) -> Written:
    """Write `vectors.npy` (rows, dimension; float32) into each unit's folder; `progress("encode", done, total)` as it goes.

    >>> write_vectors(list(partition.units.values()), Encoder(), None, progress).encoded
    165
    """
    known = Known(previous, encoder)
    total, done, encoded = sum(unit.size for unit in units), 0, 0
    progress("encode", 0, total)
    for unit in units:
        with (unit.folder / "vectors.npy").open("wb") as out:
            write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": (unit.size, encoder.dimension)})
            for texts in _chunks(unit):
                vectors, new = _encode(texts, known, unit, encoder, partial(_tell, progress, done, total))
                out.write(vectors.astype("<f4").tobytes())
                done += len(texts)
                encoded += new
    return Written(encoded, done - encoded)


def _encode(
    texts: list[str], known: Known, unit: Unit, encoder: Encoder, told: Callable[[int], None]
) -> tuple[NDArray[np.float32], int]:
    """Vectors of consecutive rows, and how many are new. The longest texts go first; `told` hears how many are ready."""
    old = [known.vector(unit, text) for text in texts]
    new = sorted((place for place, vector in enumerate(old) if vector is None), key=lambda place: -len(texts[place]))
    ready = len(texts) - len(new)
    told(ready)
    fresh: dict[int, NDArray[np.float32]] = {}
    for start in range(0, len(new), _PIECE):
        piece = new[start : start + _PIECE]
        fresh |= zip(piece, encoder.encode_passages([texts[place] for place in piece]), strict=True)
        told(ready + len(fresh))
    return np.stack([fresh[place] if vector is None else vector for place, vector in enumerate(old)]), len(new)


def _tell(progress: Progress, before: int, total: int, ready: int) -> None:
    progress("encode", before + ready, total)


def _chunks(unit: Unit) -> Iterator[list[str]]:
    """The rows' texts, some at a time: so many, or so many characters where they are long."""
    held: list[str] = []
    size = 0
    for text in unit.texts():
        held.append(text)
        size += len(text)
        if len(held) == _CHUNK or size > _CHARACTERS:
            yield held
            held, size = [], 0
    if held:
        yield held

"""A column of texts, read in pieces: a piece costs its own length, not that of the text that it is cut from."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

STRIDE = 1024
_BLOCK = 1 << 20
_KEPT = 256

Bytes = NDArray[np.uint8]
Marks = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of Arrow's `large_string`, in UTF-8, whose texts are cut by code points without decoding the rest.

    The first piece of a text reads it once through and notes the byte at which every `STRIDE`th code point begins (8 bytes for
    each); the notes of the last texts are kept. A text of ASCII alone needs none.

    >>> Texts(table.column("text")).piece(3, 200, 260)
    """

    column: pa.ChunkedArray[Any] = field(repr=False)

    def whole(self, place: int) -> str:
        """The text at a place of the column."""
        return cast(str, self.column[place].as_py())

    def piece(self, place: int, start: int, end: int) -> str:
        """`whole(place)[start:end]`; 0 <= start, end beyond the text is its end."""
        content = self._content(place)
        if len(content) <= STRIDE:
            return self.whole(place)[start:end]
        marks = self._marked(place, content)
        if not len(marks):  # ASCII: a code point is a byte
            return content[start:end].tobytes().decode()
        at = min(start // STRIDE, len(marks) - 1)
        past = -(-end // STRIDE)
        stop = int(marks[past]) if past < len(marks) else len(content)
        return content[int(marks[at]) : stop].tobytes().decode()[start - at * STRIDE : end - at * STRIDE]

    def _content(self, place: int) -> Bytes:
        """The bytes of a text, where they lie in the file."""
        chunk = bisect_right(self._firsts, place) - 1
        offsets, content = self._buffers[chunk]
        at = place - self._firsts[chunk]
        return content[int(offsets[at]) : int(offsets[at + 1])]

    @cached_property
    def _firsts(self) -> list[int]:
        """The place at which each chunk begins."""
        return np.cumsum([0, *(len(chunk) for chunk in self.column.chunks[:-1])]).tolist()

    @cached_property
    def _buffers(self) -> list[tuple[Marks, Bytes]]:
        """(offsets, bytes) of each chunk, as views of the file."""
        return [_views(cast(pa.LargeStringArray, chunk)) for chunk in self.column.chunks]

    @cached_property
    def _known(self) -> OrderedDict[int, Marks]:
        return OrderedDict()

    def _marked(self, place: int, content: Bytes) -> Marks:
        marks = self._known.get(place)
        if marks is None:
            marks = self._known[place] = _marks(content)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return marks


def _views(chunk: pa.LargeStringArray) -> tuple[Marks, Bytes]:
    _, offsets, content = chunk.buffers()
    first = chunk.offset
    return _array(offsets).view(np.int64)[first : first + len(chunk) + 1], _array(content)


def _array(buffer: pa.Buffer | None) -> Bytes:
    """A buffer as bytes, without copying it; Arrow has none where there is nothing."""
    return np.zeros(0, np.uint8) if buffer is None else np.frombuffer(memoryview(cast(bytes, buffer)), np.uint8)


def _marks(content: Bytes) -> Marks:
    """The bytes at which the code points 0, STRIDE, 2 STRIDE, ... begin; none where every code point is a byte."""
    found: list[Marks] = []
    count = 0
    for first in range(0, len(content), _BLOCK):
        begins = np.flatnonzero((content[first : first + _BLOCK] & 0xC0) != 0x80)
        found.append(begins[-count % STRIDE :: STRIDE] + first)
        count += len(begins)
    return np.zeros(0, np.int64) if count == len(content) else np.concatenate(found)

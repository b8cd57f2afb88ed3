"""A sequence whose parts are made when they are read: a ranking of a thousand hits is seldom read beyond the first ten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

T = TypeVar("T")


class Lazy(Sequence[T]):
    """`count` parts, each made by `make(place)` whenever it is read; `make` must always give the same. A slice is a tuple.

    >>> Lazy(1000, str)[:2]
    ('0', '1')
    """

    __slots__ = ("_count", "_make")

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._count, self._make = count, make

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        places = range(self._count)[place]
        return self._make(places) if isinstance(places, int) else tuple(map(self._make, places))

    def __len__(self) -> int:
        return self._count

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__: Any = None

    def __repr__(self) -> str:
        return repr(tuple(self))

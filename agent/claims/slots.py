"""Whether a value stands in a claim where its evidence has another: "from 1887 to" for "from 1892 to", both years being there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from agent.claims.words import Word

_LONGEST = 3
_LEAST = 3
_MORE = 2
_SPANS = frozenset({"between", "from"})


class Placed(Protocol):
    """Something that the words [first, last] of a text say."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...


P = TypeVar("P", bound=Placed)


@dataclass(frozen=True)
class Slot(Generic[P]):
    """A value and the stems next to it, up to three on either side within its sentence, nearest first."""

    value: P
    before: tuple[str, ...]
    behind: tuple[str, ...]


def slots(words: Sequence[Word], values: Sequence[P], brackets: bool = True) -> Iterator[Slot[P]]:
    """Each value of a text in its place; without `brackets` as if nothing stood in any.

    >>> next(slots(words("It rose from 1892 to 1893."), dates)).before
    ('from', 'rose', 'it')
    """
    way = range(len(words)) if brackets else _outside(words)
    for value in values:
        before, behind = bisect_left(way, value.first), bisect_right(way, value.last)
        left = [words[place] for place in reversed(way[max(0, before - _LONGEST) : before])]
        right = [words[place] for place in way[behind : behind + _LONGEST]]
        ends = [word.opens for word in (words[value.first], *left)], [word.opens for word in right]
        yield Slot(value, _until(ends[0], left), _until(ends[1], right))


@dataclass(frozen=True)
class Slotbook(Generic[P]):
    """The values of the evidence in their places, with what stands in brackets and without: a claim may leave that out."""

    texts: tuple[tuple[Sequence[Word], Sequence[P]], ...]

    def displaced(self, mine: Slot[P], fits: Callable[[P, P], bool]) -> bool:
        """Whether a value of the claim stands here, but the words around it are those around another value here, not its own.

        `fits(given, claimed)` tells whether a value of the evidence is the claimed one. Another must stand among three of the
        same words at least, and among two more than the own.

        >>> Slotbook(((theirs, numbers),)).displaced(mine, lambda given, claimed: given.value == claimed.value)
        False
        """
        own, other = -1, 0
        for (before, behind), values in self._places.items():
            company = _common(mine.before, before) + _common(mine.behind, behind)
            if company > own and any(fits(value, mine.value) for value in values):
                own = company
            if company > other and not all(fits(value, mine.value) for value in values):
                other = company
        return own >= 0 and other >= _LEAST and other >= own + _MORE

    @cached_property
    def _places(self) -> dict[tuple[tuple[str, ...], tuple[str, ...]], list[P]]:
        table: dict[tuple[tuple[str, ...], tuple[str, ...]], list[P]] = {}
        for slot in (slot for told, values in self.texts for slot in _every(told, values)):
            table.setdefault((slot.before, slot.behind), []).append(slot.value)
        return table


def _every(words: Sequence[Word], values: Sequence[P]) -> Iterator[Slot[P]]:
    """The values of a text with what stands in brackets and without, and each of a list as if it stood there alone."""
    yield from slots(words, values)
    yield from slots(words, values, brackets=False)
    for first, last in _lists(words, values):
        ends = next(slots(words, [values[first]])), next(slots(words, [values[last]]))
        yield from (Slot(value, ends[0].before, ends[1].behind) for value in values[first : last + 1])


def _lists(words: Sequence[Word], values: Sequence[Placed]) -> Iterator[tuple[int, int]]:
    """The first and last of every run of values with nothing but commas, "and" or "or" between; from one to another is no run."""
    first = 0
    for number in range(1, len(values) + 1):
        if number < len(values) and _listed(words, values[number - 1], values[number]):
            continue
        if number - first > 1 and not (values[first].first and words[values[first].first - 1].folded in _SPANS):
            yield first, number - 1
        first = number


def _listed(words: Sequence[Word], one: Placed, other: Placed) -> bool:
    between = words[one.last + 1 : other.first]
    commas = all(not word.gap.strip(" ,") for word in words[one.last + 1 : other.first + 1])
    return commas and all(word.folded in {"and", "or"} for word in between)


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    for count, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return count
    return min(len(a), len(b))


def _until(ends: Sequence[bool], words: Sequence[Word]) -> tuple[str, ...]:
    """The stems up to where a sentence ends."""
    count = next((count for count, end in enumerate(ends) if end), len(words))
    return tuple(word.stem for word in words[:count])


def _outside(words: Sequence[Word]) -> list[int]:
    """The places of the words that stand in no brackets."""
    depth, places = 0, list[int]()
    for place, word in enumerate(words):
        depth = max(0, depth + sum(word.gap.count(sign) for sign in "([") - sum(word.gap.count(sign) for sign in ")]"))
        if not depth:
            places.append(place)
    return places

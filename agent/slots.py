"""Whether a value stands in a claim where its evidence has another: "from 1887 to" for "from 1892 to", both years being there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from agent.words import Word

_LONGEST = 3
_LEAST = 3
_MORE = 2


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

    def company(self, other: Slot[P]) -> int:
        """How many words around two values are the same, counted outwards."""
        return _common(self.before, other.before) + _common(self.behind, other.behind)


def slots(words: Sequence[Word], values: Sequence[P]) -> Iterator[Slot[P]]:
    """Each value of a text in its place, and once more as if nothing stood in brackets: a claim may leave that out.

    >>> next(slots(words("It rose from 1892 to 1893."), dates)).before
    ('from', 'rose', 'it')
    """
    for way in (range(len(words)), _outside(words)):
        for value in values:
            before, behind = bisect_left(way, value.first), bisect_right(way, value.last)
            left = [words[place] for place in reversed(way[max(0, before - _LONGEST) : before])]
            right = [words[place] for place in way[behind : behind + _LONGEST]]
            nearer = [words[value.first], *left]
            yield Slot(
                value, _until([not word.opens for word in nearer], left), _until([not word.opens for word in right], right)
            )


def displaced(mine: Slot[P], theirs: Sequence[Slot[P]], fits: Callable[[P, P], bool]) -> bool:
    """Whether the words around a value of the claim are those around another value of the evidence, and not around its own.

    `fits(given, claimed)` tells whether a value of the evidence is the claimed one. Another must stand among three of the same
    words at least, and among two more than the own.

    >>> displaced(mine, theirs, lambda given, claimed: given.value == claimed.value)
    False
    """
    own = other = 0
    for slot in theirs:
        company = mine.company(slot)
        if company > own and fits(slot.value, mine.value):
            own = company
        elif company > other and not fits(slot.value, mine.value):
            other = company
    return other >= _LEAST and other >= own + _MORE


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    return next((count for count, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _until(within: Sequence[bool], words: Sequence[Word]) -> tuple[str, ...]:
    """The stems up to where a sentence ends."""
    count = next((count for count, same in enumerate(within) if not same), len(words))
    return tuple(word.stem for word in words[:count])


def _outside(words: Sequence[Word]) -> list[int]:
    """The places of the words that stand in no brackets."""
    depth, places = 0, list[int]()
    for place, word in enumerate(words):
        depth = max(0, depth + sum(word.gap.count(sign) for sign in "([") - sum(word.gap.count(sign) for sign in ")]"))
        if not depth:
            places.append(place)
    return places

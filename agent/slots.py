"""Whether a value stands in a claim where its evidence has another: "from 1887 to" for "from 1892 to", both years being there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

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
Told = tuple[Sequence[Word], Sequence[P]]


def displaced(claim: Sequence[Word], one: P, evidence: Iterable[Told[P]], fits: Callable[[P, P], bool]) -> bool:
    """Whether the words around a value of the claim are those around another value of the evidence, and not around its own.

    Up to three words on either side are compared. `fits(given, claimed)` tells whether a value of the evidence is the claimed
    one. The other must stand among three of the same words at least, and two more than the own.

    >>> displaced(ours, one, [(theirs, values)], lambda given, claimed: given.value == claimed.value)
    False
    """
    own = other = 0
    for words, given in evidence:
        ways = [list(range(len(words))), _outside(words)]
        for each in given:
            company = max(_company(claim, one, words, each, way) for way in ways)
            own, other = (max(own, company), other) if fits(each, one) else (own, max(other, company))
    return other >= _LEAST and other >= own + _MORE


def _company(claim: Sequence[Word], one: Placed, words: Sequence[Word], each: Placed, way: Sequence[int]) -> int:
    """How many words around two values are the same, when the evidence is read along these places."""
    before, behind = bisect_left(way, each.first), bisect_right(way, each.last)
    left = zip(range(one.first - 1, -1, -1), reversed(way[max(0, before - _LONGEST) : before]), strict=False)
    right = zip(range(one.last + 1, len(claim)), way[behind : behind + _LONGEST], strict=False)
    return _run(claim, words, left, 1) + _run(claim, words, right, 0)


def _run(claim: Sequence[Word], words: Sequence[Word], places: Iterable[tuple[int, int]], back: int) -> int:
    """How many of these pairs of places, one after another and within a sentence, hold the same word."""
    count = 0
    for ours, theirs in places:
        if claim[ours].stem != words[theirs].stem or claim[ours + back].opens or words[theirs + back].opens:
            return count
        count += 1
    return count


def _outside(words: Sequence[Word]) -> list[int]:
    """The places of the words that stand in no brackets: a claim may leave out what does."""
    depth, places = 0, list[int]()
    for place, word in enumerate(words):
        depth = max(0, depth + sum(word.gap.count(sign) for sign in "([") - sum(word.gap.count(sign) for sign in ")]"))
        if not depth:
            places.append(place)
    return places

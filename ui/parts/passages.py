"""The passages of a question: what was shown, and what was just missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ui.parts.gathered import Gathered, Searched
from ui.parts.path import path

Cited = Literal["yes", "in vain", "no"]
MISSED = 10


@dataclass(frozen=True)
class Passage:
    """One passage: its rank at the end of the search that is told of (0: an earlier answer of the conversation brought it), its
    rank at each stage of that search, and the number it was shown as."""

    id: str
    rank: int | None
    search: int
    stages: Mapping[str, int | None] = field(default_factory=dict[str, int | None])
    shown: int | None = None
    cited: Cited = "no"


def passages(gathered: Gathered, search: int | None = None, missed: int = MISSED) -> tuple[Passage, ...]:
    """Of one search: its places down to the last that it showed, and `missed` more. Of all: what was shown, in that order, then
    the `missed` that stood highest in any search.

    >>> [(one.id, one.rank, one.shown) for one in passages(gathered, search=1, missed=1)]
    [('titan.md#1', 1, 1), ('titan.md#2', 2, None)]
    """
    if search is not None:
        return tuple(row for one in gathered.only(search) for row in _of_one(gathered, one, missed))
    by_number = {one.number: one for one in gathered.searches}
    brought: dict[str, int] = {}
    for one in gathered.shown:
        brought.setdefault(one.item, one.action)
    found = [_passage(gathered, item, by_number.get(action)) for item, action in brought.items()]
    return (*found, *_missed(gathered, set(brought), missed))


def _of_one(gathered: Gathered, searched: Searched, missed: int) -> Iterable[Passage]:
    ids = searched.final.ids if searched.final is not None else ()
    own = {one.item for one in gathered.shown if one.action == searched.number}
    deepest = max((place for place, id in enumerate(ids, start=1) if id in own), default=0)
    return (_passage(gathered, id, searched) for id in ids[: deepest + missed])


def _missed(gathered: Gathered, shown: set[str], missed: int) -> list[Passage]:
    best: dict[str, tuple[int, int]] = {}
    for searched in gathered.searches:
        for rank, id in enumerate(searched.final.ids if searched.final is not None else (), start=1):
            if id not in shown:
                best[id] = min(best.get(id, (rank, searched.number)), (rank, searched.number))
    by_number = {one.number: one for one in gathered.searches}
    highest = sorted(best, key=lambda one: (*best[one], one))[:missed]
    return [_passage(gathered, id, by_number[best[id][1]]) for id in highest]


def _passage(gathered: Gathered, id: str, searched: Searched | None) -> Passage:
    as_shown = gathered.shown_as(id)
    number = as_shown.number if as_shown is not None else None
    cited: Cited = "yes" if number in gathered.cited else "in vain" if number in gathered.vain else "no"
    if searched is None:
        return Passage(id, None, 0, {}, number, cited)
    stages = {one.stage: one.rank for one in path(gathered, [id], searched.number)}
    final = searched.final.rank(id) if searched.final is not None else None
    return Passage(id, final, searched.number, stages, number, cited)

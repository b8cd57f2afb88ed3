"""The path of one passage: where every stage of every search placed it, and whether it came to be shown and cited."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from agent.why import Sought
from retrievers.printable import one_line
from ui.parts.gathered import Gathered, Given


@dataclass(frozen=True)
class Standing:
    """Where a passage stood in one stage's output of one search: its rank from 1 among `of`, or None.

    Without a rank it stood below the first `kept` places where those are fewer than `of`, and nowhere else.
    """

    search: int
    query: str
    stage: str
    rank: int | None
    of: int
    score: float | None = None
    kept: int = 0

    @property
    def told(self) -> str:
        """In words.

        >>> Standing(1, "rings", "BM25", None, 900, kept=200).told
        'below the first 200 of 900'
        """
        if self.rank is not None:
            return f"rank {self.rank:,} of {self.of:,}"
        return f"below the first {self.kept:,} of {self.of:,}" if self.kept < self.of else f"not among the {self.of:,}"


def path(gathered: Gathered, ids: Collection[str], search: int | None = None) -> tuple[Standing, ...]:
    """Where the passage of these ids (a document has several) stood, search by search and stage by stage, from the ledger alone.

    >>> [standing.rank for standing in path(gathered, ["titan.md#1"], search=1)]
    [1, 1, 1]
    """
    return tuple(
        _standing(one.number, one.query, given, ids)
        for one in gathered.only(search)
        for given in one.stages
        if given.kind != "opened"
    )


def sought(searches: Iterable[Sought]) -> tuple[Standing, ...]:
    """The same of what `agent.why` found out: nothing lies below what was kept, since it searched again."""
    return tuple(
        Standing(one.number, one.query, one_line(name), place.rank, place.of, place.score, place.of)
        for one in searches
        for name, place in zip(_apart([place.stage for place in one.places]), one.places, strict=True)
    )


def furthest(standings: Iterable[Standing]) -> int | None:
    """The number of the search that brought the passage furthest: through most stages, then highest in the last that gave it.

    None where none found it.
    """
    found: dict[int, tuple[int, int]] = {}
    for one in standings:
        if one.rank is not None:
            stages, _ = found.get(one.search, (0, 0))
            found[one.search] = stages + 1, one.rank
    return min(found, key=lambda search: (-found[search][0], found[search][1], search), default=None)


def _standing(search: int, query: str, given: Given, ids: Collection[str]) -> Standing:
    """Its best place in the rankings of one stage: several are those of several wordings."""
    found = [
        (rank, one.scores[rank - 1], one.total) for one in given.rankings for rank, id in enumerate(one.ids, start=1) if id in ids
    ]
    if found:
        rank, score, of = min(found, key=lambda place: place[0])
        return Standing(search, query, one_line(given.stage), rank, of, score, of)
    kept = sum(len(one) for one in given.rankings)
    return Standing(search, query, one_line(given.stage), None, given.total, None, kept)


def _apart(names: list[str]) -> list[str]:
    """Of several stages of one name the second is called so."""
    return [
        name if names[:place].count(name) == 0 else f"{name} {names[:place].count(name) + 1}" for place, name in enumerate(names)
    ]

"""Movements between rankings that stand side by side: who rose, who fell, who came in and who went out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Change = Literal["rose", "fell", "stayed", "new", "gone"]


@dataclass(frozen=True)
class Moved:
    """One passage over the rankings: its rank in each (None: not in it at all), and its movement into each, "" into the first."""

    id: str
    ranks: tuple[int | None, ...]
    arrows: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A passage's way from one ranking (`left`, counted from 0) to the next. Below the first k it stands at k + 1."""

    id: str
    left: int
    start: int
    end: int
    change: Change


def moved(rankings: Sequence[Sequence[str]], k: int) -> tuple[Moved, ...]:
    """Everything that stands among the first `k` of any of the `rankings`, in the order in which it first does.

    >>> moved([["a", "b"], ["b", "a"]], k=2)[0].arrows
    ('', '▼1')
    """
    places = [{id: rank for rank, id in enumerate(ids, start=1)} for ids in rankings]
    top = dict.fromkeys(id for ids in rankings for id in ids[:k])
    found: list[Moved] = []
    for id in top:
        ranks = tuple(one.get(id) for one in places)
        found.append(Moved(id, ranks, ("", *(arrow(*pair, k) for pair in pairwise(ranks)))[: len(ranks)]))
    return tuple(found)


def arrow(before: int | None, now: int | None, k: int) -> str:
    """The movement between two ranks, as the first `k` places show it.

    >>> arrow(5, 2, k=10), arrow(2, 4, k=10), arrow(3, 3, k=10), arrow(12, 4, k=10), arrow(4, None, k=10)
    ('▲3', '▼2', '=', 'new', 'gone')
    """
    match change(before, now, k):
        case "rose":
            return f"▲{(before or 0) - (now or 0)}"
        case "fell":
            return f"▼{(now or 0) - (before or 0)}"
        case "stayed":
            return "="
        case None:
            return ""
        case other:
            return other


def change(before: int | None, now: int | None, k: int) -> Change | None:
    """What a movement is; None where neither rank is among the first `k`."""
    was, is_now = before is not None and before <= k, now is not None and now <= k
    if not (was and is_now):
        return "gone" if was else "new" if is_now else None
    return "stayed" if before == now else "rose" if (before or 0) > (now or 0) else "fell"


def lines(found: Sequence[Moved], k: int) -> tuple[Line, ...]:
    """The lines between neighbouring rankings."""
    drawn: list[Line] = []
    for one in found:
        for left, (before, now) in enumerate(pairwise(one.ranks)):
            what = change(before, now, k)
            if what is not None:
                drawn.append(Line(one.id, left, min(before or k + 1, k + 1), min(now or k + 1, k + 1), what))
    return tuple(drawn)


def common(rankings: Sequence[Sequence[str]], k: int) -> tuple[int, ...]:
    """How many of the first `k` each ranking shares with the one before it."""
    return tuple(len(set(left[:k]) & set(right[:k])) for left, right in pairwise(rankings))

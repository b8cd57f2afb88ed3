"""Runs at a glance: what many runs were asked with and came to, in a few queries however many there are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.entries.conditions import Holds
from agent.entries.handle import Handle, Row
from agent.entries.reading import folded
from agent.entries.rows import RunRow, made
from agent.state import Kind, Spent, Stop
from agent.store import Transaction

Ended = Stop | Literal["running"]


@dataclass(frozen=True)
class Wanted:
    """Which runs: those that satisfy every condition that is set.

    `text` is in a question of theirs, in whatever case. They began at `since` or later and before `until` (seconds since 1970).
    `ended` is how one of their questions ended, or that they are under way. Their models cost at most `cost`, which is known; or
    with `unpriced` it is not known. Their purpose is one of `purposes` and none of `without`.

    >>> Wanted("moons", recipe="bm25", ended="budget")
    """

    text: str = ""
    since: float | None = None
    until: float | None = None
    recipe: str | None = None
    ended: Ended | None = None
    cost: float | None = None
    unpriced: bool = False
    purposes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """A run at a glance: how many of its questions ended how (`""`: not yet), what its first came to, and what it took.

    `spent` is what was recorded with the answer of its only question; of several, or before that, it is the sum of the searches
    and calls, and the seconds are of work: what ran side by side counts each for itself.
    """

    run: RunRow
    stops: Mapping[Stop | Literal[""], int]
    kind: Kind | None = None
    short: str = ""
    spent: Spent = field(default_factory=Spent)


class Overview(Handle):
    """Lists runs, as many as there may be."""

    def overview(self, wanted: Wanted, *, offset: int = 0, limit: int = 20) -> tuple[int, list[Summary]]:
        """How many runs are wanted, and those of them from `offset` on, newest first.

        >>> total, newest = ledger.overview(Wanted(recipe="bm25"))
        """
        with self._reading() as rows:
            ids = _chosen(rows, wanted)
            page = ids[offset : offset + limit]
            return len(ids), _summaries(rows, page)

    def recipes(self) -> list[str]:
        """The names of the recipes that any of the runs was asked with, in order."""
        with self._reading() as rows:
            return sorted({str(row["spec"]["recipe"]) for row in rows.totals("run", ["spec"]) if "recipe" in row["spec"]})


def _chosen(rows: Transaction, wanted: Wanted) -> list[str]:
    """The ids of the runs, newest first."""
    where: dict[str, Any] = {"folded": Holds(folded(wanted.text))} if wanted.text else {}
    if wanted.recipe is not None:
        where["spec"] = Holds(f'"recipe": {json.dumps(wanted.recipe, ensure_ascii=False)}')
    if wanted.purposes:
        where["purpose"] = wanted.purposes
    columns = ("id", "status", "purpose", "created")
    found: Iterable[Row] = rows.rows("run", only=columns, order=("-created", "-id"), **where)
    found = [row for row in found if row["purpose"] not in wanted.without and _between(row["created"], wanted)]
    if wanted.ended is not None:
        found = _ended(rows, found, wanted.ended)
    if wanted.cost is not None or wanted.unpriced:
        found = _priced(rows, found, wanted)
    return [row["id"] for row in found]


def _between(created: float, wanted: Wanted) -> bool:
    return (wanted.since is None or created >= wanted.since) and (wanted.until is None or created < wanted.until)


def _ended(rows: Transaction, found: Sequence[Row], ended: Ended) -> list[Row]:
    """Those with a question that ended so; one that was cut off before its questions could end has ended as a whole."""
    asked = {row["run"] for row in rows.totals("question", ["run"], stop=ended)}
    return [row for row in found if row["id"] in asked or row["status"] == ended]


def _priced(rows: Transaction, found: Sequence[Row], wanted: Wanted) -> list[Row]:
    """Those whose cost is as wanted; a run that asked no model cost nothing."""
    calls = {row["run"]: row for row in rows.totals("call", ["run"], ["cost"])}
    unpriced = {run for run, row in calls.items() if row["unknown"]}
    found = [row for row in found if (row["id"] in unpriced) == wanted.unpriced]
    if wanted.cost is None:
        return found
    return [row for row in found if row["id"] not in calls or (calls[row["id"]]["cost"] or 0.0) <= wanted.cost]


def _summaries(rows: Transaction, ids: Sequence[str]) -> list[Summary]:
    own = {row["id"]: made(RunRow, row) for row in rows.rows("run", id=ids)}
    stops: defaultdict[str, dict[Stop | Literal[""], int]] = defaultdict(dict)
    for row in rows.totals("question", ["run", "stop"], run=ids):
        stops[row["run"]][row["stop"] or ""] = row["count"]
    first = {row["run"]: row for row in rows.rows("question", only=("run", "answer", "spent"), run=ids, number=1)}
    spent = _spent(rows, ids)
    spent |= {id: made(Spent, row["spent"]) for id, row in first.items() if row["spent"] is not None and own[id].size == 1}
    answers: dict[str, Mapping[str, Any]] = {id: row["answer"] or {} for id, row in first.items()}
    return [Summary(own[id], stops[id], answers[id].get("kind"), answers[id].get("short", ""), spent[id]) for id in ids]


def _spent(rows: Transaction, ids: Sequence[str]) -> dict[str, Spent]:
    """What each run took, as `Reading.spent` counts it."""
    where: dict[str, Any] = {"run": ids}
    searches = _by_run(rows.totals("action", ["run"], kind="search", repeats=None, **where))
    actions = _by_run(rows.totals("action", ["run"], ["seconds"], **where))
    calls = _by_run(rows.totals("call", ["run"], ["tokens_in", "tokens_out"], **where))
    costs = _by_run(rows.totals("call", ["run"], ["cost"], **where))
    outside = _by_run(rows.totals("call", ["run"], ["seconds"], action=0, **where))
    return {
        id: Spent(
            searches=_of(searches, id, "count"),
            tokens_in=int(_of(calls, id, "tokens_in")),  # PostgreSQL sums integers to decimals
            tokens_out=int(_of(calls, id, "tokens_out")),
            seconds=_of(actions, id, "seconds") + _of(outside, id, "seconds"),
            cost=None if _of(costs, id, "unknown") else _of(costs, id, "cost"),
        )
        for id in ids
    }


def _by_run(found: Sequence[Row]) -> dict[str, Row]:
    return {row["run"]: row for row in found}


def _of(found: Mapping[str, Row], run: str, name: str) -> Any:
    return found[run][name] if run in found else 0

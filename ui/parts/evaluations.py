"""The visitor's evaluations: their names, and the systems of those that came to their end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from agent.entries.overview import Wanted
from agent.entries.rows import RunRow
from agent.ledger import Ledger
from retrievers.errors import FathomError
from retrievers.printable import one_line
from ui.service import PURPOSE
from ui.visit import Visit

NONE_YET = "fathom eval DATASET --policy extractive --run NAME"
OTHERS = (PURPOSE, "ask")
ENDED = ("done", "failed")
_MOST = 1000


@dataclass(frozen=True)
class System:
    """One system of an evaluation: how it is called, and its run."""

    name: str
    row: RunRow

    @property
    def dataset(self) -> str:
        """The data set that was asked."""
        return str(self.row.spec.get("dataset") or "")


def evaluations(visit: Visit) -> list[str]:
    """The names of the visitor's evaluations, the newest first. They are looked for again when a run has come or gone.

    >>> evaluations(visit)
    ['second', 'first']
    """
    ledger = visit.ledger
    total, _ = ledger.overview(Wanted(without=OTHERS), limit=0)
    if not total:
        return []
    newest = ledger.runs(limit=1)
    key = "evaluations", visit.user, total, newest[0].id if newest else ""
    return visit.service.memo.value(key, partial(_found, ledger))


def systems(visit: Visit) -> list[System]:
    """The systems of all evaluations that came to their end, the newest evaluation first, each evaluation's in its order.

    >>> [one.name for one in systems(visit)]
    ['first:bm25', 'first:hybrid']
    """
    from evals.scores import label_of, runs_of

    rows = [row for name in evaluations(visit) for row in runs_of(visit.ledger, name) if row.status in ENDED]
    called = [one_line(f"{row.purpose}:{label_of(row)}") for row in rows]
    times = Counter(called)
    return [System(name if times[name] == 1 else f"{name} {row.id}", row) for name, row in zip(called, rows, strict=True)]


def beside(known: Sequence[System], a: System) -> list[System]:
    """What `a` can be compared with: the others, those that asked the same data set first."""
    return sorted((one for one in known if one.row.id != a.row.id), key=lambda one: one.dataset != a.dataset)


def only_own(visit: Visit, users: Collection[str | None]) -> None:
    """Raises `FathomError` where some of these `users`, who ask the questions of a run, are others than the reader: what is
    searched for them again must not be shown to whoever looks. A single user's machine is that user's.
    """
    if visit.reader is not None and not {*users} <= {None, visit.reader}:
        raise FathomError(
            "this run asks in the name of other users: it is not searched again here",
            "a run whose questions are your own",
            "on the server's command line: fathom replay, fathom attribute",
        )


def _found(ledger: Ledger) -> list[str]:
    """Those of the newest runs, then one after the other what is older."""
    names = list(dict.fromkeys(run.purpose for run in ledger.runs(limit=_MOST) if run.purpose not in OTHERS))
    while True:
        _, older = ledger.overview(Wanted(without=(*OTHERS, *names)), limit=1)
        if not older:
            return names
        names.append(older[0].run.purpose)

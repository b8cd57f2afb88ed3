"""Replays what an agent really searched for with another recipe: what it would have been shown, the agent itself held still.

Only retrieval is done again, with its rewriting, fusion and reranking, over the same index, for the same user and scope, and as
many passages are shown. Nothing is decided anew, and nothing is written to the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from agent.state import Evidence
from agent.tools import Tools
from evals.bootstrap import Difference, Estimate, intervals, paired
from evals.measures import Values
from evals.replaying.issued import Issued, carried_out, hands, judged, recall

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Change:
    """A relevant document that one side shows in a question and the other does not, and the first query that shows it there."""

    question: str
    query: str
    document: str


@dataclass(frozen=True)
class Replay:
    """Questions as they were issued, and what the recipe would have shown in each (as `carried_out` gives it)."""

    issued: tuple[Issued, ...]
    shown: tuple[tuple[Evidence, ...], ...]

    @property
    def queries(self) -> int:
        """How many searches were made again."""
        return sum(one.searches for one in self.issued)

    @cached_property
    def logged(self) -> Values:
        """The share of each question's relevant documents that was shown."""
        return np.array([recall(one, one.shown) for one in self.issued])

    @cached_property
    def replayed(self) -> Values:
        """The share that would have been."""
        pairs = zip(self.issued, self.shown, strict=True)
        return np.array([recall(one, [seen.document for seen in shown]) for one, shown in pairs])

    @cached_property
    def gained(self) -> tuple[Change, ...]:
        """What would have been seen and was not."""
        return tuple(
            Change(one.question.id, _shows(one, shown, document), document)
            for one, shown in zip(self.issued, self.shown, strict=True)
            for document in _apart(one, {seen.document for seen in shown}, one.shown)
        )

    @cached_property
    def lost(self) -> tuple[Change, ...]:
        """What was seen and would not have been."""
        return tuple(
            Change(one.question.id, _showed(one, document), document)
            for one, shown in zip(self.issued, self.shown, strict=True)
            for document in _apart(one, one.shown, {seen.document for seen in shown})
        )

    @cached_property
    def means(self) -> tuple[Estimate, Estimate]:
        """The evidence recall (Chen et al., 2025, BrowseComp-Plus) that was logged, and that of the replay."""
        logged, replayed = intervals([self.logged, self.replayed])
        return logged, replayed

    @cached_property
    def difference(self) -> Difference:
        """What the replay gains, question by question."""
        return paired(self.replayed, self.logged)

    def as_json(self) -> dict[str, Any]:
        """`{queries, evidence_recall, gained, lost}`: recall as logged and as replayed, the difference, and how sure that is."""
        (logged, replayed), gap = self.means, self.difference
        told = {"logged": logged.value, "replayed": replayed.value, "difference": gap.value}
        rest = {name: value for name, value in asdict(gap).items() if name != "value"}
        bounds = {"logged": [logged.low, logged.high], "replayed": [replayed.low, replayed.high]}
        return {
            "queries": self.queries,
            "evidence_recall": {**told, **rest, "intervals": bounds},
            "gained": [asdict(one) for one in self.gained],
            "lost": [asdict(one) for one in self.lost],
        }


def replay(issued: Sequence[Issued], tools: Tools, progress: Progress = lambda step, done, total: None) -> Replay:
    """What `tools.stage` would have shown for these queries, each for its question's user.

    Questions without anything relevant say nothing of the evidence and are left out. Raises `FathomError` where all are such, and
    for a query that the recipe fails on.

    >>> replay(issued(ledger, run), retrieval(spec, index, "bm25")).as_json()["evidence_recall"]["replayed"]
    0.75
    """
    asked = judged(issued)
    users = hands(asked, tools)
    shown: list[tuple[Evidence, ...]] = []
    for done, one in enumerate(asked):
        progress("replay", done, len(asked))
        shown.append(carried_out(one, users[one.question.user], tools.stage))
    progress("replay", len(asked), len(asked))
    return Replay(tuple(asked), tuple(shown))


def _apart(issued: Issued, here: Collection[str], there: Collection[str]) -> Iterator[str]:
    """The relevant documents that are `here` and not `there`, in the order of the data set."""
    return (id for id in dict.fromkeys(issued.question.relevant) if id in here and id not in there)


def _shows(issued: Issued, shown: Sequence[Evidence], document: str) -> str:
    place = next(one.action for one in shown if one.document == document)
    return issued.queries[place - 1].query


def _showed(issued: Issued, document: str) -> str:
    return next(one.query for one in issued.queries if document in one.shown)

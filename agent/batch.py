"""Searches a run's questions as they stand, many at a time: an evaluation of a recipe alone, which nobody reads and which answers
nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from agent.entries.batches import Searched
from agent.entries.packing import Candidates
from agent.entries.rows import QuestionRow, Status
from agent.ledger import Ledger
from agent.nodes import failure_of
from agent.spec import Spec
from agent.state import Search
from agent.tools import LOGGED, log
from agent.workshop import Workshop
from retrievers.base import Query, Ranking, Stage, watching
from retrievers.errors import FathomError

SIZE = 32
MOST_FAILURES = 20


@dataclass(frozen=True)
class Batch:
    """The questions of a run that was begun with a spec of retrieval alone.

    What was searched before is not searched again; a question that fails is tried alone, and its failure recorded.

    >>> Batch(ledger, run, spec, workshop).all()
    'done'
    """

    ledger: Ledger
    run: str
    spec: Spec
    workshop: Workshop
    size: int = SIZE
    _failures: list[Exception] = field(default_factory=list[Exception], init=False, repr=False)

    def all(self) -> Status:
        """Search what is not yet searched; how that ended.

        An endpoint that is down stops the run, so that the rest is kept for a resume. Raises the last of `MOST_FAILURES` failures
        in a row.
        """
        waiting = self.ledger.unsearched(self.run)
        rows = [row for row in self.ledger.questions(self.run) if row.number in waiting]
        for start in range(0, len(rows), self.size):
            if self.ledger.stop_asked(self.run):
                return "stopped"
            self._part(rows[start : start + self.size])
            if len(self._failures) >= MOST_FAILURES:
                raise self._failures[-1]
        return "stopped" if self.ledger.stop_asked(self.run) else "done"

    def _part(self, rows: Sequence[QuestionRow]) -> None:
        """Search some questions together and record them in one transaction; where one fails, each for itself."""
        try:
            searched = self._searched(rows)
        except Exception as error:  # a recipe may be anybody's code: its failure is one question's
            if len(rows) > 1:
                for row in rows:
                    self._part([row])
            else:
                self._failed(rows[0], error)
            return
        self.ledger.record_searches(self.run, searched)
        self._failures.clear()

    def _failed(self, row: QuestionRow, error: Exception) -> None:
        if getattr(error, "outage", False):
            self.ledger.ask_stop(self.run)
            return
        self.ledger.record_failure(self.run, row.number, failure_of("search", error))
        self._failures.append(error)

    def _searched(self, rows: Sequence[QuestionRow]) -> list[Searched]:
        given = [self._query(row) for row in rows]
        stages: dict[str, list[Candidates]] = {query.id: [] for query in given}

        def see(stage: Stage, rankings: Sequence[Ranking]) -> None:
            for ranking in rankings:
                if ranking.query.id in stages:  # a stage may search for ends of its own, for no question
                    stages[ranking.query.id] += log(stage, [ranking], max(LOGGED, self.spec.depth))

        began = time.perf_counter()
        with self._charged(rows), watching(see):
            found = self.workshop.stage(self.spec)([Ranking(query) for query in given])
        seconds = (time.perf_counter() - began) / len(rows)
        if [ranking.query.id for ranking in found] != [query.id for query in given]:
            raise FathomError(
                f"the recipe {self.spec.recipe} gave {len(found)} rankings for {len(given)} questions, or in another order",
                "one ranking for each question, in their order",
                "let each stage of the recipe return as many rankings as it is given",
            )
        return [self._one(row, tuple(stages[query.id]), seconds) for row, query in zip(rows, given, strict=True)]

    def _query(self, row: QuestionRow) -> Query:
        user = row.gold.user if row.gold is not None else self.spec.user
        return Query(row.asked, id=f"{self.run}/{row.number}/1", user=user, scope=self.spec.scope)

    def _charged(self, rows: Sequence[QuestionRow]) -> ExitStack:
        """While this is open, what the recipe asks of a model is charged to the question that it asks for."""
        opened = ExitStack()
        for row in rows if self.spec.endpoint else ():
            desk = self.workshop.desk(self.ledger, self.run, row.number, self.spec)
            opened.enter_context(self.workshop.accounts.opened(desk))
        return opened

    def _one(self, row: QuestionRow, stages: tuple[Candidates, ...], seconds: float) -> Searched:
        hits = min(stages[-1].total, self.spec.depth) if stages else 0
        return Searched(row.number, Search(row.asked, show=self.spec.depth), hits, seconds, stages)

"""Keeps what an evaluation of retrieval searched: a run for each recipe, in it a turn and a search for each question."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from agent.entries.batches import Searched
from agent.entries.packing import Candidates
from agent.ledger import Ledger
from agent.model.account import Allowance, Call
from agent.spec import Spec
from agent.state import Search
from agent.tools import log
from evals.datasets import Dataset, Question
from retrievers.base import Query, Ranking, Stage, watching
from retrievers.errors import FathomError, UsageError

TAKEN = ("ask", "last")
LONGEST = 80


@dataclass
class Recorder:
    """Watches an evaluation and writes it down, as runs whose purpose is its name; also the account of the models that its
    recipes ask.

    While it is open its runs are under way; one that did not come to its end is `stopped` or `failed`.

    >>> with Recorder(ledger, "first try").begin(dataset, {"bm25": spec}, 10) as recorder:
    ...     evaluate(dataset, {"bm25": stage}, measures, index=index, observer=recorder)
    """

    ledger: Ledger
    name: str
    runs: dict[str, str] = field(default_factory=dict[str, str])
    _numbers: dict[str, int] = field(default_factory=dict[str, int])
    _wanted: int = 0
    _now: str = ""

    def __post_init__(self) -> None:
        if not self.name[:1].isalpha() or not self.name.isprintable() or len(self.name) > LONGEST or self.name in TAKEN:
            raise UsageError(
                f"an evaluation with the name {self.name!r}",
                f"up to {LONGEST} signs, the first a letter, other than {' and '.join(TAKEN)}",
                "--name first-try",
            )
        self._check(self.ledger)

    def begin(self, dataset: Dataset, specs: Mapping[str, Spec], wanted: int) -> Self:
        """Record a run for each recipe, with the questions that are measured; `wanted` is how many places are looked at.

        Raises `FathomError` where the name is taken: nothing is recorded then.
        """
        asked = dataset.answerable
        texts = [one.text for one in asked]
        gold = [one.gold for one in asked]
        with self.ledger.together() as ledger:
            self._check(ledger)
            conversation: str | None = None
            for recipe, spec in specs.items():
                run = ledger.start_run(spec.as_json(), texts, conversation=conversation, purpose=self.name, gold=gold)
                conversation = ledger.run(run).conversation
                self.runs[recipe] = run
        self._numbers = {one.id: number for number, one in enumerate(asked, start=1)}
        self._wanted = wanted
        return self

    @contextmanager
    def searching(self, recipe: str, questions: Sequence[Question]) -> Generator[None]:
        """While this is open, these questions are searched; then they are recorded, in one transaction."""
        self._now = recipe
        stages: dict[str, list[Candidates]] = {one.id: [] for one in questions}

        def see(stage: Stage, rankings: Sequence[Ranking]) -> None:
            for ranking in rankings:
                if ranking.query.id in stages:  # a stage may search for ends of its own, for no question
                    stages[ranking.query.id] += log(stage, [ranking])

        began = time.perf_counter()
        with watching(see):
            yield
        seconds = (time.perf_counter() - began) / len(questions)
        searched = [self._searched(one, tuple(stages[one.id]), seconds) for one in questions]
        self.ledger.record_searches(self.runs[recipe], searched)

    def ended(self, recipe: str) -> None:
        """A recipe has come to its end."""
        self.ledger.finish_run(self.runs[recipe], "done")

    def admit(self, cause: Query) -> Allowance:
        """No limit: whoever measures a recipe wants all of it."""
        return Allowance()

    def charge(self, cause: Query, call: Call) -> None:
        """Record a call of a model with the question that caused it."""
        run, number = self.runs[self._now], self._numbers[cause.id]
        self.ledger.charge(run, number, f"{run}/{number}/1", call)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        stopped = kind is not None and issubclass(kind, KeyboardInterrupt)
        for run in self.runs.values():
            if self.ledger.run(run).status == "running":
                self.ledger.finish_run(run, "stopped" if stopped else "failed")

    def _searched(self, question: Question, stages: tuple[Candidates, ...], seconds: float) -> Searched:
        hits = min(stages[-1].total, self._wanted) if stages else 0
        search = Search(question.text, show=self._wanted)
        return Searched(self._numbers[question.id], search, hits, seconds, stages)

    def _check(self, ledger: Ledger) -> None:
        if ledger.runs(limit=1, purpose=self.name):
            raise FathomError(
                f"an evaluation has the name {self.name!r} already", "a name of its own", f"fathom why {self.name} --question 1"
            )

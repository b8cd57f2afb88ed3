"""Measures retrieval recipes over the questions of a data set: what `fathom eval` prints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from evals.bootstrap import Difference, Estimate, intervals, paired
from evals.datasets import Dataset, Question
from evals.measures import Measure, Values
from retrievers.base import Query, Ranking, Stage
from retrievers.errors import FathomError, UsageError
from retrievers.maxp import MaxP
from retrievers.scope import Scope

if TYPE_CHECKING:
    from retrievers.index import Index

DEPTH = 1000
BATCH = 32

Progress = Callable[[str, int, int | None], None]
Seen = Callable[[str, Question, Ranking], None]
Estimates = Mapping[str, Mapping[str, Estimate]]


class Observer(Protocol):
    """Whoever looks on while recipes are measured (evals/recording.py); it changes nothing of what is measured."""

    def searching(self, recipe: str, questions: Sequence[Question]) -> AbstractContextManager[None]:
        """Open while these questions are searched."""
        ...

    def ended(self, recipe: str) -> None:
        """Every question of a recipe was searched."""
        ...


@dataclass(frozen=True)
class Report:
    """What an evaluation found: for each recipe and measure one value a question of `asked`, in its order.

    `asked` are the answerable questions of `dataset`: the others have no relevant document that could be found, and are
    counted in `n` alone. `names` tells what each recipe is; `seconds` what its searches took.
    """

    dataset: str
    questions: tuple[Question, ...]
    values: Mapping[str, Mapping[str, Values]]
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions that were measured."""
        return tuple(question for question in self.questions if not question.unanswerable)

    @cached_property
    def recipes(self) -> Estimates:
        """Recipe -> measure -> mean over the questions, with its bootstrap interval."""
        return self._means(range(len(self.asked)))

    @cached_property
    def groups(self) -> Mapping[str, Estimates]:
        """`field=value` -> recipe -> measure -> mean over that group's questions."""
        asked = self.asked
        names = sorted({name for question in self.questions for name in _groups(question)})
        return {name: self._means([row for row, one in enumerate(asked) if name in _groups(one)]) for name in names}

    def difference(self, first: str, second: str, measure: str) -> Difference:
        """The recipe `first` less `second`, paired by question.

        >>> report.difference("hybrid", "bm25", "nDCG@10").p
        """
        return paired(self.values[first][measure], self.values[second][measure])

    def as_json(self) -> dict[str, Any]:
        """`{dataset, n, recipes: {R: {measure: {value, low, high, n}}}, groups: {group: {R: {measure: ...}}}}`."""
        return {
            "dataset": self.dataset,
            "n": len(self.questions),
            "recipes": _plain(self.recipes),
            "groups": {name: _plain(found) for name, found in self.groups.items()},
        }

    def _means(self, rows: Sequence[int]) -> Estimates:
        keys = [(recipe, measure) for recipe, found in self.values.items() for measure in found]
        table = np.stack([self.values[recipe][measure][list(rows)] for recipe, measure in keys])
        means: dict[str, dict[str, Estimate]] = {recipe: {} for recipe in self.values}
        for (recipe, measure), estimate in zip(keys, intervals(table), strict=True):
            means[recipe][measure] = estimate
        return means


def evaluate(
    dataset: Dataset,
    recipes: Mapping[str, Stage],
    measures: Sequence[Measure],
    *,
    index: Index | None = None,
    depth: int | None = None,
    scope: Scope | None = None,
    batch: int = BATCH,
    progress: Progress | None = None,
    seen: Seen | None = None,
    observer: Observer | None = None,
) -> Report:
    """Ask every answerable question of every recipe and measure what comes back.

    A question is asked for its `user`. Where its judgements name documents and the `index` holds parts of them, a
    document takes the place of its best part. `depth` is how many places are kept: None takes what the measures look at
    (1000 where one looks at all). `progress(recipe, done, total)` is called as it goes, `seen` with every ranking that was
    measured; an `observer` looks on. Raises `UsageError` where there is nothing to compare or a measure looks deeper than
    `depth`, `FathomError` where a recipe loses a question.

    >>> evaluate(load("scifact"), {"bm25": BM25(index)}, parse(["nDCG@10"]), index=index).recipes["bm25"]["nDCG@10"].value
    """
    if not recipes or not measures:
        raise UsageError("an evaluation without recipes or without measures", "at least one of each", "--recipe hybrid")
    kept = depth_of(measures, depth)
    values: dict[str, dict[str, Values]] = {}
    seconds: dict[str, float] = {}
    for name, stage in recipes.items():
        started = time.perf_counter()
        asked = _Asked(name, at_level(stage, index, dataset), kept, scope or Scope(), progress or _silent, seen, observer)
        found = asked.all(dataset.answerable, batch)
        seconds[name] = time.perf_counter() - started
        if observer is not None:
            observer.ended(name)
        values[name] = {str(one): one.values(found, [each.relevant for each in dataset.answerable]) for one in measures}
    return Report(dataset.name, dataset.questions, values, {name: repr(stage) for name, stage in recipes.items()}, seconds)


def at_level(stage: Stage, index: Index | None, dataset: Dataset) -> Stage:
    """The stage, rolled up to documents where the judgements name documents and the index holds some in parts."""
    return stage >> MaxP(index) if index is not None and level_of(index, dataset) else stage


def level_of(index: Index, dataset: Dataset) -> Literal["", "records"]:
    """The level at which a data set is measured: `records` where what is found has to be rolled up to documents."""
    return "" if _whole(index, dataset) or _names_parts(index, dataset) else "records"


@dataclass(frozen=True)
class _Asked:
    """One recipe that is being measured."""

    name: str
    stage: Stage
    depth: int
    scope: Scope
    progress: Progress
    seen: Seen | None
    observer: Observer | None

    def all(self, questions: Sequence[Question], batch: int) -> list[tuple[str, ...]]:
        """The ids found for each question, best first."""
        found: list[tuple[str, ...]] = []
        self.progress(self.name, 0, len(questions))
        for start in range(0, len(questions), batch):
            part = questions[start : start + batch]
            found += self._part(part)
            self.progress(self.name, len(found), len(questions))
        return found

    def _part(self, questions: Sequence[Question]) -> list[tuple[str, ...]]:
        given = [Ranking(Query(one.text, id=one.id, user=one.user, scope=self.scope)) for one in questions]
        with self.observer.searching(self.name, questions) if self.observer is not None else nullcontext():
            found = [ranking.top(self.depth) for ranking in self.stage(given)]
        if [ranking.query.id for ranking in found] != [one.id for one in questions]:
            raise FathomError(
                f"the recipe {self.name} gave {len(found)} rankings for {len(questions)} questions, or in another order",
                "one ranking for each question, in their order",
                "let each stage of the recipe return as many rankings as it is given",
            )
        if self.seen is not None:
            for question, ranking in zip(questions, found, strict=True):
                self.seen(self.name, question, ranking)
        return [ranking.ids for ranking in found]


def depth_of(measures: Sequence[Measure], depth: int | None = None) -> int:
    """How many places are looked at: `depth`, or what the measures need. Raises `UsageError` where they look deeper."""
    wanted = max(measure.cutoff or 0 for measure in measures)
    if depth is None:
        return DEPTH if any(measure.cutoff is None for measure in measures) else wanted
    if depth < max(wanted, 1):
        deepest = next((str(measure) for measure in measures if measure.cutoff == wanted), "a measure")
        raise UsageError(
            f"a depth of {depth}", f"at least {max(wanted, 1)}: {deepest} looks so deep", f"--depth {max(wanted, 1)}"
        )
    return depth


def _whole(index: Index, dataset: Dataset) -> bool:
    """Whether every item that a question could find is a whole document."""
    users = {question.user for question in dataset.answerable}
    parts = [part for user in users for part in index.partitions(user)]
    return all(unit.ids == part.document_ids for part in parts for unit in part.units.values())


def _names_parts(index: Index, dataset: Dataset) -> bool:
    """Whether some judgement names a part of a document."""
    return any(
        any(id in unit.places for part in index.partitions(question.user) for unit in part.units.values())
        and all(part.document(id) is None for part in index.partitions(question.user))
        for question in dataset.answerable
        for id in question.relevant
    )


def _groups(question: Question) -> set[str]:
    return {f"{name}={value}" for name, value in question.groups.items()}


def _plain(found: Estimates) -> dict[str, dict[str, dict[str, float | int | None]]]:
    return {recipe: {name: one.as_json() for name, one in means.items()} for recipe, means in found.items()}


def _silent(step: str, done: int, total: int | None) -> None:
    """No progress shown."""

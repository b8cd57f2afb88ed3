"""Measures retrieval recipes over the questions of a data set: what `fathom eval` prints."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evals.answering.base import AnswerMeasure
from evals.columns import DEPTH, columns
from evals.datasets import Dataset, Question
from evals.means import Means
from evals.measures import Measure, Values
from evals.outcomes import plain
from retrievers.base import Query, Ranking, Stage
from retrievers.errors import FathomError, UsageError
from retrievers.maxp import MaxP
from retrievers.scope import Scope

if TYPE_CHECKING:
    from retrievers.index import Index

SHOWN = 10
BATCH = 32

Progress = Callable[[str, int, int | None], None]
Seen = Callable[[str, Question, Ranking], None]


def evaluate(
    dataset: Dataset,
    recipes: Mapping[str, Stage],
    measures: Sequence[AnswerMeasure | Measure],
    *,
    index: Index | None = None,
    depth: int | None = None,
    scope: Scope | None = None,
    batch: int = BATCH,
    progress: Progress | None = None,
    seen: Seen | None = None,
) -> Means:
    """Ask every answerable question of every recipe and measure what comes back.

    A question is asked for its `user`. Where its judgements name documents and the `index` holds parts of them, a
    document takes the place of its best part. `depth` is how many places are kept: None takes what the measures look at
    (1000 where one looks at all). `progress(recipe, done, total)` is called as it goes, `seen` with every ranking that was
    measured. Raises `UsageError` where there is nothing to compare or a measure looks deeper than `depth` or at an answer,
    `FathomError` where a recipe loses a question.

    >>> evaluate(load("scifact"), {"bm25": BM25(index)}, parse(["nDCG@10"]), index=index).recipes["bm25"]["nDCG@10"].value
    """
    if not recipes or not measures:
        raise UsageError("an evaluation without recipes or without measures", "at least one of each", "--recipe hybrid")
    kept = depth_of(measures, depth)
    values: dict[str, Mapping[str, Values]] = {}
    seconds: dict[str, float] = {}
    for name, stage in recipes.items():
        started = time.perf_counter()
        asked = _Asked(name, at_level(stage, index, dataset), kept, scope or Scope(), progress or _silent, seen)
        found = asked.all(dataset.answerable, batch)
        seconds[name] = time.perf_counter() - started
        pairs = zip(dataset.answerable, found, strict=True)
        values[name] = columns([plain(question, ids, kept, index) for question, ids in pairs], measures, name)
    names = {name: repr(stage) for name, stage in recipes.items()}
    return Means(dataset.name, len(dataset.questions), dataset.answerable, values, names, seconds)


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


def depth_of(measures: Sequence[AnswerMeasure | Measure], depth: int | None = None) -> int:
    """How many places are looked at: `depth`, or what the measures need. Raises `UsageError` where they look deeper."""
    wanted = max(measure.cutoff or 0 for measure in measures)
    if depth is None:
        return DEPTH if any(measure.cutoff is None for measure in measures) else wanted or SHOWN
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


def _silent(step: str, done: int, total: int | None) -> None:
    """No progress shown."""

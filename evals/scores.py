"""The figures of an evaluation that was kept (`fathom eval --run`), question by question, computed again from the ledger."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agent.entries.rows import RunRow
from agent.ledger import Ledger
from agent.spec import Spec
from evals.answering.base import AnswerMeasure
from evals.columns import columns, depth_kept
from evals.datasets import Question
from evals.measures import Measure, Values
from evals.outcomes import Outcome, outcomes
from retrievers.errors import FathomError, UsageError
from retrievers.index import Index

MOST = 1000
_AGAIN = "fathom eval DATASET --recipe RECIPE --run NEW-NAME"
Indexes = Callable[[str], Index]


@dataclass(frozen=True)
class Scores:
    """One value a question and measure (not a number where the measure does not apply), and what the run was.

    `name` is what means this run when it is typed: its `evaluation`, with `:system` where that has several.
    `questions` and `failed` have an entry a question; `spec` is the run's; `seconds` is what they took together.
    """

    name: str
    run: str
    evaluation: str
    spec: Spec
    questions: tuple[Question, ...]
    failed: NDArray[np.bool_]
    values: Mapping[str, Values]
    seconds: float = 0.0

    @property
    def ids(self) -> tuple[str, ...]:
        """The questions' ids in the data set."""
        return tuple(one.id for one in self.questions)

    @property
    def system(self) -> str:
        """What the evaluation calls this system among its others."""
        return self.spec.label or self.spec.recipe

    @property
    def about(self) -> str:
        """The system in words: `recipe hybrid`, or `recipe hybrid, extractive at standard`."""
        agent = "" if self.spec.alone else f", {self.spec.policy} at {self.spec.effort.name}"
        settings = "".join(f" {path}={value}" for path, value in self.spec.varied)
        return f"recipe {self.spec.recipe}{settings}{agent}"

    def along(self, ids: Sequence[str]) -> Scores:
        """The same with its questions in the order of `ids`, which are its own."""
        places = {id: place for place, id in enumerate(self.ids)}
        rows = [places[id] for id in ids]
        values = {name: found[rows] for name, found in self.values.items()}
        return replace(self, questions=tuple(self.questions[row] for row in rows), failed=self.failed[rows], values=values)

    def why(self, id: str, *, every: bool = False) -> str:
        """What to type to see where the relevant passages of a question stand: in this run, or by `every` system beside it."""
        system = "" if every or self.name == self.evaluation else f" --recipe {shlex.quote(self.system)}"
        return f"fathom why {shlex.quote(self.evaluation)} --question {shlex.quote(id)}{system}"


@dataclass(frozen=True)
class Kept:
    """One system of an evaluation, as it was read: what came of each question. `indexes` opens the index of its runs."""

    name: str
    row: RunRow
    ledger: Ledger
    indexes: Indexes | None = None

    @cached_property
    def spec(self) -> Spec:
        """What the run was."""
        return Spec.from_json(self.row.spec)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What came of each question. Raises `FathomError` where one was not reached, or has nothing to be measured by."""
        found = outcomes(self.ledger, self.row.id, index=self._index())
        _check(self, found)
        return found

    @property
    def depth(self) -> int:
        """How deep a measure of rankings may look."""
        return depth_kept(self.outcomes)

    def scores(self, measures: Sequence[AnswerMeasure | Measure]) -> Scores:
        """The values of these measures. One of rankings without a cut-off looks at 1000 places, as `fathom eval` does.

        Raises `FathomError` for a measure that looks deeper than what was logged.
        """
        values = columns(self.outcomes, measures, self.name)
        failed = np.array([one.failed for one in self.outcomes], dtype=np.bool_)
        asked = tuple(one.question for one in self.outcomes)
        seconds = sum(one.seconds for one in self.outcomes)
        return Scores(self.name, self.row.id, self.row.purpose, self.spec, asked, failed, values, seconds)

    def _index(self) -> Index | None:
        """The index that the run was made on; None where it is gone or was built anew."""
        if self.indexes is None:
            return None
        try:
            index = self.indexes(self.spec.index)
        except FathomError:
            return None
        return index if index.identity == self.spec.identity else None


def scores(ledger: Ledger, name: str, measures: Sequence[AnswerMeasure | Measure], indexes: Indexes | None = None) -> Scores:
    """The values of one system of an evaluation: its name, `NAME:system` where it has several, or a run's id.

    Raises `UsageError` for a name that leaves open which system is meant, `FathomError` for a run that is none, has no
    question or no gold, did not come to its end, or was not logged as deep as a measure looks.

    >>> scores(ledger, "first:bm25", parse(["nDCG@10"])).values["nDCG@10"].mean()
    """
    if not measures:
        raise UsageError("no measure was named", "at least one", "--measure nDCG@10")
    return kept(ledger, name, indexes).scores(measures)


def kept(ledger: Ledger, name: str, indexes: Indexes | None = None) -> Kept:
    """One system of an evaluation; errors as of `scores`."""
    found = systems(ledger, name, indexes)
    if len(found) > 1:
        names = [one.name for one in found]
        raise UsageError(f"{name} has {len(found)} systems", f"one of {', '.join(names)}", shlex.quote(names[0]))
    return found[0]


def systems(ledger: Ledger, name: str, indexes: Indexes | None = None) -> list[Kept]:
    """Every system that `name` means, in the order of the evaluation: all of it, `NAME:system`, or a run's id.

    >>> [one.name for one in systems(ledger, "first")]
    ['first:bm25', 'first:hybrid']
    """
    if rows := meant(ledger, name):
        return [Kept(_label(row, len(runs_of(ledger, row.purpose))), row, ledger, indexes) for row in rows]
    row = ledger.run(name)
    if row.purpose == "ask":
        raise FathomError(f"run {row.id} is no evaluation", "one that fathom eval --run recorded", _AGAIN)
    return [Kept(_label(row, len(runs_of(ledger, row.purpose))), row, ledger, indexes)]


def meant(ledger: Ledger, name: str) -> list[RunRow]:
    """The runs that a name of an evaluation means, or `NAME:system`; none where it is no evaluation's name.

    Raises `UsageError` for a system that the evaluation does not have.
    """
    for evaluation, system in _readings(name):
        if rows := runs_of(ledger, evaluation):
            return _named(evaluation, system, rows)
    return []


def runs_of(ledger: Ledger, evaluation: str) -> list[RunRow]:
    """An evaluation's runs, one a system, in their order; none where there is no such evaluation. Forks are no part of it."""
    if evaluation == "ask":
        return []
    return [row for row in reversed(ledger.runs(limit=MOST, purpose=evaluation)) if row.parent_turn is None]


def label_of(row: RunRow) -> str:
    """What its evaluation calls a run's system."""
    return str(row.spec.get("label") or row.spec.get("recipe"))


def _label(row: RunRow, beside: int) -> str:
    return f"{row.purpose}:{label_of(row)}" if beside > 1 else row.purpose


def _readings(name: str) -> Iterator[tuple[str, str | None]]:
    """An evaluation's name, or one and a system's; either may hold colons."""
    yield name, None
    for place, sign in enumerate(name):
        if sign == ":":
            yield name[:place], name[place + 1 :]


def _named(evaluation: str, system: str | None, rows: Sequence[RunRow]) -> list[RunRow]:
    chosen = [row for row in rows if system is None or label_of(row) == system]
    if not chosen:
        names = [f"{evaluation}:{label_of(row)}" for row in rows]
        happened = f"{evaluation} has no system {system!r}"
        raise UsageError(happened, f"one of {', '.join(names)}", shlex.quote(names[0]))
    return chosen


def _check(kept: Kept, found: Sequence[Outcome]) -> None:
    """Every question has an id of its own and something to be measured by, and was reached."""
    if not found:
        raise FathomError(f"{kept.name} has no question", "an evaluation of one question at least", _AGAIN)
    bare = sum(one.question.unanswerable for one in found)
    if kept.spec.alone and bare:
        happened = f"{bare} of the {len(found)} questions of {kept.name} have no relevant passage to measure by"
        raise FathomError(happened, "a data set whose questions name what is relevant (supporting_ids)", _AGAIN)
    id, times = Counter(one.question.id for one in found).most_common(1)[0]
    if times > 1:
        raise FathomError(f"{kept.name} has {times} questions of the id {id!r}", "an id of its own for each question", _AGAIN)
    if waiting := [number for number, one in enumerate(found, start=1) if one.status == "open"]:
        raise FathomError(
            f"{kept.name} came to {len(found) - len(waiting)} of its {len(found)} questions ({kept.row.status}); "
            f"question {waiting[0]} was not reached",
            "an evaluation that came to its end",
            f"fathom show {kept.row.id}" if kept.row.status == "running" else f"fathom eval --resume {kept.row.purpose}",
        )

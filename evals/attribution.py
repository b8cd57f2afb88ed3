"""Why answers were missed: each question of a run with its one cause, and what differs between two runs.

The causes and how they are decided stand in `evals.causes`; they come from the ledger, the judgements and the index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from agent.entries.rows import QuestionRow
from agent.entries.trajectories import Trajectory
from agent.ledger import Ledger
from agent.spec import Spec
from agent.workshop import Workshop
from evals.causes import CAUSES, Decided, Verdict, early, late
from evals.fates import fates
from evals.outcomes import Outcome, outcomes
from retrievers.errors import FathomError


@dataclass(frozen=True)
class Attributed:
    """One question and its cause: the relevant document that decided it (empty where none did), and how, in words."""

    number: int
    id: str
    text: str
    cause: Verdict
    document: str = ""
    words: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"id": self.id, "question": self.text, "cause": self.cause, "document": self.document, "words": self.words}


@dataclass(frozen=True)
class Attribution:
    """A run's questions in their order, each with its cause."""

    run: str
    evaluation: str
    spec: Spec
    questions: tuple[Attributed, ...]

    def counts(self) -> dict[str, int]:
        """How many questions each cause has, all of them named; together they are all questions.

        >>> attribute(ledger, workshop, run).counts()["rank_miss"]
        7
        """
        found = Counter(one.cause for one in self.questions)
        return {cause: found[cause] for cause in CAUSES}

    def of(self, cause: Verdict) -> tuple[Attributed, ...]:
        """The questions of one cause."""
        return tuple(one for one in self.questions if one.cause == cause)

    def as_json(self) -> dict[str, int]:
        """`{cause: count}`."""
        return self.counts()


@dataclass(frozen=True)
class Moved:
    """A question that has another cause in the second run."""

    a: Attributed
    b: Attributed

    def as_json(self) -> dict[str, str]:
        """`{id, question, from, to}`."""
        return {"id": self.a.id, "question": self.a.text, "from": self.a.cause, "to": self.b.cause}


@dataclass(frozen=True)
class Difference:
    """Two runs of the same questions, and those that moved from one cause to another, in the order of the first."""

    a: Attribution
    b: Attribution
    moved: tuple[Moved, ...]

    def as_json(self) -> dict[str, Any]:
        """`{a: {cause: count}, b: {cause: count}, moved: [...]}`."""
        return {"a": self.a.counts(), "b": self.b.counts(), "moved": [one.as_json() for one in self.moved]}


def attribute(ledger: Ledger, workshop: Workshop, run: str, only: Collection[int] | None = None) -> Attribution:
    """The cause of each question of a run that came to its end, or of those with `only` these numbers.

    Raises `FathomError` for a run that is not there, has a question without gold or one that was not reached, or was made on
    another generation of its index.

    >>> attribute(ledger, workshop, run).questions[0].cause
    'shown_unused'
    """
    row = ledger.run(run)
    spec = Spec.from_json(row.spec)
    asked_for = [one for one in ledger.questions(row.id) if only is None or one.number in only]
    numbers = None if only is None else [one.number for one in asked_for]
    chosen = list(zip(asked_for, outcomes(ledger, row.id, only=numbers), strict=True))
    _check(row.purpose, row.id, [one for _, one in chosen])
    decided = {asked.number: early(one, spec.alone) for asked, one in chosen}
    missed = [asked for asked, _ in chosen if decided[asked.number] is None]
    did = ledger.trajectories(row.id, numbers) if missed else {}
    pairs = [(asked, did.get(asked.number, Trajectory())) for asked in missed]
    found = dict(zip((asked.number for asked in missed), fates(ledger, workshop, row.id, pairs), strict=True))
    told = tuple(_told(asked, one, decided[asked.number] or late(asked, one, found[asked.number])) for asked, one in chosen)
    return Attribution(row.id, row.purpose, spec, told)


def difference(a: Attribution, b: Attribution) -> Difference:
    """Which questions moved from which cause to which. Raises `FathomError` where the two runs asked different questions.

    >>> [(one.a.cause, one.b.cause) for one in difference(a, b).moved]
    [('rank_miss', 'right')]
    """
    other = {one.id: one for one in b.questions}
    for mine, theirs in ((a, b), (b, a)):
        there = {(one.id, one.text) for one in theirs.questions}
        if alone := [one.id for one in mine.questions if (one.id, one.text) not in there]:
            raise FathomError(
                f"{len(alone)} questions of run {mine.run} are not in run {theirs.run}, first: {alone[0]}",
                "two runs of the same questions",
                f"fathom eval {a.spec.dataset or 'DATASET'} --run NEW-NAME",
            )
    return Difference(a, b, tuple(Moved(one, other[one.id]) for one in a.questions if other[one.id].cause != one.cause))


def _told(asked: QuestionRow, one: Outcome, decided: Decided) -> Attributed:
    return Attributed(asked.number, one.question.id, asked.asked, *decided)


def _check(name: str, run: str, found: Sequence[Outcome]) -> None:
    """Every question was reached."""
    if not found:
        raise FathomError(f"run {run} has no such question", "the number of one of its questions", f"fathom show {run}")
    if waiting := [one.question.id for one in found if one.status == "open"]:
        raise FathomError(
            f"{len(waiting)} of the {len(found)} questions of {name} were not reached, first: {waiting[0]}",
            "an evaluation that came to its end",
            f"fathom eval --resume {name}",
        )

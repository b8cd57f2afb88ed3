"""Judges the answers of an evaluation that was kept, and keeps each verdict beside its answer.

>>> judged = Bench(ledger, NormalisedMatch()).judge(kept(ledger, "first"))
>>> judged.accuracy.value, judged.counts["cannot_tell"]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from agent.ledger import Ledger
from evals.bootstrap import Estimate, interval
from evals.judging.agreement import Agreement as Agreement
from evals.judging.asking import NONSENSE, Asking, Halted
from evals.judging.book import Book, Entry
from evals.judging.match import NormalisedMatch as NormalisedMatch
from evals.judging.model import ModelJudge as ModelJudge
from evals.judging.verdict import NOTHING, Case, Judge, known
from evals.scores import Kept
from retrievers.base import Query
from retrievers.errors import FathomError

MOST_FAILED = 0.1
SAID = ("correct", "incorrect", "cannot_tell", NONSENSE)


class Progress(Protocol):
    """Told how many answers are judged, with a `note` beside it."""

    def __call__(self, step: str, done: int, total: int | None, note: str = "") -> None: ...


@dataclass(frozen=True)
class Judged:
    """What a judge says of one system's answers: an entry, by its number, for each question that has a right answer.

    `open` are those whose verdict needs a judge: they were neither refused nor failed. The judge was asked about `asked` contents
    just now. `left_out` questions have no right answer to be judged by.
    """

    name: str
    judge: str
    entries: Mapping[int, Entry]
    open: frozenset[int]
    asked: int = 0
    left_out: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many are correct, incorrect, undecided, and without a verdict: after nonsense, or a call that failed."""
        said = [one.verdict.said if one.verdict else one.failure for one in self.entries.values()]
        named = {name: said.count(name) for name in SAID}
        return {**named, "failed": len(said) - sum(named.values())}

    @property
    def values(self) -> dict[int, float]:
        """1 or 0 of each question that was decided."""
        said = {number: one.verdict.value for number, one in self.entries.items() if one.verdict}
        return {number: value for number, value in said.items() if value is not None}

    @cached_property
    def accuracy(self) -> Estimate:
        """The share of right answers among those that were decided, with its interval."""
        return interval(list(self.values.values()))

    def against(self, match: Judged) -> Agreement:
        """How far this judge and `match` agree on the answers that needed one and that both decided."""
        first, second = self.values, match.values
        return Agreement.of([(first[number], second[number]) for number in sorted(self.open & first.keys() & second.keys())])

    def as_json(self) -> dict[str, Any]:
        """The counts and the accuracy, by name."""
        told = {"accuracy": self.accuracy.as_json(), **self.counts}
        return {**told, "needed_a_judge": len(self.open), "asked": self.asked, "left_out": self.left_out}

    def check(self) -> None:
        """Raise `FathomError` where more than a tenth of the answers that needed a judge got no verdict: the rest says little."""
        lacking = [one for one in self.entries.values() if one.verdict is None]
        if len(lacking) > MOST_FAILED * len(self.open):
            raise FathomError(
                f"{self.judge} gave no verdict on {len(lacking)} of {len(self.open)} answers of {self.name}, "
                f"first: {lacking[0].reason}",
                "at most a tenth",
                f"judge with another model: fathom judge {self.name} --model NAME",
            )


@dataclass(frozen=True)
class Bench:
    """Has one judge judge answers, `parallel` at a time; each verdict is in the ledger as soon as it is made.

    A judge is asked once about one content: the question, its right answers, the answer and the judge's identity. What it said
    of that before, in whichever run, stands; where it gave no verdict it is asked again.

    >>> with ModelJudge.open(endpoint) as judge: Bench(ledger, judge, parallel=8).judge(kept)
    """

    ledger: Ledger
    by: Judge
    parallel: int = 4
    progress: Progress | None = None

    @cached_property
    def book(self) -> Book:
        """What the judge has said."""
        return Book.open(self.ledger, self.by.identity, self.by.settings)

    def judge(self, kept: Kept) -> Judged:
        """Judge every answer of one system.

        Raises `FathomError` for an evaluation that gave no answers or has no right ones, and `Halted` as `Asking` does: what was
        said until then stays, and the next call goes on from there.
        """
        cases = _cases(kept)
        said = self._known(kept, cases)
        self.book.keep_all(kept.row.id, said)
        waiting: dict[str, list[int]] = {}
        for number in (number for number in cases if number not in said):
            waiting.setdefault(cases[number].key(self.by.identity), []).append(number)
        self._tell(kept, said, len(cases))
        asked = {key: (cases[at[0]], Query(kept.name, id=f"{kept.row.id}/{at[0]}")) for key, at in waiting.items()}
        try:
            for entry in Asking(self.by, self.parallel)(asked):
                said |= self._keep(kept, entry, waiting[entry.key])
                self._tell(kept, said, len(cases))
        except Halted as error:
            happened = f"{error.happened} ({len(said)} of {len(cases)} answers of {kept.name} are judged)"
            raise Halted(happened, error.expected, f"{error.next}; the same command goes on from there") from error
        needing = frozenset(number for number in cases if known(kept.outcomes[number - 1]) is None)
        ordered = {number: said[number] for number in sorted(said)}
        return Judged(kept.name, self.by.identity, ordered, needing, len(asked), len(kept.outcomes) - len(cases))

    def _known(self, kept: Kept, cases: Mapping[int, Case]) -> dict[int, Entry]:
        """What nobody need be asked: no judge would say otherwise, this one said it before, or words are all that it compares."""
        found: dict[int, Entry] = {}
        for number, case in cases.items():
            if (sure := known(kept.outcomes[number - 1])) is not None:
                found[number] = Entry("", sure)
                continue
            before = self.book.find(case)
            verdict = before.verdict if before else None
            if verdict is None and isinstance(self.by, NormalisedMatch):
                verdict = self.by.judge(case, Query(kept.name))
            if verdict is not None:
                found[number] = Entry(case.key(self.by.identity), replace(verdict, usage=NOTHING))
        return found

    def _keep(self, kept: Kept, entry: Entry, numbers: list[int]) -> dict[int, Entry]:
        """Record what came for every question of this content; what it took is told with the first."""
        first, *others = numbers
        self.book.keep((kept.row.id, first), entry)
        again = replace(entry, verdict=replace(entry.verdict, usage=NOTHING) if entry.verdict else None, usage=NOTHING)
        self.book.keep_all(kept.row.id, dict.fromkeys(others, again))
        return dict.fromkeys(numbers, entry)

    def _tell(self, kept: Kept, said: Mapping[int, Entry], total: int) -> None:
        if self.progress is not None:
            right = sum(one.verdict is not None and one.verdict.said == "correct" for one in said.values())
            self.progress(kept.name, len(said), total, f"{right:,} correct")


def _cases(kept: Kept) -> dict[int, Case]:
    """The questions that have a right answer, by their number."""
    if kept.spec.alone:
        raise FathomError(
            f"{kept.name} measured retrieval alone: it gave no answers",
            "an evaluation of an agent",
            "fathom eval DATASET --policy extractive --run NEW-NAME",
        )
    cases = {number: Case.of(one) for number, one in enumerate(kept.outcomes, start=1) if one.question.answers}
    if not cases:
        happened = f"no question of {kept.name} has a right answer to judge by"
        raise FathomError(happened, "a data set whose questions have answers", "add answers to its questions")
    return cases

"""What an agent was shown against the evidence: over the whole trajectory, within a budget, and by the words of the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from evals.answering.base import Answered, Judged, normal
from evals.outcomes import Outcome
from retrievers.errors import FathomError, UsageError

Budget = Literal["searches", "tokens"]


def _recall(one: Outcome, seen: Collection[str]) -> float:
    wanted = set(one.question.relevant)
    return len(wanted & set(seen)) / len(wanted)


@dataclass(frozen=True, repr=False)
class EvidenceRecall(Judged):
    """The share of the relevant documents that were shown by any step; `of="found"`: that any search found, shown or not.

    It rewards searching more: print Searches and Tokens beside it (BrowseComp-Plus; Chen et al., 2025). Raises `FathomError` for
    `of="found"` where the outcomes do not say what was found.

    >>> EvidenceRecall().values(outcomes).mean()
    """

    answered = False
    of: Literal["shown", "found"] = "shown"

    def quality(self, one: Outcome) -> float:
        """0 to 1."""
        return _recall(one, one.shown if self.of == "shown" else _found(one))

    def __repr__(self) -> str:
        return "EvidenceRecall" if self.of == "shown" else "EvidenceRecall(found)"


@dataclass(frozen=True, repr=False)
class RecallAt(Judged):
    """Evidence recall over the first searches alone: so many of them, or those until which so many tokens were shown.

    A search that passes the budget of tokens does not count. What was opened, or shown in an earlier answer, spends tokens but is
    no search's find. Raises `UsageError` for a budget below 1.

    >>> RecallAt(3).values(outcomes).mean()
    """

    answered = False
    budget: int
    unit: Budget = "searches"

    def __post_init__(self) -> None:
        if self.budget < 1:
            raise UsageError(f"recall at a budget of {self.budget} {self.unit}", "at least 1", "--measure Recall@3searches")

    def quality(self, one: Outcome) -> float:
        """0 to 1."""
        steps = [
            step
            for number, step in enumerate(one.steps, start=1)
            if (number if self.unit == "searches" else step.tokens) <= self.budget
        ]
        return _recall(one, {document for step in steps for document in step.shown})

    def __repr__(self) -> str:
        return f"Recall@{self.budget}{self.unit}"


@dataclass(frozen=True)
class Point:
    """A point of a curve: the mean recall of `n` questions within a budget."""

    budget: int
    recall: float
    n: int


def recall_curve(outcomes: Sequence[Outcome], unit: Budget = "searches", most: int = 50) -> list[Point]:
    """Mean recall at the budgets at which some search ended, `most` of them at most, evenly over their order with the last.

    Every question counts at every budget, with what it had by then. Empty where no question has judgements and a search.

    >>> recall_curve(outcomes, "tokens")[-1].recall
    """
    ends = {
        number if unit == "searches" else max(step.tokens, 1)
        for one in outcomes
        if one.question.relevant
        for number, step in enumerate(one.steps, start=1)
    }
    budgets = sorted(ends)
    chosen = sorted({budgets[len(budgets) * place // most - 1] for place in range(1, most + 1)}) if len(ends) > most else budgets
    values = [(budget, RecallAt(budget, unit).values(outcomes)) for budget in chosen]
    return [Point(budget, float(found.mean()), len(found)) for budget, found in values]


@dataclass(frozen=True, repr=False)
class AnswerCoverage(Answered):
    """1 where a right answer stands, word for word and normalised, in one of the first k passages shown: needs no judgements.

    Raises `UsageError` for k below 1, `FathomError` for outcomes that were read without the texts of passages (Karpukhin et al.,
    EMNLP 2020).

    >>> AnswerCoverage(5).values(outcomes(ledger, run, index=index)).mean()
    """

    answered = False
    k: int

    @property
    def cutoff(self) -> int:
        """k."""
        return self.k

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"answer coverage at {self.k}", "at least 1 passage", "--measure AnswerCoverage@5")

    def quality(self, one: Outcome) -> float:
        """1 or 0."""
        if one.texts is None:
            raise _unread(f"the texts of the passages of question {one.question.id!r} were not read")
        passages = [f" {normal(text)} " for text in one.texts(self.k)]
        answers = [f" {normal(answer)} " for answer in one.question.answers if answer.strip()]
        return float(any(answer in passage for answer in answers for passage in passages))

    def __repr__(self) -> str:
        return f"AnswerCoverage@{self.k}"


def _found(one: Outcome) -> set[str]:
    found: set[str] = set()
    for step in one.steps:
        if step.found is None:
            raise _unread(f"it is not known which documents the searches of question {one.question.id!r} found")
        found.update(step.found)
    return found


def _unread(happened: str) -> FathomError:
    return FathomError(happened, "outcomes that were read with the run's index", "outcomes(ledger, run, index=index)")

"""Whether a question came to its end, what it took, and whether it was rightly refused."""

from __future__ import annotations

from dataclasses import dataclass

from evals.answering.base import AnswerMeasure, Quality
from evals.outcomes import Outcome


@dataclass(frozen=True, repr=False)
class Completion(Quality):
    """1 where something came of the question, be it a refusal; 0 where it failed.

    >>> Completion().values(outcomes).mean()
    """

    answered = False

    def quality(self, one: Outcome) -> float:
        """1."""
        return 1.0


@dataclass(frozen=True, repr=False)
class Refusal(Quality):
    """1 where a question that the corpus cannot answer was refused; applies to those alone.

    >>> Refusal().values(outcomes).mean()
    """

    def applies(self, one: Outcome) -> bool:
        """Where the question is unanswerable."""
        return one.question.unanswerable

    def quality(self, one: Outcome) -> float:
        """1 or 0."""
        return float(one.refused)


@dataclass(frozen=True, repr=False)
class Searches(AnswerMeasure):
    """How many searches were made, the repeats left out."""

    answered = False

    def value(self, one: Outcome) -> float:
        """A count."""
        return float(one.spent.searches)


@dataclass(frozen=True, repr=False)
class Tokens(AnswerMeasure):
    """How many tokens the models read and wrote."""

    answered = False

    def value(self, one: Outcome) -> float:
        """A count."""
        return float(one.spent.tokens_in + one.spent.tokens_out)


@dataclass(frozen=True, repr=False)
class Seconds(AnswerMeasure):
    """How long the question took."""

    answered = False

    def value(self, one: Outcome) -> float:
        """Seconds."""
        return one.spent.seconds


@dataclass(frozen=True, repr=False)
class Cost(AnswerMeasure):
    """What the models cost; a question with a call of unknown price has no figure, rather than a cost of nothing."""

    answered = False

    def applies(self, one: Outcome) -> bool:
        """Where every price is known."""
        return one.spent.cost is not None

    def value(self, one: Outcome) -> float:
        """Money, in the unit of the prices."""
        return one.spent.cost or 0.0

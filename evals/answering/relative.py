"""A system over the best that its reader could do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.answering.base import AnswerMeasure, SetFigure
from evals.outcomes import Outcome
from retrievers.errors import UsageError


@dataclass(frozen=True, repr=False)
class RelativeMax:
    """The mean of a system over that of the same reader given only the gold passages, both by `measure`: what retrieval left of
    the reader's best. It passes 1 where the reader does better with what was retrieved.

    >>> RelativeMax(TokenF1()).figure(system, given_gold).value
    """

    measure: AnswerMeasure

    def figure(self, system: Sequence[Outcome], gold: Sequence[Outcome]) -> SetFigure:
        """At least 0; None where the reader scores nothing even with the gold. Raises `UsageError` for unlike questions."""
        ids, others = [[one.question.id for one in run if self.measure.applies(one)] for run in (system, gold)]
        if sorted(ids) != sorted(others):
            odd = sorted(set(ids) ^ set(others))
            raise UsageError(
                f"{self.measure!r} of {len(ids)} questions against {len(others)}{f', unlike in {odd[0]!r}' if odd else ''}",
                "the same questions in both",
                "evaluate both over one data set",
            )
        most = float(self.measure.values(gold).sum())
        return SetFigure(float(self.measure.values(system).sum()) / most if most else None, len(ids))

    def __repr__(self) -> str:
        return f"RelativeMax({self.measure!r})"

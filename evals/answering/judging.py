"""Whether an answer is right by the verdict of a judge that the ledger keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from agent.ledger import Ledger
from evals.answering.base import Answered
from evals.judging.book import CORRECT, Book, Entry
from evals.judging.match import NORMALISED
from evals.judging.model import identity
from evals.judging.verdict import Case, known
from evals.outcomes import Outcome
from retrievers.errors import FathomError


@dataclass(frozen=True, repr=False)
class JudgedAccuracy(Answered):
    """1 where the judge `name` (a model, or NormalisedMatch) calls the answer correct, 0 where it calls it incorrect.

    What it cannot tell, and where it gave no verdict, has no figure: print `unsure` beside it. A question that failed or was
    refused counts 0 and needs no verdict. `said` is what the judge said, by the content that it judged; an answer that it was
    not asked about raises `FathomError`, rather than making the number of answers smaller.

    >>> JudgedAccuracy.by(ledger, "gpt-4o-mini").values(outcomes).mean()
    """

    name: str
    judge: str
    said: Mapping[str, Entry] = field(compare=False)

    @classmethod
    def by(cls, ledger: Ledger, name: str, temperature: float = 0.0) -> Self:
        """The measure of what this judge said in this ledger. Raises `FathomError` where it said nothing."""
        judge = NORMALISED if name == NORMALISED else identity(name, temperature)
        book = Book.open(ledger, judge)
        if not book.by_place:
            known = ", ".join(ledger.judges(CORRECT))
            raise FathomError(f"{judge} judged nothing in this ledger", known or "a judge that did", _next(name))
        return cls(name, judge, book.by_key)

    def __repr__(self) -> str:
        return f"Judge({self.name})"

    def applies(self, one: Outcome) -> bool:
        """Where there is a right answer and the judge decided."""
        return super().applies(one) and self._value(one) is not None

    def quality(self, one: Outcome) -> float:
        """1 or 0."""
        return self._value(one) or 0.0

    def unsure(self, outcomes: Sequence[Outcome]) -> int:
        """How many answers have no figure: the judge could not tell, or gave no verdict."""
        return sum(super(JudgedAccuracy, self).applies(one) and self._value(one) is None for one in outcomes)

    def _value(self, one: Outcome) -> float | None:
        if (sure := known(one)) is not None:
            return sure.value
        entry = self.said.get(Case.of(one).key(self.judge))
        if entry is None:
            happened = f"{self.judge} was not asked about the answer to {one.question.id}"
            raise FathomError(happened, "a verdict on every answer", _next(self.name))
        return entry.verdict.value if entry.verdict else None


def _next(name: str) -> str:
    return "fathom judge NAME" if name == NORMALISED else f"fathom judge NAME --endpoint URL --model {name}"

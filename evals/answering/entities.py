"""Answers that are entities: one right, or the whole set of them."""

from __future__ import annotations

from dataclasses import dataclass

from evals.answering.base import Answered, normal
from evals.outcomes import Outcome


def named_in(one: Outcome) -> list[str]:
    """The entities of the answer, normalised, each once; the short answer where it names none."""
    if one.answer is None:
        return []
    named = [normal(entity) for entity in one.answer.entities or (one.answer.short,)]
    return [entity for entity in dict.fromkeys(named) if entity]


def right(one: Outcome) -> set[str]:
    """The right answers, normalised."""
    return {normal(answer) for answer in one.question.answers}


@dataclass(frozen=True, repr=False)
class HitsAt1(Answered):
    """1 where the first entity of the answer is a right one.

    >>> HitsAt1().values(outcomes).mean()
    """

    def quality(self, one: Outcome) -> float:
        """1 or 0."""
        return float(any(entity in right(one) for entity in named_in(one)[:1]))

    def __repr__(self) -> str:
        return "Hits@1"


@dataclass(frozen=True, repr=False)
class SetF1(Answered):
    """The F1 of the answer's entities as a set: one that is named twice counts once, so precision never passes 1.

    >>> SetF1().values(outcomes).mean()
    """

    def quality(self, one: Outcome) -> float:
        """0 to 1."""
        said, wanted = set(named_in(one)), right(one)
        return 2 * len(said & wanted) / (len(said) + len(wanted))


@dataclass(frozen=True, repr=False)
class ExactSet(Answered):
    """1 where the answer names all the right entities and no other.

    >>> ExactSet().values(outcomes).mean()
    """

    def quality(self, one: Outcome) -> float:
        """1 or 0."""
        return float(set(named_in(one)) == right(one))

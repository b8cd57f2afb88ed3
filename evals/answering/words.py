"""Short answers against the right ones, by their words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from evals.answering.base import Answered, normal, short
from evals.outcomes import Outcome


@dataclass(frozen=True, repr=False)
class ExactMatch(Answered):
    """1 where the short answer is one of the right ones, both normalised (SQuAD; Rajpurkar et al., EMNLP 2016).

    >>> ExactMatch().values(outcomes).mean()
    """

    def quality(self, one: Outcome) -> float:
        """1 or 0."""
        said = short(one)
        return float(bool(said) and said in {normal(answer) for answer in one.question.answers})


@dataclass(frozen=True, repr=False)
class TokenF1(Answered):
    """How far the words of the short answer are those of the right one, of several the nearest: 2 shared / (said + right).

    A word counts as often as it stands in both (SQuAD; Rajpurkar et al., EMNLP 2016).

    >>> TokenF1().values(outcomes).mean()
    """

    def quality(self, one: Outcome) -> float:
        """0 to 1."""
        return max(overlap(short(one), normal(answer)) for answer in one.question.answers)


def overlap(said: str, right: str) -> float:
    """The F1 of two texts' words: 0 where they share none.

    >>> overlap("red moons", "two red moons")
    0.8
    """
    first, second = Counter(said.split()), Counter(right.split())
    shared = (first & second).total()
    return 2 * shared / (first.total() + second.total()) if shared else 0.0

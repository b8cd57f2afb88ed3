"""What every measure of an answer is: a name, the questions it applies to, and a figure for each of them."""

from __future__ import annotations

import re
import string
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from evals.measures import Values
from evals.outcomes import Outcome

Mask = NDArray[np.bool_]

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_MARKS = str.maketrans("", "", string.punctuation)


class AnswerMeasure(ABC):
    """One figure a question. Its repr is its name, the column of a table.

    `values` has a figure for each question that the measure applies to, in order, and `mask` says which those are: a mean is
    over `len(values)` questions, never over a figure that is not a number. Of several runs of the same questions, pair by mask.
    `cutoff` is how many places of a ranking it looks at (0: as many as were shown); `answered` says that it looks at an answer.
    """

    answered: ClassVar[bool] = True

    @property
    def cutoff(self) -> int:
        """How many places count."""
        return 0

    def __repr__(self) -> str:
        return type(self).__name__

    @abstractmethod
    def value(self, one: Outcome) -> float:
        """The figure of a question that the measure applies to."""

    def applies(self, one: Outcome) -> bool:
        """Whether the question has a figure."""
        return True

    def mask(self, outcomes: Sequence[Outcome]) -> Mask:
        """Which of the questions have a figure."""
        return np.array([self.applies(one) for one in outcomes], dtype=np.bool_)

    def values(self, outcomes: Sequence[Outcome]) -> Values:
        """The figures of those that have one."""
        return np.array([self.value(one) for one in outcomes if self.applies(one)], dtype=np.float64)


class Quality(AnswerMeasure):
    """A measure in 0..1 of which more is better: a question that failed stays among the others and counts 0."""

    def value(self, one: Outcome) -> float:
        return 0.0 if one.failed else self.quality(one)

    @abstractmethod
    def quality(self, one: Outcome) -> float:
        """The figure of a question that did not fail."""


class Answered(Quality):
    """One of the answer: it applies where the data set has a right one."""

    def applies(self, one: Outcome) -> bool:
        return bool(one.question.answers)


class Judged(Quality):
    """One of the evidence: it applies where the data set names relevant documents."""

    def applies(self, one: Outcome) -> bool:
        return bool(one.question.relevant)


@dataclass(frozen=True)
class SetFigure:
    """A figure of a whole set, over the `n` questions that have what it needs; None where they are too few."""

    value: float | None
    n: int


def normal(text: str) -> str:
    """A text as answers are compared: small letters, without punctuation (of ASCII) and articles, one space between words.

    As in SQuAD (Rajpurkar et al., EMNLP 2016), but a text of nothing else keeps its signs: the choice "A" is not the choice "-".

    >>> normal("The Moons,  of Mars!")
    'moons of mars'
    """
    small = text.lower()
    return " ".join(_ARTICLES.sub(" ", small.translate(_MARKS)).split()) or " ".join(small.split())


def short(one: Outcome) -> str:
    """The short answer, normalised; empty where there is none."""
    return normal(one.answer.short) if one.answer is not None else ""

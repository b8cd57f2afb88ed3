"""Whether an answer's confidence says how often it is right: figures of a whole set of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from evals.answering.base import AnswerMeasure, SetFigure, Values
from evals.answering.words import ExactMatch
from evals.outcomes import Outcome

BIN = 100


@dataclass(frozen=True, repr=False)
class CalibrationError:
    """How far confidence is from the share that is right: the root of the mean square gap, in bins of 100 by confidence.

    Every answer is in a bin; the last one takes what is left over (Hendrycks et al., ICLR 2019). `official` is the figure of
    the evaluator that BrowseComp-Plus publishes, for comparison alone: it leaves out the last, most confident bin, and takes an
    answer without confidence for a sure one. Ours leaves such an answer out. Answers that are equally sure share their mean, so
    the order of the questions does not matter. `right` is the measure that says what is right.

    >>> CalibrationError().figure(outcomes).value
    """

    official: bool = False
    right: AnswerMeasure = field(default_factory=ExactMatch)

    def figure(self, outcomes: Sequence[Outcome]) -> SetFigure:
        """0 to 1; None without an answer, and for the official one below 100."""
        confidence, right = sure(outcomes, self.right, absent=1.0 if self.official else None)
        n = len(confidence)
        bins = max(n // BIN, 1)
        if n == 0 or (self.official and n < BIN):
            return SetFigure(None, n)
        edges = [*range(0, bins * BIN, BIN), n]
        spans = list(pairwise(edges))[: -1 if self.official else None]
        squares = [(end - at) / n * float((confidence[at:end] - right[at:end]).mean()) ** 2 for at, end in spans]
        return SetFigure(float(np.sqrt(sum(squares))), n)

    def __repr__(self) -> str:
        return "CalibrationError(official)" if self.official else "CalibrationError"


@dataclass(frozen=True)
class Risk:
    """At `coverage`, the share of answers that are taken, the surest first, `risk` of those are wrong."""

    coverage: float
    risk: float


@dataclass(frozen=True, repr=False)
class RiskCoverage:
    """How the share of wrong answers grows with the share that is taken, the surest first; less area is better.

    The area is the mean risk over all n coverages (Geifman & El-Yaniv, NeurIPS 2017). Equally sure answers share their mean.

    >>> RiskCoverage().figure(outcomes).value
    """

    right: AnswerMeasure = field(default_factory=ExactMatch)

    def curve(self, outcomes: Sequence[Outcome]) -> list[Risk]:
        """A point for each answer that has a confidence."""
        _, right = sure(outcomes, self.right)
        taken = np.arange(1, len(right) + 1)
        risks = np.clip(1.0 - np.cumsum(right[::-1]) / taken, 0.0, 1.0)
        return [Risk(float(count / len(right)), float(risk)) for count, risk in zip(taken, risks, strict=True)]

    def figure(self, outcomes: Sequence[Outcome]) -> SetFigure:
        """The area under the curve, 0 to 1; None without an answer."""
        risks = [point.risk for point in self.curve(outcomes)]
        return SetFigure(float(np.mean(risks)) if risks else None, len(risks))

    def __repr__(self) -> str:
        return "RiskCoverage"


def sure(outcomes: Sequence[Outcome], right: AnswerMeasure, absent: float | None = None) -> tuple[Values, Values]:
    """Confidence, the least first, and how far the answers are right; `absent` stands for a confidence that is not there.

    Only answers that did not fail and that `right` applies to; without `absent`, only those with a confidence.
    """
    kept = [one for one in outcomes if one.answer is not None and not one.failed and right.applies(one)]
    told = [(one.answer.confidence, right.value(one)) for one in kept if one.answer is not None]
    pairs = sorted(
        (absent if level is None else level, value) for level, value in told if level is not None or absent is not None
    )
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    levels, places, counts = np.unique(table[:, 0], return_inverse=True, return_counts=True)
    means = np.bincount(places, weights=table[:, 1], minlength=len(levels)) / np.maximum(counts, 1)
    return table[:, 0], means[places]

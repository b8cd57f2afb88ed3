"""Curves as numbers: recall by depth, and what any curve comes to at a few places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evals.answering.confidence import Risk
from evals.answering.evidence import Point
from evals.outcomes import Outcome

FEW = 6
COVERAGES = (0.1, 0.25, 0.5, 0.75, 1.0)
_ROUNDED = 1e-9


def depth_curve(outcomes: Sequence[Outcome], deepest: int) -> list[Point]:
    """Mean recall at every depth from 1 to `deepest`, over the questions that name something relevant, failures as 0.

    At each depth it is the measure R@depth. Empty where no question names any.

    >>> depth_curve(outcomes, 100)[9].budget
    10
    """
    judged = [one for one in outcomes if one.question.relevant]
    found = np.zeros(deepest)
    for one in judged:
        wanted = set(one.question.relevant)
        places = [place for place, id in enumerate(one.ranking[:deepest]) if id in wanted and not one.failed]
        np.add.at(found, places, 1 / len(wanted))
    total = np.cumsum(found) / max(len(judged), 1)
    return [Point(depth, float(recall), len(judged)) for depth, recall in enumerate(total, start=1)] if judged else []


def budgets(curves: Mapping[str, Sequence[Point]], most: int = FEW) -> list[int]:
    """A few budgets at which some curve has a point: about evenly by their ratio, the least and the greatest among them.

    >>> budgets({"standard": [Point(budget, 0.5, 1) for budget in range(1, 13)]})
    [1, 2, 3, 4, 7, 12]
    """
    there = sorted({one.budget for curve in curves.values() for one in curve})
    if len(there) <= most:
        return there
    aims = np.geomspace(there[0], there[-1], most)
    return sorted({min(there, key=lambda budget: abs(budget - aim)) for aim in aims})


def recall_by(curve: Sequence[Point], budget: int) -> float:
    """What a curve had come to within a budget; nothing before its first point.

    >>> recall_by([Point(2, 0.5, 4), Point(5, 0.75, 4)], 3)
    0.5
    """
    return next((one.recall for one in reversed(curve) if one.budget <= budget), 0.0)


def risk_at(curve: Sequence[Risk], coverage: float) -> float | None:
    """The risk where so large a share of the answers is taken; None for no answer.

    >>> risk_at([Risk(0.5, 0.0), Risk(1.0, 0.5)], 0.75)
    0.5
    """
    return next((one.risk for one in curve if one.coverage >= coverage - _ROUNDED), None)

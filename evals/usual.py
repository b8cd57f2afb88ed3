"""What is measured where nobody says what: the usual measures of recipes alone and of agents."""

from __future__ import annotations

from collections.abc import Sequence

from evals.answering.base import AnswerMeasure, Quality
from evals.measures import Measure
from evals.scores import Kept

ALONE = ("nDCG@10",)
AGENT = (
    "ExactMatch",
    "TokenF1",
    "EvidenceRecall",
    "CitationPrecision",
    "Refusal",
    "Completion",
    "Searches",
    "Tokens",
    "Seconds",
)
_DEEP = 10


def usual(systems: Sequence[Kept]) -> tuple[str, ...]:
    """What can be said of all of these systems: of agents, what is said of answers; of recipes alone, nDCG and recall at ten
    places, or at as many as were logged; of both, the evidence.

    >>> usual(systems(ledger, "first"))
    ('nDCG@10', 'R@10')
    """
    alone = {one.spec.alone for one in systems}
    if alone != {True}:
        return ("EvidenceRecall",) if True in alone else AGENT
    deep = min([_DEEP, *(one.depth for one in systems)])
    return f"nDCG@{deep}", f"R@{deep}"


def better(measures: Sequence[AnswerMeasure | Measure]) -> frozenset[str]:
    """The names of those of which more is better: not what a question took."""
    return frozenset(str(one) for one in measures if not isinstance(one, AnswerMeasure) or isinstance(one, Quality))

"""What is measured where nobody says what: the usual measures of recipes alone and of agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.spec import Spec
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
    deep = min([_DEEP, *(one.depth for one in systems if one.spec.alone)])
    return _usual({one.spec.alone for one in systems}, f"nDCG@{deep}", f"R@{deep}")


def of_specs(specs: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The same of runs that have not come to their end, by what they are: of recipes alone, nDCG as deep as they are measured."""
    read = [Spec.from_json(one) for one in specs]
    deep = min([_DEEP, *(one.depth or _DEEP for one in read if one.alone)])
    return _usual({one.alone for one in read}, f"nDCG@{deep}")


def _usual(alone: set[bool], *of_rankings: str) -> tuple[str, ...]:
    if alone == {True}:
        return of_rankings
    return ("EvidenceRecall",) if True in alone else AGENT


def better(measures: Sequence[AnswerMeasure | Measure]) -> frozenset[str]:
    """The names of those of which more is better: not what a question took."""
    return frozenset(str(one) for one in measures if not isinstance(one, AnswerMeasure) or isinstance(one, Quality))

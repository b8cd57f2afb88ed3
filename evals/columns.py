"""A value for each question and measure: the columns that every table, comparison and report is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from evals.answering.base import AnswerMeasure
from evals.measures import Measure, Values
from evals.outcomes import Outcome
from retrievers.errors import FathomError, UsageError

DEPTH = 1000


def columns(outcomes: Sequence[Outcome], measures: Sequence[AnswerMeasure | Measure], name: str) -> Mapping[str, Values]:
    """By each measure's name a value for each question, in their order; not a number where it does not apply to one.

    A measure of rankings applies where something is relevant: a question that failed counts 0 in it. Raises `FathomError` for a
    measure that looks deeper than what was kept of the evaluation `name`, `UsageError` for one of answers where there are none.

    >>> columns(outcomes(ledger, run), named(["ExactMatch", "nDCG@10"]), "first")["ExactMatch"]
    """
    judged = any(one.question.relevant for one in outcomes) or not outcomes
    plain = all(one.answer is None for one in outcomes if not one.failed)
    for measure in measures:
        if not isinstance(measure, AnswerMeasure):
            _check(outcomes, measure, name, judged=judged)
        elif measure.answered and plain:
            raise UsageError(
                f"{measure} looks at answers, and {name} gave none", "a measure of what was found", "--measure EvidenceRecall"
            )
    return {str(measure): _column(outcomes, measure) for measure in measures}


def depth_kept(outcomes: Sequence[Outcome]) -> int:
    """How deep a measure of rankings may look: as many places as were kept, where a ranking had more."""
    return min((one.depth for one in outcomes if one.depth is not None), default=DEPTH)


def _column(outcomes: Sequence[Outcome], measure: AnswerMeasure | Measure) -> Values:
    values = np.full(len(outcomes), np.nan)
    if isinstance(measure, AnswerMeasure):
        values[measure.mask(outcomes)] = measure.values(outcomes)
        return values
    judged = [place for place, one in enumerate(outcomes) if one.question.relevant]
    found = [() if outcomes[place].failed else outcomes[place].ranking[: measure.cutoff or DEPTH] for place in judged]
    values[judged] = measure.values(found, [outcomes[place].question.relevant for place in judged])
    return values


def _check(outcomes: Sequence[Outcome], measure: Measure, name: str, *, judged: bool) -> None:
    if not judged:
        raise FathomError(
            f"{measure} needs to know what is relevant, and none of the questions of {name} has a judgement",
            "supporting_ids, or a measure that needs none",
            "--measure AnswerCoverage@5",
        )
    kept = depth_kept(outcomes)
    if kept >= (measure.cutoff or DEPTH):
        return
    deep = f"{measure.cutoff} places" if measure.cutoff else "the whole ranking"
    shallow = re.sub(r"@\d+", f"@{kept}", str(measure)) if measure.cutoff else f"nDCG@{kept}"
    raise FathomError(
        f"{measure} looks at {deep}, and the ledger keeps the first {kept} of a question of {name}",
        f"a measure that looks at {kept} places at most",
        f"--measure {shallow}",
    )

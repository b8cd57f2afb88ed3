"""The measures of answers by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import cast

from evals.answering.base import AnswerMeasure
from evals.answering.citing import CitationCoverage, CitationPrecision, CitationRecall
from evals.answering.confidence import CalibrationError, RiskCoverage
from evals.answering.entities import ExactSet, HitsAt1, SetF1
from evals.answering.evidence import AnswerCoverage, Budget, EvidenceRecall, RecallAt, Texts
from evals.answering.taking import Completion, Cost, Refusal, Searches, Seconds, Tokens
from evals.answering.words import ExactMatch, TokenF1
from retrievers.errors import UsageError

_PLAIN: Mapping[str, AnswerMeasure] = {
    repr(measure): measure
    for measure in (
        ExactMatch(),
        TokenF1(),
        HitsAt1(),
        SetF1(),
        ExactSet(),
        EvidenceRecall(),
        EvidenceRecall("found"),
        CitationPrecision(),
        CitationPrecision(every=True),
        CitationRecall(),
        CitationRecall(every=True),
        CitationCoverage(),
        Completion(),
        Refusal(),
        Searches(),
        Tokens(),
        Seconds(),
        Cost(),
    )
}
ANSWER_MEASURES = (*_PLAIN, "AnswerCoverage@5", "Recall@3searches", "Recall@2000tokens")
"""Every name there is; of those with a number, with a number as an example."""
SET_MEASURES = (CalibrationError(), CalibrationError(official=True), RiskCoverage())
"""The figures of a whole set: each has `figure(outcomes)`."""

_COVERAGE = re.compile(r"AnswerCoverage@([1-9][0-9]*)")
_RECALL = re.compile(r"Recall@([1-9][0-9]*)(searches|tokens)")


def named(names: Sequence[str], texts: Texts | None = None) -> tuple[AnswerMeasure, ...]:
    """The measures of these names, in their order, each once; `texts` gives the passages that `AnswerCoverage@k` reads.

    Raises `UsageError` for a name that means none, naming the nearest, and for `AnswerCoverage@k` without texts.

    >>> named(["ExactMatch", "Recall@3searches"])
    (ExactMatch, Recall@3searches)
    """
    if not names:
        raise UsageError("no measure was named", "at least one", "--measure ExactMatch")
    return tuple(_named(name, texts) for name in dict.fromkeys(names))


def _named(name: str, texts: Texts | None) -> AnswerMeasure:
    if name in _PLAIN:
        return _PLAIN[name]
    if match := _RECALL.fullmatch(name):
        return RecallAt(int(match[1]), cast(Budget, match[2]))
    if match := _COVERAGE.fullmatch(name):
        if texts is None:
            raise UsageError(f"{name} without the texts of passages", "an index that has them", "name the run's index")
        return AnswerCoverage(int(match[1]), texts)
    by_case = {one.casefold(): one for one in ANSWER_MEASURES}
    near = get_close_matches(name.casefold(), by_case, n=1)
    meant = f"did you mean {by_case[near[0]]}?" if near else "--measure ExactMatch"
    raise UsageError(f"no measure of answers {name!r}", f"one of {', '.join(ANSWER_MEASURES)}", meant)

"""Every measure by its name: those of rankings, those of answers, and the figures of a whole set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import cast

from agent.ledger import Ledger
from evals.answering.base import AnswerMeasure
from evals.answering.citing import CitationCoverage, CitationPrecision, CitationRecall
from evals.answering.confidence import CalibrationError, RiskCoverage
from evals.answering.entities import ExactSet, HitsAt1, SetF1
from evals.answering.evidence import AnswerCoverage, Budget, EvidenceRecall, RecallAt
from evals.answering.taking import Completion, Cost, Refusal, Searches, Seconds, Tokens
from evals.answering.words import ExactMatch, TokenF1
from evals.measures import Measure, parse
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
_JUDGE = re.compile(r"Judge\((.+)\)")
_RECALL = re.compile(r"Recall@([1-9][0-9]*)(searches|tokens)")


def named(names: Sequence[str], ledger: Ledger | None = None) -> tuple[AnswerMeasure | Measure, ...]:
    """The measures of these names, in their order, each once: of answers, else of rankings; `ledger` has what judges said.

    Raises `UsageError` for a name that means none, naming the nearest, `FathomError` for a judge that said nothing.

    >>> named(["ExactMatch", "Recall@3searches", "nDCG@10"])
    """
    if not names:
        raise UsageError("no measure was named", "at least one", "--measure ExactMatch")
    found = (_named(name, ledger) for name in dict.fromkeys(names))
    return tuple({str(measure): measure for measure in found}.values())


def _named(name: str, ledger: Ledger | None) -> AnswerMeasure | Measure:
    if name in _PLAIN:
        return _PLAIN[name]
    if (match := _JUDGE.fullmatch(name)) and ledger is not None:
        from evals.answering.judging import JudgedAccuracy

        return JudgedAccuracy.by(ledger, match[1])
    if match := _RECALL.fullmatch(name):
        return RecallAt(int(match[1]), cast(Budget, match[2]))
    if match := _COVERAGE.fullmatch(name):
        return AnswerCoverage(int(match[1]))
    by_case = {one.casefold(): one for one in ANSWER_MEASURES}
    if near := get_close_matches(name.casefold(), by_case, n=1, cutoff=0.8):
        raise UsageError(f"no measure {name!r}", f"one of {', '.join(ANSWER_MEASURES)}", f"did you mean {by_case[near[0]]}?")
    return parse([name])[0]

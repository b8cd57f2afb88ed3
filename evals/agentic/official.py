"""What the reference evaluator of BrowseComp-Plus says of a run, beside the figure that it should be.

Its accuracy needs its judge; everything else is here. Where both columns agree, the reference is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from evals.agentic.recorded import Documents, cited, outcome, retrieved
from evals.answering.confidence import CalibrationError
from evals.bootstrap import Estimate, interval
from evals.datasets import Question
from evals.formats.trajectory import Record, document_of
from retrievers.errors import FathomError

_BRACKETS = re.compile(r"\[([^\[\]]*)\]|【([^【】]*)】")


@dataclass(frozen=True)
class Figure:
    """One measure: what the reference prints, ours with its interval, and why they differ where they do."""

    name: str
    official: float | None
    ours: Estimate
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """`{name, official, ours: {value, low, high, n}, why}`."""
        return asdict(self)


def figures(records: Sequence[Record], questions: Sequence[Question], documents: Documents = document_of) -> list[Figure]:
    """Evidence recall, searches, completion, citations and calibration of a run over the questions of its data set.

    Ours is over every question that has judgements: one without a record counts 0. Recall rewards searching more: the searches
    stand beside it. Calibration takes exact match for right. Raises `FathomError` for no record.

    >>> figures(read_runs("runs/bm25", ids), questions)[0].name
    'recall'
    """
    if not records:
        raise FathomError("no record of any question", "a run of one question at least", "name another folder")
    return _Run({one.query_id: one for one in records}, tuple(questions), documents).figures()


def official_citations(response: str) -> frozenset[str]:
    """What the reference takes for cited: every run of digits within [] or 【】, be it a year, or half of a passage's id.

    >>> sorted(official_citations("Printed in Ulm [browsecomp_plus_5412_7] in [1627]."))
    ['1627', '5412', '7']
    """
    return frozenset(digits for groups in _BRACKETS.findall(response) for digits in re.findall(r"\d+", "".join(groups)))


@dataclass(frozen=True)
class _Run:
    """The records by question."""

    records: dict[str, Record]
    questions: tuple[Question, ...]
    documents: Documents

    def figures(self) -> list[Figure]:
        judged = [one for one in self.questions if one.relevant]
        there = [(self.records[one.id], one) for one in judged if one.id in self.records]
        citing = [(record, one) for record, one in there if record.completed and official_citations(record.response)]
        fewer = f"the reference divides by the {len(there)} files found, not by {len(judged)} questions"
        short = fewer if len(there) < len(judged) else ""
        whole = "the reference takes runs of digits for ids and averages over answers that cite; ours matches ids whole, over all"
        return [
            Figure("recall", _mean(there, _official_recall), self._ours(judged, self._recall), _passages(there, short)),
            Figure("searches", _mean(there, _searches), self._ours(judged, _searches), short),
            Figure("completion", _mean(there, _completed), self._ours(judged, _completed), short),
            Figure("citation coverage", len(citing) / max(len(there), 1), self._ours(judged, self._cites), whole),
            Figure("citation precision", _mean(citing, _official_precision), self._ours(judged, self._precision), whole),
            Figure("citation recall", _mean(citing, _official_cited), self._ours(judged, self._cited), whole),
            self._calibration(),
        ]

    def _ours(self, judged: Sequence[Question], value: Callable[[Record, Question], float]) -> Estimate:
        """The mean over every judged question; one without a record counts 0."""
        return interval([value(self.records[one.id], one) if one.id in self.records else 0.0 for one in judged])

    def _recall(self, record: Record, question: Question) -> float:
        return _share(retrieved(record, self.documents), question.relevant)

    def _given(self, record: Record) -> tuple[str, ...]:
        return cited(record, self.documents) if record.completed else ()

    def _cites(self, record: Record, question: Question) -> float:
        return float(bool(self._given(record)))

    def _precision(self, record: Record, question: Question) -> float:
        given = self._given(record)
        return _share(question.relevant, given) if given else 0.0

    def _cited(self, record: Record, question: Question) -> float:
        return _share(self._given(record), question.relevant)

    def _calibration(self) -> Figure:
        found = [outcome(self.records[one.id], one, self.documents) for one in self.questions if one.id in self.records]
        official, ours = (CalibrationError(official=each).figure(found) for each in (True, False))
        why = "the reference leaves out its last, most confident bin, and needs 100 answers"
        return Figure("calibration error", official.value, Estimate(ours.value, None, None, ours.n), why)


def _mean(pairs: Sequence[tuple[Record, Question]], value: Callable[[Record, Question], float]) -> float | None:
    return float(np.mean([value(record, question) for record, question in pairs])) if pairs else None


def _share(found: Sequence[str], of: Sequence[str]) -> float:
    return len(set(found) & set(of)) / len(set(of))


def _official_recall(record: Record, question: Question) -> float:
    return _share(record.retrieved_docids, question.relevant)


def _official_precision(record: Record, question: Question) -> float:
    return _share(question.relevant, tuple(official_citations(record.response)))


def _official_cited(record: Record, question: Question) -> float:
    return _share(tuple(official_citations(record.response)), question.relevant)


def _searches(record: Record, question: Question) -> float:
    return float(record.tool_call_counts.get("search", 0))


def _completed(record: Record, question: Question) -> float:
    return float(record.completed)


def _passages(there: Sequence[tuple[Record, Question]], short: str) -> str:
    """Why recall differs."""
    named = any(document_of(id) != id for record, _ in there for id in record.retrieved_docids)
    return "; ".join(filter(None, [short, "the reference compares passage ids with documents" if named else ""]))

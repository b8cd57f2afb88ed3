"""Whether what was shown really bears on a question, as a probability: what decides between an answer and "not found"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from agent.claims.words import listed
from agent.extraction.coverage import Coverage
from agent.extraction.decompose import clauses, main
from agent.extraction.kin import covers
from agent.extraction.quantities import needs
from agent.extraction.shortanswer import Scored
from agent.extraction.terms import stems

ENOUGH = 0.44
_BEST = 1.6
_GENERAL = frozenset(listed("number name kind type sort thing person place date year"))
_BIAS = -4.3
_WEIGHTS = {
    "names": 1.3, "said": 2.3, "relevance": 1.4, "best": 1.0, "loose": -0.9, "unbound": -1.5, "gap": -1.1, "main_gap": -1.0,
    "noun_missing": -0.9, "noun_apart": -0.6, "none": -0.7,
}  # fmt: skip


@dataclass(frozen=True)
class Bearing:
    """What speaks for and against an answer, each in [0, 1] but for `best` (to 1.6).

    `names`: how far the question's names stand in the evidence; `said`: how much of it anything says; `relevance` and `best`: of
    the best candidate for a short answer; `loose`: how far no one sentence says what is asked, for a question that is one;
    `unbound` and `gap`, for a plain question: the candidate's line is about something else, how much of what is asked it lacks;
    `main_gap`, for every question: how much of the main clause it lacks;
    `noun_missing` and `noun_apart`: the noun that is asked for stands nowhere, or not with the candidate or the names; `none`:
    nothing of the kind that is wanted was found.
    """

    names: float
    said: float
    relevance: float
    best: float
    loose: float
    unbound: float
    gap: float
    main_gap: float
    noun_missing: float
    noun_apart: float
    none: float

    @property
    def probability(self) -> float:
        """That the evidence answers: a logistic regression over them, fitted once and rounded."""
        return 1 / (1 + exp(-_BIAS - sum(weight * getattr(self, name) for name, weight in _WEIGHTS.items())))


def bearing(coverage: Coverage, found: Sequence[Scored]) -> Bearing:
    """Weigh the evidence for a question, with the candidates that `ranked` found in it.

    >>> bearing(coverage, ranked(coverage)).probability >= ENOUGH
    True
    """
    best = found[0] if found else None
    plain = best.candidate.line if best and coverage.plain else None
    single = not clauses(coverage.question) and not coverage.question.choices
    return Bearing(
        names=coverage.names,
        said=coverage.share(coverage.said),
        relevance=best.relevance if best else 0.0,
        best=min(best.score, _BEST) if best else 0.0,
        loose=1.0 - coverage.joint if single else 0.0,
        unbound=float(plain is not None and not coverage.bound(plain)),
        gap=1.0 - coverage.says(plain) if plain is not None else 0.0,
        main_gap=1.0 - coverage.says(best.candidate.line, main(coverage.question)) if best else 1.0,
        noun_missing=float(_lacks_noun(coverage, None)),
        noun_apart=float(_lacks_noun(coverage, {best.candidate.line.passage.document} if best else set())),
        none=float(best is None),
    )


def _lacks_noun(coverage: Coverage, documents: set[str] | None) -> bool:
    """Whether the noun, or the unit counted, is said nowhere; or not in `documents` nor those about the question's names."""
    question = coverage.question
    named = question.wanted in ("thing", "number") and not needs(question) and question.noun not in _GENERAL
    wanted = stems(question.unit or (question.noun if named else ""))
    told = [
        line.stems | line.title
        for line in coverage.lines
        if documents is None or line.passage.document in documents or coverage.about(line)
    ]
    said = frozenset[str]().union(*told)
    return any(not covers(stem, said) for stem in wanted)

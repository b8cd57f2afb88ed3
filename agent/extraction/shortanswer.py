"""The short answer that the evidence holds: spans weighed by the question's words around them and by what links to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.extraction.candidates import Candidate, candidates
from agent.extraction.coverage import Coverage
from agent.extraction.kin import covers, kin
from agent.extraction.terms import stems

_REACH = 30
_TITLE, _LINK, _FIT, _NOUN, _UNBOUND = 0.5, 0.4, 0.5, 0.25, 0.5
_DASH = re.compile(r"[–—-]")
_DASH_SOON = re.compile(r"[^)]{0,25}?[–—-]")


@dataclass(frozen=True)
class Scored:
    """A candidate and its score: `near` is how close the question's words stand to it, `relevance` how much of the question its
    document and what is linked to its line speak to; both in [0, 1]. `lifespan`: it is the birth or the death of "(1546 - 1601)"
    that is asked for."""

    candidate: Candidate
    score: float
    near: float
    relevance: float
    lifespan: bool = False


def ranked(coverage: Coverage) -> list[Scored]:
    """All candidates, best first; ties by where they were shown.

    >>> ranked(Coverage(asked("Where was Kepler born?"), lines(shown)))[0].candidate.text
    'Weil der Stadt'
    """
    found = [_scored(coverage, one) for line in coverage.lines for one in candidates(coverage.question, line)]
    return sorted(found, key=lambda one: (-one.score, one.candidate.line.place, one.candidate.start, one.candidate.end))


def _scored(coverage: Coverage, one: Candidate) -> Scored:
    near, relevance = _near(coverage, one), coverage.relevance(one.line)
    score = near + relevance + _FIT * one.fit + _NOUN * _says_noun(coverage, one)
    if coverage.plain and not coverage.bound(one.line):
        score -= _UNBOUND
    return Scored(one, round(score, 6), round(near, 6), round(relevance, 6), _lifespan(coverage, one))


def _near(coverage: Coverage, one: Candidate) -> float:
    """The share of the question's weight near the candidate: full beside it, half at 30 characters off, some in title and links;
    full too in the title of a document that is about a name of the question."""
    closeness = [0.0] * len(coverage.question.terms)
    about = 1.0 if coverage.about(one.line) else _TITLE
    for places, least in ((coverage.title[one.line.place], about), (coverage.linked[one.line.place], _LINK)):
        for place in places:
            closeness[place] = max(closeness[place], least)
    for term in one.line.terms:
        for place in coverage.kinship(term.stem):
            closeness[place] = max(closeness[place], 1 / (1 + one.gap(term.start, term.end) / _REACH))
    _vital(coverage, one, closeness)
    weights = coverage.question.weights
    return sum(a * b for a, b in zip(weights, closeness, strict=True)) / (sum(weights) or 1.0)


def _vital(coverage: Coverage, one: Candidate, closeness: list[float]) -> None:
    """A date in a lifespan stands at "born" or at "died", and not at the other."""
    place = _in_lifespan(coverage, one)
    for number, term in enumerate(coverage.question.terms):
        if place and (kin(term.stem, "born") or kin(term.stem, "die")):
            closeness[number] = float(kin(term.stem, place))


def _lifespan(coverage: Coverage, one: Candidate) -> bool:
    """Whether a date in a lifespan is the birth or the death that is asked for."""
    place = _in_lifespan(coverage, one)
    return bool(place) and any(kin(term.stem, place) for term in coverage.question.terms)


def _in_lifespan(coverage: Coverage, one: Candidate) -> str:
    """In "(1546 - 1601)" behind a name the first is a birth and the second a death; empty elsewhere."""
    if coverage.question.wanted != "date":
        return ""
    before, after = one.line.text[: one.start], one.line.text[one.end :]
    opening = before.rfind("(")
    if opening < 0 or before.rfind(")") > opening:
        return ""
    second, first = _DASH.search(before, opening) is not None, _DASH_SOON.match(after) is not None
    return "" if first == second else "born" if first else "die"


def _says_noun(coverage: Coverage, one: Candidate) -> bool:
    """Whether the noun that is asked for stands at the candidate: "actress Antara Mali", "St John's College"."""
    question = coverage.question
    if not question.noun or one.start < 0 or question.wanted not in ("thing", "person", "place"):
        return False
    before, behind = (25, 20) if question.wanted == "thing" else (15, 0)
    text = one.line.text
    window = text[max(0, one.start - before) : one.end + behind if behind else one.start]
    return any(covers(stem, stems(question.noun)) for stem in stems(window))

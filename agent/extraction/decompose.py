"""A question into sub-questions: one for each side of a comparison; and the descriptions in it that hide a name."""

from __future__ import annotations

import re

from agent.extraction.mentions import key, within
from agent.extraction.question import Asked
from agent.extraction.terms import terms

_RELATIVE = re.compile(r"\b(?:who|that|which|whose|where)\b", re.IGNORECASE)
_JOINS = re.compile(r"\b(?:who|whom|that|which|whose|where|when)\b", re.IGNORECASE)
_ANYONE = frozenset({"name", "person", "people", "man", "woman"})
_STOP = re.compile(r"[,;:?!]|\.(?:\s|\Z)")
_LEAST = 3
_MOST = 6


def sides(question: Asked) -> tuple[str, ...]:
    """The two sides of a comparison or of "both A and B", each a name and what is asked of both, as texts to search; else empty.

    >>> sides(asked("Which has the larger lens, Lick Observatory or Yerkes Observatory?"))
    ('Lick Observatory larger lens', 'Yerkes Observatory larger lens')
    """
    named = " ".join(key(name) for name in question.choices)
    outside = [term.text for term in question.terms if term.stem not in question.named and not within(key(term.text), named)]
    return tuple(" ".join([name, *outside[:_MOST]]) for name in question.choices)


def main(question: Asked) -> frozenset[int]:
    """The places among the question's terms of its main clause, from the asking words to the first relative clause, without names
    and words for anyone or anything.

    >>> main(asked("In which town was the young painter born who met Picard?"))
    frozenset({0, 1, 2})
    """
    relative = _JOINS.search(question.text, question.place[1] + 1)
    end = relative.start() if relative else len(question.text)
    inside = [place for place, term in enumerate(question.terms) if question.place[0] <= term.start < end]
    general = {place for place in inside if question.terms[place].text.lower() in _ANYONE}
    return frozenset(place for place in inside if question.terms[place].stem not in question.named) - general


def clauses(question: Asked) -> tuple[str, ...]:
    """The relative clauses of three content words and more, each with the two words before it: what they describe is not named.

    >>> clauses(asked("In which town was the Dane born who helped Picard on Hven in 1671?"))
    ('Dane born helped Picard on Hven in 1671',)
    """
    text = question.text
    starts = [match for match in _RELATIVE.finditer(text) if match.start() > question.place[0]]
    ends = [*(match.start() for match in starts), len(text)][1:]
    found: list[str] = []
    for match, end in zip(starts, ends, strict=False):
        stop = _STOP.search(text, match.end(), end)
        clause = text[match.end() : stop.start() if stop else end].strip()
        if len(terms(clause)) >= _LEAST:
            found.append(" ".join([*text[question.place[1] : match.start()].split()[-2:], clause]))
    return tuple(found)

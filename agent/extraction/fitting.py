"""The one candidate that may be given as the short answer, or none: a wrong short answer is worse than none.

It is of the asked kind, stands in the clause that says what is asked, in the part that is asked for, and leads clearly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.extraction.coverage import Coverage
from agent.extraction.decompose import main
from agent.extraction.deeds import Deed, deeds
from agent.extraction.kinds import Kinds
from agent.extraction.lines import Line
from agent.extraction.mentions import Mention, key, within
from agent.extraction.predicate import Predicate, predicate
from agent.extraction.question import phrase
from agent.extraction.shortanswer import Scored
from agent.extraction.terms import stems

LEAST, MARGIN = 1.1, 0.03
_PRONOUN = re.compile(r"\b(?:it|he|she|they|him|her|them)\b", re.IGNORECASE)
_IS = re.compile(r"\b(?:is|was|are|were)\s+(?:the|a|an)\s+", re.IGNORECASE)


def fitting(coverage: Coverage, found: Sequence[Scored]) -> Scored | None:
    """The best of the candidates (best first) that fits, None where none does or a rival is as good.

    >>> fitting(coverage, ranked(coverage)).candidate.text  # "Who discovered Titan?"
    'Christiaan Huygens'
    """
    kinds, asked = Kinds(coverage), predicate(coverage.question)
    fits = [one for one in found if one.score >= LEAST and kinds.suits(one.candidate) and _stands(coverage, asked, one)]
    rivals = [one for one in fits[1:] if not _one_name(one.candidate.text, fits[0].candidate.text)]
    clear = bool(fits) and (not rivals or fits[0].score - rivals[0].score >= MARGIN)
    return fits[0] if clear else None


def _one_name(one: str, other: str) -> bool:
    """Whether two spans are one name, or one a part of the other."""
    return within(key(one), key(other)) or within(key(other), key(one))


def _stands(coverage: Coverage, asked: Predicate | None, one: Scored) -> bool:
    line = one.candidate.line
    if asked is not None:
        loose = coverage.plain and asked.asked == "agent" and asked.name is None
        said = any(_answers(coverage, asked, deed, one) for deed in deeds(line, asked.stem))
        return (said and (not loose or _names(coverage, line))) or one.lifespan
    if coverage.plain:
        return _names(coverage, line) and _nearest(coverage) in coverage.direct[line.place] | coverage.title[line.place]
    return True


def _nearest(coverage: Coverage) -> int:
    """The term outside the names that stands nearest to the asking words; the heaviest of all where there is none."""
    question = coverage.question
    free = main(question) or frozenset(range(len(question.terms)))
    return max(free, key=lambda place: (question.weights[place], -place), default=-1)


def _names(coverage: Coverage, line: Line) -> bool:
    """Whether a line, or its title, says a name of the question; a line that names nothing speaks of what its document does."""
    nameless = all(one.kind == "opening" for one in line.mentions)
    told = line.title.union(
        *(one.stems for one in coverage.lines if one is line or (nameless and one.passage.document == line.passage.document))
    )
    return any(stems(one.text) <= told for one in coverage.question.names)


def _answers(coverage: Coverage, asked: Predicate, deed: Deed, one: Scored) -> bool:
    """Whether a deed is the one that is asked about, and the candidate takes the asked part in it."""
    line, span = one.candidate.line, (one.candidate.start, one.candidate.end)
    spans = [span] if span[0] >= 0 else [match.span() for match in _PRONOUN.finditer(line.text)]
    takes = [deed.takes(asked.asked, *at) if asked.asked else deed.within(*at) for at in spans]
    if not any(takes):
        return False
    return asked.name is None or any(deed.takes(asked.part, *at) for at in _meant(coverage, line, asked.name))


def _meant(coverage: Coverage, line: Line, name: Mention) -> list[tuple[int, int]]:
    """Where a line means a name: spelt, by its last word, or, in a document about it, by a pronoun or by what it is."""
    own, last = stems(name.text) <= line.title, name.key.split()[-1]
    spelt = [
        (one.start, one.end)
        for one in line.mentions
        if within(name.key, one.key) or one.key.split()[-1:] == [last] or (own and within(one.key, name.key))
    ]
    if not own:
        return spelt
    pronouns = [match.span() for match in _PRONOUN.finditer(line.text)]
    nouns = "|".join(re.escape(noun) for noun in _is(coverage, line, name))
    return spelt + pronouns + ([match.span() for match in re.finditer(rf"\bthe (?:{nouns})\b", line.text, re.I)] if nouns else [])


def _is(coverage: Coverage, line: Line, name: Mention) -> set[str]:
    """What the line's document, or the name's own, says that a name is: "Titan is the largest moon"."""
    found: set[str] = set()
    for other in coverage.lines:
        match = _IS.search(other.text)
        if match and stems(name.text) <= other.title and name.key in key(other.text[: match.start()]):
            found.update(phrase(other.text[match.end() :])[-1:])
    return found

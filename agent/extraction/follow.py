"""Which names to look up next: those that the evidence introduces near what the question asks, and the question's own.

The step that makes several hops possible without a model (compare IRCoT, Trivedi et al., ACL 2023, which follows what a model
writes): a name is promising where its sentence says much of the question, close to the name, in a passage that does too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.extraction.coverage import Coverage
from agent.extraction.lines import Line
from agent.extraction.mentions import Mention, bare, key, within
from agent.extraction.terms import stems
from agent.state import Evidence

_REACH = 20
_PASSAGE, _SENTENCE, _NEAR, _INSIDE = 0.5, 1.0, 1.0, 0.5
_OWN, _OWN_WORD = 1.2, 0.7
_SHAPES = {"opening": -0.4, "piece": -0.15}
_SEVERAL, _DESCRIPTIVE, _LATER = 0.15, -0.3, 0.9
_SHORTEST = 3


@dataclass(frozen=True)
class Lead:
    """A name to look up: how promising it is, and the number of the passage that introduced it (0: the question)."""

    name: str
    score: float
    number: int = 0


def leads(coverage: Coverage, evidence: Sequence[Evidence], tried: frozenset[str]) -> list[Lead]:
    """Names that are not `tried` (keys) and whose document was not shown, the most promising first; none lies within another.

    >>> leads(coverage, shown, frozenset())[0].name
    'Ole Rømer'
    """
    titles = frozenset(key(bare(one.title)) for one in evidence)
    best: dict[str, Lead] = {}
    for lead in [*_introduced(coverage, evidence, titles), *_own(coverage, titles)]:
        name = key(lead.name)
        if name not in tried and name not in titles and (name not in best or lead.score > best[name].score):
            best[name] = lead
    return _apart(sorted(best.values(), key=lambda lead: (-lead.score, lead.name)))


def unresolved(coverage: Coverage, evidence: Sequence[Evidence]) -> tuple[Mention, ...]:
    """The question's own names of which no document was shown."""
    titles = frozenset(key(bare(one.title)) for one in evidence)
    said = key(coverage.question.text)
    spelt = [title for title in titles if " " in title and within(title, said)]
    return tuple(
        one
        for one in coverage.question.names
        if one.key and not one.descriptive and one.key not in titles and not _titled(one.key, spelt, titles)
    )


def _titled(name: str, spelt: Sequence[str], titles: frozenset[str]) -> bool:
    """Whether a name is part of a title that the question spells out, or one of both holds the other in several words."""
    if any(within(name, title) for title in spelt):
        return True
    return " " in name and any(within(name, title) or (" " in title and within(title, name)) for title in titles)


def _own(coverage: Coverage, titles: frozenset[str]) -> Iterator[Lead]:
    evidence = [line.passage for line in coverage.lines]
    for one in unresolved(coverage, evidence):
        yield Lead(one.text, _OWN if " " in one.text else _OWN_WORD)


def _introduced(coverage: Coverage, evidence: Sequence[Evidence], titles: frozenset[str]) -> Iterator[Lead]:
    weights = coverage.question.lasting
    order = {one.number: place for place, one in enumerate(evidence)}
    passages: dict[int, frozenset[int]] = {}
    for line in coverage.lines:
        said = coverage.direct[line.place] | coverage.title[line.place]
        passages[line.passage.number] = passages.get(line.passage.number, frozenset()) | said
    for line in coverage.lines:
        number = line.passage.number
        said = coverage.direct[line.place] | coverage.title[line.place]
        base = _PASSAGE * coverage.share(passages[number]) + _SENTENCE * coverage.share(said)
        for one in line.mentions:
            if _worth(coverage, line, one, titles):
                score = base + _closeness(coverage, line, one, weights) + _shape(one)
                yield Lead(one.text, round(score * _LATER ** order[number], 6), number)


def _worth(coverage: Coverage, line: Line, one: Mention, titles: frozenset[str]) -> bool:
    """Whether a name is neither the passage's own subject nor known from the question or a title."""
    opens = line.start == 0 and one.start == 0
    known = within(one.key, key(coverage.question.text)) or any(within(one.key, title) for title in titles)
    return len(one.key) >= _SHORTEST and not one.key.isdigit() and not opens and not known


def _closeness(coverage: Coverage, line: Line, one: Mention, weights: Sequence[float]) -> float:
    """How close the question's words stand to the name, and how many stand in it."""
    total, near, inside = sum(weights) or 1.0, 0.0, 0.0
    wanted = {term.stem: weight for term, weight in zip(coverage.question.terms, weights, strict=True)}
    for term in line.terms:
        if term.stem in wanted and not (term.start < one.end and term.end > one.start):
            near += wanted[term.stem] / (1 + max(term.start - one.end, one.start - term.end, 0) / _REACH)
    inside = sum(wanted.get(stem, 0.0) for stem in stems(one.text))
    return (_NEAR * near + _INSIDE * inside) / total


def _shape(one: Mention) -> float:
    several = _SEVERAL if " " in one.text else _DESCRIPTIVE * one.descriptive
    return _SHAPES.get(one.kind, 0.0) + several


def _apart(found: Sequence[Lead]) -> list[Lead]:
    kept: list[Lead] = []
    for lead in found:
        name = key(lead.name)
        if not any(within(name, key(other.name)) or within(key(other.name), name) for other in kept):
            kept.append(lead)
    return kept

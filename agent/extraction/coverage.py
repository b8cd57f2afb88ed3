"""How much of a question the evidence speaks to, and which of its sentences hang together.

A sentence says some of the question's words itself, its title says some, and some are said of a name that it shares with a
sentence of another document: so "he was born in Aarhus" answers for the young Dane who helped on Hven.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from agent.extraction.decompose import clauses
from agent.extraction.kin import kin
from agent.extraction.lines import Line
from agent.extraction.mentions import key, within
from agent.extraction.question import Asked
from agent.extraction.terms import stems

_COMMON = 4
_FEW = 3
_LONG_ENOUGH = 4


@dataclass(frozen=True)
class Coverage:
    """A question over the lines of its evidence. Terms are meant by their place among the question's.

    >>> Coverage(asked("Where was Kepler born?"), lines(shown)).names
    1.0
    """

    question: Asked
    lines: tuple[Line, ...]

    @cached_property
    def direct(self) -> tuple[frozenset[int], ...]:
        """By line: the terms that the sentence says."""
        return tuple(self.hits(line.stems) for line in self.lines)

    @cached_property
    def title(self) -> tuple[frozenset[int], ...]:
        """By line: the terms that its passage's title says."""
        return tuple(self.hits(line.title) for line in self.lines)

    @cached_property
    def document(self) -> dict[str, frozenset[int]]:
        """By document: the terms that what was shown of it says."""
        said: dict[str, frozenset[int]] = {}
        for line, own, title in zip(self.lines, self.direct, self.title, strict=True):
            said[line.passage.document] = said.get(line.passage.document, frozenset()) | own | title
        return said

    @cached_property
    def linked(self) -> tuple[frozenset[int], ...]:
        """By line: the terms that other documents say of its subject or of a name in it, in the same or the next sentence."""
        return tuple(frozenset[int]().union(*(self._around(other) for other in self._partners(line))) for line in self.lines)

    @cached_property
    def said(self) -> frozenset[int]:
        """The terms that anything shown says."""
        return frozenset[int]().union(*self.direct, *self.title)

    def hits(self, found: Iterable[str]) -> frozenset[int]:
        """The terms that are among these stems, or kin to one."""
        return frozenset[int]().union(*(self.kinship(stem) for stem in found))

    def kinship(self, stem: str) -> frozenset[int]:
        """The terms that a stem is kin to."""
        memo = self._memo
        if stem not in memo:
            memo[stem] = frozenset(place for place, term in enumerate(self.question.terms) if kin(term.stem, stem))
        return memo[stem]

    def share(self, places: Collection[int], *, near: bool = False) -> float:
        """The share of the question's weight at these terms, in [0, 1]; `near` counts by how near they stand to what is asked."""
        weights = self.question.weights if near else self.question.lasting
        total = sum(weights)
        return sum(weights[place] for place in places) / total if total else 0.0

    def relevance(self, line: Line) -> float:
        """The share of the question that the line's document, or what is linked to the line, speaks to."""
        return self.share(self.document[line.passage.document] | self.linked[line.place])

    @cached_property
    def focus(self) -> float:
        """The share, weighed by nearness, of the words outside names that the evidence says (1 where all are names)."""
        weights = self.question.weights
        total = sum(weights[place] for place in self._free)
        return sum(weights[place] for place in self._free & self.said) / total if total else 1.0

    @cached_property
    def names(self) -> float:
        """How far the question's names stand in the evidence, each within one sentence and its title; 1 where it has none."""
        names = [one for one in self.question.names if not one.descriptive and one.kind != "opening"]
        wanted = [found for one in names if (found := stems(one.text))]
        if not wanted or not self.lines:
            return float(not wanted)
        told = [line.stems | line.title for line in self.lines]
        return sum(max(len(one & have) for have in told) / len(one) for one in wanted) / len(wanted)

    @cached_property
    def told(self) -> float:
        """The share of the question's names that stand in full in one sentence and its title; 1 where it has none."""
        names = [stems(one.text) for one in self.question.names if not one.descriptive and one.kind != "opening"]
        said = [line.stems | line.title for line in self.lines]
        return sum(any(one <= have for have in said) for one in names) / len(names) if names else 1.0

    @property
    def missing(self) -> tuple[str, ...]:
        """The question's words that the passage with most of them does not say."""
        if not self.lines:
            return tuple(term.text for term in self.question.terms)
        by_passage: dict[int, frozenset[int]] = {}
        for line, own, title in zip(self.lines, self.direct, self.title, strict=True):
            by_passage[line.passage.number] = by_passage.get(line.passage.number, frozenset()) | own | title
        best = max(by_passage, key=lambda number: (len(by_passage[number]), -number))
        return tuple(term.text for place, term in enumerate(self.question.terms) if place not in by_passage[best])

    def about(self, line: Line) -> bool:
        """Whether a line's document is about a name of the question."""
        subject = key(line.subject)
        return any(subject == one.key or (" " in subject and within(subject, one.key)) for one in self.question.names)

    @cached_property
    def joint(self) -> float:
        """How much of the question outside its names one sentence says, weighed by nearness to what is asked; less where the
        sentence names, or is about, none of the names, and only linked to them."""
        named = frozenset(range(len(self.question.terms))) - self._free
        best = 0.0
        for line in self.lines:
            tie = next((tie for tie, said in self._ties(line) if said & named), 0.3) if named else 1.0
            best = max(best, self.says(line) * tie)
        return best

    @cached_property
    def plain(self) -> bool:
        """Whether the question asks one thing of what it names: no relative clause, no comparison, few words beside its names."""
        question = self.question
        return len(self._free) <= _FEW and bool(question.names) and not question.choices and not clauses(question)

    def bound(self, line: Line) -> bool:
        """Whether a line is about a name of the question or says one in full; where no document is about one, all are."""
        if not self._homes:
            return True
        told = line.stems | line.title
        named = (stems(one.text) for one in self.question.names if not one.descriptive)
        return line.passage.document in self._homes or any(found and found <= told for found in named)

    @cached_property
    def _homes(self) -> frozenset[str]:
        """The documents about a name of the question."""
        return frozenset(line.passage.document for line in self.lines if self.about(line))

    def says(self, line: Line, places: frozenset[int] | None = None) -> float:
        """The share, weighed by nearness, of some terms (all outside the names) that a line itself says; 1 of no terms."""
        weights = self.question.weights
        wanted = self._free if places is None else places
        total = sum(weights[place] for place in wanted)
        return sum(weights[place] for place in self.direct[line.place] & wanted) / total if total else 1.0

    @cached_property
    def _free(self) -> frozenset[int]:
        """The terms outside the names."""
        return frozenset(place for place, term in enumerate(self.question.terms) if term.stem not in self.question.named)

    def _ties(self, line: Line) -> tuple[tuple[float, frozenset[int]], ...]:
        """What a line says itself, in its document, and by its links, with how closely that ties it to the question's names."""
        own = self.direct[line.place] | self.title[line.place]
        return (1.0, own), (0.85, self.document[line.passage.document]), (0.7, self.linked[line.place])

    def tied(self, line: Line, other: Line) -> bool:
        """Whether two lines share a name: what one is about, or a name that the question does not give."""
        return bool(self._names[line.place] & self._names[other.place])

    @cached_property
    def _memo(self) -> dict[str, frozenset[int]]:
        return {}

    @cached_property
    def _names(self) -> tuple[frozenset[str], ...]:
        """By line: the keys of what it is about and of the names that it brings in."""
        said = key(self.question.text)
        return tuple(_about(line) | _brought(line, said) for line in self.lines)

    @cached_property
    def _where(self) -> dict[str, list[Line]]:
        """By name: the lines that mention it; a name that many documents mention links nothing."""
        said, where = key(self.question.text), dict[str, list[Line]]()
        for line in self.lines:
            for name in _brought(line, said):
                where.setdefault(name, []).append(line)
        return {name: found for name, found in where.items() if len({line.passage.document for line in found}) <= _COMMON}

    def _around(self, line: Line) -> frozenset[int]:
        before = self.lines[line.place - 1] if line.place else line
        own = self.direct[line.place] | self.title[line.place]
        return own | self.direct[before.place] if before.passage is line.passage else own

    def _partners(self, line: Line) -> list[Line]:
        """The lines of other documents that mention what a line is about, or a name that it brings in."""
        found = [other for name in self._names[line.place] for other in self._where.get(name, ())]
        return [other for other in found if other.passage.document != line.passage.document]


def _about(line: Line) -> frozenset[str]:
    """The subject's key, and its last word where it looks like a person's name."""
    words = key(line.subject).split()
    surname = len(words) in (2, 3, 4) and "," not in line.subject and len(words[-1]) >= _LONG_ENOUGH
    return frozenset([" ".join(words), words[-1]] if surname else [" ".join(words)]) - {""}


def _brought(line: Line, said: str) -> frozenset[str]:
    """The keys of the names in a line that the question does not name."""
    found = (one for one in line.mentions if one.kind != "opening" and not one.descriptive)
    return frozenset(one.key for one in found if one.key and not one.key.isdigit() and not within(one.key, said))

"""The evidence as lines: sentences that know their passage, so that they can be weighed, quoted and cited."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from agent.claims.spans import sentences
from agent.extraction.mentions import Mention, bare, mentions
from agent.extraction.terms import Term, stems, terms
from agent.state import Citation, Claim, Evidence

_BREAK = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Line:
    """One sentence of a passage: [start, end) in code points of the passage's text, and its `place` among all lines."""

    passage: Evidence
    start: int
    end: int
    place: int

    @cached_property
    def text(self) -> str:
        """The sentence as it stands."""
        return self.passage.text[self.start : self.end]

    @property
    def subject(self) -> str:
        """What the passage is about: its title without a qualifier."""
        return bare(self.passage.title)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The sentence's content words."""
        return terms(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Their stems."""
        return stems(self.text)

    @cached_property
    def title(self) -> frozenset[str]:
        """The stems of the passage's title."""
        return stems(self.passage.title)

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """The names in the sentence."""
        return mentions(self.text)

    @property
    def claim(self) -> Claim:
        """The sentence as a claim that cites itself."""
        one = self.passage
        return Claim(self.text, (Citation(one.document, one.item, one.start + self.start, one.start + self.end, self.text),))


def lines(evidence: Sequence[Evidence]) -> tuple[Line, ...]:
    """The sentences of all that was shown, in order.

    >>> [line.text for line in lines(shown)][:1]
    ['Galileo saw four moons of Jupiter in 1610.']
    """
    spans = [(one, start, end) for one in evidence for start, end in spans_of(one.text)]
    return tuple(Line(one, start, end, place) for place, (one, start, end) in enumerate(spans))


@lru_cache(maxsize=4096)
def spans_of(text: str) -> tuple[tuple[int, int], ...]:
    """The spans of a text's sentences; none goes over a blank line."""
    return tuple(span for start, end in sentences(text) for span in _unbroken(text, start, end))


def _unbroken(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for match in _BREAK.finditer(text, start, end):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end

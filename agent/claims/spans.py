"""Where in a passage something stands: sentences, a quote, and the part that a claim is best shown by."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from agent.claims.facts import Facts
from agent.claims.namebook import Namebook
from agent.claims.words import NEGATIVE, whole
from agent.state import Citation, Evidence

_PLAIN = str.maketrans(
    dict.fromkeys("‘’‚‛′ʼ`", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None)
)  # fmt: skip
_WIDEST = 8


def sentences(text: str) -> list[tuple[int, int]]:
    """The [start, end) of a text's sentences in code points, without the space around them (library sentencex).

    >>> sentences("It rained. We left. ")
    [(0, 10), (11, 19)]
    """
    import sentencex

    spans: list[tuple[int, int]] = []
    for one in cast("Any", sentencex).get_sentence_boundaries("en", whole(text)):
        body = text[one["start_index"] : one["end_index"]]
        if body.strip():
            start = one["start_index"] + len(body) - len(body.lstrip())
            spans.append((start, start + len(body.strip())))
    return spans


def locate(quote: str, evidence: Evidence) -> tuple[int, int] | None:
    """The span, in code points of the document, of a quote that differs from the text in white space, Unicode composition and
    the shape of quotation marks and dashes at most; None where the passage does not hold it. The first of several.

    >>> locate('the "moons"  of Jupiter', evidence)
    (120, 142)
    """
    exact = evidence.text.find(quote)
    if quote.strip() and exact >= 0:
        return evidence.start + exact, evidence.start + exact + len(quote)
    wanted = "".join(form for _, form in _plain(quote)).strip()
    told = list(_plain(evidence.text))
    at = "".join(form for _, form in told).find(wanted) if wanted else -1
    if at < 0:
        return None
    first, last = told[at][0], told[at + len(wanted) - 1][0]
    return evidence.start + first, evidence.start + _whole(evidence.text, last)


def cite(evidence: Evidence, start: int, end: int) -> Citation:
    """The citation of a passage's [start, end), given in code points of the passage."""
    return Citation(evidence.document, evidence.item, evidence.start + start, evidence.start + end, evidence.text[start:end])


def holds(citation: Citation, shown: Sequence[Evidence]) -> bool:
    """Whether a span lies within what was shown of its item, and its quote is what stands there, letter for letter."""
    return any(
        one.start <= citation.start < citation.end <= one.start + len(one.text)
        and one.text[citation.start - one.start : citation.end - one.start] == citation.quote
        for one in shown
        if one.document == citation.document and one.item == citation.item
    )


def why_not(citation: Citation, shown: Sequence[Evidence]) -> str:
    """In words, why a citation does not hold."""
    own = [one for one in shown if one.item == citation.item and one.document == citation.document]
    if own:
        within = any(one.start <= citation.start < citation.end <= one.start + len(one.text) for one in own)
        told = "its quote is not what stands there" if within else "outside what was shown of it"
        return f"cites [{citation.item}] {citation.start}-{citation.end}, {told}"
    several = not citation.document and any(one.document == citation.item for one in shown)
    return f"cites [{citation.item}], " + ("which of its passages is not said" if several else "which was not shown")


def narrow(claim: str, evidence: Evidence) -> Citation:
    """The shortest run of sentences of a passage that best covers a claim: first its numbers, dates and names (but for those that
    the title holds), then its words, where a further sentence must bring two of them. The whole passage where it covers nothing.

    >>> narrow("Galileo saw four moons.", evidence).quote
    'In January 1610 Galileo saw four moons of Jupiter.'
    """
    return Passage(evidence).narrow(claim)


@dataclass(frozen=True)
class Passage:
    """A passage that was shown, read once for many claims."""

    evidence: Evidence

    def narrow(self, claim: str) -> Citation:
        """As the function of this name."""
        wanted = Facts(claim)
        facts = _facts(wanted) - _held(Facts(self.evidence.title))
        covers = [(held & facts, stems & wanted.stems) for _, held, stems in self._sentences]
        best = max(_windows(covers), default=None)
        if best is None or best[:2] == (0, 0):
            return cite(self.evidence, 0, len(self.evidence.text))
        first, last = -best[2], -best[2] + best[3]
        return cite(self.evidence, self._sentences[first][0][0], self._sentences[last][0][1])

    @cached_property
    def _sentences(self) -> list[tuple[tuple[int, int], frozenset[Hashable], frozenset[str]]]:
        """Every sentence: its span, the facts and the stems that it holds."""
        spans = sentences(self.evidence.text)
        told = [Facts(self.evidence.text[start:end]) for start, end in spans]
        return [(span, _held(one), one.stems) for span, one in zip(spans, told, strict=True)]


def _windows(covers: Sequence[tuple[frozenset[Hashable], frozenset[str]]]) -> Iterator[tuple[int, int, int, int]]:
    """(facts, words less two a further sentence, minus the first sentence, how many follow it) of every run of sentences."""
    for first in range(len(covers)):
        facts, stems = set[Hashable](), set[str]()
        for more, (fact, stem) in enumerate(covers[first : first + _WIDEST]):
            facts |= fact
            stems |= stem
            yield len(facts), len(stems) - 2 * more, -first, more


def _facts(told: Facts) -> frozenset[Hashable]:
    """What of a claim is to be covered."""
    dated = (part for date in told.dates for part in (("year", date.year), ("month", date.month), ("day", date.day)) if part[1])
    named = (part.folded for name in told.names for part in name.parts)
    said = ("no",) if any(word.folded in NEGATIVE or word.folded.endswith("n't") for word in told.found) else ()
    return frozenset[Hashable]((*dated, *named, *said, *(number.value for number in told.numbers)))


def _held(told: Facts) -> frozenset[Hashable]:
    """What a text covers: its facts, and every word for a name."""
    return _facts(told) | Namebook((told.found,)).forms


def _whole(text: str, last: int) -> int:
    """The end of the letter at `last`, with the marks that are set on it."""
    end = last + 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


def _plain(text: str) -> Iterator[tuple[int, str]]:
    """A text letter by letter in a plain form, each letter with its place; white space is one space, and nothing at the start."""
    space = True
    for place, letter in enumerate(text):
        if letter.isspace():
            if not space:
                yield place, " "
            space = True
            continue
        form = unicodedata.normalize("NFD", letter).translate(_PLAIN)
        for one in form:
            yield place, one
        space = space and not form

"""Who does what to whom in a sentence, as far as word order tells: what stands before a verb, behind it, or after "by"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent.claims.words import listed
from agent.extraction.kin import kin
from agent.extraction.lines import Line

Part = Literal["agent", "patient"]

_BE = re.compile(r"\b(?:is|are|was|were|be|been|being)\b(?:\s+[\w-]+){0,3}\s+\Z", re.IGNORECASE)
_BEFORE_NOUN = re.compile(r"(?:\b(?:the|an?|its|his|her|their|whose|first|of)|['’]s?)\s+\Z", re.IGNORECASE)
_PARTICIPLE = re.compile(r"[,(]\s*\Z")
_BY = re.compile(r"[^;:]*\bby\s+(?:[^\W\d]+[’'.-]?\s+){0,5}\Z")
_OF = re.compile(r"\s+of\s+(?:the\s+)?(?:[a-z]+\s+){0,2}\Z")
_OPENS = re.compile(r"[;:]|,\s+(?:and|but)\b|\b(?:while|when|but)\b")
_CLOSES = re.compile(r"[;:]|,\s+(?:and|but)\b|\b(?:while|when|but|who|which|that)\b")
_WORD = re.compile(r"[\w'’-]+")
_AS = re.compile(r",?\s+(?:as\s+)?(?:the|his|her|its|their)\s+\Z")
_PREPOSITIONS = frozenset(listed("of in on at from near around with for to by about than between"))
_ADVERBS = 4


@dataclass(frozen=True)
class Deed:
    """A verb, or the noun of one, at [start, end) of a text, and the bounds of its clause."""

    text: str
    start: int
    end: int
    opens: int
    closes: int
    form: Literal["active", "passive", "noun"]

    def within(self, start: int, end: int) -> bool:
        """Whether a span stands in the clause."""
        return self.opens <= start and end <= self.closes

    def takes(self, part: Part, start: int, end: int) -> bool:
        """Whether the span [start, end) does the deed (`agent`) or has it done to it (`patient`).

        >>> deed.takes("agent", 0, 7)  # "Huygens discovered Titan."
        True
        """
        if not self.within(start, end):
            return False
        if part == "agent":
            return self._done_by(start, end)
        return self._done_to(start, end)

    def _done_by(self, start: int, end: int) -> bool:
        if self.form == "active":
            return end <= self.start and _adjoins(self.text[end : self.start])
        if self.form == "noun" and self._named(start, end):
            return True
        return start >= self.end and _BY.fullmatch(self.text[self.end : start]) is not None

    def _named(self, start: int, end: int) -> bool:
        """Whether the span owns the noun ("Cassini's discovery"), or the noun says what it is ("Gamow as her supervisor")."""
        before, behind = self.text[end : self.start], self.text[self.end : start]
        doer = self.text[self.start : self.end].lower().endswith(("er", "or"))
        return before in ("'s ", "’s ") or (doer and (_AS.fullmatch(before) is not None or behind in (", ", " was ", " is ")))

    def _done_to(self, start: int, end: int) -> bool:
        if self.form == "passive":
            return end <= self.start and _preceding(self.text[:start]) not in _PREPOSITIONS
        between = self.text[self.end : start]
        if start < self.end or self.form == "noun":
            return start >= self.end and _OF.fullmatch(between) is not None
        words = {word.lower() for word in _WORD.findall(between)}
        return "," not in between and words.isdisjoint(_PREPOSITIONS)


def deeds(line: Line, stem: str) -> Iterator[Deed]:
    """The places where a line says a verb or one of its kin.

    >>> [deed.form for deed in deeds(line, "discov")]  # "Titan was found by Huygens."
    ['passive']
    """
    for term in line.terms:
        if kin(term.stem, stem):
            opening = (match.end() for match in _OPENS.finditer(line.text, 0, term.start) if not _bracketed(line.text, match))
            closing = (match.start() for match in _CLOSES.finditer(line.text, term.end) if not _bracketed(line.text, match))
            opens, closes = max(opening, default=0), min(closing, default=len(line.text))
            yield Deed(line.text, term.start, term.end, opens, closes, _form(line.text, term.start, term.end))


def _bracketed(text: str, match: re.Match[str]) -> bool:
    """Whether a mark stands in brackets, where it parts no clauses."""
    return text.count("(", 0, match.start()) > text.count(")", 0, match.start())


def before_noun(text: str, start: int) -> bool:
    """Whether what stands before a word makes it a noun: "the discovery", "Cassini's find".

    >>> before_noun("the find", 4)
    True
    """
    return _BEFORE_NOUN.search(text[:start]) is not None


def _form(text: str, start: int, end: int) -> Literal["active", "passive", "noun"]:
    if before_noun(text, start):
        return "noun"
    return (
        "passive"
        if _BE.search(text[:start]) or _PARTICIPLE.search(text[:start]) or re.match(r"\s+by\b", text[end:])
        else "active"
    )


def _adjoins(between: str) -> bool:
    """Whether no more than a few adverbs and an apposition lie between a doer and the verb."""
    if between.count(",") == 2 and between.startswith(",") and between.rstrip().endswith(","):
        return True
    words = _WORD.findall(between)
    return "," not in between and len(words) <= _ADVERBS and not any(word[0].isupper() or word in _PREPOSITIONS for word in words)


def _preceding(text: str) -> str:
    words = _WORD.findall(text)
    last = words[-1].lower() if words else ""
    return words[-2].lower() if last in ("the", "a", "an") and len(words) > 1 else last

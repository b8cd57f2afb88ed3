"""Spans of a sentence that could be a short answer, by the kind of answer that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent.claims.words import listed
from agent.extraction import quantities
from agent.extraction.kin import kin
from agent.extraction.lines import Line
from agent.extraction.mentions import Mention, key, within
from agent.extraction.question import Asked
from agent.extraction.terms import terms

_LEAD = re.compile(r"\s*(?:(?:of|in|as|by|for|to|at|from|the|a|an|his|her|its)\s+)*")
_ENDS = re.compile(
    r"[,;:!?()]|\.(?:\s|\Z)"
    r"|\s(?:that|which|who|in|on|at|from|by|when|where|while|with|since|is|was|are|were|has|had|and (?:is|was))\s"
)
_MARKS = ' "“”'
_DATED = re.compile(
    r"(?:\d+ )?(?:january|february|march|april|may|june|july|august|september|october|november|december)(?: \d+)?"
)
_WHERE = frozenset(listed("in at near of from to on"))
_NOT_WHO = frozenset(listed("in at near from on the"))
NO_PERSON = frozenset(
    listed(
        """observatory college university society museum company school institute institution laboratory laboratories academy
        church house street prize medal award war series bank press library hall tower castle telescope records studios of"""
    )
)
_LONGEST = 6


@dataclass(frozen=True)
class Candidate:
    """A span [start, end) of a line that may be the answer (start -1: the line's subject), and how well its shape fits."""

    line: Line
    text: str
    start: int
    end: int
    fit: float = 0.0

    def gap(self, start: int, end: int) -> int:
        """How many characters lie between the span and [start, end)."""
        if self.start < 0:
            return start
        return max(start - self.end, self.start - end, 0)


def candidates(question: Asked, line: Line) -> Iterator[Candidate]:
    """What of a line could answer: dates, numbers, or names and what stands where the question has its asking word.

    >>> [one.text for one in candidates(asked("When did it rain?"), line)]
    ['4 May 1900']
    """
    if question.wanted in ("date", "number"):
        found = quantities.dates if question.wanted == "date" else quantities.numbers
        for start, end, fit in found(question, line.text):
            yield Candidate(line, line.text[start:end], start, end, fit)
        return
    yield from _names(question, line)
    if not question.noun and question.wanted == "thing" and question.place[0] > 0:
        yield from _gap(question, line)
    subject = key(line.subject)
    if subject and not within(subject, key(question.text)) and question.wanted != "place":
        yield Candidate(line, line.subject, -1, -1, -0.05)


def _names(question: Asked, line: Line) -> Iterator[Candidate]:
    said, subject = key(question.text), key(line.subject)
    for one in line.mentions:
        known = not one.key or within(one.key, said) or one.key.isdigit() or _DATED.fullmatch(one.key) is not None
        if known or one.descriptive or _alias(question, one) or (within(one.key, subject) and one.start > 0):
            continue
        yield Candidate(line, one.text, one.start, one.end, _fit(question, line, one) - 0.1 * within(one.key, subject))


def _alias(question: Asked, one: Mention) -> bool:
    """Whether a name only says a name of the question more fully."""
    words = set(one.key.split())
    return any(" " in own.key and set(own.key.split()) <= words for own in question.names)


def _fit(question: Asked, line: Line, one: Mention) -> float:
    """How well a name's shape and the word before it fit a person, a place, or another thing."""
    before = line.text[: one.start].split()
    head = before[-1].lower().strip("(") if before else ""
    fit = {"opening": -0.2, "piece": -0.1}.get(one.kind, 0.0)
    if question.wanted == "place":
        return fit + 0.25 * (head in _WHERE) - 0.05 * (one.kind == "place") - 0.3 * (one.kind == "quoted")
    if question.wanted == "person":
        wrong = head in _NOT_WHO or one.kind in ("place", "quoted") or not NO_PERSON.isdisjoint(one.key.split())
        return fit + 0.15 * (" " in one.text) - 0.25 * wrong + 0.1 * (head in ("by", "with"))
    return fit + 0.1 * (one.kind == "quoted" or " " in one.text) - 0.1 * (one.kind == "place")


def _gap(question: Asked, line: Line) -> Iterator[Candidate]:
    """What follows the words that lead up to the question's asking word: "known for his depictions of what?"."""
    lead = [term.stem for term in terms(question.text[: question.place[0]])][-2:]
    for place, term in enumerate(line.terms):
        if not lead or not kin(term.stem, lead[-1]):
            continue
        both = len(lead) > 1 and any(kin(one.stem, lead[0]) for one in line.terms[max(0, place - 3) : place])
        start, end = _phrase(line.text, term.end)
        if start < end and len(line.text[start:end].split()) <= _LONGEST:
            yield Candidate(line, line.text[start:end], start, end, 0.4 if both else 0.1)


def _phrase(text: str, start: int) -> tuple[int, int]:
    """The words from here to the end of their phrase, without what leads up to them and the marks around them."""
    lead = _LEAD.match(text, start)
    start = lead.end() if lead else start
    stop = _ENDS.search(text, start)
    end = stop.start() if stop else len(text)
    while start < end and text[start] in _MARKS:
        start += 1
    while start < end and text[end - 1] in f"{_MARKS}.":
        end -= 1
    return start, end

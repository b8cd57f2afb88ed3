"""Cuts a document into the items of a unit: passages of whole sentences, sentences, or the document (a turn) as one."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from retrievers.document import Document, Mark

_GAP = re.compile(r"\n[^\S\n]*\n")
_LINE = re.compile(r"\S(?:.*\S)?")
# A word is a run without spaces; scripts written without them count each sign, and endless runs a word every 40 characters.
_SIGN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f"
_WORD = re.compile(f"[{_SIGN}]|[^\\s{_SIGN}]{{1,40}}")


WHOLE = ("document", "turn")


def units_of(given: Iterable[str]) -> tuple[str, ...]:
    """Names of units as they are typed, each a name or several with commas between; each once, in their order.

    >>> units_of(["turn, window", "turn"])
    ('turn', 'window')
    """
    return tuple(dict.fromkeys(name.strip() for names in given for name in names.split(",")))


@dataclass(frozen=True)
class Span:
    """Where an item stands: code points of the document's text, end exclusive; its page or pages, heading path and type."""

    start: int
    end: int
    page: str = ""
    heading: str = ""
    type: str = "text"


@dataclass(frozen=True)
class _Section:
    """A stretch of one heading path and one type."""

    start: int
    end: int
    heading: str
    type: str


def spans(document: Document, unit: str, words: int, language: str = "en") -> Iterator[Span]:
    """The items of a document, in order: for `passage` whole sentences up to a budget of `words`, for `sentence` each one,
    for `document` and `turn` one. Tables are cut between rows and code between lines.

    No passage crosses a heading; a heading stands in its passages' path, and is an item of its own only where nothing
    follows below it. A document that is `whole` is one passage. A sentence above the budget is cut between words.

    >>> [document.text[span.start : span.end] for span in spans(document, "passage", 200)]
    """
    start, end = _trimmed(document.text, 0, len(document.text))
    if start == end:
        return
    pages = _Pages(document)
    if unit in WHOLE or (unit == "passage" and document.whole):
        types = {section.type for section in _sections(document)}
        yield Span(start, end, pages.of(start, end), type=types.pop() if len(types) == 1 else "text")
        return
    for section in _sections(document):
        for first, last in _packed(document.text, section, 0 if unit == "sentence" else words, words, language):
            yield Span(first, last, pages.of(first, last), section.heading, section.type)


class _Pages:
    """Finds the page of a place."""

    def __init__(self, document: Document) -> None:
        marks = sorted((mark for mark in document.marks if mark.kind == "page"), key=lambda mark: mark.start)
        self._starts, self._labels = [mark.start for mark in marks], [mark.label for mark in marks]

    def of(self, start: int, end: int) -> str:
        """The page of a stretch, or `first-last`; empty where the document has none."""
        first, last = self._at(start), self._at(end - 1)
        return first if first == last else f"{first or self._labels[0]}-{last}"

    def _at(self, place: int) -> str:
        found = bisect_right(self._starts, place)
        return self._labels[found - 1] if found else ""


def _sections(document: Document) -> Iterator[_Section]:
    """The stretches between headings and changes of type; a heading's own line only where nothing stands below it."""
    text = document.text
    marks = sorted((mark for mark in document.marks if mark.kind != "page"), key=lambda mark: mark.start)
    bounds = [Mark("type", 0, "text"), *marks, Mark("heading", len(text), "", 0)]
    path: list[Mark] = []
    type = "text"
    for mark, after in pairwise(bounds):
        start = mark.start
        if mark.kind == "heading":
            path = [*(above for above in path if above.level < mark.level), mark]
            start, type = start + len(mark.label), "text"
        else:
            type = mark.label
        start, end = _trimmed(text, start, after.start)
        heading = " > ".join(one.label for one in path)
        if start < end:
            yield _Section(start, end, heading, type)
        elif mark.kind == "heading" and after.kind == "heading" and after.level <= mark.level:
            above = " > ".join(one.label for one in path[:-1])
            yield _Section(mark.start, mark.start + len(mark.label), above, "text")


def _packed(text: str, section: _Section, budget: int, most: int, language: str) -> Iterator[tuple[int, int]]:
    """Neighbouring atoms together, as many as fit the budget; each alone where it is 0."""
    first, last, held = 0, 0, 0
    for start, end in _atoms(text, section, language):
        size = len(_WORD.findall(text, start, end))
        if held and held + size <= budget:
            last, held = end, held + size
            continue
        if held:
            yield first, last
            held = 0
        *cut, (first, last, held) = _cut(text, start, end, size, most)
        for one, other, _ in cut:
            yield one, other
    if held:
        yield first, last


def _cut(text: str, start: int, end: int, size: int, most: int) -> list[tuple[int, int, int]]:
    """(start, end, words) of the pieces of an atom, each of at most `most` words."""
    if size <= most:
        return [(start, end, size)]
    found = [(word.start(), word.end()) for word in _WORD.finditer(text, start, end)]
    parts = [found[place : place + most] for place in range(0, len(found), most)]
    return [(part[0][0], part[-1][1], len(part)) for part in parts]


def _atoms(text: str, section: _Section, language: str) -> Iterator[tuple[int, int]]:
    """What is not to be cut: sentences of text, rows of a table, lines of code."""
    if section.type == "code":
        for line in _LINE.finditer(text, section.start, section.end):
            yield line.span()
        return
    gaps = [gap.span() for gap in _GAP.finditer(text, section.start, section.end)]
    bounds = [section.start, *(place for gap in gaps for place in gap), section.end]
    for first, last in zip(bounds[::2], bounds[1::2], strict=True):
        start, end = _trimmed(text, first, last)
        if section.type == "table" and start < end:
            yield start, end
        elif start < end:
            yield from _sentences(text, start, end, language)


def _sentences(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    from sentencex import get_sentence_boundaries  # pyright: ignore[reportAttributeAccessIssue]  (compiled, without stubs)

    for found in get_sentence_boundaries(language, text[start:end]):
        first, last = _trimmed(text, start + found["start_index"], start + found["end_index"])
        if first < last:
            yield first, last


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without white space at its ends."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip()) if part.strip() else start + len(part)

"""A model's answer with ids in brackets, as claims with the spans that they cite.

An id is matched whole against the ids that were shown, whatever letters, digits, brackets, spaces or commas it holds, the
longest first. What stands in brackets and is no id is text; what looks like an id and was not shown is kept as a citation that
does not hold.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.claims.spans import Passage, sentences, why_not
from agent.state import Citation, Claim, Evidence

_CLOSING = {"[": "]", "【": "】", "［": "］"}
_SEPARATORS = frozenset(",;|，、")
_STEP = {closing: re.compile(rf"[,;|，、{re.escape(closing)}]") for closing in _CLOSING.values()}
_ITEM = re.compile(r"\A\s*+(?:[-*•+]|\d{1,3}[.)])\s++")
_HEADING = re.compile(r"\A\s*+#{1,6}\s")
_TABLE_RULE = re.compile(r"\A[\s|:=_*-]*\Z")
_YEAR = re.compile(r"\A[12]\d{3}\Z")
_LONGEST = 200
_WIDEST = 2000
_ENDS = (".", "!", "?", ":", "]", "】", "］", '"', "”", "|")

Group = tuple[tuple[str, ...], int]


def parse(text: str, shown: Sequence[Evidence]) -> list[Claim]:
    """The sentences of a model's answer as claims that cite what their brackets name: `[h-9]`, `【12345_7】`, `[a, b]`, `[a][b]`.

    An item's id cites the part of its passage that covers the sentence best; a document's id does so where one passage of it was
    shown. Brackets behind a full stop belong to the sentence before. A year in brackets is text unless an item has that id.
    Headings and what only introduces a list are no claims. A claim that names an id that was not shown says so in its `reason`.

    >>> [claim.text for claim in parse("Galileo saw moons [h-9]. Kepler did not [x-1].", shown)]
    ['Galileo saw moons.', 'Kepler did not.']
    """
    ids = _Ids(tuple(shown))
    claims: list[tuple[str, tuple[str, ...]]] = []
    for block in _blocks(text):
        for sentence, cited in _shared(*_separate(block, ids)):
            if any(letter.isalnum() for letter in sentence):
                claims.append((sentence, cited))
            elif cited and claims:
                claims[-1] = (claims[-1][0], (*claims[-1][1], *cited))
    return [ids.claim(sentence, cited) for sentence, cited in claims]


@dataclass(frozen=True)
class _Ids:
    """The ids that may be cited."""

    shown: tuple[Evidence, ...]

    def claim(self, sentence: str, cited: Sequence[str]) -> Claim:
        """A sentence with the spans of the passages that it cites, and what it cites without their having been shown."""
        citations = dict.fromkeys(citation for id in cited for citation in self._cited(sentence, id))
        reasons = dict.fromkeys(why_not(citation, self.shown) for citation in citations if not citation.quote)
        return Claim(sentence, tuple(citations), reason="; ".join(reasons))

    def at(self, text: str, place: int) -> Iterator[str]:
        """The ids that stand at a place of the text, the longest first."""
        return (id for id in self.names if text.startswith(id, place))

    @cached_property
    def known(self) -> dict[str, tuple[Passage, ...]]:
        """The passages of every item id, and of every id of a document of which one item was shown."""
        table: dict[str, tuple[Passage, ...]] = {}
        for one in self.shown:
            table[one.item] = (*table.get(one.item, ()), Passage(one))
        for one in self.shown:
            items = {other.item for other in self.shown if other.document == one.document}
            if one.document not in table and len(items) == 1:
                table[one.document] = table[one.item]
        return table

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All ids that were shown, the longest first."""
        names = {*self.known, *(one.document for one in self.shown)} - {""}
        return tuple(sorted(sorted(names), key=len, reverse=True))

    def _cited(self, sentence: str, id: str) -> list[Citation]:
        passages = self.known.get(id)
        return [Citation("", id, 0, 0, "")] if passages is None else [one.narrow(sentence) for one in passages]


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs and list items, without their markers; a line that goes on in small letters belongs to the one before."""
    held: list[str] = []
    for line in text.splitlines():
        item = _ITEM.match(line)
        body = line[item.end() :].strip() if item else line.strip()
        if held and not item and not held[-1].endswith(_ENDS) and _goes_on(body):
            held.append(body)
            continue
        yield " ".join(held)
        held = [] if _HEADING.match(line) or _TABLE_RULE.match(body) else [body.strip("| ")]
    yield " ".join(held)


def _goes_on(body: str) -> bool:
    return not body[:1].isupper() and body[:1] not in {"", "#", "|"}


def _separate(block: str, ids: _Ids) -> tuple[str, list[tuple[int, tuple[str, ...]]]]:
    """The text of a block without its citations, and each group of ids with the place in that text where it stood."""
    plain: list[str] = []
    marks: list[tuple[int, tuple[str, ...]]] = []
    place = 0
    while place < len(block):
        group = _group(block, place, ids) if block[place] in _CLOSING else None
        if group is None:
            plain.append(block[place])
            place += 1
            continue
        cited, place = group
        while plain and plain[-1] == " " and not block[place : place + 1].isalnum():
            plain.pop()
        marks.append((len(plain), cited))
    return "".join(plain), marks


def _group(text: str, place: int, ids: _Ids) -> Group | None:
    """The ids of the brackets that open here and the place behind them; None where they hold text."""
    closing, found, start = _CLOSING[text[place]], list[str](), place
    while text[place] != closing or place == start:
        step = _step(text, _skip(text, place + 1), closing, ids)
        if step is None or step[1] > start + _WIDEST:
            return None
        found.append(step[0])
        place = step[1]
    ids_only = all(id in ids.known for id in found)
    if not ids_only and (text[place + 1 : place + 2].isalpha() or not _cites(found, ids)):
        return None
    return tuple(found), _link(text, place + 1)


def _step(text: str, place: int, closing: str, ids: _Ids) -> tuple[str, int] | None:
    """The id at a place and where its separator or closing bracket stands: a known one, else all up to there."""
    for id in ids.at(text, place):
        end = _behind(text, place + len(id), closing)
        if end is not None:
            return id, end
    ends = _STEP[closing].search(text, place, place + _LONGEST)
    if ends is None or any(opening in text[place : ends.start()] for opening in _CLOSING):
        return None
    return text[place : ends.start()].strip(), ends.start()


def _behind(text: str, place: int, closing: str) -> int | None:
    """The place of the separator or closing bracket that follows an id, over spaces and a dagger's line numbers; else None."""
    place = _skip(text, place)
    if text.startswith("†", place):
        place = text.find(closing, place, place + _LONGEST)
    return place if 0 <= place < len(text) and (text[place] == closing or text[place] in _SEPARATORS) else None


def _cites(found: Sequence[str], ids: _Ids) -> bool:
    """Whether brackets that hold something unknown cite all the same: beside a known id, or what looks like an id."""
    return any(id in ids.names for id in found) or all(map(_looks_like_id, found))


def _looks_like_id(part: str) -> bool:
    """Whether this may be meant as an id: one word with a digit or a mark such as - _ # in it, but no year and no range."""
    if not part or _YEAR.match(part) or any(letter.isspace() or letter in "=<>%+~^" for letter in part):
        return False
    if part.isdecimal():
        return True
    figures = all(letter.isdecimal() or letter in ".,–/-" for letter in part)
    marked = any(letter.isdecimal() or letter in "_#:/-" for letter in part)
    return marked and not figures and any(letter.isalnum() for letter in part)


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] == " ":
        place += 1
    return place


def _link(text: str, place: int) -> int:
    """The place behind a Markdown link's target, where one follows."""
    end = text.find(")", place, place + _LONGEST) if text.startswith("(", place) else -1
    return end + 1 if end > 0 and not any(letter.isspace() for letter in text[place:end]) else place


def _shared(plain: str, marks: Sequence[tuple[int, tuple[str, ...]]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each sentence with the ids that belong to it. A group between two sentences belongs to the one before, but where the text
    begins with a group."""
    spans = sentences(plain) or [(0, 0)]
    if not marks and plain.rstrip().endswith(":"):
        spans = [span for span in spans if not plain[span[0] : span[1]].endswith(":")]
    leading = bool(marks) and bool(spans) and marks[0][0] <= spans[0][0]
    cited: list[list[str]] = [[] for _ in spans]
    for place, ids in marks:
        cited[_owner(spans, place, leading)].extend(ids)
    for (start, end), own in zip(spans, cited, strict=True):
        yield plain[start:end].replace("**", ""), tuple(dict.fromkeys(own))


def _owner(spans: Sequence[tuple[int, int]], place: int, leading: bool) -> int:
    if leading:
        return min(bisect_right([end for _, end in spans], place), len(spans) - 1)
    return max(bisect_left([start for start, _ in spans], place) - 1, 0)

"""Comparisons without a model: which of two, and whether both; from the dates, amounts and words that stand with each name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from agent.claims.words import NEGATIVE, fold, listed
from agent.extraction.coverage import Coverage
from agent.extraction.kin import kin
from agent.extraction.lines import Line
from agent.extraction.mentions import key, within
from agent.extraction.quantities import amounts, moments
from agent.extraction.terms import stems

_EARLY = frozenset(listed("first earlier earliest older oldest before"))
_LATE = frozenset(listed("last later latest younger youngest newer newest after recent recently"))
_MORE = frozenset(
    listed(
        """more larger largest longer longest higher highest taller tallest bigger biggest greater greatest heavier
        heaviest deeper deepest wider widest further farther most"""
    )
)
_LESS = frozenset(
    listed("less smaller smallest shorter shortest lower lowest fewer fewest lighter lightest least narrower nearer")
)
_AGES = frozenset(["older", "oldest", "younger", "youngest"])
_SAME = re.compile(r"\bsame\s+(?:[A-Z]\w+\s+)?(\w+)")
_WORD = re.compile(r"[^\W\d_]+")
_WHERE = re.compile(r"\b(?:in|at|of|on|from|near)\s+(?:the\s+)?\Z")
_REACH, _MARGIN, _HELD, _LOOK = 30, 0.2, 0.5, 4


@dataclass(frozen=True)
class Verdict:
    """The short answer of a comparison, empty where the evidence does not decide it, and the lines that it rests on."""

    short: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Side:
    """One of the two: its name as the question says it, and the lines that speak of it, those that say most of the rest first."""

    name: str
    lines: tuple[Line, ...]


def compare(coverage: Coverage) -> Verdict:
    """Decide a question for one of two, or for yes or no.

    >>> compare(Coverage(asked("Who was born first, Kepler or Galileo?"), lines(shown))).short
    'Galileo'
    """
    sides = tuple(_Side(name, _speaking(coverage, name)) for name in _compared(coverage))
    if not sides or not all(side.lines for side in sides):
        return Verdict("", tuple(line for side in sides for line in side.lines[:1]))
    if coverage.question.wanted == "choice" and len(sides) == 2:
        return _either(coverage, sides)
    return _agree(coverage, sides)


def _compared(coverage: Coverage) -> tuple[str, ...]:
    """The two names, or the first name of a question about one."""
    return coverage.question.choices or tuple(one.text for one in coverage.question.names[:1])


def _speaking(coverage: Coverage, name: str) -> tuple[Line, ...]:
    """The lines of a name's own document, else those that mention it."""
    wanted = key(name)
    own = [line for line in coverage.lines if _about(line, wanted)]
    told = own or [line for line in coverage.lines if within(wanted, key(line.text))]
    return tuple(sorted(told, key=lambda line: (-_held(coverage, (line,)), line.place)))


def _about(line: Line, wanted: str) -> bool:
    subject = key(line.subject)
    return subject == wanted or (" " in wanted and within(wanted, subject)) or (" " in subject and within(subject, wanted))


def _predicate(coverage: Coverage) -> frozenset[int]:
    """The terms that are not of the names compared, nor words of comparison."""
    named = frozenset[str]().union(*(stems(name) for name in _compared(coverage)))
    words = _EARLY | _LATE | _MORE | _LESS | {"both", "same"}
    terms = enumerate(coverage.question.terms)
    return frozenset(place for place, term in terms if term.stem not in named and fold(term.text) not in words)


def _held(coverage: Coverage, found: Sequence[Line]) -> float:
    """The share of what is asked of the two that lines say; 1 where nothing but the names is asked."""
    wanted, weights = _predicate(coverage), coverage.question.lasting
    said = frozenset[int]().union(*(coverage.direct[line.place] for line in found)) & wanted
    total = sum(weights[place] for place in wanted)
    return sum(weights[place] for place in said) / total if total else 1.0


def _either(coverage: Coverage, sides: Sequence[_Side]) -> Verdict:
    """The earlier or later, the more or the less; else the one of which clearly more of the rest is said."""
    said = {fold(match.group()) for match in _WORD.finditer(coverage.question.text)}
    more, less = bool(said & _MORE), bool(said & _LESS)
    for wanted, read in ((bool(said & (_EARLY | _LATE)), _moments), (more or less, _amounts)):
        found = [_nearest(coverage, side, read) for side in sides] if wanted else []
        if len(found) == 2 and found[0] and found[1]:
            return _ordered(sides, (found[0], found[1]), greatest=bool(said & _LATE) or (more and read is _amounts))
    held = [_held(coverage, side.lines[:_LOOK]) for side in sides]
    lines = tuple(side.lines[0] for side in sides)
    if more or less or said & (_EARLY | _LATE) or abs(held[0] - held[1]) < _MARGIN:
        return Verdict("", lines)
    return Verdict(sides[held[1] > held[0]].name, lines)


_Value = tuple[tuple[float, ...], str]
_Reader = Callable[[str], Iterator[tuple[int, int, _Value]]]


def _moments(text: str) -> Iterator[tuple[int, int, _Value]]:
    return ((start, end, (value, "")) for start, end, value in moments(text))


def _amounts(text: str) -> Iterator[tuple[int, int, _Value]]:
    return ((start, end, ((value,), unit)) for start, end, value, unit in amounts(text))


def _nearest(coverage: Coverage, side: _Side, read: _Reader) -> tuple[Line, _Value] | None:
    """The value of a side that stands closest to what is asked; the first of equals."""
    best: tuple[float, Line, _Value] | None = None
    for line in side.lines:
        for start, end, value in read(line.text):
            score = _closeness(coverage, line, start, end) + _figures(coverage, line.text[start:end])
            if best is None or score > best[0]:
                best = (score, line, value)
    return None if best is None else (best[1], best[2])


def _figures(coverage: Coverage, value: str) -> float:
    """1 for a value that holds a figure of the question: "first in 1986" is of dates in 1986."""
    return float(any(term.stem.isdigit() and term.stem in stems(value) for term in coverage.question.terms))


def _closeness(coverage: Coverage, line: Line, start: int, end: int) -> float:
    """How close the words of the question stand to a value; the age of someone is asked of a birth."""
    wanted = {coverage.question.terms[place].stem for place in _predicate(coverage)}
    if any(fold(match.group()) in _AGES for match in _WORD.finditer(coverage.question.text)):
        wanted.add("born")
    score = 0.0
    for stem in wanted:
        gaps = [max(term.start - end, start - term.end, 0) for term in line.terms if kin(term.stem, stem)]
        score += max((1 / (1 + gap / _REACH) for gap in gaps), default=0.0)
    return score


def _ordered(sides: Sequence[_Side], found: tuple[tuple[Line, _Value], tuple[Line, _Value]], *, greatest: bool) -> Verdict:
    (first, (one, unit)), (second, (other, other_unit)) = found
    if unit != other_unit or one == other:
        return Verdict("", (first, second))
    return Verdict(sides[(other > one) == greatest].name, (first, second))


def _agree(coverage: Coverage, sides: Sequence[_Side]) -> Verdict:
    """Yes or no: whether both have the same of something, or whether what is asked is said of each."""
    lines = tuple(side.lines[0] for side in sides)
    same = _SAME.search(coverage.question.text)
    if same is not None and len(sides) == 2:
        values = [_values(coverage, side, same.group(1)) for side in sides]
        if not all(found for found, _ in values):
            return Verdict("", lines)
        return Verdict("yes" if values[0][0] & values[1][0] else "no", tuple(line for _, line in values))
    held = [_held(coverage, side.lines[:_LOOK]) for side in sides]
    if len(sides) == 2:
        return Verdict("yes" if min(held) >= _HELD else "no", lines)
    denied = any(fold(match.group()) in NEGATIVE for match in _WORD.finditer(lines[0].text))
    return Verdict("yes" if _held(coverage, lines) >= 1 - _MARGIN and not denied else "", lines)


def _values(coverage: Coverage, side: _Side, noun: str) -> tuple[frozenset[str], Line]:
    """What a side has of a kind and the line that says so: origins for a nationality, else beside the noun, of places, any."""
    asked, found = key(coverage.question.text), dict[str, tuple[frozenset[str], Line]]()
    for line in sorted(side.lines, key=lambda line: line.place):
        for sort, names in _sorts(line, noun, asked):
            if names:
                found.setdefault(sort, (names, line))
    sorts = ("origin",) if noun in ("nationality", "origin") else ("beside", "where", "any")
    return next((found[sort] for sort in sorts if sort in found), (frozenset(), side.lines[0]))


def _sorts(line: Line, noun: str, asked: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The names of a line by how they stand: beside the noun, where something is, adjectives of origin, and all."""
    fixed = [
        one
        for one in line.mentions
        if one.kind not in ("opening", "place") and not one.descriptive and not within(one.key, asked)
    ]
    beside = re.compile(rf"\s+{re.escape(noun)}\b", re.IGNORECASE)
    yield "beside", frozenset(one.key for one in fixed if beside.match(line.text, one.end))
    yield "where", frozenset(one.key for one in fixed if _placed(line.text, one.start))
    yield "origin", frozenset(one.key for one in line.mentions if one.descriptive)
    yield "any", frozenset(one.key for one in fixed)


def _placed(text: str, start: int) -> bool:
    """Whether a preposition of place stands before, or a name of place and a comma."""
    return _WHERE.search(text[max(0, start - 12) : start]) is not None or text[max(0, start - 2) : start] == ", "

"""The dates of a text, whatever way they are written, and whether one text's dates stand in another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.claims.words import ORDINALS, Word, listed

_NAMES = listed("january february march april may june july august september october november december")
_MONTHS = {form: number for number, name in enumerate(_NAMES, start=1) for form in (name, name[:3])} | {"sept": 9}
_DAY = re.compile(r"\A(\d{1,2})(?:st|nd|rd|th)?\Z")
_YEAR = re.compile(r"\A(1\d{3}|20\d{2})\Z")
_DECADE = re.compile(r"\A(1\d{2}0|20\d0)'?s\Z")
_DOTTED = re.compile(r"\A(\d{1,2})\.(\d{1,2})\.(\d{4})\Z")
_CENTURY = re.compile(r"\A(\d{1,2})(?:st|nd|rd|th)\Z")
_CENTURIES = {**ORDINALS, "twenty-first": 21}
_RANGES = frozenset({"-", "–", "—", "/", "\u2010", "\u2011"})
_BEFORE_MONTH = frozenset(
    listed("in on during since until till by from of early late mid before after between and to through last next")
)


@dataclass(frozen=True)
class Date:
    """A date as far as it is said; the words [first, last] say it. `span` is how many years it covers (10: a decade, 100: a
    century), `either` that day and month stand in an order that is not certain."""

    first: int
    last: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    span: int = 1
    either: bool = False


def dates(found: Sequence[Word]) -> list[Date]:
    """The dates of a text in order: 10 March 1787, March 10, 1787, 1787-03-10, 10/03/1787, March 1787, 1787, 1780s, 18th century.

    >>> [(date.year, date.month, date.day) for date in dates(words("on March 10, 1787 and in 1790"))]
    [(1787, 3, 10), (1790, None, None)]
    """
    made: list[Date] = []
    place = 0
    while place < len(found):
        one = _read(found, place, made[-1] if made else None)
        if one is not None:
            made.append(one)
        place = place + 1 if one is None else one.last + 1
    return made


def unsupported(claimed: Date, given: Sequence[Date]) -> bool:
    """Whether a date does not stand among those of the evidence: every part that it says must stand there together.

    A year matches a full date of that year, a decade or a century any year in it. A day and month without a year may be
    completed by a year that stands elsewhere in the evidence.
    """
    if any(covers(date, claimed) for date in given):
        return False
    if claimed.year is None or claimed.month is None:
        return True
    year = Date(0, 0, claimed.year)
    rest = Date(0, 0, None, claimed.month, claimed.day, either=claimed.either)
    return not (any(covers(date, year) for date in given) and any(covers(date, rest) for date in given if date.year is None))


def covers(given: Date, claimed: Date) -> bool:
    """Whether one date says all that another says."""
    if claimed.year is not None and not _in_year(given, claimed):
        return False
    if (given.either or claimed.either) and claimed.day is not None:
        return {given.month, given.day} == {claimed.month, claimed.day}
    return claimed.month in (None, given.month) and claimed.day in (None, given.day)


def _in_year(given: Date, claimed: Date) -> bool:
    if given.year is None or claimed.year is None or given.span > claimed.span:
        return False
    return claimed.year <= given.year < claimed.year + claimed.span


def _read(found: Sequence[Word], place: int, before: Date | None) -> Date | None:
    """The date that begins at this word, if one does."""
    return (
        _figures(found, place)
        or _day_first(found, place)
        or _month_first(found, place)
        or _decade(found, place)
        or _century(found, place)
        or _year(found, place, before)
    )


def _figures(found: Sequence[Word], place: int) -> Date | None:
    """1787-03-10, 1787/3/10, 10/03/1787, 10.03.1787."""
    dotted = _DOTTED.match(found[place].text)
    if dotted:
        return _numeric(place, place, *map(int, dotted.groups()))
    parts = found[place : place + 3]
    if len(parts) < 3 or not all(part.text.isdecimal() and len(part.text) in (1, 2, 4) for part in parts):
        return None
    if parts[1].gap not in _RANGES or parts[2].gap != parts[1].gap:
        return None
    one, two, three = (int(part.text) for part in parts)
    if len(parts[0].text) == 4 and one >= 1000:
        return Date(place, place + 2, one, two, three) if _is_day(three, two) else None
    return _numeric(place, place + 2, one, two, three) if len(parts[2].text) == 4 and three >= 1000 else None


def _numeric(first: int, last: int, one: int, two: int, year: int) -> Date | None:
    if _is_day(one, two):
        return Date(first, last, year, two, one, either=_is_day(two, one))
    return Date(first, last, year, one, two) if _is_day(two, one) else None


def _day_first(found: Sequence[Word], place: int) -> Date | None:
    """10 March 1787, 10th of March, 1787, 10 March."""
    day = _day(found[place])
    month_at = place + 2 if place + 1 < len(found) and found[place + 1].folded == "of" else place + 1
    month = _month(found, month_at)
    if day is None or month is None or not _close(found, place + 1, month_at):
        return None
    year = _year_at(found, month_at + 1)
    return Date(place, month_at + (year is not None), year, month, day)


def _month_first(found: Sequence[Word], place: int) -> Date | None:
    """March 10, 1787; March 10; March 1787; and a month alone where a word such as "in" stands before it."""
    month = _month(found, place)
    if month is None:
        return None
    day = _day(found[place + 1]) if place + 1 < len(found) and _close(found, place + 1, place + 1) else None
    last = place if day is None else place + 1
    year = _year_at(found, last + 1)
    if day is None and year is None and not (place and found[place - 1].folded in _BEFORE_MONTH and not found[place].opens):
        return None
    return Date(place, last + (year is not None), year, month, day)


def _decade(found: Sequence[Word], place: int) -> Date | None:
    match = _DECADE.match(found[place].text)
    if match is None and _YEAR.match(found[place].folded) and found[place].text.endswith(("'s", "’s")):
        match = _YEAR.match(found[place].folded)
    return Date(place, place, int(match.group(1)), span=10) if match and match.group(1).endswith("0") else None


def _century(found: Sequence[Word], place: int) -> Date | None:
    if place + 1 >= len(found) or found[place + 1].folded not in {"century", "centuries"}:
        return None
    match = _CENTURY.match(found[place].folded)
    number = int(match.group(1)) if match else _CENTURIES.get(found[place].folded)
    return None if number is None else Date(place, place + 1, 100 * (number - 1), span=100)


def _year(found: Sequence[Word], place: int, before: Date | None) -> Date | None:
    """A year alone, and the short end of a range of years: 1987-90."""
    text = found[place].text
    if _YEAR.match(text) and not found[place].after.lstrip().startswith("%") and not _counts(found, place):
        return Date(place, place, int(text))
    follows = before is not None and before.last == place - 1 and found[place].gap in _RANGES
    if before is None or not follows or before.year is None or len(text) != 2 or not text.isdecimal():
        return None
    year = before.year // 100 * 100 + int(text)
    return Date(place, place, year) if year > before.year and before.span == 1 else None


def _counts(found: Sequence[Word], place: int) -> bool:
    """Whether what looks like a year counts something: 1200 members, but not in 1200 members."""
    following = found[place + 1] if place + 1 < len(found) else None
    plural = following is not None and following.gap == " " and following.text.islower() and following.text.endswith("s")
    dated = bool(place) and (found[place - 1].folded in _BEFORE_MONTH or "(" in found[place].gap)
    return plural and following is not None and following.content and not dated


def _day(word: Word) -> int | None:
    match = _DAY.match(word.folded)
    return int(match.group(1)) if match and 1 <= int(match.group(1)) <= 31 else None


def _is_day(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def _month(found: Sequence[Word], place: int) -> int | None:
    return _MONTHS.get(found[place].folded) if place < len(found) and found[place].text[0].isupper() else None


def _year_at(found: Sequence[Word], place: int) -> int | None:
    """The year that ends a date: behind a space, a comma or "of"."""
    if place >= len(found) or found[place].gap.strip(" ,.") or len(found[place].gap) > 3:
        return None
    match = _YEAR.match(found[place].folded)
    return int(match.group(1)) if match and found[place].text.isdecimal() else None


def _close(found: Sequence[Word], first: int, last: int) -> bool:
    """Whether nothing but spaces and a full stop stands between these words and the one before."""
    return all(not word.gap.strip(" .") for word in found[first : last + 1])

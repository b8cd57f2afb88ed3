"""Dates and numbers in a sentence that could be what a question asks for, with the unit that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.claims.words import fold, listed
from agent.extraction.kin import covers
from agent.extraction.mentions import key, within
from agent.extraction.question import Asked
from agent.extraction.terms import stems

Found = tuple[int, int, float]

_MONTHS = listed("January February March April May June July August September October November December")
_MONTH = f"(?:{'|'.join(_MONTHS)})"
_POWERS = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_DAY = re.compile(rf"\b(?:{_NTH}\s+{_MONTH}\s+\d{{3,4}}|{_MONTH}\s+{_NTH},?\s+\d{{4}})\b")
_MONTHLY = re.compile(rf"\b(?:{_MONTH}|spring|summer|autumn|winter)(?:\s+of)?\s+\d{{4}}\b")
_YEAR = re.compile(r"(?<![\d.,$£€-])(?:1\d{3}|20\d{2})(?![\d,.]\d|\d)")
_DECADE = re.compile(r"\b(?:1\d{3}|20\d{2})s\b")
_CENTURY = re.compile(r"\b(?:[a-z]+th|[a-z]+-first|first|second|third|\d{1,2}(?:st|nd|rd|th))[\s-]century\b", re.IGNORECASE)
_WORDED = "|".join(
    listed(
        """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand dozen half once twice
        thrice"""
    )
)
_SCALE = r"(?:hundred|thousand|million|billion|trillion)"
_NUMBER = re.compile(
    rf"(?<![\w.])(?:[$£€]\s?)?\d+(?:,\d{{3}})*(?:\.\d+)?(?:\s?%|\s{_SCALE}\b)?(?:-time\b)?"
    rf"|\b(?:{_WORDED})(?:[- ](?:{_WORDED}|{_SCALE}))*\b(?:-time\b)?",
    re.IGNORECASE,
)
_AFTER = re.compile(r"(?:[\s-]*[^\W\d_][\w-]*){0,3}")
_UNITS = {
    "length": """metre metres meter meters kilometre kilometres kilometer kilometers centimetre centimetres centimeter centimeters
        millimetre millimetres millimeter millimeters mile miles foot feet inch inches yard yards km cm mm ft m light-year
        light-years parsec parsecs league leagues""",
    "weight": """ton tons tonne tonnes kilogram kilograms kilogramme kilogrammes kg pound pounds lb lbs gram grams ounce ounces
        stone""",
    "money": """dollar dollars pound pounds euro euros franc francs mark marks thaler thalers livre livres guinea guineas florin
        florins crown crowns yen rupee rupees ducat ducats cent cents shilling shillings""",
    "time": """second seconds minute minutes hour hours day days week weeks month months year years decade decades century
        centuries night nights""",
    "heat": "degree degrees celsius fahrenheit kelvin",
}
_ANY_UNIT = frozenset(unit for units in _UNITS.values() for unit in units.split() if len(unit) > 2)
_NEEDS = {
    "length": listed("tall high wide deep far height width depth distance diameter altitude elevation long length"),
    "weight": ["heavy", "weight", "mass"],
    "money": ["salary", "price", "cost", "sum"],
    "time": listed("old age duration long length"),
    "heat": ["temperature"],
}
_VERBS = {"money": "paid cost worth earned spent price", "weight": "weigh"}


def dates(question: Asked, text: str) -> Iterator[Found]:
    """(start, end, fit) of the dates in a text, the fullest form of each, as precise as is asked for. Fit is about 0.1 to 0.3."""
    noun = question.noun.removesuffix("s")
    forms = {"century": (_CENTURY, _YEAR), "decade": (_DECADE, _YEAR), "year": (_YEAR,)}
    taken: list[tuple[int, int]] = []
    for order, form in enumerate(forms.get(noun, (_DAY, _MONTHLY, _YEAR, _CENTURY, _DECADE))):
        for match in form.finditer(text):
            inside = any(start <= match.start() and match.end() <= end for start, end in taken)
            if not inside and match.group() not in question.text:
                taken.append(match.span())
                yield match.start(), match.end(), 0.3 - 0.1 * min(order, 2)


def moments(text: str) -> Iterator[tuple[int, int, tuple[int, int, int]]]:
    """(start, end, (year, month, day)) of the dates in a text, 0 for what is not said.

    >>> list(moments("Born on 4 May 1900."))
    [(8, 18, (1900, 5, 4))]
    """
    taken: list[tuple[int, int]] = []
    for form in (_DAY, _MONTHLY, _YEAR):
        for match in form.finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in taken):
                taken.append(match.span())
                yield match.start(), match.end(), _value(match.group())


def amounts(text: str) -> Iterator[tuple[int, int, float, str]]:
    """(start, end, value, unit) of the numbers in figures in a text; the unit is the word behind, folded, or empty.

    >>> list(amounts("A lens of 36 inches."))
    [(10, 12, 36.0, 'inches')]
    """
    for match in _NUMBER.finditer(text):
        figures = re.match(r"(?:[$£€]\s?)?(\d[\d,]*(?:\.\d+)?)", match.group())
        if figures and not _YEAR.fullmatch(match.group()):
            following = _AFTER.match(text, match.end())
            words = re.findall(r"[\w-]+", following.group()) if following else []
            scale = next((10.0**power for word, power in _POWERS.items() if word in match.group().lower()), 1.0)
            yield match.start(), match.end(), float(figures.group(1).replace(",", "")) * scale, fold(words[0]) if words else ""


def numbers(question: Asked, text: str) -> Iterator[Found]:
    """(start, end, fit) of the numbers in a text that carry the unit, or count the thing, that is asked for."""
    units = frozenset(unit for need in needs(question) for unit in _UNITS[need].split())
    for match in _NUMBER.finditer(text):
        if not key(match.group()) or within(key(match.group()), key(question.text)):
            continue
        following = _AFTER.match(text, match.end())
        words = re.findall(r"[\w-]+", following.group()) if following else []
        end = _end(text, match, words, units, counts=bool(question.unit))
        if end and _counts(question, match.group().lower(), words) and not _bare_year(question, match, units):
            yield match.start(), end, 0.2


def _value(text: str) -> tuple[int, int, int]:
    figures = [int(one) for one in re.findall(r"\d+", text)]
    year = next((one for one in reversed(figures) if one > 99), 0)
    day = next((one for one in figures if one <= 31 and one != year), 0)
    month = next((number for number, name in enumerate(_MONTHS, start=1) if name in text), 0)
    return year, month, day


def needs(question: Asked) -> tuple[str, ...]:
    """The kinds of unit of which a number must carry one; empty where any number will do.

    >>> needs(asked("How much did the bell weigh?"))
    ('weight',)
    """
    if question.noun == "long" and any(
        term.text.lower() in ("take", "took", "last", "lasted", "live", "lived") for term in question.terms
    ):
        return ("time",)
    if question.noun != "number":
        return tuple(need for need, nouns in _NEEDS.items() if question.noun in nouns)
    said = [term.stem for term in question.terms]
    return tuple(need for need, verbs in _VERBS.items() if not question.unit and any(covers(stem, stems(verbs)) for stem in said))


def _end(text: str, match: re.Match[str], words: list[str], units: frozenset[str], *, counts: bool) -> int:
    """Where the number with its unit ends; 0 where it lacks the unit that is needed."""
    unit = next((word for word in words[:2] if word.lower() in (units or _ANY_UNIT)), None)
    if unit and (units or not counts):
        return text.index(unit, match.end()) + len(unit)
    return match.end() if not units or match.group()[0] in "$£€" else 0


def _counts(question: Asked, number: str, words: list[str]) -> bool:
    """Whether a number counts what is asked for."""
    if not question.unit:
        return number not in ("one", "half")
    if question.unit.split()[-1] in ("time", "times") and (number.endswith("-time") or number in ("once", "twice", "thrice")):
        return True
    counted = stems(question.unit)
    return any(covers(stem, counted) for word in words for stem in stems(word))


def _bare_year(question: Asked, match: re.Match[str], units: frozenset[str]) -> bool:
    return not units and not question.unit and _YEAR.fullmatch(match.group()) is not None

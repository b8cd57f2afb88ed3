"""The numbers of a text, whatever way they are written, and whether one text's numbers stand in another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from agent.claims.words import ORDINALS, Word, listed

_GROUPED = re.compile(r"\A\d{1,3}(?:,\d{3})++(?:\.\d++)?\Z")
_PLAIN = re.compile(r"\A\d{1,30}(?:[.·]\d{1,30})?\Z")
_ORDINAL = re.compile(r"\A(\d{1,9})(?:st|nd|rd|th)\Z")
_MEASURED = re.compile(r"\A(\d{1,9})(mg|ml|kg|km|cm|mm|nm|um|m|g|h|hz|khz|mhz|ghz|s|ms|min|wk|px|mph|kw|mw|ft|lb|lbs|fold|x)\Z")
_PERCENT = re.compile(r"\s?[%％]")
_CLOSED = re.compile(r"\)\s?[%％]")
_CLAUSE = re.compile(r"[,;:.()!?\[\]\n]")
_ROMAN = re.compile(r"\AX{0,3}(?:IX|IV|V?I{0,3})\Z")
_DIGITS = {"I": 1, "V": 5, "X": 10}
_UNITS = {
    name: value
    for value, name in enumerate(
        listed(
            """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
            eighteen nineteen"""
        )
    )
}
_TENS = {name: 10 * value for value, name in enumerate(listed("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)}
_SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NUMBERED = frozenset(listed("type phase class stage grade level part chapter volume factor group category war title tier"))
_BEFORE = 6
_LISTS = frozenset({"and", "or", "to", "versus", "vs", "n"})
_PER_CENT = frozenset({"percent", "percentage", "pct"})


@dataclass(frozen=True)
class Number:
    """A number: its value, the words [first, last] that say it, whether it is a percentage or stands in a list that ends in one
    (`shares`), and whether it is `weak`: a "one" or "first" that may count nothing. `noun` is the stem that it directly counts,
    `near` all that stand behind it in its clause."""

    value: Decimal
    first: int
    last: int
    percent: bool = False
    shares: bool = False
    weak: bool = False
    noun: str = ""
    near: frozenset[str] = frozenset()


def numbers(found: Sequence[Word], taken: frozenset[int] = frozenset()) -> list[Number]:
    """The numbers of a text in order, but for the places that are `taken` by a date or a name.

    >>> [str(number.value) for number in numbers(words("1.2 million, twenty-one, 3rd, 1,234, 5 %"))]
    ['1200000', '21', '3', '1234', '5']
    """
    made: list[Number] = []
    place = 0
    while place < len(found):
        one = None if place in taken else _read(found, place)
        if one is not None:
            made.append(one)
        place = place + 1 if one is None else one.last + 1
    return made


@dataclass(frozen=True)
class Numberbook:
    """The numbers of the evidence, and whether a claim's number stands among them.

    >>> Numberbook(tuple(numbers(words("12 patients and 15 controls")))).lacks(numbers(words("14 controls"))[0])
    True
    """

    given: tuple[Number, ...]

    def lacks(self, claimed: Number) -> bool:
        """Whether a number does not stand here, or counts something else here.

        A value that stands here as a count is no percentage. Where the noun that the claim counts is counted here by other
        numbers alone, and the value stands here only where that noun is not, the claim has taken it from elsewhere.
        """
        same = self.by_value.get(claimed.value, ())
        counted = bool(claimed.noun) and bool(self._counts.get(claimed.noun, frozenset()) - {claimed.value})
        if not same:
            return counted if claimed.weak else True
        if claimed.percent:
            return not any(number.shares for number in same)
        return counted and not any(claimed.noun in number.near for number in same)

    @cached_property
    def by_value(self) -> dict[Decimal, tuple[Number, ...]]:
        """The numbers of each value."""
        table: dict[Decimal, list[Number]] = {}
        for number in self.given:
            table.setdefault(number.value, []).append(number)
        return {value: tuple(same) for value, same in table.items()}

    @cached_property
    def _counts(self) -> dict[str, frozenset[Decimal]]:
        table: dict[str, set[Decimal]] = {}
        for number in self.given:
            table.setdefault(number.noun, set()).add(number.value)
        return {noun: frozenset(values) for noun, values in table.items()}


def _read(found: Sequence[Word], place: int) -> Number | None:
    """The number that begins at this word, if one does."""
    for reader in (_figures, _spelt, _ordinal, _roman):
        read = reader(found, place)
        if read is not None:
            value, last, weak = read
            percent = _percent(found, last)
            shares = percent or _shares(found, last)
            return Number(value, place, last, percent, shares, weak, _noun(found, last), _near(found, place, last))
    return None


def _figures(found: Sequence[Word], place: int) -> tuple[Decimal, int, bool] | None:
    value = _value(found[place].text)
    if value is None:
        return None
    scale = _follows(found, place, _SCALES)
    return (value * _scale_behind_brackets(found, place), place, False) if scale is None else (value * scale, place + 1, False)


def _scale_behind_brackets(found: Sequence[Word], place: int) -> int:
    """The million of "30.4 (95% CI 30.1-30.7) million"."""
    if found[place].after.strip() != "(":
        return 1
    closing = next((word for word in found[place + 1 : place + 11] if ")" in word.gap), None)
    return _SCALES.get(closing.folded, 1) if closing is not None and closing.gap == ") " else 1


def _value(text: str) -> Decimal | None:
    if _GROUPED.match(text):
        return Decimal(text.replace(",", ""))
    if _PLAIN.match(text):
        return Decimal(text.replace("·", "."))
    measured = _MEASURED.match(text)
    return Decimal(measured.group(1)) if measured else None


def _spelt(found: Sequence[Word], place: int) -> tuple[Decimal, int, bool] | None:
    """Number words: twenty-one, two hundred and five, three million, a dozen."""
    total, part, last = 0, _small(found[place].folded), place
    if part is None:
        scale = _follows(found, place, _SCALES) if found[place].folded in {"a", "an"} else None
        return None if scale is None else (Decimal(scale), place + 1, False)
    while (step := _next(found, last)) is not None:
        scale, small = _SCALES.get(found[step].folded), _small(found[step].folded)
        if scale is not None and part > 0 and (scale >= 1000 or part < 100):
            total, part = (total + part * scale, 0) if scale >= 1000 else (total, part * scale)
        elif small is not None and _may_add(part, small) and not (part and _follows(found, step, {"hundred": 100})):
            part += small
        else:
            break
        last = step
    return Decimal(total + part), last, found[place].folded == "one" and last == place


def _may_add(part: int, small: int) -> bool:
    """Whether a word continues a number: 21 after 20, 5 after 200."""
    return (part % 100 == 0) or (part % 10 == 0 and part % 100 >= 20 and small < 10)


def _next(found: Sequence[Word], last: int) -> int | None:
    """The place of the next number word, over an "and" behind a hundred or more."""
    for place in range(last + 1, min(len(found), last + 3)):
        word = found[place]
        if word.gap.strip() not in {"", "-"}:
            return None
        if word.folded in _SCALES or _small(word.folded) is not None:
            return place
        if word.folded != "and" or found[last].folded not in _SCALES:
            return None
    return None


def _small(folded: str) -> int | None:
    return _UNITS.get(folded, _TENS.get(folded))


def _ordinal(found: Sequence[Word], place: int) -> tuple[Decimal, int, bool] | None:
    match = _ORDINAL.match(found[place].folded)
    if match:
        return Decimal(match.group(1)), place, False
    value = ORDINALS.get(found[place].folded)
    return None if value is None else (Decimal(value), place, value == 1 or found[place].opens)


def _roman(found: Sequence[Word], place: int) -> tuple[Decimal, int, bool] | None:
    """A Roman numeral up to 39; a lone I, V or X only behind a name or a word such as type."""
    text = found[place].text
    if not text or not _ROMAN.match(text):
        return None
    before = found[place - 1] if place and found[place].gap in {" ", "-"} else None
    if len(text) == 1 and not (before is not None and (before.text[0].isupper() or before.folded in _NUMBERED)):
        return None
    values = [_DIGITS[letter] for letter in text]
    return Decimal(sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))), place, False


def _follows(found: Sequence[Word], place: int, table: dict[str, int]) -> int | None:
    following = found[place + 1] if place + 1 < len(found) else None
    return None if following is None or following.gap.strip() not in {"", "-"} else table.get(following.folded)


def _percent(found: Sequence[Word], last: int) -> bool:
    if _PERCENT.match(found[last].after):
        return True
    following = [word.folded for word in found[last + 1 : last + 3]]
    return bool(following) and (following[0] in _PER_CENT or following == ["per", "cent"])


def _shares(found: Sequence[Word], last: int) -> bool:
    """Whether a list of numbers goes on behind this one and ends in a percentage, as in 12, 14 and 16 %, or in 12 (sd 3) %."""
    bracketed = found[last].after.strip() == "("
    for place in range(last + 1, min(len(found), last + 10)):
        if bracketed and _CLOSED.match(found[place].after):
            return True
        if _value(found[place].text) is not None:
            if _percent(found, place):
                return True
        elif found[place].folded not in _LISTS and not bracketed:
            return False
    return False


def _behind(found: Sequence[Word], last: int) -> Iterator[Word]:
    """The words behind a number up to the end of its clause, eight at most."""
    for word in found[last + 1 : last + 9]:
        if _CLAUSE.search(word.gap):
            return
        yield word


def _noun(found: Sequence[Word], last: int) -> str:
    first = next(_behind(found, last), None)
    return first.stem if first is not None and first.content and first.text.islower() and "%" not in first.gap else ""


def _near(found: Sequence[Word], first: int, last: int) -> frozenset[str]:
    """What a number may count: the words behind it, less those that the next number counts where this one counts something; where
    nothing is behind it, the words before it."""
    behind, own = list(_behind(found, last)), _noun(found, last)
    others = {word.stem for before, word in pairwise(behind) if _value(before.text) is not None and own}
    near = frozenset(word.stem for word in behind if word.content and (word.stem == own or word.stem not in others))
    return near or frozenset(word.stem for word in found[max(0, first - _BEFORE) : first] if word.content)

"""What of a claim can be checked word by word, and what of it does not stand in the cited text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import islice

from agent import dates, negation, numbers, opposites
from agent.dates import Date
from agent.namebook import Namebook
from agent.names import Name, code_places, is_name, names
from agent.numbers import Number, Numberbook
from agent.slots import Slotbook, slots
from agent.words import Word, content_stems, words

_CONCERNS = 0.2


@dataclass(frozen=True)
class Facts:
    """A text's words, and its dates, numbers and names; no word serves two of them but a name's number (World War II).

    >>> Facts("In 1990 Paul Newman won 2 prizes.").numbers[0].value
    Decimal('2')
    """

    text: str
    found: tuple[Word, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", tuple(words(self.text)))

    @cached_property
    def dates(self) -> tuple[Date, ...]:
        """The dates, in order."""
        return tuple(dates.dates(self.found))

    @cached_property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers, in order."""
        return tuple(numbers.numbers(self.found, self._dated | code_places(self.found)))

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The names, in order."""
        counted = {place for one in self.numbers for place in range(one.first, one.last + 1)}
        return tuple(names(self.found, self._dated | counted))

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the words that say something."""
        return content_stems(self.found)

    @cached_property
    def _dated(self) -> frozenset[int]:
        return frozenset(place for date in self.dates for place in range(date.first, date.last + 1))

    def written(self, one: Date | Number | Name) -> str:
        """The words that say this fact, as they are written."""
        part = self.found[one.first : one.last + 1]
        return "".join(word.text if not place else word.gap + word.text for place, word in enumerate(part))


@dataclass(frozen=True)
class Support:
    """What a claim leans on: the cited spans and the titles of their documents, and everything that was shown in the run (which
    tells a name that opens a sentence from a common word)."""

    cited: tuple[Facts, ...]
    shown: Namebook

    def lacks(self, claim: Facts, strict: bool = False) -> tuple[str, ...]:
        """In words, every number, date, name and negation of the claim that does not stand here; empty where all of them do.

        >>> support.lacks(Facts("Paul Newman won 3 prizes."))
        ('the number 3',)
        """
        return (*self._dates(claim), *self._numbers(claim), *self._names(claim, strict), *self._negations(claim))

    def concerns(self, claim: Facts) -> bool:
        """Whether a fifth of the claim's words stand here: of claims that experts wrote, 98 % share as much with the part of the
        abstract that bears on them, of claims put to a random abstract 12 %."""
        return len(claim.stems & self.stems) >= _CONCERNS * len(claim.stems)

    def holds(self, told: Facts) -> bool:
        """Whether every word of a text that says something stands here."""
        if self.lacks(told, strict=True):
            return False
        return all(
            word.stem in self.stems or word.folded in self._book.forms
            for word in told.found
            if word.content and not is_name(word)
        )

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all that is cited."""
        return frozenset(stem for one in self.cited for stem in one.stems)

    @cached_property
    def _book(self) -> Namebook:
        return Namebook(tuple(one.found for one in self.cited))

    @cached_property
    def _all_dates(self) -> tuple[Date, ...]:
        return tuple(date for one in self.cited for date in one.dates)

    @cached_property
    def _numberbook(self) -> Numberbook:
        years = (Number(Decimal(date.year), 0, 0) for date in self._all_dates if date.year is not None)
        return Numberbook((*(number for one in self.cited for number in one.numbers), *years))

    @cached_property
    def _dated(self) -> Slotbook[Date]:
        return Slotbook(tuple(slot for one in self.cited for slot in slots(one.found, one.dates)))

    @cached_property
    def _counted(self) -> Slotbook[Number]:
        return Slotbook(tuple(slot for one in self.cited for slot in slots(one.found, one.numbers)))

    def _dates(self, claim: Facts) -> list[str]:
        absent = [date for date in claim.dates if dates.unsupported(date, self._all_dates) and not self._counts(date)]
        moved = [
            slot.value
            for slot in islice(slots(claim.found, claim.dates), len(claim.dates))
            if slot.value not in absent and self._dated.displaced(slot, dates.covers)
        ]
        return _named("date", claim, absent, moved)

    def _counts(self, date: Date) -> bool:
        """Whether what looks like a year stands in the evidence as a number."""
        bare = date.month is None and date.span == 1 and date.year is not None
        return bare and Decimal(date.year or 0) in self._numberbook.by_value

    def _numbers(self, claim: Facts) -> list[str]:
        absent = [one for one in claim.numbers if self._numberbook.lacks(one) and not self._coded(claim, one)]
        moved = [
            slot.value
            for slot in islice(slots(claim.found, claim.numbers), len(claim.numbers))
            if slot.value not in absent and not self._coded(claim, slot.value) and self._counted.displaced(slot, _same_value)
        ]
        return _named("number", claim, absent, moved)

    def _coded(self, claim: Facts, number: Number) -> bool:
        """Whether a number stands in the evidence as the end of a code: caspase 3 for caspase-3."""
        before = claim.found[number.first - 1].folded if number.first else ""
        return bool(before) and before + claim.found[number.first].folded in self._book.codes

    def _names(self, claim: Facts, strict: bool) -> list[str]:
        missing = [name for name in claim.names if self._book.missing(name, self.shown, strict) and not _abbreviates(claim, name)]
        return [f"the name {claim.written(name)}" for name in missing]

    def _negations(self, claim: Facts) -> list[str]:
        apart = [replace(word, gap="\n") if not place else word for one in self.cited for place, word in enumerate(one.found)]
        return [*negation.clashes(claim.found, apart), *opposites.reversals(claim.found, apart)]


def _named(kind: str, claim: Facts, absent: Sequence[Date | Number], moved: Sequence[Date | Number]) -> list[str]:
    here = [f"the {kind} {claim.written(one)} in this place" for one in moved]
    return [f"the {kind} {claim.written(one)}" for one in absent] + here


def _same_value(given: Number, claimed: Number) -> bool:
    return given.value == claimed.value


def _abbreviates(claim: Facts, name: Name) -> bool:
    """Whether a name only shortens, in brackets, the words of the claim before it: chronic kidney disease (CKD)."""
    acronym = name.parts[0].text.removesuffix("s")
    if len(name.parts) > 1 or not acronym.isupper() or "(" not in claim.found[name.first].gap:
        return False
    before = [word for word in claim.found[: name.first] if word.content][-len(acronym) :]
    return "".join(word.folded[:1] for word in before) == acronym.casefold()

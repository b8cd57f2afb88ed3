"""What a claim leans on, and what of the claim it does not bear out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from agent.claims import dates, negation, opposites
from agent.claims.dates import Date
from agent.claims.facts import Facts
from agent.claims.namebook import Namebook
from agent.claims.names import Name, is_name
from agent.claims.numbers import Number, Numberbook
from agent.claims.slots import Slotbook, slots
from agent.claims.words import Word

_CONCERNS = 0.2


@dataclass(frozen=True)
class Support:
    """The cited spans and the titles of their documents; and all that was shown in the run, which tells a name that opens a
    sentence from a common word."""

    cited: tuple[Facts, ...]
    shown: Namebook

    def lacks(self, claim: Facts, strict: bool = False) -> list[str]:
        """In words, every number, date, name and negation of the claim that does not stand here. `strict` is for a text that is
        itself a name, such as a short answer.

        >>> support.lacks(Facts("Paul Newman won 3 prizes."))
        ['the number 3']
        """
        dated = [date for date in claim.dates if dates.unsupported(date, self._dates) and not self._counts(date)]
        counted = [number for number in claim.numbers if self._numbers.lacks(number) and not self._coded(claim, number)]
        named = [name for name in claim.names if self._book.missing(name, self.shown, strict) and not _abbreviates(claim, name)]
        facts: Sequence[tuple[str, Sequence[Date | Number | Name]]] = (("date", dated), ("number", counted), ("name", named))
        told = [f"the {kind} {claim.written(one)}" for kind, missing in facts for one in missing]
        return told + [f'the negation "{word}"' for word in negation.clashes(claim.found, self._words)[0]]

    def turns(self, claim: Facts) -> list[str]:
        """In words, what stands here and the claim says otherwise: a value in the place of another, a negation that it leaves
        out, a rise for a fall.

        >>> support.turns(Facts("The drug reduced mortality."))
        ['it leaves out the "not" of the cited text']
        """
        dated = [slot.value for slot in slots(claim.found, claim.dates) if self._dated.displaced(slot, dates.covers)]
        counted = [slot.value for slot in slots(claim.found, claim.numbers) if self._counted.displaced(slot, _same_value)]
        told = [f"it has {claim.written(one)} where the cited text has another value" for one in (*dated, *counted)]
        told += [f'it leaves out the "{word}" of the cited text' for word in negation.clashes(claim.found, self._words)[1]]
        turned = opposites.reversals(claim.found, self._words)
        return told + [f'it has "{ours}" where the cited text has "{theirs}"' for ours, theirs in turned]

    def concerns(self, claim: Facts) -> bool:
        """Whether a fifth of the claim's words stand here: of claims that experts wrote, 98 % share as much with the part of the
        abstract that bears on them, of claims put to a random abstract 12 %."""
        return len(claim.stems & self.stems) >= _CONCERNS * len(claim.stems)

    def holds(self, told: Facts) -> bool:
        """Whether every word of a text that says something stands here."""
        plain = (word for word in told.found if word.content and not is_name(word))
        return not self.lacks(told, strict=True) and all(word.stem in self.stems for word in plain)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all that is cited."""
        return frozenset(stem for one in self.cited for stem in one.stems)

    @cached_property
    def _words(self) -> list[Word]:
        """All words, each text a sentence of its own."""
        return [replace(word, gap="\n") if not place else word for one in self.cited for place, word in enumerate(one.found)]

    @cached_property
    def _book(self) -> Namebook:
        return Namebook(tuple(one.found for one in self.cited))

    @cached_property
    def _dates(self) -> tuple[Date, ...]:
        return tuple(date for one in self.cited for date in one.dates)

    @cached_property
    def _numbers(self) -> Numberbook:
        years = (Number(Decimal(date.year), 0, 0) for date in self._dates if date.year is not None)
        return Numberbook((*(number for one in self.cited for number in one.numbers), *years))

    @cached_property
    def _dated(self) -> Slotbook[Date]:
        return Slotbook(tuple((one.found, one.dates) for one in self.cited))

    @cached_property
    def _counted(self) -> Slotbook[Number]:
        return Slotbook(tuple((one.found, one.numbers) for one in self.cited))

    def _counts(self, date: Date) -> bool:
        """Whether what looks like a year stands in the evidence as a number."""
        bare = date.month is None and date.span == 1 and date.year is not None
        return bare and Decimal(date.year or 0) in self._numbers.by_value

    def _coded(self, claim: Facts, number: Number) -> bool:
        """Whether a number stands in the evidence as the end of a code: caspase 3 for caspase-3."""
        before = claim.found[number.first - 1].folded if number.first else ""
        return bool(before) and before + claim.found[number.first].folded in self._book.codes


def _same_value(given: Number, claimed: Number) -> bool:
    return given.value == claimed.value


def _abbreviates(claim: Facts, name: Name) -> bool:
    """Whether a name only shortens, in brackets, the words of the claim before it: chronic kidney disease (CKD)."""
    acronym = name.parts[0].text.removesuffix("s")
    if len(name.parts) > 1 or not acronym.isupper() or "(" not in claim.found[name.first].gap:
        return False
    before = [word for word in claim.found[: name.first] if word.content][-len(acronym) :]
    return "".join(word.folded[:1] for word in before) == acronym.casefold()

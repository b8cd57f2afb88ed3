"""What of a text can be checked word by word: its dates, numbers and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from agent.claims import dates, numbers
from agent.claims.dates import Date
from agent.claims.names import Name, code_places, names
from agent.claims.numbers import Number
from agent.claims.words import Word, content_stems, words


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

"""The names of a text (people, places, works, genes, codes), found by how they are written, without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.claims.words import FUNCTION, GREEK, NEGATIVE, Word, listed

_LINKS = frozenset(listed("of the de la le du des da di del der den van von und y e al el bin ibn ter ten zu"))
_TIMES = frozenset(listed("mid pre post early late since until circa ca"))
_PLAIN = re.compile(r"\A\d+(?:st|nd|rd|th|s|mg|ml|kg|km|cm|mm|nm|um|m|g|h|hz|s|ms|min|wk|ft|lb|lbs|fold|x)?\Z")
_LONGEST_CODE = 6
_NOT_NAMES = FUNCTION | NEGATIVE | {"i"}
_NOT_TIED = frozenset({"percent", "percentage", "pct", "cent"}) | _TIMES
_FINITE = frozenset(listed("is was are were has had have will would can could may might did does"))


@dataclass(frozen=True)
class Name:
    """A name: the words [first, last] of the text that it was found in, and each of its parts: a word, or a code that hyphens
    hold together (IL-6)."""

    first: int
    last: int
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return " ".join(part.text for part in self.parts)


@dataclass(frozen=True)
class Part:
    """One part of a name: as written, folded and run together, whether a sentence begins with it, and whether it reads as a name
    even so: a second name, a verb such as "is" or a possessive follows."""

    text: str
    folded: str
    opens: bool
    clear: bool = True

    @property
    def initial(self) -> bool:
        """Whether it is one capital letter."""
        return len(self.text) == 1 and self.text.isupper()


def names(found: Sequence[Word], taken: frozenset[int] = frozenset()) -> list[Name]:
    """The names of a text in order, but for the places that are `taken` by dates and number words.

    >>> [str(name) for name in names(words("In 1990 Paul Newman's IL-6 fell."))]
    ["Paul Newman's IL-6"]
    """
    made: list[Name] = []
    place = 0
    while place < len(found):
        parts = list(_run(found, place, taken))
        if parts:
            last = parts[-1][0]
            made.append(
                Name(place, last, tuple(part for _, part in parts if part.folded not in _LINKS or part.text[0].isupper()))
            )
            place = last
        place += 1
    return made


def code_places(found: Sequence[Word]) -> frozenset[int]:
    """The places of the words that hyphens tie into codes: both of "IL-6", so that its 6 is no number."""
    spans = (range(place, end + 1) for place in range(len(found)) if (end := _code_end(found, place)) > place)
    return frozenset(place for span in spans for place in span)


def is_name(word: Word) -> bool:
    """Whether a word is written as a name: a capital in it, or letters and digits mixed."""
    first = re.split("['’]", word.folded, maxsplit=1)[0]
    if first in _NOT_NAMES or word.folded.endswith("n't"):
        return len(word.text) > 1 and word.text.isupper()
    return any(letter.isupper() for letter in word.text) or _mixed(word)


def _run(found: Sequence[Word], place: int, taken: frozenset[int]) -> Iterator[tuple[int, Part]]:
    """The parts of the name that begins here, each with the place of its last word; nothing where none begins."""
    held: list[tuple[int, Part]] = []
    start = place
    while place < len(found) and place not in taken and (place == start or _continues(found[place])):
        end = _code_end(found, place)
        if end > place or is_name(found[place]):
            yield from held
            held = []
            yield end, _part(found, place, end)
        elif place > start and found[place].folded in _LINKS and len(held) < 2:
            held.append((place, _part(found, place, place)))
        else:
            return
        place = end + 1


def _continues(word: Word) -> bool:
    """Whether a word may belong to the same name as the one before: a space, a hyphen or an initial's full stop between them."""
    return word.gap in {" ", "-", "\u2010", "\u2011", ". ", "."} and not word.opens


def _code_end(found: Sequence[Word], place: int) -> int:
    """The last place of the code that begins at this word: IL-6, caspase-3, TGF-beta, 5-HT; the place itself where none does."""
    end = place
    while end + 1 < min(len(found), place + _LONGEST_CODE) and found[end + 1].joined and _ties(found[end], found[end + 1]):
        end += 1
    return end


def _ties(left: Word, right: Word) -> bool:
    if left.text.isdecimal():
        return right.text[0].isupper() and not right.text.islower()
    if left.folded in _NOT_TIED:
        return False
    return (right.text[0].isdecimal() and "." not in right.text) or right.folded in GREEK


def _mixed(word: Word) -> bool:
    letters, digits = any(one.isalpha() for one in word.text), any(one.isdecimal() for one in word.text)
    return letters and digits and not _PLAIN.match(word.folded)


def _part(found: Sequence[Word], first: int, last: int) -> Part:
    inside = found[first : last + 1]
    text = "".join(word.text if not place else word.gap + word.text for place, word in enumerate(inside))
    clear = not inside[0].opens or last > first or _reads_as_name(inside[-1], found[last + 1] if last + 1 < len(found) else None)
    return Part(text, "".join(word.folded for word in inside), inside[0].opens, clear)


def _reads_as_name(word: Word, following: Word | None) -> bool:
    if following is None or word.text.endswith(("'s", "’s")) or not word.text[1:].islower():
        return True
    return following.folded in _FINITE or (following.gap == " " and following.text[0].isupper() and following.text[1:].islower())

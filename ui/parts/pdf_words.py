"""Finds words in the letters of a page: two readers of a pdf agree on its letters, not on its spaces, hyphens and accents."""

from __future__ import annotations

import unicodedata

_LEFT_OUT = ("Z", "C", "M", "Pd")


def folded(text: str) -> tuple[str, list[int]]:
    """The letters of a text, without case, accents, spaces, hyphens and ligatures, and where in `text` each comes from.

    >>> folded("Co-\\nﬁ")
    ('cofi', [0, 1, 4, 4])
    """
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for part in unicodedata.normalize("NFKD", letter).casefold():
            if not unicodedata.category(part).startswith(_LEFT_OUT):
                letters.append(part)
                places.append(place)
    return "".join(letters), places


def starts(text: str, words: str) -> list[int]:
    """Where `words` begin in `text`, overlapping ones too."""
    found: list[int] = []
    place = text.find(words) if words else -1
    while place >= 0:
        found.append(place)
        place = text.find(words, place + 1)
    return found


def within(text: str, words: str, turn: int = 0) -> tuple[int, int] | None:
    """[start, end) of the `turn`th place (from 0) where a text says these words, whatever its spaces; the last where there are
    fewer, None where there is none.

    >>> within("It has 48\\ndishes.", "48 dishes")
    (7, 16)
    """
    letters, places = folded(text)
    wanted, _ = folded(words)
    found = starts(letters, wanted)
    if not found:
        return None
    first = found[min(turn, len(found) - 1)]
    return places[first], places[first + len(wanted) - 1] + 1


def turn(text: str, start: int, end: int) -> int:
    """How many times a text says the words of its [start, end) before they begin there."""
    wanted, _ = folded(text[start:end])
    before, _ = folded(text[:start])
    return sum(place < len(before) for place in starts(folded(text)[0], wanted))

"""The content words of a text with their places and stems."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from agent.claims.words import FUNCTION, NEGATIVE, fold, listed
from agent.extraction.kin import stemmed

_WORD = re.compile(r"[^\W_]+")
_ASKING = frozenset(listed("name tell give list please many much"))


@dataclass(frozen=True)
class Term:
    """A content word: its place [start, end), as written, and its stem."""

    start: int
    end: int
    text: str
    stem: str


@lru_cache(maxsize=8192)
def terms(text: str) -> tuple[Term, ...]:
    """The content words of a text in order; a word with hyphens gives its pieces.

    >>> [term.stem for term in terms("The moons of Jupiter")]
    ['moon', 'jupit']
    """
    found = [(match, fold(match.group())) for match in _WORD.finditer(text)]
    kept = [(match, folded) for match, folded in found if _says_something(folded)]
    return tuple(
        Term(match.start(), match.end(), match.group(), stem)
        for (match, _), stem in zip(kept, stemmed(folded for _, folded in kept), strict=True)
    )


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """The stems of a text's content words."""
    return frozenset(term.stem for term in terms(text))


def _says_something(folded: str) -> bool:
    grammar = folded in FUNCTION or folded in NEGATIVE or folded in _ASKING
    return not grammar and (len(folded) > 1 or folded.isdigit())

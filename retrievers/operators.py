"""The operators of web search, translated into what retrievers over a corpus do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrievers.base import Query

_QUOTED = re.compile(r'"[^"]*"|“[^”]*”')
_FIELD = re.compile(r"(?<!\S)-?(?:site|filetype|ext|inurl|allinurl|related|cache|before|after):\S+", re.IGNORECASE)
_TITLE = re.compile(r"(?<!\S)(?:intitle|allintitle|intext|allintext|inanchor):", re.IGNORECASE)
_MINUS = re.compile(r"(?<!\S)-(?!\d)(?:\([^)]*\)|\S+)")
_NOT = re.compile(r"(?<!\S)NOT\s+(?:\([^)]*\)|\S+)")
_JOINED = re.compile(r"(?<!\S)(?:AND|OR|NOT|\|\|?|&&?)(?!\S)")
_OPERATOR_WORD = re.compile(r"\b(?:AND|OR|NOT)\b")
_RANGE = re.compile(r"(?<=\d)\.\.(?=\d)")
_SIGNS = re.compile(r"(?<!\S)[+~]+(?=\S)|[()*]")
_HELD = re.compile("\0(\\d+)\0")


@dataclass(frozen=True)
class Operators:
    """Reads a query in web-search syntax, as people and agents write it, and gives plain text to search.

    `site:`, `filetype:` and their like go, with their values: a corpus has no sites (use a scope). AND, OR and brackets go:
    BM25 and dense retrieval take all words as wanted and none as needed. What is excluded (`-word`, NOT word) goes, so that
    it is not searched for. `intitle:x` becomes x, `1990..2000` both years. With `phrases`, quoted parts keep their quotes, for
    `BM25`, which takes them word for word; without, the quotes go, for dense retrieval. A query in capitals alone has no
    operators among its words. A query of nothing but operators stays as it is.

    >>> Fuse((Rewrite(Operators()) >> bm25, Rewrite(Operators(phrases=False)) >> dense))
    """

    phrases: bool = True

    def __call__(self, query: Query) -> tuple[str, ...]:
        quoted: list[str] = []

        def hold(match: re.Match[str]) -> str:
            quoted.append(match.group() if self.phrases else match.group()[1:-1])
            return f"\0{len(quoted) - 1}\0"  # a word like any other for the operators; its content is none of theirs

        text = _plain(_QUOTED.sub(hold, query.text.replace("\0", " ")))
        text = _HELD.sub(lambda match: quoted[int(match.group(1))], text)
        return (" ".join(text.split()) or query.text,)


def _plain(text: str) -> str:
    """A text without its operators."""
    text = _MINUS.sub(" ", _TITLE.sub("", _FIELD.sub(" ", text)))
    if not _capitals(text):
        text = _JOINED.sub(" ", _NOT.sub(" ", text))
    return _SIGNS.sub(" ", _RANGE.sub(" ", text))


def _capitals(text: str) -> bool:
    """Whether there are words beside AND, OR and NOT, and all are in capitals."""
    return _OPERATOR_WORD.sub("", text).isupper()

"""Keyword form, without a model: a question becomes the words that are worth searching."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from retrievers.base import Query
from retrievers.postings import Analyzer

_PART = re.compile(r'"[^"]+"|“[^”]+”|\w+(?:[-.,\'’]\w+)*')
_QUESTION = frozenset({"who", "whom", "whose", "what", "which", "when", "where", "why", "how", "many", "much"})
_ENDINGS = frozenset({"s", "re", "ll", "d", "ve", "m", "t"})


@dataclass(frozen=True)
class Keywords:
    """Drops question words and stop words; names, numbers and quoted parts stay as they are written, in their order.

    For retrievers that match words. `language` chooses the stop words, as for `Analyzer`. A query of nothing else stays whole.

    >>> Rewrite(Keywords()) >> bm25
    """

    language: str = "en"

    def __call__(self, query: Query) -> tuple[str, ...]:
        kept = [part for part in _PART.findall(query.text) if part[0] in '"“' or not self._empty(part)]
        return (" ".join(kept) or query.text,)

    @cached_property
    def _words(self) -> frozenset[str]:
        return Analyzer(self.language).stops | (_QUESTION if self.language == "en" else frozenset())

    def _empty(self, word: str) -> bool:
        folded = word.casefold().replace("’", "'")
        stem, apostrophe, ending = folded.partition("'")
        return folded in self._words or bool(apostrophe and ending in _ENDINGS and stem in self._words)

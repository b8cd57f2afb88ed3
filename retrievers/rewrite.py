"""Stages that change what is searched: one query becomes another, or several whose results are fused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from retrievers.base import Query, Ranking, Rewriter, Stage
from retrievers.errors import UsageError
from retrievers.fusion import Fusion, ReciprocalRank, fused


@dataclass(frozen=True)
class Rewrite(Stage):
    """Puts a rewriter's text in place of the query's: stands before a retriever. `query.asked` stays as it was.

    Raises `UsageError` for a rewriter that gives more than one text: those are for `Expand`.

    >>> Rewrite(Q2Q(chat)) >> dense
    """

    rewriter: Rewriter

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [ranking.asking(self._rewritten(ranking.query)) for ranking in batch]

    def _rewritten(self, query: Query) -> Query:
        texts = texts_of(self.rewriter, query)
        if len(texts) > 1:
            raise UsageError(f"{self.rewriter!r} made {len(texts)} queries of one", "one text", "Expand(rewriter, retriever)")
        return replace(query, text=texts[0])


@dataclass(frozen=True)
class Expand(Stage):
    """One query becomes several: `inner` runs on each, and what it gives is fused into one ranking of the query as it came.

    Rewards items that many wordings find (RAG-Fusion; Rackauckas, 2024). Trails are joined in the order of the texts; the
    step's detail says which text ranked the item where.

    >>> Expand(MultiQuery(chat, n=3), bm25 % 100).search("Why are Saturn's rings bright?")
    """

    rewriter: Rewriter
    inner: Stage
    fuse: Fusion = field(default_factory=ReciprocalRank)

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        texts = [texts_of(self.rewriter, ranking.query) for ranking in batch]
        asked = [
            ranking.asking(replace(ranking.query, text=text)) for ranking, each in zip(batch, texts, strict=True) for text in each
        ]
        found = iter(self.inner(asked))
        return [
            fused(ranking.query, list(islice(found, len(each))), [repr(text) for text in each], self.fuse, self.label)
            for ranking, each in zip(batch, texts, strict=True)
        ]


def texts_of(rewriter: Rewriter, query: Query) -> list[str]:
    """What a rewriter makes of a query: at least one text, none empty, none twice; a blank query stays as it is.

    Raises `UsageError` where it made none.
    """
    if not query.text.strip():
        return [query.text]
    texts = list(dict.fromkeys(text.strip() for text in rewriter(query) if text.strip()))
    if not texts:
        raise UsageError(f"{rewriter!r} made nothing of {query.text!r}", "at least one text to search")
    return texts

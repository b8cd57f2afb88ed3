"""Reranking: the first places of a ranking, scored again by something slower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from retrievers.base import Ranking, Scorer, Stage
from retrievers.errors import UsageError


@dataclass(frozen=True)
class Rerank(Stage):
    """Scores the first `depth` hits with `scorer` and orders them by it, ties by id; hits below `depth` are dropped.

    `against` says which text they are scored against: the query as it was `asked`, or the `text` that was searched after
    rewriting (the published protocol of text ranking in deep research).

    >>> bm25 % 100 >> Rerank(MaxSim(index), depth=100)
    """

    scorer: Scorer
    depth: int = 100
    against: Literal["asked", "text"] = "asked"

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise UsageError(f"reranking to a depth of {self.depth}", "at least 1", "Rerank(scorer, depth=100)")
        if self.against not in ("asked", "text"):
            raise UsageError(f"reranking against {self.against!r}", "asked or text", 'Rerank(scorer, against="asked")')

    @property
    def label(self) -> str:
        """The stage and its scorer."""
        return f"Rerank({type(self.scorer).__name__})"

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [self._reranked(ranking.top(self.depth)) for ranking in batch]

    def _reranked(self, top: Ranking) -> Ranking:
        if not top.ids:
            return top
        query = top.query
        scored = self.scorer(query.asked if self.against == "asked" else query.text, top.ids, query)
        return Ranking.ranked(query, top.ids, scored.scores, self.label, trails=top.trails, details=scored.details)

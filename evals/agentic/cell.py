"""A cell of the agentic-ranking protocol: what is searched, by which retriever, rewritten and reranked or not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from retrievers.base import Rewriter, Sources, Stage
from retrievers.dense import Dense
from retrievers.fusion import Fuse
from retrievers.lexical import BM25
from retrievers.maxsim import MaxSim
from retrievers.operators import Operators
from retrievers.q2q import Q2Q
from retrievers.rerank import Rerank
from retrievers.rewrite import Rewrite

RETRIEVERS = ("bm25", "dense", "hybrid")
UNITS = ("passage", "document")
REWRITES = ("none", "operators", "q2q", "q2q-context")
RERANKERS = ("none", "maxsim")
DEPTH = 50


@dataclass(frozen=True)
class Cell:
    """A recipe of the protocol (text ranking in deep research; Meng et al., 2026): rewritten, retrieved, reranked to depth 50.

    `rewrite` is none, operators (web syntax read by rule), q2q (a model makes a question of the query) or q2q-context (it is
    shown the reasoning before the call too). Reranking is against the text that was searched, as published.

    >>> Cell("dense", rewrite="q2q")(Sources(index, chat))
    """

    retriever: str
    unit: str = "passage"
    rewrite: str = "none"
    reranker: str = "none"

    @property
    def name(self) -> str:
        """What the recipe is called: agentic-dense-q2q."""
        parts = (self.retriever, self.unit, self.rewrite, self.reranker)
        return "-".join(["agentic", *(part for part in parts if part not in ("passage", "none"))])

    def __call__(self, sources: Sources) -> Stage:
        """The stage. Raises `MissingSource` where the rewriter has no model."""
        stage = self._retriever(sources)
        if self.rewrite != "none":
            stage = Rewrite(self._rewriter(sources)) >> stage
        if self.reranker != "none":
            stage = stage >> Rerank(MaxSim(sources.need_index()), depth=DEPTH, against="text")
        return stage

    def _retriever(self, sources: Sources) -> Stage:
        index = sources.need_index()
        arms = {"bm25": BM25(index, unit=self.unit), "dense": Dense(index, unit=self.unit)}
        return arms[self.retriever] if self.retriever in arms else Fuse(tuple(arms.values()))

    def _rewriter(self, sources: Sources) -> Rewriter:
        if self.rewrite == "operators":
            return Operators(phrases=False)
        return Q2Q(sources.need_chat(), context=self.rewrite == "q2q-context")


CELLS = tuple(Cell(*parts) for parts in product(RETRIEVERS, UNITS, REWRITES, RERANKERS))
"""Every cell there is."""

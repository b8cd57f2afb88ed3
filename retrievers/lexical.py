"""Lexical retrieval: BM25 on bm25s, and rank-bm25's BM25Okapi as the readable reference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retrievers.base import Query, Ranking, Stage
from retrievers.partition import Unit, best
from retrievers.postings import Analyzer, Tuning

if TYPE_CHECKING:
    from retrievers.index import Index

_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”')


@dataclass(frozen=True, repr=False)
class BM25(Stage):
    """Okapi BM25 (Robertson et al., TREC-3, 1994) in Lucene's variant, on bm25s, memory-mapped.

    Rewards rows that hold the query's rarer terms, often, in little text. A quoted part of the query must stand in the row
    word for word. `k1`, `b` and `analyzer` are baked into the index; None takes what it was built with, another value opens
    a side index that is built once.

    >>> BM25(index).search("moons of Jupiter", k=3)
    """

    index: Index = field(repr=False)
    k1: float | None = None
    b: float | None = None
    analyzer: Analyzer | None = None
    unit: str = "passage"
    depth: int = 1000

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [self._search(ranking.query) for ranking in batch]

    def __repr__(self) -> str:
        return f"BM25(k1={self.tuning.k1}, b={self.tuning.b}, {self._analyzer!r}, unit={self.unit!r}, depth={self.depth})"

    @cached_property
    def tuning(self) -> Tuning:
        """The k1 and b in force."""
        built = self.index.settings.tuning
        k1, b = built.k1 if self.k1 is None else self.k1, built.b if self.b is None else self.b
        return Tuning(k1, b, built.method, built.idf_method)

    @cached_property
    def _analyzer(self) -> Analyzer:
        return self.analyzer or self.index.settings.analyzer

    def _search(self, query: Query) -> Ranking:
        terms, phrases = self._analyzer.terms(query.text), quoted(query.text)
        ids: list[str] = []
        scores: list[float] = []
        for unit in self.index.visible(query.user, self.unit):
            if unit.size:
                values = self.index.postings(unit, self._analyzer, self.tuning).scores(terms)
                if phrases:
                    values = np.where(self._holding(unit, phrases, values > 0), values, np.float32(0))
                found = best(unit, values, self.depth, query.scope, floor=0.0)
                ids += found[0]
                scores += found[1]
        detail = f"phrases {', '.join(map(repr, phrases))}" if phrases else ""
        return Ranking.ranked(query, ids, scores, self.label, details=[detail] * len(ids)).top(self.depth)

    def _holding(self, unit: Unit, phrases: Sequence[str], scored: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the rows that were scored hold every phrase, word for word."""
        kept = np.zeros(unit.size, dtype=np.bool_)
        terms = [term for phrase in phrases for term in self._analyzer.terms(phrase)]
        if terms:  # none where the phrases are stop words alone: then every scored row is read
            holding = self.index.postings(unit, self._analyzer, self.tuning).rows_with(terms)
            scored = scored & np.isin(np.arange(unit.size), holding)
        wanted = [f" {' '.join(self._analyzer.words(phrase))} " for phrase in phrases]
        for row in np.flatnonzero(scored).tolist():
            text = f" {' '.join(self._analyzer.words(unit.item(unit.items_of(row)[0]).searchable))} "
            kept[row] = all(phrase in text for phrase in wanted)
        return kept


@dataclass(frozen=True)
class OkapiBM25(Stage):
    """BM25Okapi of rank-bm25: plain Python over term counts, the reference that BM25 is checked against.

    It counts the visible partitions when first asked and scores every row: for small corpora and tests.

    >>> OkapiBM25(index).search("moons of Jupiter", k=3)
    """

    index: Index = field(repr=False)
    k1: float = 1.5
    b: float = 0.75
    epsilon: float = 0.25
    unit: str = "passage"
    depth: int = 1000

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [self._search(ranking.query) for ranking in batch]

    def _search(self, query: Query) -> Ranking:
        terms = self.index.settings.analyzer.terms(query.text)
        ids: list[str] = []
        scores: list[float] = []
        for number, unit in enumerate(self.index.visible(query.user, self.unit)):
            if unit.size:
                values = np.asarray(self._engine(query.user if number else None).get_scores(terms), dtype=np.float32)[
                    -unit.size :
                ]
                found = best(unit, np.where(self._matches(unit, terms), values, -np.inf), self.depth, query.scope, floor=-np.inf)
                ids += found[0]
                scores += found[1]
        return Ranking.ranked(query, ids, scores, self.label).top(self.depth)

    def _matches(self, unit: Unit, terms: Sequence[str]) -> NDArray[np.bool_]:
        wanted = set(terms)
        return np.array([not wanted.isdisjoint(row) for row in self._terms(unit.partition.owner)], dtype=np.bool_)

    def _engine(self, user: str | None) -> Any:
        """rank-bm25 over the public rows, then the user's: their last rows are scored by statistics of both."""
        if user not in self._engines:
            from rank_bm25 import BM25Okapi

            rows = self._terms(None) + (self._terms(user) if user is not None else [])
            self._engines[user] = BM25Okapi(rows, k1=self.k1, b=self.b, epsilon=self.epsilon)
        return self._engines[user]

    def _terms(self, owner: str | None) -> list[list[str]]:
        if owner not in self._rows:
            unit = self.index.visible(owner, self.unit)[-1]
            self._rows[owner] = [self.index.settings.analyzer.terms(text) for text in unit.texts()]
        return self._rows[owner]

    @cached_property
    def _engines(self) -> dict[str | None, Any]:
        return {}

    @cached_property
    def _rows(self) -> dict[str | None, list[list[str]]]:
        return {}


def quoted(text: str) -> list[str]:
    """The quoted parts of a query: an exact phrase each."""
    return [phrase.strip() for pair in _QUOTED.findall(text) for phrase in pair if phrase.strip()]

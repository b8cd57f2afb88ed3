"""Dense retrieval: exact inner products of unit vectors, scanned in blocks of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrievers import selftest
from retrievers.base import Query, Ranking, Scores, Stage
from retrievers.encoder import Encoder
from retrievers.errors import FathomError
from retrievers.partition import Unit, best
from retrievers.scope import Scope

if TYPE_CHECKING:
    from torch import Tensor

    from retrievers.index import Index

BLOCK = 8192


@dataclass(frozen=True, repr=False)
class Dense(Stage):
    """Single-vector dense retrieval (bi-encoder; Karpukhin et al., EMNLP 2020) with exact search.

    Rewards rows whose vector points where the query's does: cosine, for vectors have unit length. The encoder is the one
    that the index was built with; another `encoder` is a named error, for its vectors would mean nothing here. Blocks are
    scanned in float32, and every row that rounding leaves in question is scored again in float64: scores and order do not
    depend on the company.

    >>> Dense(index).search("who discovered the rings?", k=3)
    """

    index: Index = field(repr=False)
    encoder: Encoder | None = None
    unit: str = "passage"
    depth: int = 1000

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        if not batch:
            return []
        vectors = self._encoder.encode_queries([ranking.query.text for ranking in batch])
        return [self._search(ranking.query, vector) for ranking, vector in zip(batch, vectors, strict=True)]

    def __repr__(self) -> str:
        return f"Dense({self.index.encoder.name!r}, {self.index.encoder.precision}, unit={self.unit!r}, depth={self.depth})"

    @cached_property
    def _encoder(self) -> Encoder:
        built = self.index.encoder
        if self.encoder is not None and self.encoder.identity != built.identity:
            raise FathomError(
                f"the index holds vectors of {built.folder.name}, not of {self.encoder.folder.name}",
                "the encoder that the index was built with",
                f"fathom index DOCS --encoder {self.encoder.path or 'default'} --out INDEX",
            )
        stored = self.index.generation.manifest["self_test"][self.unit]
        unit = self.index.visible(None, self.unit)[0]
        vectors = built.encode_queries(selftest.asks(stored, "dense")) if stored["dense"] else []
        selftest.run(unit, "dense", stored, [self._best(unit, vector, 1, Scope())[0][0] for vector in vectors])
        return built

    def _search(self, query: Query, vector: NDArray[np.float32]) -> Ranking:
        ids, scores = self._nearest(vector, self.depth, query.user, query.scope)
        return Ranking.ranked(query, ids, scores, self.label).top(self.depth)

    def _nearest(self, vector: NDArray[np.float32], k: int, user: str | None, scope: Scope) -> tuple[list[str], list[float]]:
        ids: list[str] = []
        scores: list[float] = []
        for unit in self.index.visible(user, self.unit):
            if unit.size:
                found = self._best(unit, vector, k, scope)
                ids += found[0]
                scores += found[1]
        return ids, scores

    def _best(self, unit: Unit, vector: NDArray[np.float32], k: int, scope: Scope) -> tuple[list[str], list[float]]:
        rough = scan(unit.vectors, vector)
        rows = _contenders(unit, rough, k, 2 * rounding(vector), scope)
        exact = np.full(len(rough), -np.inf, dtype=np.float32)
        exact[rows] = exact_scores(unit.vectors[rows], vector)
        return best(unit, exact, k, scope, floor=-np.inf)

    def encode(self, texts: Sequence[str]) -> Tensor:
        """n query texts to n x d unit vectors."""
        import torch

        return torch.from_numpy(self._encoder.encode_queries(texts))

    def vectors(self, ids: Sequence[str], user: str | None = None) -> Tensor:
        """The stored unit vectors of these items, n x d; raises `FathomError` for an id that this user does not see."""
        import torch

        units = self.index.visible(user, self.unit)
        found = [next((unit.vectors[unit.rows[unit.places[id]]] for unit in units if id in unit.places), None) for id in ids]
        if any(vector is None for vector in found):
            missing = next(id for id, vector in zip(ids, found, strict=True) if vector is None)
            raise FathomError(f"no item {missing!r}", f"the id of a visible {self.unit}", "fathom search WORDS --index INDEX")
        return torch.from_numpy(np.stack([np.asarray(vector) for vector in found]))

    def score(self, q: Tensor, ids: Sequence[str], user: str | None = None) -> Tensor:
        """The inner product of q (d) and each item's vector, differentiable in q."""
        return self.vectors(ids, user).to(q) @ q

    def nearest(self, q: Tensor, k: int, user: str | None = None) -> tuple[tuple[str, ...], Scores]:
        """The k items nearest to q (d), best first."""
        ids, scores = self._nearest(q.detach().float().cpu().numpy(), k, user, Scope())
        order = sorted(range(len(ids)), key=lambda i: (-scores[i], ids[i]))[:k]
        return tuple(ids[i] for i in order), np.array([scores[i] for i in order], dtype=np.float32)


def _contenders(unit: Unit, rough: NDArray[np.float32], k: int, slack: float, scope: Scope) -> NDArray[np.int64]:
    """The rows inside the scope that can be among the `k` best, where scores may be off by half of `slack`."""
    admitted = unit.admitted(scope)
    rows = np.arange(len(rough)) if admitted is None else np.unique(unit.rows[admitted]).astype(np.int64)
    if len(rows) <= k:
        return rows
    values = rough[rows]
    return rows[values >= np.partition(values, len(rows) - k)[len(rows) - k] - slack]


def rounding(query: NDArray[np.float32]) -> float:
    """The most that a float32 inner product of a query (d) with a unit vector can be off: d * 2^-24 * |query| (Higham, 2002)."""
    return 1.01 * len(query) * 2.0**-24 * float(np.linalg.norm(query))


def scan(vectors: NDArray[np.float32], query: NDArray[np.float32], block: int = BLOCK) -> NDArray[np.float32]:
    """The inner product of the query (d) with every row (n x d), block by block: a memory map is read once, in order."""
    scores = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), block):
        scores[start : start + block] = vectors[start : start + block] @ query
    return scores


def exact_scores(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner products summed in float64, each alone, rounded to float32."""
    wide = rows.astype(np.float64)
    wide *= query
    return wide.sum(axis=1).astype(np.float32)

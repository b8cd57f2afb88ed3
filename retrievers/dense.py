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
_MARGIN = 32


@dataclass(frozen=True)
class Dense(Stage):
    """Single-vector dense retrieval (bi-encoder; Karpukhin et al., EMNLP 2020) with exact search.

    Rewards rows whose vector points where the query's does: cosine, for vectors have unit length. The encoder is the one
    that the index was built with; another `encoder` is a named error, for its vectors would mean nothing here. Blocks are
    scanned in float32, the best rows scored again in float64, so a score does not depend on the company.

    >>> Dense(index).search("who discovered the rings?", k=3)
    """

    index: Index = field(repr=False)
    encoder: Encoder | None = None
    unit: str = "passage"
    depth: int = 1000

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [self._search(ranking.query) for ranking in batch]

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

    def _search(self, query: Query) -> Ranking:
        vector = self._encoder.encode_queries([query.text])[0]
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
        ids, _ = best(unit, rough, k + _MARGIN, scope)
        rows = unit.rows[[unit.places[id] for id in ids]]
        exact = exact_scores(unit.vectors[rows], vector)
        order = sorted(range(len(ids)), key=lambda i: (-exact[i], ids[i]))[:k]
        return [ids[i] for i in order], [float(exact[i]) for i in order]

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


def scan(vectors: NDArray[np.float32], query: NDArray[np.float32], block: int = BLOCK) -> NDArray[np.float32]:
    """The inner product of the query (d) with every row (n x d), block by block: a memory map is read once, in order."""
    scores = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), block):
        scores[start : start + block] = vectors[start : start + block] @ query
    return scores


def exact_scores(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Inner products summed in float64, each alone, rounded to float32."""
    return (rows.astype(np.float64) * query.astype(np.float64)).sum(axis=1).astype(np.float32)

"""Fusion: several rankings of one query become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrievers.base import Query, Ranking, Stage, Trail
from retrievers.errors import UsageError
from retrievers.lazy import Lazy


class Fusion(Protocol):
    """Turns n rankings of one query into one score for every id that any of them holds; higher is better.

    Raises `UsageError` where it cannot fuse n rankings (a wrong number of weights).
    """

    def __call__(self, rankings: Sequence[Ranking]) -> Mapping[str, float]: ...


@dataclass(frozen=True)
class ReciprocalRank:
    """Reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009): the sum of 1 / (k + rank).

    Rewards items that several inputs rank high, whatever their scores. An input that lacks an item adds nothing.

    >>> Fuse((bm25, dense), ReciprocalRank(k=60))
    """

    k: float = 60

    def __post_init__(self) -> None:
        if not self.k >= 0:
            raise UsageError(f"reciprocal rank with k={self.k}", "a k of at least 0", "ReciprocalRank(k=60)")

    def __call__(self, rankings: Sequence[Ranking]) -> dict[str, float]:
        return _summed([{id: 1 / (self.k + rank) for rank, id in enumerate(one.ids, start=1)} for one in rankings])


@dataclass(frozen=True)
class MinMax:
    """Weighted sum of scores scaled to 0..1 (CombSUM; Fox and Shaw, TREC-2, 1994): (s - min) / (max - min) in each input.

    An input that lacks an item adds 0, as for its last place. Where all scores of an input are equal, each counts 1. No
    weights mean equal weights; they are scaled to sum to 1.

    >>> Fuse((bm25, dense), MinMax(weights=(0.3, 0.7)))
    """

    weights: tuple[float, ...] = ()

    def __call__(self, rankings: Sequence[Ranking]) -> dict[str, float]:
        weights = _shares(self.weights, len(rankings))
        return _summed([_paired(one, weight * _scaled(_exact(one))) for weight, one in zip(weights, rankings, strict=True)])


@dataclass(frozen=True)
class ZScore:
    """Weighted sum of standard scores: (s - mean) / standard deviation (of the population) in each input.

    An input that lacks an item adds the lowest standard score that it gave, as for its last place; an empty one adds 0.
    Where all scores of an input are equal, each counts 0. Weights as in `MinMax`.

    >>> Fuse((bm25, dense), ZScore(weights=(0.3, 0.7)))
    """

    weights: tuple[float, ...] = ()

    def __call__(self, rankings: Sequence[Ranking]) -> dict[str, float]:
        weights = _shares(self.weights, len(rankings))
        inputs = [_paired(one, weight * _standard(_exact(one))) for weight, one in zip(weights, rankings, strict=True)]
        return _summed(inputs, absent=[min(one.values(), default=0.0) for one in inputs])


@dataclass(frozen=True)
class Borda:
    """Weighted Borda count (Aslam and Montague, SIGIR 2001): an input of n items gives (n - rank + 1) / n.

    Rewards places, not scores. An input that lacks an item gives it nothing. Weights as in `MinMax`.

    >>> Fuse((bm25, dense, paths), Borda())
    """

    weights: tuple[float, ...] = ()

    def __call__(self, rankings: Sequence[Ranking]) -> dict[str, float]:
        weights = _shares(self.weights, len(rankings))
        return _summed(
            [
                {id: weight * (len(one) - place) / len(one) for place, id in enumerate(one.ids)}
                for weight, one in zip(weights, rankings, strict=True)
            ]
        )


@dataclass(frozen=True)
class Fuse(Stage):
    """Runs every stage on the batch and fuses what they give for each query. Trails are joined in the order of `stages`.

    Raises `UsageError` where there is nothing to fuse, or a weight too many or too few.

    >>> Fuse((bm25, dense)).search("who discovered the rings?", k=3)
    """

    stages: tuple[Stage, ...]
    method: Fusion = field(default_factory=ReciprocalRank)

    def __post_init__(self) -> None:
        if not self.stages:
            raise UsageError("a fusion of no stages", "at least one stage", "Fuse((bm25, dense))")
        self.method([Ranking(Query(""))] * len(self.stages))  # a wrong number of weights fails here, not at the first query

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        names = [stage.label for stage in self.stages]
        given = [stage(batch) for stage in self.stages]
        return [
            fused(ranking.query, inputs, names, self.method, self.label) for ranking, *inputs in zip(batch, *given, strict=True)
        ]


def fused(query: Query, inputs: Sequence[Ranking], names: Sequence[str], method: Fusion, stage: str) -> Ranking:
    """The inputs as one ranking of `query`; each hit's trails joined in input order, then a step with the ranks it had."""
    scores = method(inputs)
    ids = list(scores)
    ranks = [{id: rank for rank, id in enumerate(one.ids, start=1)} for one in inputs]

    def trail(place: int) -> Trail:
        found = [(one, rank[ids[place]]) for one, rank in zip(inputs, ranks, strict=True) if ids[place] in rank]
        return tuple(step for one, rank in found for step in one.trails[rank - 1])

    def detail(place: int) -> str:
        return ", ".join(f"{name} {rank.get(ids[place], 'absent')}" for name, rank in zip(names, ranks, strict=True))

    trails, details = Lazy(len(ids), trail), Lazy(len(ids), detail)
    return Ranking.ranked(query, ids, list(scores.values()), stage, trails=trails, details=details)


def _shares(weights: Sequence[float], count: int) -> list[float]:
    """The weights scaled to sum to 1; equal ones where none are given."""
    if not weights:
        return [1 / count] * count
    if len(weights) != count:
        raise UsageError(f"{len(weights)} weights for {count} rankings", "one weight for each ranking that is fused")
    total = sum(weights)
    if not (total > 0 and min(weights) >= 0 and np.isfinite(total)):
        raise UsageError(f"the weights {tuple(weights)}", "numbers of at least 0 that are not all 0")
    return [weight / total for weight in weights]


def _summed(inputs: Sequence[Mapping[str, float]], absent: Sequence[float] = ()) -> dict[str, float]:
    """Each id's values added in the order of the inputs; an input without it adds its value in `absent`, else nothing."""
    defaults = absent or [0.0] * len(inputs)
    ids = dict.fromkeys(id for one in inputs for id in one)
    return {id: sum(one.get(id, default) for one, default in zip(inputs, defaults, strict=True)) for id in ids}


def _exact(ranking: Ranking) -> NDArray[np.float64]:
    return ranking.scores.astype(np.float64)


def _paired(ranking: Ranking, values: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(ranking.ids, values.tolist(), strict=True))


def _scaled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    if not scores.size:
        return scores
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.ones_like(scores)


def _standard(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    if not scores.size:
        return scores
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)

"""Tuning the weights of a fusion on training questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from retrievers.base import Query, Ranking, Stage
from retrievers.errors import UsageError
from retrievers.fusion import Fusion, fused

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Tuned:
    """The weights with the best value of the measure, that value, and the value of every setting tried."""

    weights: Weights
    value: float
    table: tuple[tuple[Weights, float], ...]


def tune(
    stages: Sequence[Stage],
    method: Callable[[Weights], Fusion],
    queries: Sequence[Query],
    measure: Callable[[Sequence[Ranking]], float],
    steps: int = 10,
) -> Tuned:
    """Try every setting of weights on a grid over the simplex (all that sum to 1, in steps of 1 / `steps`).

    Each stage runs once over `queries`, which must be training questions; `measure` is given one fused ranking a query, in
    order, and gives a number, higher is better. Of equal values the most even weights win. Raises `UsageError` for fewer
    than two stages, no queries or no steps.

    >>> tune((bm25, dense), MinMax, training, lambda rankings: ndcg(rankings, qrels)).weights
    """
    if len(stages) < 2 or not queries or steps < 1:
        raise UsageError(
            f"{len(stages)} stages, {len(queries)} questions and {steps} steps to tune weights on",
            "two stages or more, some training questions, and a step",
            "tune((bm25, dense), MinMax, questions, measure)",
        )
    batch = [Ranking(query) for query in queries]
    given = list(zip(*[stage(batch) for stage in stages], strict=True))
    names = [stage.label for stage in stages]

    def value(weights: Weights) -> float:
        return measure(
            [fused(each.query, inputs, names, method(weights), "Fuse") for each, inputs in zip(batch, given, strict=True)]
        )

    table = tuple((weights, value(weights)) for weights in simplex(len(stages), steps))
    best = max(table, key=lambda row: (row[1], -sum(weight * weight for weight in row[0]), row[0]))
    return Tuned(*best, table)


def simplex(parts: int, steps: int) -> Iterator[Weights]:
    """Every way to share 1 among `parts` in units of 1 / `steps`, in ascending order."""

    def shares(parts: int, left: int) -> Iterator[tuple[int, ...]]:
        if parts == 1:
            yield (left,)
            return
        for first in range(left + 1):
            for rest in shares(parts - 1, left - first):
                yield (first, *rest)

    for units in shares(parts, steps):
        yield tuple(unit / steps for unit in units)

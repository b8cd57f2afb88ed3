"""How sure a mean is: bootstrap intervals, and paired comparison of two recipes over the same questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retrievers.errors import UsageError

RESAMPLES = 10_000
LEVEL = 0.95
_BLOCK = 500
_EXACT = 12
TIE = 1e-12

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A mean over `n` questions and its interval; all three are None where n is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        """The four figures by name."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


@dataclass(frozen=True)
class Difference:
    """The mean of a - b over `n` questions with its interval; `p` of paired randomisation; how often a was better, b was."""

    value: float
    low: float
    high: float
    p: float
    n: int
    wins: int
    losses: int


def intervals(values: ArrayLike, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> list[Estimate]:
    """An `Estimate` for each row of `values` (rows x questions): the percentile bootstrap over questions (Efron, 1979).

    All rows see the same resamples, drawn with `seed`, so equal rows have equal intervals.

    >>> intervals([[1.0, 1.0, 1.0]])
    [Estimate(value=1.0, low=1.0, high=1.0, n=3)]
    """
    table = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if table.shape[1] == 0:
        return [Estimate(None, None, None, 0)] * len(table)
    low, high = _bounds(table, level, resamples, seed)
    columns = zip(table.mean(axis=1), low, high, strict=True)
    return [Estimate(float(mean), float(least), float(most), table.shape[1]) for mean, least, most in columns]


def interval(values: Sequence[float] | Values, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """The `Estimate` of one row of values, one a question."""
    return intervals(np.asarray(values, dtype=np.float64)[None], level=level, resamples=resamples, seed=seed)[0]


def ratio(a: Sequence[float] | Values, b: Sequence[float] | Values, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """The mean of `a` over that of `b`, of the same questions in the same order, with its bootstrap interval over the questions.

    None where `b` has nothing; resamples in which it has nothing are left out.

    >>> ratio([1, 0, 1, 0], [1, 1, 1, 1]).value
    0.5
    """
    table = np.array([a, b], dtype=np.float64)
    if table.shape[1] == 0 or table[1].sum() == 0:
        return Estimate(None, None, None, table.shape[1])
    sums = [np.take(table, drawn, axis=1).sum(axis=2) for drawn in _draws(table.shape[1], resamples, seed)]
    over, under = np.concatenate(sums, axis=1)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(over[under > 0] / under[under > 0], [tail, 1 - tail])
    return Estimate(float(table[0].sum() / table[1].sum()), float(low), float(high), table.shape[1])


def paired(
    a: Sequence[float] | Values,
    b: Sequence[float] | Values,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Compare two recipes over the same questions, in the same order.

    The interval is the bootstrap's over the differences; `p` the two-sided share of sign patterns at least as extreme
    (Fisher's paired randomisation; Smucker et al., CIKM 2007): all of them where few questions differ, else a sample in
    which the pattern seen counts as one. A recipe against itself has p = 1. Raises `UsageError` for unequal lengths.

    >>> paired([1, 1, 0], [0, 1, 0]).wins
    1
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape or first.ndim != 1 or len(first) == 0:
        raise UsageError(f"{first.shape} values against {second.shape}", "one value for each of the same questions, in both")
    gaps = first - second
    low, high = _bounds(gaps[None], level, resamples, seed)
    wins, losses = int((gaps > TIE).sum()), int((gaps < -TIE).sum())
    chance = _chance(gaps, resamples, seed)
    return Difference(float(gaps.mean()), float(low[0]), float(high[0]), chance, len(gaps), wins, losses)


def _bounds(table: Values, level: float, resamples: int, seed: int) -> tuple[Values, Values]:
    """The percentiles of each row's resampled means that leave out half of 1 - level at either end."""
    means = np.concatenate(
        [np.take(table, drawn, axis=1).mean(axis=2) for drawn in _draws(table.shape[1], resamples, seed)], axis=1
    )
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=1)
    return low, high


def _chance(gaps: Values, samples: int, seed: int) -> float:
    """Under the null each difference could as well have had the other sign; those of size 0 change nothing."""
    sizes = np.abs(gaps[np.abs(gaps) > TIE])
    seen = abs(float(gaps.sum())) - TIE * max(len(gaps), 1)
    if len(sizes) <= _EXACT:
        signs = ((np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes))) & 1) * 2 - 1
        return float((np.abs(signs @ sizes) >= seen).mean())
    random = np.random.default_rng(seed)
    blocks = (random.integers(0, 2, (size, len(sizes)), dtype=np.int8) * 2 - 1 for size in _sizes(samples))
    extreme = sum(int((np.abs(block @ sizes) >= seen).sum()) for block in blocks)
    return (extreme + 1) / (samples + 1)


def _draws(n: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    for size in _sizes(resamples):
        yield random.integers(0, n, (size, n))


def _sizes(total: int) -> Iterator[int]:
    for start in range(0, total, _BLOCK):
        yield min(_BLOCK, total - start)

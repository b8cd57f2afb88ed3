"""Whether two ways to compute the same scores rank alike: a GPU against the CPU, bfloat16 against float32."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evals.figures import Figure
from retrievers.crossencoder import CrossEncoder
from retrievers.encoder import Encoder
from retrievers.index import Index
from retrievers.maxsim import MaxSim

Scores = NDArray[np.float64]

CLOSE = 1e-4
_PAIRS, _ASKED = 40, 2  # the CPU's share of a base-size cross-encoder is the slow one


def top(scores: ArrayLike, k: int = 10) -> list[int]:
    """The places of the k greatest scores, best first, ties by place."""
    return np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")[:k].tolist()


def same_top(reference: Sequence[ArrayLike], other: Sequence[ArrayLike], k: int = 10, close: float = CLOSE) -> float:
    """The share of queries (one row of scores each) whose first k are the same in the same order, but for items whose
    `reference` scores differ by less than `close`.

    >>> same_top([[0.9, 0.5, 0.1]], [[0.9, 0.1, 0.5]], k=2)
    0.0
    """
    pairs = zip(reference, other, strict=True)
    return float(np.mean([_same(np.asarray(one, np.float64), top(one, k), top(two, k), close) for one, two in pairs]))


def overlap(reference: Sequence[ArrayLike], other: Sequence[ArrayLike], k: int = 10) -> float:
    """The mean share of the first k that both have, whatever their order.

    >>> overlap([[0.9, 0.5, 0.1]], [[0.9, 0.1, 0.5]], k=2)
    0.5
    """
    pairs = [(set(top(one, k)), set(top(two, k))) for one, two in zip(reference, other, strict=True)]
    return float(np.mean([len(one & two) / len(one) for one, two in pairs]))


def agreements(device: str, index: Index, checkpoint: Path, questions: Sequence[str]) -> list[Figure]:
    """The index's passages ranked for each question on the CPU in float32, on `device` in float32, and there in bfloat16.

    The cross-encoder's weights are random, so its scores lie close together; its overlap in bfloat16 is told, not bound.
    """
    texts = list(index.visible(None, "passage")[0].texts())
    found: list[Figure] = []
    for name, score in (("encoding", _cosines), ("MaxSim", _late)):
        exact, there, half = (score(index, texts, questions, *how) for how in _ways(device))
        found.append(Figure(f"{name}: same top 10 in fp32", same_top(exact, there), "of queries", at_least=1.0))
        found.append(Figure(f"{name}: overlap@10 in bf16", overlap(exact, half), "", at_least=0.99))
    exact, there, half = (_crossed(index, checkpoint, texts[:_PAIRS], questions[:_ASKED], *how) for how in _ways(device))
    found.append(Figure("cross-encoder: same top 10 in fp32", same_top(exact, there), "of queries", at_least=1.0))
    found.append(Figure("cross-encoder: overlap@10 in bf16", overlap(exact, half), "", detail={"weights": "random"}))
    return found


def _same(scores: Scores, first: Sequence[int], second: Sequence[int], close: float) -> bool:
    return all(one == two or abs(scores[one] - scores[two]) < close for one, two in zip(first, second, strict=True))


def _ways(device: str) -> tuple[tuple[str, str], ...]:
    return ("cpu", "float32"), (device, "float32"), (device, "bfloat16")


def _cosines(index: Index, texts: Sequence[str], questions: Sequence[str], device: str, dtype: str) -> list[Scores]:
    encoder = Encoder(dtype=dtype, device=device)
    rows = encoder.encode_passages(texts).astype(np.float64)
    return [rows @ vector.astype(np.float64) for vector in encoder.encode_queries(questions)]


def _late(index: Index, texts: Sequence[str], questions: Sequence[str], device: str, dtype: str) -> list[Scores]:
    scorer = MaxSim(index, Encoder(dtype=dtype, device=device))
    return [np.asarray(scorer.compare(question, texts)) for question in questions]


def _crossed(
    index: Index, checkpoint: Path, texts: Sequence[str], questions: Sequence[str], device: str, dtype: str
) -> list[Scores]:
    scorer = CrossEncoder(index, str(checkpoint), max_length=256, dtype=dtype, device=device)
    return [np.asarray(scorer.compare(question, texts)) for question in questions]

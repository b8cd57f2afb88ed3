"""Fusion, worked by hand, and the tuning of its weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.base import Query, Ranking
from retrievers.errors import UsageError
from retrievers.fusion import Borda, Fuse, MinMax, ReciprocalRank, ZScore
from retrievers.weights import simplex, tune

QUERY = Query("rings")
Pairs = dict[str, float]


def ranking(found: Pairs) -> Ranking:
    return Ranking.ranked(QUERY, list(found), list(found.values()), "S")


def scores(method: Any, *inputs: Pairs) -> Pairs:
    return dict(method([ranking(one) for one in inputs]))


def test_reciprocal_rank_adds_one_over_k_plus_rank() -> None:
    found = scores(ReciprocalRank(k=60), {"a": 9, "b": 8, "c": 7}, {"c": 0.3, "d": 0.2})
    assert found == {"a": 1 / (60 + 1), "b": 1 / (60 + 2), "c": 1 / (60 + 3) + 1 / (60 + 1), "d": 1 / (60 + 2)}


def test_min_max_scales_each_input_and_gives_nothing_for_absence() -> None:
    found = scores(MinMax((0.25, 0.75)), {"a": 10, "b": 6, "c": 2}, {"b": 0.5, "d": 0.25})
    # first: a 1, b 0.5, c 0; second: b 1, d 0
    assert found == {"a": 0.25, "b": 0.125 + 0.75, "c": 0.0, "d": 0.0}


def test_min_max_counts_equal_scores_as_one() -> None:
    assert scores(MinMax(), {"a": 3}, {"a": 2, "b": 2}) == {"a": 0.5 + 0.5, "b": 0.5}


def test_z_score_takes_the_lowest_where_an_item_is_absent() -> None:
    found = scores(ZScore(), {"a": 3, "b": 1}, {"b": 8, "c": 2, "d": 2})
    # first: mean 2, deviation 1: a 1, b -1; second: mean 4, deviation sqrt(8): b 4/sqrt(8), c and d -2/sqrt(8)
    assert found["a"] == pytest.approx(0.5 * 1 + 0.5 * -2 / 8**0.5)
    assert found["b"] == pytest.approx(0.5 * -1 + 0.5 * 4 / 8**0.5)
    assert found["c"] == found["d"] == pytest.approx(0.5 * -1 + 0.5 * -2 / 8**0.5)


def test_z_score_of_equal_scores_is_nothing() -> None:
    assert scores(ZScore(), {"a": 3, "b": 3}, {}) == {"a": 0.0, "b": 0.0}


def test_borda_gives_each_place_its_share_on_three_lists() -> None:
    found = scores(Borda(), {"a": 3, "b": 2, "c": 1}, {"c": 2, "a": 1}, {"d": 1})
    assert found == pytest.approx({"a": (1 + 1 / 2) / 3, "b": (2 / 3) / 3, "c": (1 / 3 + 1) / 3, "d": 1 / 3})
    weighted = scores(Borda((0, 0, 1)), {"a": 3, "b": 2, "c": 1}, {"c": 2, "a": 1}, {"d": 1})
    assert weighted == {"a": 0, "b": 0, "c": 0, "d": 1}


@pytest.mark.parametrize("method", [ReciprocalRank(), MinMax(), ZScore(), Borda()])
def test_empty_inputs_add_nothing(method: Any) -> None:
    assert scores(method, {}, {}) == {}
    assert max(scores(method, {"a": 2, "b": 1}, {}).items(), key=lambda pair: pair[1])[0] == "a"


@pytest.mark.parametrize("method", [MinMax, ZScore, Borda])
def test_weights_are_checked_and_scaled(method: Any, fixed: Any) -> None:
    stages = (fixed("A", (("a", 2.0), ("b", 1.0))), fixed("B", (("b", 2.0), ("c", 1.0))))
    for wrong in ((1.0,), (1.0, 1.0, 1.0), (0.0, 0.0), (2.0, -1.0), (float("nan"), 1.0), (float("inf"), 1.0)):
        with pytest.raises(UsageError, match="weights"):
            Fuse(stages, method(wrong))
    one, other = Fuse(stages, method((1, 3))).search(QUERY), Fuse(stages, method((0.25, 0.75))).search(QUERY)
    assert (one.ids, one.scores.tolist()) == (other.ids, other.scores.tolist())


def test_wrong_fusions_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="no stages"):
        Fuse(())
    with pytest.raises(UsageError, match="k=-1"):
        ReciprocalRank(-1)


def test_trails_are_joined_in_input_order_and_the_step_tells_the_ranks(fixed: Any) -> None:
    fuse = Fuse((fixed("A", (("x", 5.0), ("y", 4.0))), fixed("B", (("y", 0.5),))))
    first, second = fuse.search(QUERY)
    assert first.id == "y"
    assert [(step.stage, step.rank) for step in first.trail] == [("A", 2), ("B", 1), ("Fuse", 1)]
    assert first.trail[-1].detail == "A 2, B 1"
    assert [step.stage for step in second.trail] == ["A", "Fuse"]
    assert second.trail[-1].detail == "A 1, B absent"


found_by = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-100, 100, width=32), max_size=8)


@given(found_by, found_by, st.sampled_from([ReciprocalRank(), MinMax(), ZScore(), Borda()]))
def test_a_fusion_holds_the_union_and_does_not_depend_on_the_order_of_two_inputs(one: Pairs, two: Pairs, method: Any) -> None:
    forth, back = scores(method, one, two), scores(method, two, one)
    assert set(forth) == set(one) | set(two)
    assert forth == back


@given(found_by)
def test_a_fusion_of_one_input_keeps_its_order(one: Pairs) -> None:
    # equal weights of one input: only scores that rounding makes equal may tie, and ties break by id in both
    assert ranking(scores(ReciprocalRank(), one)).ids == ranking(one).ids
    assert ranking(scores(Borda(), one)).ids == ranking(one).ids


def test_the_simplex_is_every_way_to_share_one() -> None:
    assert list(simplex(2, 2)) == [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)]
    assert len(list(simplex(2, 10))) == 11
    assert len(list(simplex(3, 4))) == 15
    assert all(sum(weights) == pytest.approx(1) for weights in simplex(3, 10))


def first_is(id: str) -> Any:
    def measure(rankings: Sequence[Ranking]) -> float:
        return sum(one.ids[0] == id for one in rankings) / len(rankings)

    return measure


def test_tuning_finds_the_weights_that_put_the_right_item_first(fixed: Any) -> None:
    good = fixed("Good", (("right", 1.0), ("wrong", 0.0)))
    bad = fixed("Bad", (("wrong", 1.0), ("right", 0.0)))
    tuned = tune((good, bad), MinMax, [Query("one"), Query("two")], first_is("right"))
    # at equal weights both have 0.5, and the tie by id puts right first: the most even weights win
    assert (tuned.weights, tuned.value, len(tuned.table)) == ((0.5, 0.5), 1.0, 11)
    assert dict(tuned.table)[(0.4, 0.6)] == 0.0
    assert tune((good, bad), MinMax, [Query("one")], first_is("wrong"), steps=4).weights == (0.25, 0.75)
    assert tune((bad, good, bad), Borda, [Query("one")], first_is("right"), steps=4).weights == (0.25, 0.5, 0.25)


def test_tuning_needs_stages_questions_and_steps(fixed: Any) -> None:
    stage = fixed("A", ())
    for wrong in (((stage,), [QUERY], 10), ((stage, stage), [], 10), ((stage, stage), [QUERY], 0)):
        with pytest.raises(UsageError, match="to tune weights on"):
            tune(wrong[0], MinMax, wrong[1], first_is("a"), wrong[2])

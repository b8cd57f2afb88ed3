"""Measures against values worked by hand, and how sure their means are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bootstrap import Estimate, interval, intervals, paired, ratio
from evals.measures import All, IrMeasure, parse
from retrievers.errors import UsageError

FOUND = [["c", "a", "b"], ["x"], []]
WANTED = [{"a", "b"}, {"d"}, {"a"}]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("nDCG@10", (1 / math.log2(3) + 1 / math.log2(4)) / (1 / math.log2(2) + 1 / math.log2(3))),
        ("nDCG@2", (1 / math.log2(3)) / (1 / math.log2(2) + 1 / math.log2(3))),
        ("AP@1000", (1 / 2 + 2 / 3) / 2),
        ("AP@2", (1 / 2) / 2),
        ("RR@10", 1 / 2),
        ("RR@1", 0.0),
        ("R@2", 1 / 2),
        ("P@2", 1 / 2),
        ("P@5", 2 / 5),
        ("Success@1", 0.0),
        ("Success@2", 1.0),
        ("All@2", 0.0),
        ("All@3", 1.0),
    ],
)
def test_a_measure_gives_the_value_worked_by_hand(name: str, first: float) -> None:
    (measure,) = parse([name])
    assert measure.values(FOUND, WANTED).tolist() == pytest.approx([first, 0.0, 0.0])
    assert str(measure) == name


def test_equal_scores_are_no_ties_for_the_ranking_is_already_ordered() -> None:
    """trec_eval breaks ties by descending id; what counts here is the place."""
    assert IrMeasure("RR").values([["a", "z"], ["z", "a"]], [{"a"}, {"a"}]).tolist() == [1.0, 0.5]


def test_ids_with_spaces_quotes_and_other_scripts_are_judged() -> None:
    odd = ["a b", 'c"d', "\u00e9\t", "\ud800"]
    assert IrMeasure("P@4").values([odd], [set(odd)]).tolist() == [1.0]


def test_cutoffs_are_known_for_choosing_how_deep_to_search() -> None:
    assert [measure.cutoff for measure in parse(["nDCG@10", "AP", "All@8", "R@100"])] == [10, None, 8, 100]


def test_a_measure_named_twice_is_one() -> None:
    assert [str(measure) for measure in parse(["R@5", "All@5", "R@5"])] == ["R@5", "All@5"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("nDGC@10", "nDCG@10"), ("all@8", "All@8"), ("R@0", "--measure"), ("R@'a'", "--measure"), ("INST", "--measure"),
     ("ERR@10", "--measure"), ("1 + 1", "--measure"), ("", "--measure"), ("All@0", "--measure"), ("P(rel='x')@5", "--measure")],
)  # fmt: skip
def test_a_name_that_means_no_measure_is_a_usage_error(name: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse([name])
    assert meant in caught.value.next


def test_no_measure_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no measure"):
        parse([])


def test_nothing_found_for_no_question_is_no_value() -> None:
    assert IrMeasure("R@5").values([], []).tolist() == []
    assert All(5).values([], []).tolist() == []


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.sets(st.sampled_from("abcdefgh"), min_size=1), st.integers(1, 8))
def test_all_is_whether_recall_is_whole(found: list[str], wanted: set[str], k: int) -> None:
    whole = IrMeasure(f"R@{k}").values([found], [wanted])[0] == pytest.approx(1.0)
    assert bool(All(k).values([found], [wanted])[0]) == whole


def test_the_interval_of_a_share_is_the_binomials() -> None:
    """50 of 100: the resampled count is Binomial(100, 1/2), whose 2.5 % and 97.5 % points are 40 and 60."""
    found = interval([0.0, 1.0] * 50)
    assert found == Estimate(0.5, pytest.approx(0.40, abs=0.01), pytest.approx(0.60, abs=0.01), 100)


def test_one_value_or_equal_values_have_no_spread() -> None:
    assert interval([0.25]) == Estimate(0.25, 0.25, 0.25, 1)
    assert interval([0.5, 0.5]) == Estimate(0.5, 0.5, 0.5, 2)


def test_no_question_has_no_mean() -> None:
    assert interval([]) == Estimate(None, None, None, 0)
    assert intervals(np.zeros((3, 0))) == [Estimate(None, None, None, 0)] * 3


def test_intervals_are_the_same_alone_and_in_company() -> None:
    rows = np.random.default_rng(1).random((3, 40))
    assert intervals(rows) == [interval(row) for row in rows]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_an_interval_lies_within_the_values(values: list[float]) -> None:
    found = interval(values, resamples=200)
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_a_recipe_against_itself_differs_by_chance_alone() -> None:
    found = paired([0.2, 0.9, 0.4], [0.2, 0.9, 0.4])
    assert (found.value, found.low, found.high, found.p, found.wins, found.losses) == (0.0, 0.0, 0.0, 1.0, 0, 0)


def test_randomisation_over_few_questions_counts_every_pattern() -> None:
    """Three differences of 1: of the 8 sign patterns only +++ and --- are as extreme."""
    assert paired([1, 1, 1, 0], [0, 0, 0, 0]).p == 2 / 8
    assert paired([1, 0, 0], [0, 0, 1]).p == 1.0


def test_randomisation_over_many_questions_agrees_with_the_sign_test() -> None:
    """20 questions differ, 16 for a: the binomial's two tails from 16 on hold 2 * 6196 / 2^20 = 0.0118."""
    a = [1.0] * 16 + [0.0] * 4 + [1.0] * 30
    b = [0.0] * 16 + [1.0] * 4 + [1.0] * 30
    found = paired(a, b)
    assert found.p == pytest.approx(2 * 6196 / 2**20, abs=0.004)
    assert (found.value, found.n, found.wins, found.losses) == (pytest.approx(12 / 50), 50, 16, 4)
    assert 0 < found.low < found.value < found.high


def test_swapping_the_sides_turns_the_difference() -> None:
    random = np.random.default_rng(2)
    a, b = random.random(50), random.random(50)
    there, back = paired(a, b), paired(b, a)
    assert (there.value, there.p, there.wins) == (pytest.approx(-back.value), back.p, back.losses)


@pytest.mark.parametrize(("a", "b"), [([1.0], [1.0, 0.0]), ([], []), ([[1.0]], [[1.0]])])
def test_unequal_questions_are_a_usage_error(a: list[float], b: list[float]) -> None:
    with pytest.raises(UsageError):
        paired(a, b)


def test_a_ratio_of_means_has_an_interval_over_the_questions_and_none_over_nothing() -> None:
    found = ratio([1, 0, 1, 0] * 25, [1, 1, 1, 1] * 25)
    assert (found.value, found.n) == (0.5, 100)
    assert found.low is not None
    assert found.high is not None
    assert 0.38 < found.low < 0.45 < 0.55 < found.high < 0.62  # of a share of a half among 100: 0.40 to 0.60
    assert ratio([1, 1], [1, 1]) == Estimate(1.0, 1.0, 1.0, 2)
    assert ratio([1, 0], [0, 0]) == Estimate(None, None, None, 2)
    assert ratio([], []) == Estimate(None, None, None, 0)

"""Means of systems: over part of the questions, without those that failed, and over the best that a reader could do."""

from __future__ import annotations

import numpy as np
import pytest

from evals.datasets import Question
from evals.means import Means

NAN = float("nan")
ASKED = tuple(Question(f"q{place}", "Who?", ("d",), ("x",), groups={"hops": str(place % 2)}) for place in range(4))


def made(**values: list[float]) -> Means:
    """One measure, ExactMatch, by system; the last question of `s` failed."""
    columns = {name.replace("_", " "): {"ExactMatch": np.array(row)} for name, row in values.items()}
    return Means("small", 4, ASKED, columns, failed={"s": np.array([False, False, False, True])})


def test_what_retrieval_left_of_a_readers_best_is_over_the_questions_that_both_have() -> None:
    """(1 + 0 + 1) / (1 + 1 + 1) over the first, the second and the fourth."""
    found = made(s=[1, 0, NAN, 1], s_given_gold=[1, 1, 0, 1]).relative
    assert list(found) == ["s"]
    one = found["s"]["RelativeMax(ExactMatch)"]
    assert (one.value, one.n) == (pytest.approx(2 / 3), 3)
    assert made(s=[1, 0, 1, 1]).relative == {}


def test_a_failed_question_counts_and_is_told_apart() -> None:
    one = made(s=[1, 1, NAN, 0]).recipes["s"]["ExactMatch"]
    assert (one.value, one.n, one.errors, one.without_errors) == (pytest.approx(2 / 3), 3, 1, 1.0)


def test_groups_and_parts_are_of_their_own_questions() -> None:
    found = made(s=[1, 0, NAN, 0], t=[0, 0, 1, 1])
    assert found.groups["hops=1"]["s"]["ExactMatch"].n == 2
    assert found.groups["hops=0"]["s"]["ExactMatch"].value == 1.0
    part = found.over(np.array([True, False, False, True]))
    assert (part.total, [one.id for one in part.asked]) == (2, ["q0", "q3"])
    assert part.recipes["t"]["ExactMatch"].value == 0.5
    assert part.recipes["s"]["ExactMatch"].errors == 1


def test_differences_are_corrected_over_all_systems_and_measures() -> None:
    found = made(s=[0, 0, 0, 0], t=[1, 1, 1, 1], u=[0, 0, 0, 1]).differences
    # McNemar: 2 / 2**4 and 1: the smaller is doubled
    assert (found["t"]["ExactMatch"]["p"], found["t"]["ExactMatch"]["p_holm"]) == (0.125, 0.25)
    assert found["u"]["ExactMatch"]["p_holm"] == 1.0

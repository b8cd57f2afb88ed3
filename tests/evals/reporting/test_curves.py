"""Curves as numbers: recall by depth is R@depth, and a curve at a few places as worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.answering.confidence import Risk
from evals.answering.evidence import Point
from evals.columns import columns
from evals.datasets import Question
from evals.measures import parse
from evals.outcomes import Outcome, plain
from evals.reporting.curves import budgets, depth_curve, recall_by, risk_at

IDS = [f"d{number}" for number in range(8)]
CURVE = [Point(2, 0.5, 4), Point(5, 0.75, 4)]


def found(*questions: tuple[list[str], list[str]]) -> list[Outcome]:
    return [plain(Question(f"q{place}", "", tuple(wanted)), ids, 10) for place, (ids, wanted) in enumerate(questions)]


def test_recall_by_depth_as_worked_by_hand() -> None:
    curve = depth_curve(found((["a", "x", "b"], ["a", "b"]), (["x", "c"], ["c"]), (["x"], [])), 3)
    assert [(one.budget, one.recall, one.n) for one in curve] == [(1, 0.25, 2), (2, 0.75, 2), (3, 1.0, 2)]


@given(
    st.lists(
        st.tuples(st.permutations(IDS), st.lists(st.sampled_from([*IDS, "missed"]), min_size=1, unique=True)),
        min_size=1,
        max_size=6,
    )
)
def test_recall_by_depth_is_the_measure_at_every_depth(questions: list[tuple[list[str], list[str]]]) -> None:
    outcomes = found(*questions)
    values = columns(outcomes, parse([f"R@{depth}" for depth in range(1, 9)]), "a")
    assert [one.recall for one in depth_curve(outcomes, 8)] == pytest.approx([one.mean() for one in values.values()])


def test_a_question_that_failed_counts_as_nothing() -> None:
    failed = Outcome(Question("q2", "", ("a",)), ("a",), status="failed", reason="the index is gone")
    assert [one.recall for one in depth_curve([*found((["a"], ["a"])), failed], 1)] == [0.5]


def test_without_judgements_there_is_no_curve() -> None:
    assert depth_curve(found((["a"], [])), 3) == []


def test_a_few_budgets_hold_the_least_and_the_greatest() -> None:
    one, other = [Point(budget, 0.5, 1) for budget in (1, 3)], [Point(budget, 0.5, 1) for budget in (2, 3, 900)]
    assert budgets({"a": one, "b": other}) == [1, 2, 3, 900]
    many = budgets({"a": [Point(budget, 0.5, 1) for budget in range(1, 1001)]})
    assert (many[0], many[-1], len(many)) == (1, 1000, 6)
    assert budgets({"a": []}) == []


@pytest.mark.parametrize(("budget", "recall"), [(1, 0.0), (2, 0.5), (4, 0.5), (5, 0.75), (99, 0.75)])
def test_a_curve_stays_what_it_was_until_its_next_point(budget: int, recall: float) -> None:
    assert recall_by(CURVE, budget) == recall


@pytest.mark.parametrize(("coverage", "risk"), [(0.1, 0.0), (0.5, 0.0), (0.75, 0.5), (1.0, 0.5)])
def test_a_risk_is_that_of_the_least_coverage_that_reaches_so_far(coverage: float, risk: float) -> None:
    assert risk_at([Risk(0.5, 0.0), Risk(1.0, 0.5)], coverage) == risk


def test_no_answer_has_no_risk() -> None:
    assert risk_at([], 0.5) is None

"""Comparison of two evaluations: figures worked by hand, and the same as scipy's; what cannot be compared says why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from agent.ledger import Ledger
from agent.spec import NONE, Spec
from agent.store import Store
from evals.compare import Compared, compare, detectable, holm, mcnemar
from evals.datasets import Question
from evals.measures import parse
from evals.scores import Scores, scores
from retrievers.errors import FathomError, UsageError
from tests.evals.synthetic import record

SPEC = Spec("small.index", "bm25", policy=NONE, identity="g1", stage="BM25()", dataset="small")


def made(name: str, **values: Sequence[float]) -> Scores:
    """Scores of questions q1, q2, ...; the keyword `nDCG_10` is the measure nDCG@10."""
    n = len(next(iter(values.values())))
    asked = tuple(Question(f"q{place}", f"text q{place}", (f"d{place}",)) for place in range(1, n + 1))
    held = {measure.replace("_", "@"): np.array(row) for measure, row in values.items()}
    return Scores(name, f"run-{name}", name, SPEC, asked, np.zeros(n, dtype=np.bool_), held)


def test_hits_are_compared_as_worked_by_hand() -> None:
    """b finds five that a misses, a one that b misses: p = 2 * (1 + 6) / 2**6."""
    a, b = made("a", R_1=[0, 0, 0, 0, 0, 1, 1, 1]), made("b", R_1=[1, 1, 1, 1, 1, 0, 1, 1])
    found = compare(a, b).measures["R@1"]
    assert (found.a, found.b, found.difference) == (3 / 8, 7 / 8, 1 / 2)
    assert (found.wins, found.losses, found.ties, found.n) == (5, 1, 2, 8)
    assert found.p == found.p_holm == 14 / 64
    assert -0.25 < found.low < 0.5 < found.high <= 1.0
    # differences 1 five times, -1 once, 0 twice: their squares sum to 6, less 8 / 4, over 7
    assert found.detectable == pytest.approx((1.959964 + 0.841621) * math.sqrt((6 - 8 * 0.25) / 7) / math.sqrt(8), rel=1e-6)


def test_graded_values_are_compared_by_paired_randomisation() -> None:
    """Differences .5, .5, .25: of eight sign patterns the all-plus and all-minus ones are as extreme."""
    found = compare(made("a", nDCG_10=[0.5, 0, 0.25]), made("b", nDCG_10=[1, 0.5, 0.5])).measures["nDCG@10"]
    assert found.p == 2 / 8
    assert found.difference == pytest.approx(1.25 / 3)
    assert (found.low, found.high) == (0.25, 0.5)  # the least and the most that three draws of these can give


def test_the_other_way_round_everything_has_the_other_sign() -> None:
    a, b = made("a", nDCG_10=[0.5, 0, 0.25, 1], R_1=[0, 0, 1, 1]), made("b", nDCG_10=[1, 0.5, 0.5, 0.75], R_1=[1, 1, 1, 0])
    for one, other in zip(compare(a, b).measures.values(), compare(b, a).measures.values(), strict=True):
        assert (one.difference, one.wins, one.losses) == (-other.difference, other.losses, other.wins)
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
        assert (one.p, one.p_holm, one.detectable) == (other.p, other.p_holm, other.detectable)


def test_a_run_against_itself_shows_nothing() -> None:
    a = made("a", nDCG_10=[0.5, 0, 1], R_1=[0, 0, 1])
    found = compare(a, a)
    nothing = {"difference": 0.0, "low": 0.0, "high": 0.0, "p": 1.0, "p_holm": 1.0, "detectable": 0.0}
    for one in found.as_json().values():
        assert {name: one[name] for name in nothing} == nothing
        assert (one["wins"], one["losses"], one["ties"], one["n"]) == (0, 0, 3, 3)
    assert found.flips() == []


def test_one_question_says_nothing_of_what_can_be_shown() -> None:
    found = compare(made("a", R_1=[0]), made("b", R_1=[1])).measures["R@1"]
    assert (found.p, found.detectable) == (1.0, None)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemars_test_is_the_binomial_test_of_scipy(wins: int, losses: int) -> None:
    expected = stats.binomtest(wins, wins + losses, 0.5).pvalue if wins + losses else 1.0
    assert mcnemar(wins, losses) == pytest.approx(expected, rel=1e-9)


def test_mcnemars_test_is_exact_over_ten_thousand_questions() -> None:
    for wins, losses in ((5100, 4900), (5200, 4700), (10_000, 0), (5000, 5000)):
        expected = stats.binomtest(wins, wins + losses, 0.5).pvalue
        assert mcnemar(wins, losses) == pytest.approx(expected, rel=1e-6)


@given(st.lists(st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5]), min_size=2, max_size=9))
def test_graded_values_have_the_p_of_scipys_permutation_test(gaps: list[float]) -> None:
    a = [0.4] * len(gaps)
    found = compare(made("a", nDCG_10=a), made("b", nDCG_10=[0.4 + gap for gap in gaps])).measures["nDCG@10"]
    every = stats.permutation_test((np.array(gaps),), np.mean, permutation_type="samples", n_resamples=10_000)
    # scipy doubles the smaller tail, which for signs is the share of patterns at least as extreme
    assert found.p == pytest.approx(min(1.0, float(every.pvalue)))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holms_correction_rejects_what_its_steps_reject(chances: list[float]) -> None:
    """As Holm states it: in ascending order, p times how many are left, until one is above the level."""
    corrected = holm(chances)
    for level in (0.01, 0.05, 0.5):
        rejected: set[float] = set()
        for rank, p in enumerate(sorted(chances)):
            if min(1.0, p * (len(chances) - rank)) > level:
                break
            rejected.add(p)
        assert {p for p, whole in zip(chances, corrected, strict=True) if whole <= level} == rejected


def test_holms_correction_as_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])  # .01 * 3, then .03 * 2, and .04 no less
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    a = made("a", R_1=[0] * 8, R_2=[0] * 7 + [1])
    b = made("b", R_1=[1] * 8, R_2=[1] * 7 + [0])
    found = compare(a, b).measures
    assert [(one.p, one.p_holm) for one in found.values()] == [(2 / 2**8, 4 / 2**8), (18 / 2**8, 18 / 2**8)]


def test_a_difference_that_is_detectable_is_found_four_times_in_five() -> None:
    """400 samples of 100 differences about the detectable one, by scipy's t-test."""
    random = np.random.default_rng(7)
    reach = detectable(np.sqrt(99 / 100) * np.tile([1.0, -1.0], 50))  # a standard deviation of 1
    assert reach == pytest.approx(0.2801585, rel=1e-6)
    assert reach is not None
    found = stats.ttest_1samp(random.normal(reach, 1, (400, 100)), 0, axis=1).pvalue < 0.05
    assert 0.74 < found.mean() < 0.86


def test_the_questions_that_changed_most_come_first_and_say_where_to_look() -> None:
    a, b = (
        made("a", nDCG_10=[0.5, 1, 0.2, 0.3, 0.9], R_10=[1, 1, 0, 0, 1]),
        made("b", nDCG_10=[0.7, 0, 0.2, 0.3, 0.7], R_10=[1, 1, 0, 1, 0]),
    )
    found = compare(a, b).flips()
    # by nDCG@10: q2 (1), q1 and q5 (.2 each; R@10 of q5 changed too); by R@10 alone: q4; q3 not at all
    assert [(one.id, one.text) for one in found] == [(id, f"text {id}") for id in ("q2", "q5", "q1", "q4")]
    assert (found[0].a, found[0].b) == ({"nDCG@10": 1.0}, {"nDCG@10": 0.0})
    assert [one.why for one in found] == [  # the run in which it was lost
        "fathom why b --question q2",
        "fathom why b --question q5",
        "fathom why a --question q1",
        "fathom why a --question q4",
    ]
    assert [one.id for one in compare(a, b).flips(2)] == ["q2", "q5"]
    assert compare(a, b).flips(0) == []
    assert [one.id for one in compare(a, b).flips(of=["R@10"])] == ["q4", "q5"]


def test_two_recipes_of_one_evaluation_are_told_of_together() -> None:
    a = replace(made("first:bm25", R_1=[0]), evaluation="first")
    b = replace(made("first:dense", R_1=[1]), evaluation="first")
    assert [one.why for one in compare(a, b).flips()] == ["fathom why first --question q1"]


def test_questions_are_paired_by_id_whatever_their_order() -> None:
    a, b = made("a", nDCG_10=[0.1, 0.4, 0.9]), made("b", nDCG_10=[0.2, 0.4, 1.0])
    assert compare(a, b.along(["q3", "q1", "q2"])).as_json() == compare(a, b).as_json()
    assert compare(a, b).measures["nDCG@10"].wins == 2


def test_the_json_has_exactly_the_agreed_keys() -> None:
    found = compare(made("a", nDCG_10=[0.5, 0.0]), made("b", nDCG_10=[0.5, 0.25])).as_json()
    keys = ["a", "b", "difference", "low", "high", "p", "p_holm", "detectable", "n", "wins", "losses", "ties"]
    assert {name: list(one) for name, one in found.items()} == {"nDCG@10": keys}
    assert list(Compared.__dataclass_fields__) == keys


ALIKE = made("b", R_1=[1, 0, 1])


def asking(place: int, **changed: Any) -> Scores:
    """The same as ALIKE, one of whose questions is another."""
    questions = list(ALIKE.questions)
    questions[place] = replace(questions[place], **changed)
    return replace(ALIKE, questions=tuple(questions))


LONGER = made("c", R_1=[1] * 9)


@pytest.mark.parametrize(
    ("other", "happened"),
    [
        (replace(ALIKE, spec=replace(SPEC, dataset="large")), "a asked the data set 'small', b the data set 'large'"),
        (LONGER, "a and c asked different questions: 6 in c alone (q4, q5, q6, ...)"),
        (made("b", R_1=[1, 0]), "a and b asked different questions: 1 in a alone (q3)"),
        (
            asking(2, id="x"),
            "a and b asked different questions: 1 in a alone (q3); 1 in b alone (x)",
        ),
        (asking(1, text="another"), "the question 'q2' has another text in b than in a"),
        (
            asking(2, relevant=("d3", "d4")),
            "the question 'q3' has other relevant passages in b than in a",
        ),
        (
            asking(0, user="ann"),
            "the question 'q1' has another user in b than in a",
        ),
        (asking(0, answers=("yes",)), "the question 'q1' has other right answers in b than in a"),
    ],
)
def test_runs_that_asked_something_else_are_refused_with_the_difference(other: Scores, happened: str) -> None:
    with pytest.raises(FathomError) as caught:
        compare(made("a", R_1=[0, 0, 1]), other)
    assert caught.value.happened == happened
    assert caught.value.next == "fathom eval small --recipe RECIPE --run NEW-NAME"


def test_only_questions_that_a_measure_applies_to_in_both_are_compared() -> None:
    """Of four questions the second and the fourth lack a value in one of the two: the others differ by 1 and 0."""
    nothing = float("nan")
    found = compare(made("a", R_1=[0, 1, 1, nothing]), made("b", R_1=[1, nothing, 1, 0]))
    one = found.measures["R@1"]
    assert (one.n, one.a, one.b, one.wins, one.ties) == (2, 0.5, 1.0, 1, 1)
    assert [flip.id for flip in found.flips()] == ["q1"]
    with pytest.raises(UsageError, match="no measure applies to the same question"):
        compare(made("a", R_1=[nothing]), made("b", R_1=[1]))


def test_values_of_different_measures_are_refused() -> None:
    with pytest.raises(UsageError, match="different measures: R@1 of a, R@2 of b"):
        compare(made("a", R_1=[0]), made("b", R_2=[0]))
    with pytest.raises(UsageError, match="different measures"):
        compare(replace(made("a", R_1=[0]), values={}), replace(made("b", R_1=[0]), values={}))


@pytest.mark.timeout(300)
def test_two_runs_of_ten_thousand_questions_are_compared(tmp_path: Path) -> None:
    """b moves the relevant one from place 2 to place 1 in every tenth question, and loses it in every hundredth."""
    store = Store.open(f"sqlite:///{tmp_path}/ledger.db")
    ledger = Ledger(store)
    gold = {f"q{n}": [f"d{n}"] for n in range(10_000)}
    rest = [f"other-{place}" for place in range(99)]
    first = {f"q{n}": [rest[0], f"d{n}", *rest[1:]] for n in range(10_000)}
    second = {
        f"q{n}": [*rest, "none"] if n % 100 == 5 else [f"d{n}", *rest] if n % 10 == 0 else first[f"q{n}"] for n in range(10_000)
    }
    record(ledger, "first", first, gold, total=700)
    record(ledger, "second", second, gold, total=700)
    measures = parse(["nDCG@10", "R@10"])
    a, b = scores(ledger, "first", measures), scores(ledger, "second", measures)
    found = compare(a, b)
    store.close()
    ndcg, recall = found.measures["nDCG@10"], found.measures["R@10"]
    assert (ndcg.n, ndcg.wins, ndcg.losses, ndcg.ties) == (10_000, 1000, 100, 8900)
    second_place = 1 / math.log2(3)
    assert ndcg.difference == pytest.approx((1000 * (1 - second_place) - 100 * second_place) / 10_000)
    assert (recall.a, recall.b, recall.wins, recall.losses) == (1.0, 0.99, 0, 100)
    assert recall.p == pytest.approx(2 / 2**100)
    assert ndcg.low < ndcg.difference < ndcg.high
    assert found.flips(1)[0].id == "q5"

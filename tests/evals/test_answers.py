"""Measures of answers against values worked by hand."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.state import Answer, Citation, Claim, Conflict, Kind, Spent
from evals.answering.base import AnswerMeasure, Quality, SetFigure, normal
from evals.answering.citing import CitationCoverage, CitationPrecision, CitationRecall
from evals.answering.confidence import CalibrationError, Risk, RiskCoverage
from evals.answering.entities import ExactSet, HitsAt1, SetF1
from evals.answering.evidence import AnswerCoverage, EvidenceRecall, Point, RecallAt, recall_curve
from evals.answering.relative import RelativeMax
from evals.answering.taking import Completion, Cost, Refusal, Searches, Seconds, Tokens
from evals.answering.words import ExactMatch, TokenF1
from evals.answers import ANSWER_MEASURES, named
from evals.datasets import Question
from evals.outcomes import Outcome, Step
from retrievers.errors import FathomError, UsageError

TEXTS = ("Galileo Galilei was here.", "Seen by Huygens, the elder.", "Halley")


def cite(*documents: str, holds: bool = True) -> Claim:
    """A claim that cites these documents."""
    return Claim("It is so.", tuple(Citation(one, f"{one}#1", 0, 5, "words") for one in documents), holds)


def outcome(
    short: str | None = "",
    *,
    right: Sequence[str] = (),
    relevant: Sequence[str] = (),
    shown: Sequence[str] = (),
    entities: Sequence[str] = (),
    claims: Sequence[Claim] = (),
    kind: Kind = "found",
    confidence: float | None = None,
    id: str = "q",
    **more: Any,
) -> Outcome:
    """What came of a question; no answer where `short` is None."""
    question = Question(id, "Who?", tuple(relevant), tuple(right))
    answer = Answer(kind, short or "", "", tuple(claims), tuple(entities), (), confidence)
    return Outcome(question, tuple(shown), None if short is None else answer, **{"texts": lambda k: TEXTS[:k], **more})


def near(value: float, **how: Any) -> Any:
    """Equal to floats that are nearly this one."""
    return pytest.approx(value, **how)


def judged(right: bool, confidence: float | None) -> Outcome:
    return outcome("yes" if right else "no", right=["yes"], confidence=confidence)


FAILED = outcome(None, right=["Mars"], relevant=["mars"], shown=["mars"], status="failed", reason="the model is down")
SHOWN = outcome(relevant=["a", "b"], shown=["b", "x"], steps=(Step(("b",), 30, ("b", "a")), Step(("x",), 50, ("x",))))
LATE = outcome(relevant=["a", "b"], shown=["x", "a", "b"], steps=(Step(("x",), 40, ("x",)), Step(("a", "b"), 90, ("a", "b"))))
CITING = outcome(relevant=["a", "b", "c"], claims=[cite("a", "x"), cite("b", holds=False), cite("a")])  # cites a, x and b


@pytest.mark.parametrize(
    ("measure", "one", "value"),
    [
        (ExactMatch(), outcome("The Moons of Mars.", right=["moons  of mars"]), 1.0),
        (ExactMatch(), outcome("moons", right=["moons of Mars", "Moons"]), 1.0),
        (ExactMatch(), outcome("moons", right=["moons of Mars"]), 0.0),
        (ExactMatch(), outcome("", right=["A"]), 0.0),
        (ExactMatch(), outcome("A", right=["The"]), 0.0),
        (TokenF1(), outcome("red moons", right=["two red moons"]), 2 * 2 / (2 + 3)),
        (TokenF1(), outcome("red red red", right=["red moons"]), 2 * 1 / (3 + 2)),
        (TokenF1(), outcome("red", right=["blue", "the red one"]), 2 * 1 / (1 + 2)),
        (TokenF1(), outcome("", right=["blue"]), 0.0),
        (HitsAt1(), outcome(right=["Io"], entities=["io", "Mars"]), 1.0),
        (HitsAt1(), outcome(right=["Io"], entities=["Mars", "Io"]), 0.0),
        (HitsAt1(), outcome("Io", right=["Io", "Europa"]), 1.0),
        (SetF1(), outcome(right=["Io", "Europa"], entities=["Io", "io", "The Io", "Mars"]), 2 * 1 / (2 + 2)),
        (SetF1(), outcome(right=["Io", "Europa"], entities=["Io", "Io"]), 2 * (1 / 1) * (1 / 2) / (1 / 1 + 1 / 2)),
        (SetF1(), outcome(right=["Io"]), 0.0),
        (ExactSet(), outcome(right=["Io", "Europa"], entities=["europa", "Io", "Io"]), 1.0),
        (ExactSet(), outcome(right=["Io", "Europa"], entities=["Io"]), 0.0),
        (ExactSet(), outcome(right=["Io"], entities=["Io", "Mars"]), 0.0),
        (EvidenceRecall(), SHOWN, 1 / 2),
        (EvidenceRecall("found"), SHOWN, 2 / 2),
        (RecallAt(1), SHOWN, 1 / 2),
        (RecallAt(1), LATE, 0 / 2),
        (RecallAt(2), LATE, 2 / 2),
        (RecallAt(89, "tokens"), LATE, 0 / 2),
        (RecallAt(90, "tokens"), LATE, 2 / 2),
        (CitationPrecision(), CITING, 1 / 3),
        (CitationRecall(), CITING, 1 / 3),
        (CitationCoverage(), CITING, 1.0),
        (CitationPrecision(), outcome(relevant=["5412"], claims=[cite("5412_7")]), 0.0),
        (CitationPrecision(every=True), outcome(relevant=["a"]), 0.0),
        (CitationRecall(every=True), outcome(relevant=["a"]), 0.0),
        (CitationCoverage(), outcome(relevant=["a"]), 0.0),
        (Completion(), outcome(kind="not_found"), 1.0),
        (Completion(), FAILED, 0.0),
        (Refusal(), outcome(kind="not_found"), 1.0),
        (Refusal(), outcome("Mars"), 0.0),
        (Refusal(), outcome(kind="not_found", status="failed"), 0.0),
        (Searches(), outcome(spent=Spent(3, 100, 20, 1.5, 0.25)), 3.0),
        (Tokens(), outcome(spent=Spent(3, 100, 20, 1.5, 0.25)), 120.0),
        (Seconds(), outcome(spent=Spent(3, 100, 20, 1.5, 0.25)), 1.5),
        (Cost(), outcome(spent=Spent(3, 100, 20, 1.5, 0.25)), 0.25),
        (AnswerCoverage(1), outcome(right=["Huygens", "halley"]), 0.0),
        (AnswerCoverage(2), outcome(right=["Huygens, elder", "Galile"]), 1.0),
        (AnswerCoverage(3), outcome(right=["Galile"]), 0.0),
    ],
)
def test_a_measure_gives_the_value_worked_by_hand(measure: AnswerMeasure, one: Outcome, value: float) -> None:
    assert measure.values([one]).tolist() == pytest.approx([value])


@pytest.mark.parametrize(
    ("measure", "one"),
    [
        (ExactMatch(), outcome("Mars")),
        (SetF1(), outcome("Mars")),
        (AnswerCoverage(1), outcome()),
        (EvidenceRecall(), outcome(shown=["a"])),
        (RecallAt(1), outcome()),
        (CitationPrecision(), outcome(relevant=["a"])),
        (CitationCoverage(), outcome(claims=[cite("a")])),
        (Refusal(), outcome(kind="not_found", relevant=["a"])),
        (Cost(), outcome(spent=Spent(cost=None))),
    ],
)
def test_a_question_that_a_measure_does_not_apply_to_has_no_figure(measure: AnswerMeasure, one: Outcome) -> None:
    assert measure.values([one]).tolist() == []
    assert measure.mask([one]).tolist() == [False]


def test_a_failed_question_stays_in_the_denominator_as_zero() -> None:
    for measure in (ExactMatch(), TokenF1(), EvidenceRecall(), CitationCoverage(), CitationRecall(every=True), Completion()):
        assert measure.values([FAILED]).tolist() == [0.0], measure


def test_what_conflicting_claims_cite_is_cited() -> None:
    answer = Answer("conflict", conflicts=(Conflict("moons", (cite("a"), cite("b"))),))
    one = Outcome(Question("q", "Who?", ("a",)), ("a", "b"), answer)
    assert CitationPrecision().values([one]).tolist() == [1 / 2]


def test_precision_over_those_that_cite_is_told_from_that_over_all() -> None:
    two = [outcome(relevant=["a"], claims=[cite("a")]), outcome(relevant=["a"])]
    assert CitationPrecision().values(two).tolist() == [1.0]
    assert CitationPrecision(every=True).values(two).tolist() == [1.0, 0.0]
    assert CitationCoverage().values(two).tolist() == [1.0, 0.0]


def test_a_curve_has_a_point_wherever_a_search_ended() -> None:
    assert recall_curve([SHOWN, LATE]) == [Point(1, 1 / 4, 2), Point(2, 3 / 4, 2)]
    by_tokens = [Point(30, 1 / 4, 2), Point(40, 1 / 4, 2), Point(50, 1 / 4, 2), Point(90, 3 / 4, 2)]
    assert recall_curve([SHOWN, LATE], "tokens") == by_tokens
    assert recall_curve([SHOWN, LATE], "tokens", most=2) == [by_tokens[1], by_tokens[3]]
    assert recall_curve([outcome()]) == []


def test_what_was_found_is_an_error_where_it_is_not_known() -> None:
    with pytest.raises(FathomError, match="not known"):
        EvidenceRecall("found").values([outcome(relevant=["a"], steps=(Step(("a",)),))])


def toy() -> list[Outcome]:
    """130 wrong answers that are quite sure, and 700 of which seven in ten are right, as sure as that."""
    return [judged(False, 1.0)] * 130 + [judged(number % 10 < 7, 0.7) for number in range(700)]


def test_the_official_calibration_error_leaves_out_the_surest_answers_and_ours_does_not() -> None:
    assert CalibrationError(official=True).figure(toy()) == SetFigure(near(0.0, abs=1e-12), 830)
    ours = CalibrationError().figure(toy())
    assert ours == SetFigure(near(math.sqrt(130 / 830)), 830)
    assert ours.value == pytest.approx(0.396, abs=5e-4)


def test_bins_are_of_a_hundred_and_the_last_takes_the_rest() -> None:
    # the 100 least sure are all wrong at 0.2, the other 150 all right at 0.9
    told = [judged(False, 0.2)] * 100 + [judged(True, 0.9)] * 150
    assert CalibrationError().figure(told).value == pytest.approx(math.sqrt(0.4 * 0.2**2 + 0.6 * 0.1**2))
    assert CalibrationError(official=True).figure(told).value == pytest.approx(math.sqrt(0.4 * 0.2**2))


def test_too_few_answers_have_no_official_figure_and_unsure_ones_none_of_ours() -> None:
    few = [judged(True, 0.5)] * 3 + [judged(True, None), FAILED]
    assert CalibrationError().figure(few) == SetFigure(0.5, 3)
    assert CalibrationError(official=True).figure(few) == SetFigure(None, 4)
    assert CalibrationError().figure([judged(True, None)]) == SetFigure(None, 0)
    assert RiskCoverage().figure([]) == SetFigure(None, 0)


def test_risk_grows_as_less_sure_answers_are_taken() -> None:
    told = [judged(False, 0.1), judged(True, 0.9), judged(True, 0.5), judged(False, 0.7)]
    curve = [(0.25, 0.0), (0.5, 1 / 2), (0.75, 1 / 3), (1.0, 1 / 2)]
    assert RiskCoverage().curve(told) == [Risk(at, near(risk)) for at, risk in curve]
    assert RiskCoverage().figure(told) == SetFigure(near((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4), 4)


def test_equally_sure_answers_share_their_mean() -> None:
    tied = [judged(True, 0.5), judged(False, 0.5)]
    assert [point.risk for point in RiskCoverage().curve(tied)] == [0.5, 0.5]


def test_a_system_is_measured_over_its_reader_given_the_gold() -> None:
    system = [outcome("red", right=["red"], id="1"), outcome("blue", right=["red"], id="2")]
    best = [outcome("red", right=["red"], id="1"), outcome("red one", right=["red"], id="2")]
    assert RelativeMax(TokenF1()).figure(system, best) == SetFigure(near((1 + 0) / (1 + 2 / 3)), 2)
    assert RelativeMax(ExactMatch()).figure(system, [system[1], outcome("x", right=["y"], id="1")]) == SetFigure(None, 2)
    with pytest.raises(UsageError, match="unlike in '2'"):
        RelativeMax(TokenF1()).figure(system, best[:1])


def test_names_give_their_measures_and_measures_their_names() -> None:
    assert [repr(measure) for measure in named(ANSWER_MEASURES)] == list(ANSWER_MEASURES)
    assert [str(measure) for measure in named(["Cost", "Hits@1", "Cost"])] == ["Cost", "Hits@1"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("exactmatch", "ExactMatch?"), ("TokenFl", "TokenF1?"), ("zzz", "--measure")],
)
def test_an_unknown_name_is_a_usage_error_that_names_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        named([name])
    assert meant in caught.value.next


def test_no_name_no_texts_and_no_budget_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="no measure"):
        named([])
    with pytest.raises(FathomError, match="the texts of the passages of question 'q' were not read"):
        AnswerCoverage(5).values([outcome(right=["Huygens"], texts=None)])
    for name in ("AnswerCoverage@0", "Recall@0tokens"):
        with pytest.raises(UsageError):
            named([name])
    with pytest.raises(UsageError):
        RecallAt(0)
    with pytest.raises(UsageError):
        AnswerCoverage(0)


WORDS = st.lists(st.sampled_from(["red", "Red!", "moon", "the", "a", "two", "-"]), max_size=5).map(" ".join)
IDS = st.lists(st.sampled_from(["a", "b", "c", "x"]), max_size=4)


@st.composite
def any_outcome(draw: st.DrawFn) -> Outcome:
    shown, cited = draw(IDS), draw(IDS)
    steps = tuple(Step((one,), 10 * place, (one,)) for place, one in enumerate(shown))
    return outcome(
        draw(st.none() | WORDS),
        right=draw(st.lists(WORDS, max_size=3)),
        relevant=tuple(dict.fromkeys(draw(IDS))),
        shown=shown,
        steps=steps,
        entities=draw(st.lists(WORDS, max_size=4)),
        claims=[cite(*cited, holds=draw(st.booleans()))] if cited else [],
        kind=draw(st.sampled_from(["found", "not_found"])),
        confidence=draw(st.none() | st.floats(0, 1)),
        status=draw(st.sampled_from(["answered", "answered", "failed"])),
    )


@given(st.lists(any_outcome(), max_size=6), st.randoms(use_true_random=False))
def test_figures_lie_between_0_and_1_and_the_order_of_questions_does_not_matter(
    told: list[Outcome], order: random.Random
) -> None:
    mixed = order.sample(told, len(told))
    for measure in named(ANSWER_MEASURES):
        values = measure.values(told)
        assert len(values) == measure.mask(told).sum()
        assert sorted(measure.values(mixed)) == sorted(values)
        if isinstance(measure, Quality):
            assert all(0 <= value <= 1 for value in values), measure
    for figure in (CalibrationError(), RiskCoverage()):
        first, second = figure.figure(told), figure.figure(mixed)
        assert first == SetFigure(None if second.value is None else near(second.value), second.n)
        assert first.value is None or 0 <= first.value <= 1 + 1e-12


@given(WORDS, st.lists(WORDS, min_size=1, max_size=3))
def test_token_f1_is_that_of_words_crossed_out_one_by_one(said: str, rights: list[str]) -> None:
    best = 0.0
    for answer in rights:
        left, mine = normal(answer).split(), normal(said).split()
        size, hits = len(left), 0
        for word in mine:
            if word in left:
                left.remove(word)
                hits += 1
        if hits:
            precision, recall = hits / len(mine), hits / size
            best = max(best, 2 * precision * recall / (precision + recall))
    assert TokenF1().values([outcome(said, right=rights)]).tolist() == pytest.approx([best])

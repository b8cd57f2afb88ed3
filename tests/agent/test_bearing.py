"""Whether the evidence bears on a question."""

from __future__ import annotations

from math import exp

import pytest

from agent.bearing import ENOUGH, Bearing, bearing
from agent.shortanswer import ranked
from agent.state import Evidence
from tests.agent.shown import DANE, HOPS, PICARD, ROMER, covered, passage

HALE = passage(1, "Hale Telescope", "The Hale Telescope has a mirror of 200 inches. It was cast by the Corning Glass Works.")


def probability(question: str, *evidence: Evidence) -> float:
    coverage = covered(question, *evidence)
    return bearing(coverage, ranked(coverage)).probability


@pytest.mark.parametrize(
    "question", ["How wide is the mirror of the Hale Telescope?", "Who cast the mirror of the Hale Telescope?"]
)
def test_what_the_evidence_says_is_enough(question: str) -> None:
    assert probability(question, HALE) > ENOUGH


def test_two_documents_that_hang_together_are_enough_and_one_of_them_is_not_as_good() -> None:
    assert probability(HOPS, DANE, ROMER, PICARD) > ENOUGH
    assert probability(HOPS, PICARD) < probability(HOPS, DANE, ROMER, PICARD)


@pytest.mark.parametrize(
    "question",
    [
        "How much did the mirror of the Hale Telescope weigh?",
        "How many kilograms of aluminium cover the mirror of the Hale Telescope?",
        "Which magnification does the Hale Telescope reach?",
        "Which rapper from Harlem appears on Vicious Lies?",
    ],
)
def test_what_it_lacks_is_not(question: str) -> None:
    assert probability(question, HALE) < ENOUGH


def test_the_probability_is_the_logistic_function_of_the_weighted_sum() -> None:
    full = Bearing(names=1.0, said=1.0, relevance=1.0, best=1.6, loose=0.0, noun_missing=0.0, noun_apart=0.0, none=0.0)
    assert full.probability == pytest.approx(1 / (1 + exp(-(-9.3 + 2.2 + 4.1 + 3.0 + 1.7 * 1.6))))
    nothing = Bearing(names=0.0, said=0.0, relevance=0.0, best=0.0, loose=1.0, noun_missing=1.0, noun_apart=1.0, none=1.0)
    assert nothing.probability < 1e-5


def test_no_evidence_supports_nothing() -> None:
    assert probability("Who cast the mirror of the Hale Telescope?") < 0.01

"""Whether the evidence bears on a question."""

from __future__ import annotations

from math import exp

import pytest

from agent.extraction.bearing import ENOUGH, Bearing, bearing
from agent.extraction.shortanswer import ranked
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
    good = {"names": 1.0, "said": 1.0, "relevance": 1.0, "best": 1.6}
    bad = {"loose": 1.0, "unbound": 1.0, "gap": 1.0, "main_gap": 1.0, "noun_missing": 1.0, "noun_apart": 1.0, "none": 1.0}
    full = Bearing(**good, **dict.fromkeys(bad, 0.0))
    assert full.probability == pytest.approx(1 / (1 + exp(-(-4.3 + 1.3 + 2.3 + 1.4 + 1.0 * 1.6))))
    assert Bearing(**dict.fromkeys(good, 0.0), **bad).probability < 1e-4


def test_another_documents_mother_is_not_the_mother_that_is_asked_for() -> None:
    tycho = passage(1, "Tycho Brahe", "Tycho Brahe was a Danish nobleman. He took on Johannes Kepler.")
    kepler = passage(2, "Johannes Kepler", "Kepler left Tycho in Prague. He defended his mother Katharina.")
    assert probability("Who was the mother of Johannes Kepler?", tycho, kepler) > ENOUGH
    assert probability("Who was the mother of Tycho Brahe?", tycho, kepler) < ENOUGH


def test_no_evidence_supports_nothing() -> None:
    assert probability("Who cast the mirror of the Hale Telescope?") < 0.01

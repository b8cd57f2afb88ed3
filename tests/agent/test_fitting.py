"""The short answer that fits, or none."""

from __future__ import annotations

import pytest

from agent.extraction.fitting import fitting
from agent.extraction.shortanswer import ranked
from agent.state import Evidence
from tests.agent.shown import DANE, HOPS, PICARD, ROMER, covered, passage

HYPERION = passage(
    1, "Harvard Observatory", "In 1848 Bond and his son George found Hyperion, a moon of Saturn. Neptune was known."
)
BOND = passage(2, "George Bond", "George Bond was the son of William Bond.")
BERLIN = passage(3, "Neptune", "Neptune is a planet. It was discovered on 23 September 1846 by Johann Galle in Berlin.")
TRITON = passage(4, "Neptune", "The largest moon of Neptune was discovered in 1846 by William Lassell.", start=200)
PALLAS = passage(5, "Ceres", "Ceres is a dwarf planet. In 1802 Heinrich Olbers found Pallas beyond Jupiter.")


def short(question: str, *evidence: Evidence) -> str:
    coverage = covered(question, *evidence)
    found = fitting(coverage, ranked(coverage))
    return found.candidate.text if found else ""


@pytest.mark.parametrize(
    ("question", "evidence", "answer"),
    [
        ("Who discovered Neptune?", (HYPERION, BOND, TRITON, BERLIN), "Johann Galle"),
        ("Who discovered Neptune?", (HYPERION, BOND, TRITON), ""),
        ("When was Neptune discovered?", (TRITON, BERLIN), "23 September 1846"),
        ("Who discovered Ceres?", (PALLAS,), ""),
        ("Who discovered Pallas?", (PALLAS,), "Heinrich Olbers"),
        ("How many moons does Jupiter have?", (passage(1, "Cassini", "He found four moons of Saturn."),), ""),
    ],
)
def test_it_comes_from_a_sentence_that_says_it_of_what_is_asked(
    question: str, evidence: tuple[Evidence, ...], answer: str
) -> None:
    assert short(question, *evidence) == answer


def test_over_two_documents_it_is_the_linked_one() -> None:
    assert short(HOPS, DANE, ROMER, PICARD) == "Aarhus"


def test_of_two_that_fit_as_well_neither_is_given() -> None:
    one = passage(1, "Kepler", "Kepler was born in Ulm.")
    other = passage(2, "Kepler", "Kepler was born in Graz.", document="other")
    assert short("Where was Kepler born?", one) == "Ulm"
    assert short("Where was Kepler born?", one, other) == ""


def test_the_date_in_a_lifespan_needs_no_verb() -> None:
    brahe = passage(1, "Tycho Brahe", "Tycho Brahe (1546 – 1601) was a Danish nobleman.")
    assert short("When did Tycho Brahe die?", brahe) == "1601"
    assert short("When was Tycho Brahe born?", brahe) == "1546"
    assert short("When did Tycho Brahe marry?", brahe) == ""

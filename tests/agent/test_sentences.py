"""Which sentences to quote."""

from __future__ import annotations

from agent.extraction.sentences import MOST, choose
from tests.agent.shown import DANE, HOPS, PICARD, ROMER, covered, passage


def test_the_answering_line_comes_with_the_one_that_it_hangs_on() -> None:
    coverage = covered(HOPS, DANE, ROMER, PICARD)
    answering = next(line for line in coverage.lines if "Aarhus" in line.text)
    texts = [line.text for line in choose(coverage, [answering])]
    assert answering.text in texts
    assert any("Jean Picard came" in text for text in texts)
    assert 2 <= len(texts) <= MOST


def test_what_adds_little_is_not_quoted() -> None:
    coverage = covered("Where was Kepler born?", passage(1, "Johannes Kepler", "He was born in Weil. He liked tea. Rain fell."))
    assert [line.text for line in choose(coverage, coverage.lines[:1])] == ["He was born in Weil."]


def test_without_a_first_line_the_one_that_says_most_is_taken() -> None:
    coverage = covered("Where was Kepler born?", passage(1, "", "Rain fell. Kepler was born in Weil.", document="d"))
    assert [line.text for line in choose(coverage, [])] == ["Kepler was born in Weil."]


def test_lines_stand_in_the_order_they_were_shown_and_once() -> None:
    coverage = covered(HOPS, DANE, ROMER)
    last, first = coverage.lines[-1], coverage.lines[0]
    places = [line.place for line in choose(coverage, [last, first, last])]
    assert places == sorted(set(places))

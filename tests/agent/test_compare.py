"""Comparisons from dates, amounts and words."""

from __future__ import annotations

import pytest

from agent.extraction.compare import compare
from tests.agent.shown import covered, passage

LICK = passage(
    1, "Lick Observatory", "It stands on Mount Hamilton in California. Its refractor of 36 inches was finished in 1888."
)
YERKES = passage(
    2, "Yerkes Observatory", "It stands at Williams Bay in Wisconsin. Its refractor of 40 inches was finished in 1897."
)
NANTONG = passage(1, "Nantong", "Nantong is a city in Jiangsu province, China.")
JINGDE = passage(2, "Jingdezhen", "Jingdezhen is a city in Jiangxi province, China.")
NOLAN = passage(1, "Christopher Nolan", "He is an English film director.")
PAINTER = passage(2, "Jeffrey Smart", "He was an Australian painter.")


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("Which has the larger refractor, Lick Observatory or Yerkes Observatory?", "Yerkes Observatory"),
        ("Which has the smaller refractor, Lick Observatory or Yerkes Observatory?", "Lick Observatory"),
        ("Which was finished first, Lick Observatory or Yerkes Observatory?", "Lick Observatory"),
        ("Which was finished later, Lick Observatory or Yerkes Observatory?", "Yerkes Observatory"),
        ("Are Lick Observatory and Yerkes Observatory in the same state?", "no"),
        ("Do Lick Observatory and Yerkes Observatory both have a refractor?", "yes"),
        ("Which stands in Wisconsin, Lick Observatory or Yerkes Observatory?", "Yerkes Observatory"),
    ],
)
def test_the_evidence_decides(question: str, short: str) -> None:
    verdict = compare(covered(question, LICK, YERKES))
    assert verdict.short == short
    assert {line.subject for line in verdict.lines} == {"Lick Observatory", "Yerkes Observatory"}


def test_the_name_beside_the_noun_is_what_is_compared() -> None:
    assert compare(covered("Are Nantong and Jingdezhen in the same province?", NANTONG, JINGDE)).short == "no"


def test_both_must_be_said_of_each() -> None:
    assert compare(covered("Are Christopher Nolan and Jeffrey Smart both film directors?", NOLAN, PAINTER)).short == "no"


def test_a_yes_or_no_about_one_needs_one_sentence_that_says_it_all_and_denies_nothing() -> None:
    kepler = passage(1, "Johannes Kepler", "He taught in Graz. He was not a painter.")
    assert compare(covered("Was Johannes Kepler in Graz?", kepler)).short == "yes"
    assert compare(covered("Was Johannes Kepler a painter?", kepler)).short == ""
    assert compare(covered("Was Johannes Kepler a sailor?", kepler)).short == ""


def test_a_side_that_is_not_there_leaves_it_open() -> None:
    verdict = compare(covered("Which was finished first, Lick Observatory or Mount Palomar?", LICK))
    assert (verdict.short, [line.subject for line in verdict.lines]) == ("", ["Lick Observatory"])


def test_different_units_are_not_compared() -> None:
    metres = passage(2, "Yerkes Observatory", "Its refractor of 1 metre is large.")
    assert compare(covered("Which has the larger refractor, Lick Observatory or Yerkes Observatory?", LICK, metres)).short == ""


def test_the_older_of_two_is_who_was_born_first() -> None:
    one = passage(1, "Ada Lovelace", "She died in 1852. She was born in 1815.")
    other = passage(2, "Mary Somerville", "She died in 1872. She was born in 1780.")
    assert compare(covered("Who was older, Ada Lovelace or Mary Somerville?", one, other)).short == "Mary Somerville"

"""Dates and numbers that could be what a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.extraction.quantities import amounts, dates, moments, needs, numbers
from agent.extraction.question import asked


def texts(question: str, text: str) -> list[str]:
    read = dates if asked(question).wanted == "date" else numbers
    return [text[start:end] for start, end, _ in read(asked(question), text)]


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("When was it?", "on 4 May 1900, not in June 1901", ["4 May 1900", "June 1901"]),
        ("When was it?", "on May 4, 1900", ["May 4, 1900"]),
        ("In what year was it?", "on 4 May 1900", ["1900"]),
        ("In which century was it?", "in the late 19th century", ["19th century"]),
        ("When was it answered, if not in 1900?", "in 1900 and 1903", ["1903"]),
    ],
)
def test_dates_are_as_full_as_they_stand_and_as_precise_as_asked(question: str, text: str, found: list[str]) -> None:
    assert texts(question, text) == found


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("How wide was the mirror?", "It measured 72 inches across in 1845, with 3 men.", ["72 inches"]),
        ("How many comets did she find?", "She found eight comets and 3 moons.", ["eight"]),
        ("How many times was he chosen?", "a two-time winner, chosen twice", ["two-time", "twice"]),
        ("How much did the bell weigh?", "It cost 40 pounds of silver and hung 3 metres up.", ["40 pounds"]),
        ("How much was he paid?", "He got $1,200 a year for 3 years.", ["$1,200"]),
        ("What was the population of Young?", "In 2011 Young had a population of 6,960.", ["6,960"]),
        ("How long did the repair take?", "100 inches of it took 3 years", ["3 years"]),
        ("How many kilograms of fuel did it carry?", "It carried 77 kilograms of fuel and 9 lamps.", ["77"]),
    ],
)
def test_a_number_carries_the_unit_or_counts_the_thing_that_is_asked_for(question: str, text: str, found: list[str]) -> None:
    assert texts(question, text) == found


def test_a_year_is_no_number_of_things() -> None:
    assert texts("What was the population?", "in 1900") == []


def test_needs_follow_from_the_noun_or_the_verb() -> None:
    assert needs(asked("How much did the bell weigh?")) == ("weight",)
    assert needs(asked("How much was he paid?")) == ("money",)
    assert needs(asked("How tall was it?")) == ("length",)
    assert needs(asked("How many moons are there?")) == ()


def test_moments_and_amounts_can_be_compared() -> None:
    assert [value for _, _, value in moments("4 May 1900, June 1901, 1902")] == [(1900, 5, 4), (1901, 6, 0), (1902, 0, 0)]
    assert [(value, unit) for _, _, value, unit in amounts("36 inches and 1.5 million dollars")] == [
        (36.0, "inches"),
        (1_500_000.0, "dollars"),
    ]


@given(st.text("0123456789 MayJune.,-–()th$%", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    for question in ("When was it?", "How many moons?", "How wide was it?"):
        read = dates if asked(question).wanted == "date" else numbers
        assert all(0 <= start < end <= len(text) for start, end, _ in read(asked(question), text))
    assert all(0 <= start < end <= len(text) for start, end, *_ in [*moments(text), *amounts(text)])

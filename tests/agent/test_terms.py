"""The content words of a text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.extraction.terms import stems, terms


def test_words_of_grammar_and_of_asking_are_left_out() -> None:
    found = terms("How many of the moons did Galileo see?")
    assert [(one.text, one.stem) for one in found] == [("moons", "moon"), ("Galileo", "galileo"), ("see", "see")]


def test_a_hyphened_word_gives_its_pieces_with_their_places() -> None:
    text = "the six-metre telescope"
    assert [text[one.start : one.end] for one in terms(text)] == ["six", "metre", "telescope"]


def test_diacritics_do_not_part_a_word_from_itself() -> None:
    assert stems("Rømer") == stems("Romer")


@given(st.text(max_size=80))
def test_every_term_stands_where_it_says(text: str) -> None:
    assert all(text[one.start : one.end] == one.text for one in terms(text))

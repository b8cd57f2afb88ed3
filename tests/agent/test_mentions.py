"""Names, by capitals and quotation marks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.extraction.mentions import bare, key, mentions, within


def names(text: str) -> list[str]:
    return [one.text for one in mentions(text) if one.kind != "piece"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It was led by Jon L. Luther and by St. John Philby.", ["Jon L. Luther", "St. John Philby"]),
        ("he joined Dunkin' Brands in Canton, Ohio", ["Dunkin' Brands", "Canton", "Canton, Ohio", "Ohio"]),
        ("with Sleepy Brown, Kid Cudi and others", ["Sleepy Brown", "Kid Cudi"]),
        ("taught by Joseph von Fraunhofer", ["Joseph von Fraunhofer"]),
        ("seen with Halley's Comet", ["Halley", "Halley's Comet", "Comet"]),
        ("In March it rained. The next day too.", []),
        ("the moon Triton", ["Triton"]),
        ('in the novel "Strandloper" of 1996', ["Strandloper"]),
        ("a member of A$AP Mob", ["AP Mob"]),
    ],
)
def test_names_are_runs_of_capitals(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_a_title_in_quotes_is_one_name_whatever_its_letters() -> None:
    (one,) = [one for one in mentions('he wrote "The end of the world" then') if one.kind == "quoted"]
    assert one.text == "The end of the world"


def test_a_name_around_of_gives_its_pieces() -> None:
    pieces = {one.text for one in mentions("produced by Trent Reznor of Nine Inch Nails") if one.kind == "piece"}
    assert pieces == {"Trent Reznor", "Nine Inch Nails"}


def test_a_lone_word_at_the_start_of_a_sentence_may_be_no_name() -> None:
    assert [one.kind for one in mentions("Regarded as great. Metallica played.")] == ["opening", "opening"]


def test_origins_are_no_names_to_look_up() -> None:
    (danish,) = mentions("a Danish nobleman")
    assert danish.descriptive
    assert not mentions("the island of Hven")[0].descriptive


def test_keys_bare_titles_and_what_lies_within() -> None:
    assert key("The Dandy Warhols") == "dandy warhols"
    assert key("Rømer's") == "romer's"
    assert bare("Robert Young (musician)") == "Robert Young"
    assert bare("(untitled)") == "(untitled)"
    assert within("john herschel", "sir john herschel")
    assert not within("hers", "john herschel")


@given(st.text(max_size=120))
def test_every_name_stands_where_it_says_and_the_same_text_gives_the_same_names(text: str) -> None:
    found = mentions(text)
    assert all(text[one.start : one.end] == one.text and one.text for one in found)
    mentions.cache_clear()
    assert mentions(text) == found

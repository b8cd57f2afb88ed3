"""What a question asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.extraction.question import asked, phrase


@pytest.mark.parametrize(
    ("question", "wanted", "noun"),
    [
        ("In which town was Kepler born?", "place", "town"),
        ("Where did he die?", "place", "place"),
        ("Who drew the chart?", "person", "person"),
        ("He is father to which Bollywood actress?", "person", "actress"),
        ("On what date was it cast?", "date", "date"),
        ("When was it built?", "date", "date"),
        ("What was the population of the town?", "number", "population"),
        ("How wide was the mirror?", "number", "wide"),
        ("Which small planet did Olbers find?", "thing", "planet"),
        ("What process did Herschel invent?", "thing", "process"),
        ("He is known for his depictions of what?", "thing", ""),
        ("What was Kepler's mother charged with?", "thing", ""),
        ("Are Nantong and Jingdezhen situated in the same province?", "yes_no", ""),
        ("Was Kepler born in Ulm or in Graz?", "choice", ""),
        ("Which is larger, Titan or Triton?", "choice", ""),
    ],
)
def test_the_kind_of_answer_and_its_noun(question: str, wanted: str, noun: str) -> None:
    found = asked(question)
    assert (found.wanted, found.noun) == (wanted, noun)


def test_what_is_counted_is_the_unit() -> None:
    assert asked("How many small moons did Voyager 2 find?").unit == "small moons"
    assert asked("How much was he paid?").unit == ""


@pytest.mark.parametrize(
    ("question", "choices"),
    [
        (
            "Which lens is larger, that of Lick Observatory or that of Yerkes Observatory?",
            ("Lick Observatory", "Yerkes Observatory"),
        ),
        ("Which band was formed first The Exies or Circus Diablo ?", ("Exies", "Circus Diablo")),
        ("Which reached its target first, Giotto at Halley's Comet or Voyager 2 at Uranus?", ("Giotto", "Voyager 2")),
        ("Were the Lowell Observatory and Yerkes Observatory built in one state?", ("Lowell Observatory", "Yerkes Observatory")),
        ("What do E. B. White and Dan Masterson have in common?", ("E. B. White", "Dan Masterson")),
        ("Who drew the chart that Galle and Encke used?", ()),
    ],
)
def test_the_two_sides_of_a_comparison(question: str, choices: tuple[str, ...]) -> None:
    assert asked(question).choices == choices


def test_a_word_weighs_less_with_every_word_and_clause_between() -> None:
    found = asked("Which planet did the painter see who lived near Paris?")
    weights = {term.text: weight for term, weight in zip(found.terms, found.weights, strict=True)}
    assert weights["planet"] == 1.0
    assert weights["painter"] == pytest.approx(1 / (1 + 3 * 0.15))
    assert weights["Paris"] == pytest.approx(1 / (1 + 8 * 0.15 + 0.5))


def test_the_asking_words_open_a_sentence_or_are_the_last_that_join_no_clause() -> None:
    question = "He made a prediction. Which planet did the man who made it find?"
    assert question[slice(*asked(question).place)] == "Which"
    question = "The film, which was shown in 1986, is by which director?"
    assert asked(question).place[0] == question.rindex("which")


def test_a_general_noun_is_no_word_to_be_found() -> None:
    assert [term.text for term in asked("In which town was Kepler born?").terms] == ["Kepler", "born"]
    assert [term.text for term in asked("Which planet was found?").terms] == ["planet", "found"]


def test_a_phrase_ends_at_a_word_of_grammar() -> None:
    assert phrase(" small planet did he find") == ["small", "planet"]
    assert phrase("?") == []


@given(st.text(max_size=100))
def test_any_text_can_be_taken_apart(text: str) -> None:
    found = asked(text)
    assert len(found.terms) == len(found.weights) == len(found.lasting)
    assert all(weight > 0 for weight in found.weights)

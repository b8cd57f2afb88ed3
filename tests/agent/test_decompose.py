"""Sub-questions."""

from __future__ import annotations

from agent.extraction.decompose import clauses, main, sides
from agent.extraction.question import asked
from tests.agent.shown import HOPS


def test_a_comparison_has_two_sides_with_what_is_asked_of_both() -> None:
    question = asked("Which has the larger lens, Lick Observatory or Yerkes Observatory?")
    assert sides(question) == ("Lick Observatory larger lens", "Yerkes Observatory larger lens")
    assert sides(asked("Are Christopher Nolan and Jeffrey Smart both film directors?")) == (
        "Christopher Nolan film directors",
        "Jeffrey Smart film directors",
    )


def test_another_question_has_none() -> None:
    assert sides(asked(HOPS)) == ()


def test_clauses_describe_what_is_not_named() -> None:
    assert clauses(asked(HOPS)) == ("Dane born assisted Jean Picard on Hven in 1671",)
    assert clauses(asked("Where was Kepler born?")) == ()
    assert clauses(asked("Who is the man who came?")) == ()


def test_the_main_clause_ends_where_a_relative_one_begins() -> None:
    question = asked("In which town was the young Dane born who assisted Jean Picard?")
    assert {question.terms[place].text for place in main(question)} == {"young", "born"}
    assert main(asked("Who was it?")) == frozenset()

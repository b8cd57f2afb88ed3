"""Follow-ups made self-contained."""

from __future__ import annotations

import pytest

from agent.extraction.followup import standalone
from agent.state import Exchange

DRAWN = Exchange("Who drew the star chart that Galle used?", "Carl Bremiker", "It was drawn by Carl Bremiker.")
TYCHO = Exchange("When was Tycho Brahe born?", "14 December 1546", "He was born on 14 December 1546.")
TOWN = Exchange("In which town was Ole Rømer born?", "Aarhus", "He was born in Aarhus.")
TELESCOPE = Exchange(
    "Which telescope was the largest in 1850?", "Leviathan of Parsonstown", "It was the Leviathan of Parsonstown."
)
BOTH = Exchange("Is Titan larger than Mercury?", "yes", "Titan is bigger than the planet Mercury.")


@pytest.mark.parametrize(
    ("history", "question", "tied"),
    [
        (DRAWN, "When did he die?", "When did Carl Bremiker die?"),
        (DRAWN, "What was his first book?", "What was Carl Bremiker's first book?"),
        (TYCHO, "Where did he die?", "Where did Tycho Brahe die?"),
        (TOWN, "What is the population there?", "What is the population in Aarhus?"),
        (TOWN, "When did he die?", "When did Ole Rømer die?"),
        (TELESCOPE, "Who built it?", "Who built Leviathan of Parsonstown?"),
        (TELESCOPE, "How wide was the mirror?", "How wide was the mirror (Leviathan of Parsonstown)?"),
        (TYCHO, "And Johannes Kepler?", "When was Johannes Kepler born?"),
        (TYCHO, "What about Johannes Kepler?", "When was Johannes Kepler born?"),
        (BOTH, "Who discovered it?", "Who discovered Titan?"),
        (DRAWN, "And when?", "Who drew the star chart that Galle used, and when?"),
        (TYCHO, "In which city?", "When was Tycho Brahe born, and in which city?"),
        (TOWN, "Why?", "In which town was Ole Rømer born, and why?"),
    ],
)
def test_what_stands_for_the_last_subject_gets_its_name(history: Exchange, question: str, tied: str) -> None:
    assert standalone(question, (history,)) == tied


@pytest.mark.parametrize(
    "question",
    ["Where was Johannes Kepler born?", "Did Johannes Kepler finish his tables?", "Is there a crater named after Tycho Brahe?"],
)
def test_a_question_that_names_its_subject_is_left_alone(question: str) -> None:
    assert standalone(question, (DRAWN,)) == question


def test_without_a_history_nothing_is_tied() -> None:
    assert standalone("When did he die?", ()) == "When did he die?"


def test_the_last_exchange_that_names_something_counts() -> None:
    unnamed = Exchange("How many were there?", "", "")
    assert standalone("When did he die?", (TYCHO, unnamed)) == "When did Tycho Brahe die?"

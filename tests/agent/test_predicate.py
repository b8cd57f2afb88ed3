"""The verb of a question, and the parts of what is asked for and of the name beside it."""

from __future__ import annotations

import pytest

from agent.extraction.predicate import predicate
from agent.extraction.question import asked


@pytest.mark.parametrize(
    ("question", "stem", "part", "name", "name_part"),
    [
        ("Who discovered Neptune?", "discov", "agent", "Neptune", "patient"),
        ("Which moon of Saturn did Huygens discover?", "discov", "patient", "Huygens", "agent"),
        ("When was Neptune discovered?", "discov", None, "Neptune", "patient"),
        ("When did Tycho Brahe die?", "die", None, "Tycho Brahe", "agent"),
        ("Who supervised Vera Rubin's work?", "supervis", "agent", "", "patient"),
        ("In which city did the woman die who saw a comet?", "die", None, "", "agent"),
        ("It is the university with a second campus in which city?", "campus", None, "", "patient"),
    ],
)
def test_the_verb_and_its_parts(question: str, stem: str, part: str | None, name: str, name_part: str) -> None:
    found = predicate(asked(question))
    assert found is not None
    assert (found.stem, found.asked) == (stem, part)
    assert (found.name.text if found.name else "") == name
    assert found.part == name_part


@pytest.mark.parametrize("question", ["How many moons are there?", "Rings of Saturn", "What is the capital of France?", ""])
def test_a_question_without_a_verb_that_ties_has_none(question: str) -> None:
    assert predicate(asked(question)) is None

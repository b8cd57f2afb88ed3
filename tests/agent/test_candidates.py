"""Spans that could be a short answer."""

from __future__ import annotations

from agent.extraction.candidates import Candidate, candidates
from agent.extraction.lines import lines
from agent.extraction.question import asked
from tests.agent.shown import passage


def spans(question: str, text: str, title: str = "") -> list[str]:
    (line,) = lines([passage(1, title, text, document="d")])
    return [one.text for one in candidates(asked(question), line)]


def test_names_of_the_question_and_their_fuller_forms_are_none() -> None:
    assert spans("Who taught Vera Rubin?", "Vera Cooper Rubin was taught by George Gamow.") == ["George Gamow"]


def test_the_subject_of_the_passage_is_one_unless_the_question_names_it() -> None:
    assert spans("Which band is Danish?", "It is from Copenhagen.", "Mercyful Fate") == ["Copenhagen", "Mercyful Fate"]
    assert spans("Where is Mercyful Fate from?", "It is from Copenhagen.", "Mercyful Fate") == ["Copenhagen"]


def test_what_stands_where_the_question_has_its_asking_word() -> None:
    found = spans(
        "He is known for his precise depictions of what?", "He is known for precise depictions of urban streets that are empty."
    )
    assert "urban streets" in found


def test_dates_and_numbers_are_the_only_ones_where_they_are_wanted() -> None:
    assert spans("When was it?", "Herschel saw it on 13 March 1781.") == ["13 March 1781"]
    assert spans("How many moons?", "Herschel saw two moons.") == ["two"]


def test_adjectives_of_origin_and_months_are_none() -> None:
    assert spans("What did he like?", "The Danish king came in May 1600.") == []


def test_the_gap_to_a_place_is_none_inside() -> None:
    (line,) = lines([passage(1, "", "Herschel saw it.", document="d")])
    one = Candidate(line, "saw", 9, 12)
    assert [one.gap(9, 10), one.gap(0, 8), one.gap(13, 15)] == [0, 1, 1]
    assert Candidate(line, "subject", -1, -1).gap(9, 12) == 9

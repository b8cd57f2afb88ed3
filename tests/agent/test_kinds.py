"""Whether a span is of the kind that is asked for."""

from __future__ import annotations

import pytest

from agent.extraction.candidates import Candidate
from agent.extraction.kinds import Kinds
from tests.agent.shown import covered, passage


def suits(question: str, text: str, name: str, *, also: str = "") -> bool:
    """Whether a name in the first sentence suits a question; `also` is told in another document."""
    coverage = covered(question, passage(1, "", text, document="d"), *([passage(2, "", also, document="e")] if also else []))
    start = text.index(name)
    return Kinds(coverage).suits(Candidate(coverage.lines[0], name, start, start + len(name)))


@pytest.mark.parametrize(
    ("question", "text", "name", "suit"),
    [
        ("On what date was it cast?", "It was cast in March 1934.", "March 1934", False),
        ("On what date was it cast?", "It was cast on 2 March 1934.", "2 March 1934", True),
        ("When was it cast?", "It was cast in 1934.", "1934", True),
        ("In which century did it begin?", "It began in 1801.", "1801", False),
        ("In which town is it?", "It is in Ulm.", "Ulm", True),
        ("In which town is it?", "It is at Bethel University.", "Bethel University", False),
        ("In which town is it?", "Ulm has one.", "Ulm", False),
        ("In which state is it?", "It is in Canton, Ohio.", "Canton", False),
        ("In which state is it?", "It is in Canton, Ohio.", "Ohio", True),
        ("Which actress came?", "There came actress Antara Mali.", "Antara Mali", True),
        ("Which actress came?", "There came Antara Mali.", "Antara Mali", False),
        ("Which actress came?", "There came the Best Actress.", "Best Actress", False),
        ("Which medal did he win?", "He won the Medal of Honor in the Vietnam War.", "Medal of Honor", True),
        ("Which medal did he win?", "He won the Medal of Honor in the Vietnam War.", "Vietnam War", False),
    ],
)
def test_a_name_suits_by_its_shape_and_by_what_stands_beside_it(question: str, text: str, name: str, suit: bool) -> None:
    assert suits(question, text, name) is suit


def test_a_single_word_is_a_person_only_where_a_longer_name_ends_with_it() -> None:
    text = "Bond and his son George found Hyperion."
    assert not suits("Who found Hyperion?", text, "George", also="George Bond was born in 1825.")
    assert suits("Who found Hyperion?", text, "Bond", also="George Bond was born in 1825.")
    assert not suits("Who found it?", text, "Hyperion")


def test_a_document_tells_of_what_kind_its_subject_is() -> None:
    school = passage(2, "Hebron Academy", "Hebron Academy is a school for boys.")
    coverage = covered("He went to which school?", passage(1, "", "He went to Hebron Academy.", document="d"), school)
    assert Kinds(coverage).suits(Candidate(coverage.lines[0], "Hebron Academy", 11, 25))
    assert not Kinds(covered("He went to which school?", passage(1, "", "He went to Hebron Academy."))).suits(
        Candidate(coverage.lines[0], "Hebron Academy", 11, 25)
    )

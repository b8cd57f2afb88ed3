"""Who does what to whom, by word order."""

from __future__ import annotations

import pytest

from agent.extraction.deeds import Part, before_noun, deeds
from agent.extraction.lines import lines
from tests.agent.shown import passage


@pytest.mark.parametrize(
    ("text", "form", "agent", "patient"),
    [
        ("Huygens discovered Titan in 1655.", "active", "Huygens", "Titan"),
        ("Pluto was found in 1930 at Flagstaff, Arizona, by Tombaugh.", "passive", "Tombaugh", "Pluto"),
        ("It is a moon discovered by Huygens.", "passive", "Huygens", "moon"),
        ("He learnt of the discovery of Titan by Huygens.", "noun", "Huygens", "Titan"),
        ("Later came Huygens's discovery of Titan.", "noun", "Huygens", "Titan"),
    ],
)
def test_forms_have_their_doer_and_what_is_done_to(text: str, form: str, agent: str, patient: str) -> None:
    (line,) = lines([passage(1, "", text)])
    (deed,) = deeds(line, "discov")
    assert deed.form == form
    for part, name, other in (("agent", agent, patient), ("patient", patient, agent)):
        assert takes(text, deed.takes, part, name)
        assert not takes(text, deed.takes, part, other)


def takes(text: str, take: object, part: str, name: str) -> bool:
    assert callable(take)
    start = text.index(name)
    wanted: Part = "agent" if part == "agent" else "patient"
    return bool(take(wanted, start, start + len(name)))


def test_what_stands_in_another_clause_or_behind_a_preposition_takes_no_part() -> None:
    text = "Harding found Juno at Lilienthal, and Olbers found Vesta."
    (line,) = lines([passage(1, "", text)])
    first, second = deeds(line, "discov")
    assert takes(text, first.takes, "patient", "Juno")
    assert not takes(text, first.takes, "patient", "Lilienthal")
    assert not takes(text, first.takes, "patient", "Vesta")
    assert takes(text, second.takes, "agent", "Olbers")
    assert not takes(text, second.takes, "agent", "Harding")
    assert first.within(0, 7)
    assert not first.within(text.index("Vesta"), text.index("Vesta") + 5)


def test_a_mark_in_brackets_parts_no_clause() -> None:
    text = "Bonnie Tyler (born Gaynor Hopkins; 8 June 1951) is a singer."
    (line,) = lines([passage(1, "", text)])
    (deed,) = deeds(line, "born")
    assert deed.within(text.index("8 June"), text.index(")"))
    assert deed.form == "passive"
    assert takes(text, deed.takes, "patient", "Bonnie Tyler")


def test_a_word_behind_an_article_or_an_owner_is_a_noun() -> None:
    assert before_noun("the find", 4)
    assert before_noun("Cassini's find", 10)
    assert not before_noun("they find", 5)

"""Which names to look up next."""

from __future__ import annotations

import pytest

from agent.extraction.follow import leads, unresolved
from agent.extraction.mentions import key
from agent.state import Evidence
from tests.agent.shown import DANE, HOPS, ROMER, covered, passage


def found(question: str, *evidence: Evidence, tried: tuple[str, ...] = ()) -> list[str]:
    return [lead.name for lead in leads(covered(question, *evidence), evidence, frozenset(map(key, tried)))]


def test_the_name_that_the_evidence_introduces_near_the_question_goes_first_after_the_questions_own() -> None:
    assert found(HOPS, DANE)[:2] == ["Jean Picard", "Ole Rømer"]


def test_what_was_tried_or_shown_is_not_followed_again() -> None:
    assert "Ole Rømer" not in found(HOPS, DANE, ROMER)
    assert "Jean Picard" not in found(HOPS, DANE, tried=("Jean Picard",))
    assert "Uraniborg" not in found(HOPS, DANE)


def test_no_name_lies_within_another() -> None:
    names = found("Who produced it?", passage(1, "Soundtrack", "It was produced by Trent Reznor of Nine Inch Nails."))
    assert names == ["Trent Reznor"] or names == ["Trent Reznor of Nine Inch Nails"] or len(names) == 2
    assert len(names) == len({word for name in names for word in [name.split()[0]]})


def test_a_lead_says_which_passage_introduced_it() -> None:
    by_name = {lead.name: lead for lead in leads(covered(HOPS, DANE), [DANE], frozenset())}
    assert by_name["Ole Rømer"].number == 1
    assert by_name["Jean Picard"].number == 0


@pytest.mark.parametrize(
    ("question", "title", "open_names"),
    [
        ("Who founded Lick Observatory?", "Lick Observatory", []),
        ("Who founded Lick Observatory?", "Lick Observatory (California)", []),
        ("Who founded Lick Observatory?", "Yerkes Observatory", ["Lick Observatory"]),
        ("Which is larger, the Cotula or the Pterocarya?", "Cryptantha pterocarya", ["Cotula", "Pterocarya"]),
        ("Who starred in In Love and War?", "In Love and War", []),
    ],
)
def test_a_name_of_the_question_is_resolved_by_a_title(question: str, title: str, open_names: list[str]) -> None:
    shown = passage(1, title, "It stands.")
    assert [one.text for one in unresolved(covered(question, shown), [shown])] == open_names

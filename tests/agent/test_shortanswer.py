"""The best candidate for a short answer."""

from __future__ import annotations

import pytest

from agent.extraction.shortanswer import ranked
from agent.state import Evidence
from tests.agent.shown import DANE, HOPS, PICARD, ROMER, covered, passage

KEPLER = passage(
    1,
    "Johannes Kepler",
    "Johannes Kepler was born in Weil der Stadt. He taught in Graz. The Rudolphine Tables were printed in Ulm in 1627.",
)
CHIANG = passage(1, "Chiang Kai-shek", "Chiang Kai-shek (October 31, 1887 – April 5, 1975) was a leader.")
MALI = passage(1, "Jagdish Mali", "He took images of Rekha. He was the father of Bollywood actress Antara Mali.")
FATE = passage(1, "Mercyful Fate", "It is a Danish heavy metal band from Copenhagen.")


@pytest.mark.parametrize(
    ("question", "evidence", "short"),
    [
        ("In which town were the Rudolphine Tables printed?", KEPLER, "Ulm"),
        ("Where was Kepler born?", KEPLER, "Weil der Stadt"),
        ("When did Chiang Kai-shek die?", CHIANG, "April 5, 1975"),
        ("When was Chiang Kai-shek born?", CHIANG, "October 31, 1887"),
        ("Jagdish Mali is father to which Bollywood actress?", MALI, "Antara Mali"),
        ("Which Danish band is from Copenhagen?", FATE, "Mercyful Fate"),
    ],
)
def test_the_answer_stands_near_the_words_of_the_question(question: str, evidence: Evidence, short: str) -> None:
    assert ranked(covered(question, evidence))[0].candidate.text == short


def test_over_two_documents_the_linked_one_answers_and_not_the_one_that_is_named() -> None:
    first = ranked(covered(HOPS, DANE, ROMER, PICARD))[0]
    assert first.candidate.text == "Aarhus"
    assert first.candidate.line.subject == "Ole Rømer"


def test_of_a_plain_question_a_document_about_the_name_answers() -> None:
    struve = passage(1, "Pulkovo Observatory", "Struve, born in Altona, had a refractor by Joseph von Fraunhofer.")
    own = passage(2, "Joseph von Fraunhofer", "He was born on 6 March 1787 in Straubing, Bavaria.")
    assert ranked(covered("Where was Joseph von Fraunhofer born?", struve, own))[0].candidate.text == "Straubing"


def test_scores_are_worked_by_hand() -> None:
    """One term, "born", 5 characters before "Ulm": near is 1 / (1 + 4 / 30); its document says the whole question."""
    (best, *_) = ranked(covered("Where was she born?", passage(1, "", "born in Ulm", document="d")))
    assert best.near == pytest.approx(1 / (1 + 4 / 30), abs=1e-6)
    assert best.relevance == 1.0
    assert best.score == pytest.approx(best.near + 1.0 + 0.5 * 0.25, abs=1e-6)  # 0.25: a place behind "in"


def test_equal_scores_keep_the_order_in_which_they_were_shown() -> None:
    twice = [passage(n, "", "She was born in Ulm.", document=f"d{n}") for n in (1, 2)]
    assert [one.candidate.line.passage.number for one in ranked(covered("Where was she born?", *twice))] == [1, 2]

"""The figures of the reference evaluator beside ours, each worked by hand."""

from __future__ import annotations

import json

import pytest

from evals.agentic.official import figures, official_citations
from evals.datasets import Question
from evals.formats.trajectory import Entry, Record
from retrievers.errors import FathomError

PASSAGE = "browsecomp_plus_5412_7"
QUESTIONS = [Question("1", "Where?", ("5412", "77"), ("Ulm",)), Question("2", "When?", ("88",), ("1627",))]


def record(id: str, docids: tuple[str, ...], response: str, *, status: str = "completed", searches: int = 1) -> Record:
    hits = json.dumps([{"docid": one, "snippet": "Printed in Ulm."} for one in docids])
    call = Entry("tool_call", hits, "search", '{"user_query": "Ulm"}')
    return Record(id, status, {"search": searches}, docids, (call, Entry("output_text", response)))


@pytest.mark.parametrize(
    ("response", "taken"),
    [
        (f"[{PASSAGE}]", {"5412", "7"}),  # half of an id each
        ("in [1998]", {"1998"}),  # a year
        ("[12, 13]【14】", {"12", "13", "14"}),
        ("12 (13)", set[str]()),
    ],
)
def test_the_reference_takes_digits_for_ids(response: str, taken: set[str]) -> None:
    assert official_citations(response) == taken


def test_each_figure_stands_beside_the_official_one() -> None:
    cites = record("1", (PASSAGE,), f"Printed in Ulm [{PASSAGE}] in [1627].\nExact answer: Ulm", searches=3)
    none = record("2", ("88",), "I do not know.")
    found = {one.name: (one.official, one.ours.value, one.ours.n) for one in figures([cites, none], QUESTIONS)}
    assert found == {
        # passage ids are no documents: (0 / 2 + 1 / 1) / 2; ours (1 / 2 + 1) / 2
        "recall": (0.5, 0.75, 2),
        "searches": (2.0, 2.0, 2),
        "completion": (1.0, 1.0, 2),
        "citation coverage": (0.5, 0.5, 2),
        # {5412, 7, 1627} against {5412, 77}, over the one that cites; ours {5412}, over both
        "citation precision": (pytest.approx(1 / 3), 0.5, 2),
        "citation recall": (0.5, 0.25, 2),
        "calibration error": (None, None, 0),  # nobody gave a confidence
    }


def test_a_question_that_was_never_run_counts() -> None:
    one = figures([record("2", ("88",), "x")], QUESTIONS)[0]
    assert (one.name, one.official, one.ours.value, one.ours.n) == ("recall", 1.0, 0.5, 2)
    assert one.why == "the reference divides by the 1 files found, not by 2 questions"


def test_what_did_not_complete_keeps_its_recall_and_cites_nothing() -> None:
    found = {one.name: one.ours.value for one in figures([record("2", ("88",), "[88]", status="incomplete")], QUESTIONS[1:])}
    assert (found["recall"], found["completion"], found["citation coverage"]) == (1.0, 0.0, 0.0)


def test_the_most_confident_answers_are_left_out_of_the_official_calibration_alone() -> None:
    questions = [Question(str(number), "Where?", ("88",), ("Ulm",)) for number in range(200)]
    runs = [
        record(one.id, ("88",), f"Exact answer: {'Ulm' if place < 100 else 'Linz'}\nConfidence: {99 if place < 100 else 100}")
        for place, one in enumerate(questions)
    ]
    last = figures(runs, questions)[-1]
    # bins: 100 right at 0.99, 100 wrong at 1: the reference sees the first alone
    assert last.official == pytest.approx((100 / 200 * 0.01**2) ** 0.5)
    assert last.ours.value == pytest.approx((100 / 200 * 0.01**2 + 100 / 200 * 1.0) ** 0.5)


def test_no_record_has_no_figures() -> None:
    with pytest.raises(FathomError, match="no record"):
        figures([], QUESTIONS)

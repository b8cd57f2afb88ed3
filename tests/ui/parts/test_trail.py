"""Why a passage was found, from the ledger's candidates: the search as issued and rewritten, rank and score at every stage."""

from __future__ import annotations

from agent.state import Answer
from agent.why import Place
from tests.ui.parts.answered import Room
from ui.parts.trail import line, trail


def test_a_trail_tells_the_search_and_every_stage(chat: Room) -> None:
    run = chat.write(Answer("not_found"))
    found = trail(chat.visit.ledger, run, 1, "wren-b.md#1")
    assert found.how == "Search 1: “wren <i>founded</i>”"
    assert found.rewritten == "wren founded"
    assert [line(place) for place in found.places] == ["BM25: rank 2 of 40, score 3", "Rerank(<b>): rank 1 of 3, score 0.75"]
    assert found.shown == "Shown as passage 2, 12 tokens of it."


def test_a_stage_that_dropped_the_passage_says_so(chat: Room) -> None:
    run = chat.write(Answer("not_found"))
    found = trail(chat.visit.ledger, run, 1, "wren-a.md#1")
    assert [line(place) for place in found.places] == [
        "BM25: rank 1 of 40, score 4, founded 1.5",
        "Rerank(<b>): not among the 3 that it gave",
    ]


def test_what_was_not_shown_has_no_trail(chat: Room) -> None:
    run = chat.write(Answer("not_found"))
    assert trail(chat.visit.ledger, run, 1, "other#1").how == "It was not shown in this question."


def test_a_line_counts_thousands() -> None:
    assert line(Place("Dense", 12, 1000, 0.123456)) == "Dense: rank 12 of 1,000, score 0.1235"
    assert line(Place("BM25", None, 0)) == "BM25: gave nothing"

"""The timeline: lines turn by turn, what the stages of a search gave, and a picture without a word but our own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.entries.packing import Candidates
from agent.state import Event, Open, Search, Turn
from retrievers.errors import FathomError
from ui.parts.fork import Branch, branches, edited
from ui.parts.spans import Span
from ui.parts.steps import Kind, Line
from ui.parts.timeline import Chapter, chapters, chart, gave, staged


def line(seq: int, kind: Kind, turn: int = 0, **other: Any) -> Line:
    return Line(seq, 0.0, kind, "words", turn=turn, **other)


def event(seq: int, number: int) -> Event:
    return Event(seq, "r", 1, "action", {"number": number})


def test_a_plan_is_of_the_first_turn_a_failure_of_the_turn_it_came_in_and_the_writing_of_none() -> None:
    plan, first, broken, read = line(2, "plan"), line(3, "search", 1), line(4, "failure"), line(5, "read", 1)
    second, stop, write, resume = line(6, "think", 2), line(7, "stop"), line(8, "write"), line(9, "resume")
    assert chapters([line(1, "understood"), plan, first, broken, read, second, stop, write]) == (
        Chapter(1, (line(1, "understood"), plan, first, broken, read)),
        Chapter(2, (second, stop)),
        Chapter(0, (write,)),
    )
    assert [one.turn for one in chapters([second, write, resume, line(10, "search", 2)])] == [2, 0, 1, 2]
    assert chapters([]) == ()


def test_searches_stand_in_the_order_in_which_they_were_asked_for_with_what_their_stages_gave() -> None:
    lines = [line(1, "think", 1), line(2, "search", 1, details=("rewritten",)), line(3, "open", 1), line(4, "read", 1)]
    found = staged(lines, [event(2, 2), event(3, 1)], {2: "BM25 gave 7"})
    assert [(one.seq, one.details) for one in found] == [
        (1, ("",)),
        (3, ("",)),
        (2, ("rewritten", "BM25 gave 7")),
        (4, ("",)),
    ]


def test_a_stage_that_searched_for_another_text_says_so() -> None:
    stages = [Candidates("BM25", "Triton", ("a",), (1.0,), ("",), 1234), Candidates("Dense", "a moon", (), (), (), 0)]
    assert gave(stages, "Triton") == "BM25 gave 1,234, Dense gave 0 for “a moon”"


def test_the_picture_holds_figures_and_words_of_our_own() -> None:
    found = [Span(3, "1 · search 1", "search", 0.5, 1.0, 1, bad=True), Span(2, "1 · plan", "decide", 0.0, 0.5, 1)]
    drawn = chart(found).to_dict()
    assert drawn["data"]["values"] == [
        {"step": "1 · search 1", "doing": "failed", "begin": 0.5, "end": 1.0, "told": "from 0.50 s, for 0.50 s"},
        {"step": "1 · plan", "doing": "decides", "begin": 0.0, "end": 0.5, "told": "from 0.00 s, for 0.50 s"},
    ]
    assert '"sort": ["1 \\u00b7 plan", "1 \\u00b7 search 1"]' in json.dumps(drawn)
    assert '"domain": [0, 1.0]' in json.dumps(drawn)


def test_turns_that_looked_for_something_can_be_forked() -> None:
    turns = (
        Turn(1, "", (Search("moons of Mars"), Search("moons of Jupiter"))),
        Turn(2, "", (Open("mars#1"),)),
        Turn(3, "", (Open("mars#1"), Search("Phobos"))),
        Turn(4, "enough"),
    )
    assert branches(turns) == (Branch(1, "moons of Mars", 2), Branch(2, "", 0), Branch(3, "Phobos", 1))
    assert [one.told for one in branches(turns)] == [
        "Turn 1: moons of Mars and 1 more",
        "Turn 2: opens documents",
        "Turn 3: Phobos",
    ]


def test_a_query_that_stays_as_it_was_leaves_the_turns_searches_alone() -> None:
    branch = Branch(1, "moons of Mars", 2)
    assert edited(branch, "moons of Mars") is None
    assert edited(branch, " Phobos ") == "Phobos"
    assert edited(Branch(2, "", 0), "") is None
    with pytest.raises(FathomError, match="empty query"):
        edited(branch, " ")

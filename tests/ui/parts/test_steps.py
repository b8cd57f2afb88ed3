"""Events as lines: every kind of event, the words that it is told in, and what has been spent."""

from __future__ import annotations

from typing import Any

import pytest

from agent.state import Event
from ui.parts.steps import Line, progress

SEARCH: dict[str, Any] = {
    "number": 1, "turn": 2, "kind": "search", "query": "moons of Mars", "item": "", "rewritten": "", "hits": 7, "repeats": None,
    "failure": None, "seconds": 0.25,
}  # fmt: skip
CALL: dict[str, Any] = {"tokens_in": 100, "tokens_out": 20, "cost": 0.25}


def event(kind: str, payload: dict[str, Any], *, seq: int = 5, question: int = 1) -> Event:
    return Event(seq, "r", question, kind, payload, 9.5)


def line(kind: str, payload: dict[str, Any]) -> Line:
    (found,) = progress([event(kind, payload)]).lines
    return found


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        ("text", {"text": "Who found Titan?"}, Line(5, 9.5, "understood", "understood as: Who found Titan?")),
        ("plan", {"parts": ["a", "b"]}, Line(5, 9.5, "plan", "2 sub-questions", ("a", "b"))),
        ("turn", {"number": 3, "reasoning": "more of it", "actions": []}, Line(5, 9.5, "think", "more of it", turn=3)),
        ("action", SEARCH, Line(5, 9.5, "search", "“moons of Mars”   7 hits, 0.2 s", turn=2)),
        ("action", SEARCH | {"hits": 1}, Line(5, 9.5, "search", "“moons of Mars”   1 hit, 0.2 s", turn=2)),
        (
            "action",
            SEARCH | {"rewritten": "Phobos"},
            Line(5, 9.5, "search", "“moons of Mars”   7 hits, 0.2 s", ("rewritten: “Phobos”",), turn=2),
        ),
        (
            "action",
            SEARCH | {"rewritten": "moons of Mars"},
            Line(5, 9.5, "search", "“moons of Mars”   7 hits, 0.2 s", turn=2),
        ),
        (
            "action",
            SEARCH | {"repeats": 1},
            Line(5, 9.5, "search", "“moons of Mars”   asked before, as search 1", turn=2),
        ),
        (
            "action",
            SEARCH | {"failure": "Unavailable"},
            Line(5, 9.5, "search", "“moons of Mars”   failed: Unavailable", bad=True, turn=2),
        ),
        (
            "action",
            SEARCH | {"kind": "open", "item": "mars#1", "query": "", "rewritten": "x"},
            Line(5, 9.5, "open", "more of mars#1   7 hits, 0.2 s", turn=2),
        ),
        (
            "shown",
            {"turn": 2, "passages": [{"title": "Mars", "document": "m"}, {"title": "", "document": "d"}, {"title": "Mars"}]},
            Line(5, 9.5, "read", "read 3 passages", ("Mars", "d"), turn=2),
        ),
        (
            "failure",
            {"step": "plan", "kind": "k", "happened": "no server", "remedy": "start it"},
            Line(5, 9.5, "failure", "plan: no server", ("start it",), bad=True),
        ),
        ("stop_asked", {}, Line(5, 9.5, "stop", "asked to stop")),
        ("stop", {"stop": "budget"}, Line(5, 9.5, "write", "writing and checking the answer")),
        ("run", {"status": "running", "open": [1]}, Line(5, 9.5, "resume", "went on where it had been cut off")),
    ],
)
def test_an_event_is_told(kind: str, payload: dict[str, Any], told: Line) -> None:
    assert line(kind, payload) == told


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("run", {"title": "q", "status": "running"}),
        ("plan", {"parts": ["only one"]}),
        ("turn", {"number": 1, "reasoning": "", "actions": []}),
        ("shown", {"turn": 1, "passages": []}),
        ("call", CALL),
        ("draft", {"text": "Mars has"}),
        ("answer", {"kind": "found"}),
        ("searches", {"questions": [1]}),
    ],
)
def test_what_says_nothing_to_a_reader_has_no_line(kind: str, payload: dict[str, Any]) -> None:
    assert progress([event(kind, payload)]).lines == ()


def test_only_the_question_itself_and_its_run_are_told() -> None:
    events = [event("text", {"text": str(number)}, question=number) for number in (1, 2)] + [event("stop_asked", {}, question=0)]
    assert [one.text for one in progress(events, 2).lines] == ["understood as: 2", "asked to stop"]


def test_a_draft_grows_until_the_model_decided_or_the_answer_stands() -> None:
    words = [event("draft", {"text": text}) for text in ("Mars ", "has two")]
    assert progress(words).draft == "Mars has two"
    for end in ("turn", "answer"):
        assert progress([*words, event(end, {"number": 2, "reasoning": ""}), words[0]]).draft == "Mars "


def test_what_was_spent_is_counted_and_a_repeat_is_free() -> None:
    shown = event("shown", {"turn": 1, "passages": [{"title": "a"}, {"title": "b"}]})
    actions = [event("action", SEARCH | other) for other in ({}, {"repeats": 1}, {"kind": "open"}, {"failure": "x"})]
    state = progress([*actions, shown, event("call", CALL), event("call", CALL | {"cost": 0.5})])
    assert (state.searches, state.shown, state.tokens, state.cost) == (2, 2, 240, 0.75)
    unknown = progress([event("call", CALL), event("call", CALL | {"cost": None}), event("call", CALL)])
    assert (unknown.tokens, unknown.cost) == (360, None)
    assert progress([]).cost == 0.0

"""When each step of a question began and ended, from events that are written down here."""

from __future__ import annotations

from typing import Any

from agent.state import Event
from ui.parts.spans import Span, lasted, moments, spans

BEGUN: dict[str, Any] = {"title": "q", "size": 1, "status": "running"}


def event(seq: int, at: float, kind: str, question: int = 1, **payload: Any) -> Event:
    return Event(seq, "r", question, kind, payload, 1000.0 + at)


def action(seq: int, at: float, number: int, seconds: float, **other: Any) -> Event:
    told = {"kind": "search", "failure": None, "turn": 1, "number": number, "seconds": seconds} | other
    return Event(seq, "r", 1, "action", told, 1000.0 + at)


WHOLE = [
    event(1, 0.0, "run", 0, **BEGUN),
    event(2, 0.5, "text", text="self-contained"),
    event(3, 0.75, "call", seconds=0.25, failure=None),
    event(4, 1.0, "plan", parts=[]),
    event(5, 1.0, "turn", number=1, reasoning="", actions=[]),
    action(6, 3.0, 2, 1.5),
    action(7, 3.5, 1, 2.5),
    event(8, 4.0, "shown", turn=1, passages=[]),
    event(9, 4.25, "draft", text="a"),
    event(10, 4.5, "turn", number=2, reasoning="", actions=[]),
    event(11, 5.0, "stop", stop="answered"),
    event(12, 5.5, "answer", short="found"),
    event(13, 5.5, "run", 0, status="done"),
]


def test_a_step_reaches_from_the_one_before_and_a_search_says_itself_how_long_it_took() -> None:
    assert spans(WHOLE) == (
        Span(2, "understand", "decide", 0.0, 0.5),
        Span(3, "model call 1", "model", 0.5, 0.75),
        Span(5, "1 · plan", "decide", 0.5, 1.0, 1),
        Span(6, "1 · search 2", "search", 1.5, 3.0, 1),
        Span(7, "1 · search 1", "search", 1.0, 3.5, 1),
        Span(8, "1 · read", "read", 3.5, 4.0, 1),
        Span(10, "2 · reflect", "decide", 4.0, 4.5, 2),
        Span(11, "write", "write", 4.5, 5.0),
        Span(12, "check", "write", 5.0, 5.5),
    )
    assert lasted(spans(WHOLE)) == 5.5
    assert spans(WHOLE)[3].seconds == 1.5


def test_what_failed_is_bad_and_an_opening_is_called_so() -> None:
    events = [
        event(1, 0.0, "run", 0, **BEGUN),
        action(2, 1.0, 1, 0.5, failure="Unavailable"),
        action(3, 2.0, 2, 0.5, kind="open", turn=2),
        event(4, 2.5, "call", seconds=9.0, failure="timeout"),
    ]
    assert spans(events) == (
        Span(2, "1 · search 1", "search", 0.5, 1.0, 1, bad=True),
        Span(3, "2 · open 2", "search", 1.5, 2.0, 2),
        Span(4, "model call 1", "model", 0.0, 2.5, bad=True),
    )


def test_the_time_in_which_a_run_lay_still_does_not_count() -> None:
    """It was stopped at 2 s, and went on an hour later."""
    events = [
        event(1, 0.0, "run", 0, **BEGUN),
        event(2, 1.0, "turn", number=1, reasoning="", actions=[]),
        event(3, 2.0, "run", 0, status="stopped"),
        event(4, 3602.0, "run", 0, status="running", open=[1]),
        event(5, 3602.5, "shown", turn=1, passages=[]),
    ]
    assert spans(events)[1] == Span(5, "1 · read", "read", 2.0, 2.5, 1)
    assert moments(events) == {1: 0.0, 2: 1.0, 3: 2.0, 4: 2.0, 5: 2.5}


def test_a_question_begins_where_the_one_before_it_ended_and_knows_nothing_of_the_others() -> None:
    events = [
        event(1, 0.0, "run", 0, **BEGUN | {"size": 2}),
        event(2, 1.0, "turn", 1, number=1, reasoning="", actions=[]),
        event(3, 4.0, "answer", 1, short="found"),
        event(4, 4.5, "turn", 2, number=1, reasoning="", actions=[]),
        event(5, 5.0, "stop", 1, stop="x"),
        event(6, 6.0, "shown", 2, turn=1, passages=[]),
    ]
    assert spans(events, 2) == (Span(4, "1 · plan", "decide", 4.0, 4.5, 1), Span(6, "1 · read", "read", 4.5, 6.0, 1))


def test_without_a_step_there_is_no_time() -> None:
    assert spans([]) == ()
    assert lasted(()) == 0.0
    assert spans([event(1, 0.0, "run", 0, **BEGUN)]) == ()

"""When each step of a question began and ended, from the run's events: what its timeline is drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agent.state import Event

Doing = Literal["decide", "search", "read", "write", "model"]
_STEPS = frozenset({"run", "text", "turn", "action", "shown", "stop", "answer"})


@dataclass(frozen=True)
class Span:
    """A step: from `begin` to `end` in seconds since the run's start, without the time in which the run lay still.

    `name` is made of our own words and numbers alone. `seq` is the event that recorded the step, `turn` 0 outside turns; `bad` is
    one that failed.
    """

    seq: int
    name: str
    doing: Doing
    begin: float
    end: float
    turn: int = 0
    bad: bool = False

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


@dataclass
class _Clock:
    """Seconds of work since the start: the time between an end and a resume does not count."""

    start: float = 0.0
    ended: float | None = None
    lay: float = 0.0

    def at(self, event: Event) -> float:
        """The event's time; one that says that the run went on ends the pause before it."""
        if event.kind == "run":
            self._of_run(event)
        return max(0.0, event.at - self.start - self.lay)

    def _of_run(self, event: Event) -> None:
        if "title" in event.payload:
            self.start = event.at
        elif "open" in event.payload and self.ended is not None:
            self.lay += event.at - self.ended
        else:
            self.ended = event.at


def spans(events: Iterable[Event], number: int = 1) -> tuple[Span, ...]:
    """The steps of one question, in the order in which they were recorded.

    A search and a call of a model say themselves how long they took. A decision, a reading and a writing reach from the end of
    the step before to where they were recorded.

    >>> [(one.name, one.seconds) for one in spans(ledger.events(run))]
    [('1 · plan', 0.02), ('1 · search 1', 0.31), ('1 · read', 0.01), ('2 · reflect', 0.04), ('write', 0.03), ('check', 0.01)]
    """
    clock, found = _Clock(), list[Span]()
    before, calls = 0.0, 0
    for event in events:
        now = clock.at(event)
        own = event.question == number
        calls += own and event.kind == "call"
        made = _span(event, now, before, calls) if own else None
        found += [made] if made is not None else []
        if event.kind in _STEPS and (own or event.question == 0 or not found):
            before = now  # a question that waited for others began when the last of them ended
    return tuple(found)


def _span(event: Event, now: float, before: float, calls: int) -> Span | None:
    payload = event.payload
    match event.kind:
        case "text":
            return Span(event.seq, "understand", "decide", before, now)
        case "turn":
            turn: int = payload["number"]
            return Span(event.seq, f"{turn} · {'plan' if turn == 1 else 'reflect'}", "decide", before, now, turn)
        case "action":
            return _action(event, payload, now)
        case "call":
            begin = max(0.0, now - payload["seconds"])
            return Span(event.seq, f"model call {calls}", "model", begin, now, bad=bool(payload["failure"]))
        case "shown":
            return Span(event.seq, f"{payload['turn']} · read", "read", before, now, payload["turn"])
        case "stop":
            return Span(event.seq, "write", "write", before, now)
        case "answer":
            return Span(event.seq, "check", "write", before, now)
        case _:
            return None


def _action(event: Event, payload: Mapping[str, Any], now: float) -> Span:
    doing = "open" if payload["kind"] == "open" else "search"
    begin = max(0.0, now - payload["seconds"])
    name = f"{payload['turn']} · {doing} {payload['number']}"
    return Span(event.seq, name, "search", begin, now, payload["turn"], bool(payload["failure"]))


def moments(events: Iterable[Event]) -> dict[int, float]:
    """When each event was recorded, in seconds since the run's start, without the time in which it lay still."""
    clock = _Clock()
    return {event.seq: clock.at(event) for event in events}


def lasted(found: Sequence[Span]) -> float:
    """When the last of the steps ended, in seconds since the run's start; 0 where there is none."""
    return max((one.end for one in found), default=0.0)

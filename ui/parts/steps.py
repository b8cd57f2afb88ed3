"""What a run's events tell, in the order in which it happened: the same lines while it goes on, and in its timeline after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from agent.reports.wording import counted
from agent.state import Event

Kind = Literal["understood", "plan", "think", "search", "open", "read", "write", "failure", "stop", "resume"]


@dataclass(frozen=True)
class Line:
    """One thing that happened: what, in a few words, with the details below it. `bad` is a step that failed.

    `text`, `details` may hold words of a corpus, a model or a person: they are shown plain.
    """

    seq: int
    at: float
    kind: Kind
    text: str
    details: tuple[str, ...] = ()
    bad: bool = False
    turn: int = 0


@dataclass(frozen=True)
class Progress:
    """How far a question has come: its lines, the model's unverified words so far, and what it spent."""

    lines: tuple[Line, ...] = ()
    draft: str = ""
    searches: int = 0
    shown: int = 0
    tokens: int = 0
    cost: float | None = 0.0


def progress(events: Iterable[Event], number: int = 1) -> Progress:
    """The progress of one question of a run, from the run's events.

    >>> [line.kind for line in progress(ledger.events(run)).lines]
    ['search', 'read', 'write']
    """
    lines: list[Line] = []
    draft = ""
    searches = shown = tokens = 0
    cost: float | None = 0.0
    for event in events:
        if event.question not in (0, number):
            continue
        lines += _lines(event)
        match event.kind:
            case "draft":
                draft += str(event.payload["text"])
            case "turn" | "answer":
                draft = ""
            case "action":
                searches += event.payload["kind"] == "search" and event.payload["repeats"] is None
            case "shown":
                shown += len(event.payload["passages"])
            case "call":
                tokens += event.payload["tokens_in"] + event.payload["tokens_out"]
                cost = None if cost is None or event.payload["cost"] is None else cost + event.payload["cost"]
            case _:
                pass
    return Progress(tuple(lines), draft, searches, shown, tokens, cost)


def _lines(event: Event) -> list[Line]:
    told = _told(event.kind, event.payload)
    return [Line(event.seq, event.at, *told[:2], **told[2])] if told else []


def _told(kind: str, payload: Mapping[str, Any]) -> tuple[Kind, str, dict[str, Any]] | None:
    match kind:
        case "text":
            return "understood", f"understood as: {payload['text']}", {}
        case "plan" if len(payload["parts"]) > 1:
            return "plan", f"{len(payload['parts'])} sub-questions", {"details": tuple(payload["parts"])}
        case "turn" if payload["reasoning"]:
            return "think", str(payload["reasoning"]), {"turn": payload["number"]}
        case "action":
            return _action(payload)
        case "shown" if payload["passages"]:
            titles = dict.fromkeys(one["title"] or one["document"] for one in payload["passages"])
            read = counted(len(payload["passages"]), "passage")
            return "read", f"read {read}", {"details": tuple(titles), "turn": payload["turn"]}
        case "failure":
            return "failure", f"{payload['step']}: {payload['happened']}", {"details": (payload["remedy"],), "bad": True}
        case "stop_asked":
            return "stop", "asked to stop", {}
        case "stop":
            return "write", "writing and checking the answer", {}
        case "run" if "open" in payload:
            return "resume", "went on where it had been cut off", {}
        case _:
            return None


def _action(payload: Mapping[str, Any]) -> tuple[Kind, str, dict[str, Any]]:
    kind: Kind = "open" if payload["kind"] == "open" else "search"
    what = f"more of {payload['item']}" if kind == "open" else f"“{payload['query']}”"
    if payload["failure"]:
        came = f"failed: {payload['failure']}"
    elif payload["repeats"]:
        came = f"asked before, as search {payload['repeats']}"
    else:
        came = f"{counted(payload['hits'], 'hit')}, {payload['seconds']:.1f} s"
    rewritten = payload["rewritten"]
    details = (f"rewritten: “{rewritten}”",) if rewritten and rewritten != payload["query"] and kind == "search" else ()
    return kind, f"{what}   {came}", {"details": details, "bad": bool(payload["failure"]), "turn": payload["turn"]}

"""The list of runs in words, and the filter's choices as a condition."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest

from agent.entries.overview import Summary, Wanted
from agent.entries.rows import RunRow
from agent.spec import Spec
from agent.state import Spent
from ui.parts.run_filter import wanted
from ui.parts.run_list import facts, outcome


def summary(spec: Spec | None = None, *, size: int = 1, purpose: str = "chat", **fields: Any) -> Summary:
    made = (spec or Spec("i", "bm25")).as_json()
    run = RunRow("r", "c", None, None, purpose, made, "Who?", size, "done", "", 0.0, False, 0.0, 1.0)
    return Summary(run, fields.pop("stops", {"answered": 1}), **fields)


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (summary(kind="found", short="Huygens"), "Huygens"),
        (summary(kind="found", short="\u200b "), "<U+200B>"),
        (summary(kind="found"), "Answer"),
        (summary(kind="not_found", short="Huygens"), "Not found in this corpus"),
        (summary(kind="conflict"), "The sources disagree"),
        (summary(stops={"": 1}), ""),
        (summary(size=3, stops={"answered": 1, "budget": 1, "failed": 1}), "2 of 3 questions ended"),
        (summary(size=1000, stops={"": 1000}), "1,000 questions"),
    ],
)
def test_what_came_of_a_run(one: Summary, told: str) -> None:
    assert outcome(one) == told


def test_how_a_run_was_asked_and_what_it_took() -> None:
    spent = Spent(3, 0, 0, 2.25)
    assert facts(summary(spent=spent)) == "bm25 · standard · extractive · the question was covered · 3 searches · 2.2 s"
    model = summary(Spec("i", policy="chat", endpoint="e", model="m"), purpose="ask", spent=Spent(1, 900, 100, 1.0, None))
    assert facts(model) == (
        "command line · hybrid · standard · chat · the question was covered · 1 search · 1,000 tokens · cost unknown · 1.0 s"
    )
    alone = summary(Spec("i", policy="none", dataset="d"), purpose="first", size=2, stops={"": 2}, spent=Spent(2, 0, 0, 0.5))
    assert facts(alone) == "evaluation first · hybrid · 2 searches · 0.5 s of work"


def test_the_choices_are_a_condition() -> None:
    assert wanted() == Wanted()
    assert wanted("  moons ", "command line", "bm25", "budget", cost=0.5) == Wanted(
        "moons", recipe="bm25", ended="budget", cost=0.5, purposes=("ask",)
    )
    assert wanted(purpose="evaluation") == Wanted(without=("chat", "ask"))
    assert wanted(cost=0.5, unpriced=True) == Wanted(unpriced=True)
    assert wanted(ended="running").ended == "running"
    assert wanted(ended="nonsense").ended is None


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_a_day_is_this_places_own_and_the_last_one_is_in(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Berlin the 29th of March 2026 has 23 hours."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        day = wanted(since=date(2026, 3, 29), until=date(2026, 3, 29))
        assert day.since is not None
        assert day.until is not None
        assert time.localtime(day.since)[:5] == (2026, 3, 29, 0, 0)
        assert time.localtime(day.until)[:5] == (2026, 3, 30, 0, 0)
        assert day.until - day.since == (23 if zone == "Europe/Berlin" else 24) * 3600
    finally:
        monkeypatch.undo()
        time.tzset()

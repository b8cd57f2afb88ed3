"""What is drawn: excerpts, trails, progress with its rate and the time left, and events as they come."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from retrievers.base import Step
from ui.commands.watch import told
from ui.terminal.console import THEME
from ui.terminal.meter import BUILD, Bars, Lines, Mark, clock, meter
from ui.terminal.render import excerpt, trail
from ui.terminal.tables import when


def drawn(*parts: Any) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None, theme=THEME)
    for part in parts:
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_an_excerpt_begins_where_the_words_are() -> None:
    text = "Nothing of interest. " * 40 + "Here the rings of Saturn were seen. " + "And nothing more. " * 20
    shown = excerpt(text, "rings of Saturn").plain
    assert shown.startswith("… ")
    assert "rings of Saturn were seen" in shown
    assert len(shown) <= 290


def test_a_short_text_is_shown_whole_and_its_words_are_marked() -> None:
    shown = excerpt("The rings\nof Saturn.", "rings")
    assert shown.plain == "The rings of Saturn."
    assert [(span.start, span.end) for span in shown.spans] == [(4, 9)]


def test_a_trail_reads_from_left_to_right() -> None:
    steps = (Step("BM25", 3, 12.4), Step("Fuse", 1, 0.0325, "BM25 3, Dense 1"))
    assert trail(steps).plain == "BM25 #3 (12.4) → Fuse #1 (0.0325; BM25 3, Dense 1)"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (74, "1:14"), (3723, "1:02:03")])
def test_a_clock_shows_minutes_and_hours(seconds: int, shown: str) -> None:
    assert clock(seconds) == shown


def test_a_mark_tells_the_rate_and_the_time_left() -> None:
    assert Mark("making vectors", "passages", 100, 300, 50.0).pace == "50/s, 0:04 left"
    assert Mark("making vectors", "passages", 100, 300, 50.0).amount == "100 of 300 passages"
    assert Mark("reading", "documents", 1200, None, 2.5).pace == "2.5/s"
    assert Mark("reading", "documents", 1200, 1200, 2.5).amount == "1,200 documents"
    assert Mark("sealing", "").pace == ""


def test_a_log_has_a_line_every_ten_seconds_and_one_for_each_step() -> None:
    now = [0.0]
    console = Console(file=io.StringIO(), width=100, theme=THEME)
    with Lines(console, BUILD, "", lambda: now[0]) as progress:
        progress("parse", 0, None)
        for second, done in ((4, 40), (11, 110), (12, 120)):
            now[0] = float(second)
            progress("parse", done, None)
        progress("lexical", 0, 1)
        now[0] = 22.0
        progress("encode", 500, 1500)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines == [
        "reading: 110 documents, 10/s",
        "reading: 120 documents, 10/s",
        "making vectors: 500 of 1,500 passages, 50/s, 0:20 left",
    ]


def test_a_terminal_has_a_bar_a_step() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None, theme=THEME)
    with Bars(console, BUILD, "") as progress:
        progress("parse", 10, None)
        progress("encode", 64, 128)
        progress("encode", 128, 128)
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert "reading" in written
    assert "making vectors" in written
    assert "128 passages" in written


def test_json_is_not_disturbed_by_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with meter(quiet=True) as progress:
        progress("parse", 10, 10)
    assert capsys.readouterr() == ("", "")


def test_events_are_told_in_words() -> None:
    search = {"kind": "search", "query": "rings", "failure": None, "repeats": None, "hits": 1, "seconds": 0.26}
    lines = [
        *told("plan", {"parts": ["rings of Saturn", "moons of Mars"]}),
        *told("plan", {"parts": ["one alone"]}),
        *told("action", search),
        *told("action", {**search, "repeats": 1}),
        *told("action", {**search, "failure": "RuntimeError"}),
        *told("action", {**search, "kind": "open", "item": "saturn.md#1"}),
        *told("shown", {"passages": [{"title": "Saturn", "document": "s"}, {"title": "Saturn", "document": "s"}]}),
        *told("shown", {"passages": []}),
        *told("failure", {"step": "search 2", "happened": "boom"}),
        *told("call", {}),
    ]
    assert [" ".join(line.split()) for line in drawn(*lines).splitlines()] == [
        "asks rings of Saturn",
        "asks moons of Mars",
        "searches “rings” 1 hit, 0.3 s",
        "searches “rings” asked before",
        "searches “rings” failed: RuntimeError",
        "opens more of saturn.md#1 1 hit, 0.3 s",
        "reads Saturn",
        "failed search 2: boom",
    ]


def test_an_old_run_is_shown_with_its_year() -> None:
    assert when(0.0).endswith(("1970", "1969"))

"""A run under way, as its events tell it, and Ctrl-C: once to end it with what it has, twice to leave at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.terminal.console import STOPPED, err, tell

if TYPE_CHECKING:
    from agent.runs import Runs

Payload = Mapping[str, Any]


class Interrupts:
    """While this is open, the first Ctrl-C calls `stop` in a thread of its own, and the second ends the process.

    The first only takes note: the ledger may be in the middle of reading in the thread that a signal interrupts.

    >>> with Interrupts(lambda: runs.stop(run)) as interrupts: runs.wait(run)
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop, self._asked, self._over = stop, threading.Event(), False
        self._before: Any = None

    @property
    def asked(self) -> bool:
        """Whether Ctrl-C came."""
        return self._asked.is_set() and not self._over

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGINT, self._came)
        threading.Thread(target=self._wait, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        signal.signal(signal.SIGINT, self._before)
        if not self._asked.is_set():
            self._over = True
            self._asked.set()

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            os._exit(STOPPED)
        self._asked.set()

    def _wait(self) -> None:
        self._asked.wait()
        if not self._over:
            tell("warn", "!", "stopping with what is known so far; Ctrl-C again leaves at once")
            self._stop()


def follow(runs: Runs, run: str) -> None:
    """Show what happens in a run until it has ended; where nobody looks on, only wait."""
    console = err()
    if not console.is_terminal:
        for _ in runs.events(run):
            pass
        return
    with console.status(Text("thinking", style="soft"), spinner="dots") as status:
        for _, kind, payload in runs.events(run):
            if kind == "stop":
                status.update(Text("writing", style="soft"))
            for line in told(kind, payload):
                console.print(line)


def told(kind: str, payload: Payload) -> Iterator[RenderableType]:
    """An event in words: searches with what they gave, what was read, what failed. Others go without a word."""
    if kind == "plan" and len(payload["parts"]) > 1:
        for part in payload["parts"]:
            yield _line("asks", one_line(part))
    elif kind == "action":
        yield _action(payload)
    elif kind == "shown" and payload["passages"]:
        titles = dict.fromkeys(one_line(one["title"] or one["document"]) for one in payload["passages"])
        yield _line("reads", ", ".join(titles))
    elif kind == "failure":
        yield _line("failed", f"{one_line(payload['step'])}: {one_line(payload['happened'])}", "bad")


def _action(payload: Payload) -> RenderableType:
    what = f"“{one_line(payload['query'])}”" if payload["kind"] == "search" else f"more of {one_line(payload['item'])}"
    if payload["failure"]:
        came = f"failed: {payload['failure']}"
    elif payload["repeats"]:
        came = "asked before"
    else:
        came = f"{counted(payload['hits'], 'hit')}, {payload['seconds']:.1f} s"
    line = Text.assemble(what, (f"  {came}", "bad" if payload["failure"] else "soft"))
    return _line("searches" if payload["kind"] == "search" else "opens", line)


def _line(verb: str, what: str | Text, style: str = "soft") -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=8, justify="right", style=style)
    grid.add_column()
    grid.add_row(verb, what if isinstance(what, Text) else Text(what))
    return grid

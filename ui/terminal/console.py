"""What the command line writes to: text for people, one JSON value for programs, and errors in three lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from retrievers.printable import one_line

if TYPE_CHECKING:
    from retrievers.errors import FathomError

DONE, FAILED, USAGE, SKIPPED, STOPPED = 0, 1, 2, 3, 130
_WIDTH = 100
THEME = Theme(
    {
        "head": "bold",
        "soft": "dim",
        "name": "cyan",
        "good": "green",
        "warn": "yellow",
        "bad": "red",
        "bar.complete": "cyan",
        "bar.finished": "green",
        "bar.pulse": "cyan",
    }
)


def out() -> Console:
    """Standard output, for people."""
    return _console(stderr=False)


def err() -> Console:
    """Standard error: progress, warnings and errors."""
    return _console(stderr=True)


def emit(value: Any) -> None:
    """The value as JSON, alone on standard output. A lone surrogate, which has no UTF-8, stands as its escape."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text.encode("utf-8", "backslashreplace").decode())
    else:
        stream.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()


def report(error: FathomError, as_json: bool) -> None:
    """An error on standard error: what happened, what was expected, what to type next."""
    facts = {"error": error.happened, "expected": error.expected, "next": error.next}
    if as_json:
        sys.stderr.write(json.dumps(facts) + "\n")
        return
    tell("bad", "✗", error.happened, {name: value for name, value in facts.items() if name != "error" and value})


def tell(style: str, sign: str, line: str, more: Mapping[str, str] | None = None) -> None:
    """A line on standard error behind a coloured sign, and further ones below it by name."""
    console = err()
    rows = [(sign, line), *((name, value) for name, value in (more or {}).items())]
    if not console.is_terminal:
        for name, value in rows:
            console.print(Text(f"{name} {one_line(value)}" if name == sign else f"  {name}: {one_line(value)}"), soft_wrap=True)
        return
    console.print(Text.assemble((f"{sign} ", style), (one_line(line), "head" if style == "bad" else "")))
    grid = Table.grid(padding=(0, 2))
    for name, value in rows[1:]:
        grid.add_row(Text(f"  {name}", style="soft"), Text(one_line(value)))
    if len(rows) > 1:
        console.print(grid)


def _console(*, stderr: bool) -> Console:
    """A console that reads no markup in what it is given; where nobody looks it is 100 columns wide."""
    console = Console(stderr=stderr, theme=THEME, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH
    return console

"""Passages on a terminal: hits with their trails, excerpts, and what was skipped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from retrievers.printable import one_line
from ui.terminal.console import err, out, tell

if TYPE_CHECKING:
    from retrievers.base import Hit, Step
    from retrievers.corpus import Skipped
    from retrievers.partition import Item

_EXCERPT, _MOST = 280, 20
_WORD = re.compile(r"\w{3,}")


def hits(query: str, found: Sequence[tuple[Hit, Item]], how: str) -> None:
    """Ranked passages: where each is from, an excerpt, and what every stage made of it."""
    console = out()
    if not found:
        console.print(Text(f"nothing found for “{one_line(query)}” ({how})"), soft_wrap=True)
        return
    console.print(Text(f"“{one_line(query)}”, {how}", style="soft"))
    for rank, (hit, item) in enumerate(found, start=1):
        console.print()
        console.print(header(str(rank), item.title, item.heading, item.id, f"{hit.score:.4f}", console))
        console.print(Padding(excerpt(item.text, query), (0, 0, 0, 4)))
        console.print(Padding(trail(hit.trail), (0, 0, 0, 4)))


def header(number: str, title: str, heading: str, id: str, right: str, console: Console) -> RenderableType:
    """A passage's line: its number, title and heading path, id, and something at the right edge."""
    path = one_line(heading).removeprefix(one_line(title)).removeprefix(" > ").replace(" > ", " › ")
    name = Text.assemble((one_line(title) or one_line(id), "head"), (f" › {path}" if path else "", ""))
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=3, justify="right")
    grid.add_column(ratio=1)
    grid.add_column(justify="right", overflow="fold", max_width=max(20, console.width // 3))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(Text(number, style="soft"), name, Text(one_line(id), style="name"), Text(right, style="soft"))
    return grid


def excerpt(text: str, query: str = "", most: int = _EXCERPT) -> Text:
    """The part of a text that holds most of the query's words, on one line, those words marked."""
    line = one_line(text)
    words = {word.casefold() for word in _WORD.findall(query)}
    places = [found.start() for found in _WORD.finditer(line) if found[0].casefold() in words]
    start = _start(line, places, most)
    shown = line[start : start + most]
    if start + most < len(line):
        shown = shown[: shown.rfind(" ") if " " in shown else None] + " …"
    part = Text(("… " if start else "") + shown)
    for found in _WORD.finditer(part.plain):
        if found[0].casefold() in words:
            part.stylize("bold", found.start(), found.end())
    return part


def _start(line: str, places: Sequence[int], most: int) -> int:
    """Where the excerpt begins: at a word, where as many as possible of `places` follow within `most`."""
    if len(line) <= most or not places:
        return 0
    best = max(places, key=lambda place: (sum(place <= one < place + most * 3 // 4 for one in places), -place))
    if best < most // 2:
        return 0
    return line.rfind(" ", 0, best - 40) + 1


def trail(steps: Sequence[Step]) -> Text:
    """`BM25 #3 (12.40) → Dense #1 (0.71) → Fuse #1 (0.0325)`, with what a stage has to say."""
    line = Text(style="soft")
    for place, step in enumerate(steps):
        line.append(f"{' → ' if place else ''}{one_line(step.stage)} ")
        line.append(f"#{step.rank}", style="name")
        line.append(f" ({step.score:.4g}{'; ' + one_line(step.detail) if step.detail else ''})")
    return line


def skips(skipped: Sequence[Skipped]) -> None:
    """What was not read, why, and what helps; on standard error."""
    if not skipped:
        return
    tell("warn", "!", f"{len(skipped):,} skipped")
    console = err()
    for one in skipped[:_MOST]:
        line = Text.assemble("  ", (one_line(one.path), "name"), f": {one_line(one.reason)}; {one_line(one.next)}")
        console.print(line, soft_wrap=True)
    if len(skipped) > _MOST:
        console.print(Text(f"  and {len(skipped) - _MOST:,} more: --json lists all"), soft_wrap=True)


def indented(lines: Sequence[RenderableType], by: int = 4) -> RenderableType:
    """Lines one below the other, moved to the right."""
    return Padding(Group(*lines), (0, 0, 0, by))

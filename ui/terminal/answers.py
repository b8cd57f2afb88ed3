"""An answer on a terminal: in short, in cited sentences, with its sources, or with what was tried in vain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.reports.footnotes import Footnoted, Sentence, Source, footnoted
from agent.reports.wording import KINDS, came, effort_of, ended, headline
from retrievers.printable import one_line
from ui.terminal.console import out

if TYPE_CHECKING:
    from agent.state import Evidence

Record = Mapping[str, Any]
_POLICIES = {"extractive": "extractive (no language model: verbatim sentences)", "chat": "chat"}


def answer(record: Record, misses: Sequence[Evidence] = (), console: Console | None = None) -> None:
    """Print a question's record (agent.record); `misses` are the passages that came nearest where nothing was found."""
    console = console or out()
    kind = record["answer"]["kind"]
    style = {"found": "bold green", "conflict": "bold yellow", "not_found": "bold red"}[kind] if record["stop"] else "bold"
    noted = footnoted(record)
    console.print(Text(one_line(headline(record)), style=style))
    for part in _body(record, noted):
        console.print(Padding(part, (1, 0, 0, 2)))
    if noted.sources:
        console.print(Padding(sources(noted.sources), (1, 0, 0, 2)))
    if kind == "not_found":
        console.print(Padding(tried(record, misses), (1, 0, 0, 2)))
    if record["failures"]:
        console.print(Padding(failures(record["failures"]), (1, 0, 0, 2)))


def footer(record: Record) -> Text:
    """How the answer came about, in a line or two."""
    policy = _POLICIES.get(record["policy"], record["policy"])
    confidence = record["answer"]["confidence"]
    sure = f", confidence {confidence:.2f}" if confidence is not None else ""
    how = f"{effort_of(record)}{sure}; {ended(record)}"
    return Text(f"recipe {record['recipe']}, policy {policy}\n{how}", style="soft")


def sources(found: Sequence[Source]) -> RenderableType:
    """The numbered spans: title, item, and the words that are cited."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(ratio=1)
    for one in found:
        where = Text.assemble((one_line(one.title or one.document), "head"), "  ", (one_line(one.item), "name"))
        where.append(f"  {one.start}-{one.end}", style="soft")
        path = [Text(f"by {' → '.join(map(one_line, one.path))}", style="soft")] if one.path else []
        grid.add_row(Text(f"[{one.number}]", style="name"), Group(where, Text(f"“{one_line(one.quote)}”"), *path))
    return grid


def tried(record: Record, misses: Sequence[Evidence]) -> RenderableType:
    """The searches that were made in vain, and the passages that came nearest."""
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(style="soft", no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True, style="soft")
    for place, one in enumerate(record["searches"]):
        grid.add_row("" if place else "searched", Text(f"“{one_line(one['query'])}”"), Text(came(one)))
    for place, one in enumerate(misses):
        where = Text.assemble(one_line(one.title or one.document), "  ", (one_line(one.item), "name"))
        grid.add_row("" if place else "nearest", where, Text(f"rank {one.rank}"))
    return grid


def failures(failed: Sequence[Record]) -> RenderableType:
    """The steps that failed, in words, and what helps."""
    lines = [
        Text.assemble(
            ("✗ ", "bad"), f"{one_line(one['step'])}: {one_line(one.get('happened') or one['kind'])}", (_remedy(one), "soft")
        )
        for one in failed
    ]
    return Group(*lines)


def _remedy(failure: Record) -> str:
    return f"; {one_line(failure['remedy'])}" if failure["remedy"] else ""


def _body(record: Record, noted: Footnoted) -> Sequence[RenderableType]:
    parts: list[RenderableType] = [sentence(one) for one in noted.sentences]
    text = record["answer"]["text"]
    if not parts and text and _told(text) != _told(headline(record)):
        parts.append(Text(one_line(text)))
    for dispute in noted.disputes:
        told = [Text.assemble("• ", sentence(one)) for one in dispute.sentences]
        parts.append(Group(Text(f"{KINDS['conflict']}: {one_line(dispute.about)}", style="warn"), *told))
    return parts


def _told(text: str) -> str:
    return one_line(text).casefold().rstrip(".")


def sentence(one: Sentence) -> Text:
    """A claim with the numbers of its sources; one that does not hold says so."""
    marks = "".join(f"[{number}]" for number in one.sources)
    line = Text.assemble(one_line(one.text), (f" {marks}" if marks else "", "name"))
    if not one.supported:
        reason = f": {one_line(one.reason)}" if one.reason else ""
        line.append(f" (not supported by what was shown{reason})", style="warn")
    return line

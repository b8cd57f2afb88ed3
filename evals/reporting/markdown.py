"""A report as Markdown: the same tables, and of each curve its sentence and its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.reports.export_markdown import escaped
from evals.reporting.document import Block, Cell, Changed, Commands, Document, Figure, Listing, Table, Words
from retrievers.printable import one_line

_TICKS = re.compile(r"`+")


def paper(document: Document) -> str:
    """The whole report.

    >>> paper(report.document()).splitlines()[0]
    '# hybrid against bm25'
    """
    parts = [f"# {escaped(document.title)}", escaped(document.about)]
    for section in document.sections:
        parts.append(f"## {escaped(section.title)}")
        parts += [text for block in section.blocks for text in _block(block)]
    return "\n\n".join(parts) + "\n"


def code(text: str) -> str:
    """`text` on one line as a code span, between more ticks than it holds.

    >>> code("a `b`")
    '`` a `b` ``'
    """
    line = one_line(text)
    ticks = "`" * (max((len(one) for one in _TICKS.findall(line)), default=0) + 1)
    return f"{ticks} {line} {ticks}" if "`" in line else f"{ticks}{line}{ticks}"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Words(text):
            yield escaped(text)
        case Commands(lines):
            yield "\n".join(f"- {code(line)}" for line in lines)
        case Table():
            yield from _table(block)
        case Figure(title, says, numbers):
            yield f"### {escaped(title)}"
            yield escaped(says)
            yield from _table(numbers)
        case Listing(caption, questions):
            yield f"### {escaped(caption)}"
            yield "\n".join(map(_changed, questions))


def _table(table: Table) -> Iterator[str]:
    yield f"**{escaped(table.caption)}**"
    aligned = [":--", *(["--:" if table.figures else ":--"] * (len(table.head) - 1))]
    rows = [_row(map(_inside, table.head)), _row(aligned), *(_row(map(_cell, row)) for row in table.rows)]
    yield "\n".join(rows)


def _row(cells: Iterator[str] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(one: Cell) -> str:
    return f"{_inside(one.text)} ({_inside(one.soft)})" if one.soft else _inside(one.text)


def _inside(text: str) -> str:
    """A cell's words: no block begins there, so a figure at their start is left as it is."""
    return escaped(f"({text}")[1:]


def _changed(one: Changed) -> str:
    """An item of three lines."""
    return f"1. **{escaped(one.id)}** {escaped(one.text)}\\\n   {escaped(one.values)}\\\n   {code(one.why)}"

"""What a report is made of, before it is a page or Markdown: sections of words, tables, figures, commands and questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from evals.charts import Chart

Tone = Literal["", "good", "bad"]
T = TypeVar("T")


@dataclass(frozen=True)
class Cell:
    """What stands in a table: its text, what is said of it in smaller letters, and whether that is good."""

    text: str
    soft: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Table:
    """Rows below a head, the first cell of each its name; with `figures` the others are numbers, set to the right."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figures: bool = True


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Commands:
    """Lines to type."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """A chart with a title, what it says in a sentence, and its numbers."""

    title: str
    says: str
    numbers: Table
    chart: Chart


@dataclass(frozen=True)
class Changed:
    """A question that changed: its id, its text, its values in words, and what to type to see why."""

    id: str
    text: str
    values: str
    why: str


@dataclass(frozen=True)
class Listing:
    """Questions that changed, below a line that says of what."""

    caption: str
    questions: tuple[Changed, ...]


Block = Words | Table | Commands | Figure | Listing


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A title, a line below it, and sections."""

    title: str
    about: str
    sections: tuple[Section, ...]


def crossed(
    caption: str, corner: str, found: Mapping[str, Mapping[str, T]], columns: Sequence[str], cell: Callable[[T], Cell]
) -> Table:
    """A table of `found` by row and column; where it would be wider than high, rows and columns change places.

    >>> crossed("Means", "system", {"bm25": {"R@1": 0.5}}, ["R@1"], lambda value: Cell(f"{value:.1f}")).rows
    ((Cell(text='bm25', soft='', tone=''), Cell(text='0.5', soft='', tone='')),)
    """
    if len(columns) > len(found) and len(columns) > 3:
        rows = tuple((Cell(column), *(_cell(row, column, cell) for row in found.values())) for column in columns)
        return Table(caption, ("measure", *found), rows)
    rows = tuple((Cell(name), *(_cell(row, column, cell) for column in columns)) for name, row in found.items())
    return Table(caption, (corner, *columns), rows)


def _cell(row: Mapping[str, T], column: str, cell: Callable[[T], Cell]) -> Cell:
    return cell(row[column]) if column in row else Cell("none")

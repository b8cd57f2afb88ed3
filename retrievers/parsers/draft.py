"""The text of a document as a parser writes it: blocks parted by empty lines, with marks for headings, pages and types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrievers.document import Mark


class Unreadable(Exception):
    """A file that a parser cannot read: the reason, and what helps."""

    def __init__(self, reason: str, next: str) -> None:
        super().__init__(reason)
        self.reason, self.next = reason, next


@dataclass(frozen=True)
class Request:
    """What a parser is asked: the file, the name that people know it by, the most code points of text that it may give,
    and the field that names owners."""

    path: Path
    name: str
    limit: int
    owner_field: str | None = None


@dataclass(frozen=True)
class Parsed:
    """What a parser gives: text with marks, and what the format says of it. Only tables of records have an owner."""

    text: str
    marks: tuple[Mark, ...] = ()
    title: str = ""
    date: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: tuple[str, ...] = ()
    owner: str | None = None


Parser = Callable[[Request], list[Parsed]]


class Draft:
    """Collects blocks; `limit` code points are the most it takes, then it raises `Unreadable`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[str] = []
        self._length = 0
        self._type = "text"
        self._page = ""
        self.marks: list[Mark] = []

    @property
    def text(self) -> str:
        """All blocks so far."""
        return "".join(self._parts)

    def heading(self, text: str, level: int) -> None:
        """A heading of its own line; whitespace in it is made single spaces."""
        label = " ".join(text.split())
        if label:
            self.marks.append(Mark("heading", self._put(label, "text"), label, level))

    def paragraph(self, text: str, *, close: bool = False) -> None:
        """A block of text; `close` puts it on the line after the block before, without an empty line."""
        self._block(text.strip("\r\n").rstrip(), "text", "\n" if close else "\n\n")

    def code(self, text: str) -> None:
        """A block whose lines stand as they are."""
        self._block(newlines(text).strip("\n"), "code", "\n\n")

    def table(self, header: Sequence[str] | None, rows: Iterable[Sequence[str]]) -> None:
        """Each row as a block that can be read alone (`record`)."""
        for row in rows:
            self._block(record(header, row), "table", "\n\n")

    def page(self, label: str) -> None:
        """What comes next stands on this page."""
        self._page = label

    def _block(self, text: str, type: str, gap: str) -> None:
        if text.strip():
            self._put(newlines(text), type, gap)

    def _put(self, text: str, type: str, gap: str = "\n\n") -> int:
        gap = gap if self._parts else ""
        if self._length + len(gap) + len(text) > self._limit:
            raise Unreadable(f"holds more than {self._limit} characters of text", "split it into smaller files")
        start = self._length + len(gap)
        if self._page:
            self.marks.append(Mark("page", start, self._page))
            self._page = ""
        if type != self._type:
            self.marks.append(Mark("type", start, type))
            self._type = type
        self._parts += (gap, text)
        self._length = start + len(text)
        return start


def newlines(text: str) -> str:
    """Every line end as a single newline."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def record(header: Sequence[str] | None, row: Sequence[str]) -> str:
    """A row of a table as lines `header: value`, empty values left out; without a header its values in one line. A value
    under an empty header stands alone.

    >>> record(("planet", "moons"), ("Mars", "2"))
    'planet: Mars\\nmoons: 2'
    """
    values = [" ".join(value.split()) for value in row]
    if header is None:
        return " | ".join(value for value in values if value)
    names = [" ".join(name.split()) for name in header] + [""] * (len(values) - len(header))
    pairs = ((name, value) for name, value in zip(names, values, strict=False) if value)
    return "\n".join(f"{name}: {value}" if name else value for name, value in pairs)

"""Passages by names that a person knows: the title of its document, and which part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.partition import Item
from retrievers.printable import one_line
from ui.parts.gathered import Gathered


@dataclass(frozen=True)
class Named:
    """The items of an index as one reader sees them; without an index, by what the ledger knows of what was shown.

    >>> Named(index, None).name("titan.md#1")
    'Titan #1'
    """

    index: Index | None
    reader: str | None
    gathered: Gathered | None = None

    def item(self, id: str) -> Item | None:
        """The item, or None where this reader sees none of that id."""
        if self.index is None:
            return None
        try:
            return self.index.item(id, self.reader)
        except FathomError:  # the index was built anew: an id of before may be gone
            return None

    def name(self, id: str, most: int = 60) -> str:
        """Its document's title and which part of it, on one line of at most `most` letters."""
        found = self.item(id)
        if found is not None:
            return named(found.title or found.document, found.document, id, most)
        shown = self.gathered.shown_as(id) if self.gathered is not None else None
        return named(shown.title or shown.document, shown.document, id, most) if shown is not None else cut(id, most)

    def names(self, ids: Sequence[str], most: int = 60) -> dict[str, str]:
        """Names by id."""
        return {id: self.name(id, most) for id in ids}


def named(title: str, document: str, id: str, most: int) -> str:
    """A title, and what its item's id adds to its document's.

    >>> named("Titan", "titan.md", "titan.md#1", 60)
    'Titan #1'
    """
    part = cut(id.removeprefix(document), 12) if id.startswith(document) else ""
    return cut(title, most - len(part) - 1) + (f" {part}" if part else "")


def cut(text: str, most: int) -> str:
    """`text` on one line, cut at `most` letters; for places that read no markup, such as the cells of a table."""
    line = one_line(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"

"""One partition of a generation, as memory-mapped files: documents, and for each unit its items and distinct rows.

A *row* is a distinct searchable text; exact duplicates share one, so text and vector are stored once while every item
keeps its own id. Row numbers stay inside retrievers.partition and the retrievers that read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nsmallest
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from retrievers.corpus import Mark
from retrievers.errors import FathomError
from retrievers.scope import Scope
from retrievers.texts import Texts

Mask = NDArray[np.bool_]
_SCOPES = 16

DOCUMENTS = pa.schema(
    [(name, pa.large_string()) for name in ("id", "title", "text", "type", "path", "source", "date", "fields", "marks")]
)
ITEMS = pa.schema(
    [("id", pa.large_string()), ("document", pa.int32()), ("start", pa.int64()), ("end", pa.int64()), ("row", pa.int32())]
    + [(name, pa.large_string()) for name in ("page", "heading", "type")]
    + [("covers", pa.large_list(pa.large_string()))]
)
SEARCHED = pa.schema([("text", pa.large_string())])


@dataclass(frozen=True)
class Item:
    """One retrievable piece: `text` is `document.text[start:end]`, offsets in code points, end exclusive.

    `covers` are the records that it stands for; `searched` is what is searched where title, heading path and text do not say
    it: a turn with its speaker, a window of turns.
    """

    id: str
    document: str
    title: str
    start: int
    end: int
    text: str
    type: str
    date: str
    path: str
    page: str
    heading: str
    unit: str
    owner: str | None
    covers: tuple[str, ...]
    searched: str = ""

    @property
    def searchable(self) -> str:
        """What retrievers index and rerankers read: title, heading path and text, or what is `searched` in their place."""
        return self.searched or searchable(self.title, self.heading, self.text)


@dataclass(frozen=True)
class DocumentView:
    """A parsed document as it was indexed."""

    id: str
    title: str
    text: str
    type: str
    path: str
    source: str
    date: str
    owner: str | None
    marks: tuple[Mark, ...]
    fields: Mapping[str, Any]


def searchable(title: str, heading: str, text: str) -> str:
    """The title, the heading path below it, and the text, a line each; what the title says is not said again."""
    path = "" if heading == title else heading.removeprefix(f"{title} > ")
    return "\n".join(part for part in (title, path, text if text != title else "") if part)


@dataclass(frozen=True)
class Partition:
    """The public part (`owner` None), or one owner's. Ids in `taken` belong to the public part: a private item of that id
    is known as `owner:id`."""

    folder: Path
    owner: str | None
    taken: Partition | None = field(default=None, repr=False)

    @cached_property
    def documents(self) -> pa.Table:
        """The documents' table (schema DOCUMENTS), memory-mapped."""
        return read_arrow(self.folder / "documents.arrow")

    @cached_property
    def document_ids(self) -> list[str]:
        """Ids in the order of the table, as seen from outside."""
        return self.seen(_column(self.documents, "id"))

    def seen(self, ids: Sequence[str]) -> list[str]:
        """Ids of this part's documents, as they are known outside."""
        return _apart(ids, self.owner, self.taken._places if self.taken else ())

    @cached_property
    def _places(self) -> dict[str, int]:
        return {id: place for place, id in enumerate(self.document_ids)}

    def place_of(self, id: str) -> int | None:
        """The place of this document in the table, or None."""
        return self._places.get(id)

    def document(self, id: str) -> DocumentView | None:
        """The document of this id, or None."""
        place = self._places.get(id)
        return None if place is None else self.document_at(place)

    def document_at(self, place: int) -> DocumentView:
        """The document at a place of the table."""
        row = {name: self.documents.column(name)[place].as_py() for name in DOCUMENTS.names}
        marks = tuple(Mark(*mark) for mark in json.loads(row.pop("marks")))
        fields = json.loads(row.pop("fields"))
        return DocumentView(**{**row, "id": self.document_ids[place]}, owner=self.owner, marks=marks, fields=fields)

    def text(self, place: int) -> str:
        """The text of the document at a place of the table."""
        return self.texts.whole(place)

    @cached_property
    def texts(self) -> Texts:
        """The documents' texts, whole or in pieces."""
        return Texts(self.documents.column("text"))

    def unit(self, name: str) -> Unit:
        """The items of one unit; raises `FathomError` where the index has no such unit."""
        units = self.units
        if name not in units:
            raise FathomError(
                f"the index has no unit {name!r}", f"one of {', '.join(units)}", f"fathom index DOCS --units {name}"
            )
        return units[name]

    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units by name."""
        names = sorted(path.name for path in self.folder.iterdir() if (path / "items.arrow").is_file())
        return {name: Unit(self, name) for name in names}

    def inside(self, scope: Scope) -> Mask:
        """Which documents a scope admits; the last few answers are kept, for the retrievers of one query all ask."""
        found = self._inside.get(scope)
        if found is None:
            found = np.array([scope.admits(*facts) for facts in self.attributes], dtype=np.bool_)
            if len(self._inside) >= _SCOPES:
                self._inside.clear()
            self._inside[scope] = found
        return found

    @cached_property
    def _inside(self) -> dict[Scope, Mask]:
        return {}

    @cached_property
    def attributes(self) -> list[tuple[str, str, str, str]]:
        """(id, type, path, date) of each document: what a scope looks at."""
        columns = [_column(self.documents, name) for name in ("type", "path", "date")]
        return list(zip(self.document_ids, *columns, strict=True))


@dataclass(frozen=True)
class Unit:
    """The items of one unit of a partition, and the rows that they share."""

    partition: Partition
    name: str

    @property
    def folder(self) -> Path:
        """Where the unit's files lie."""
        return self.partition.folder / self.name

    @cached_property
    def table(self) -> pa.Table:
        """The items' table (schema ITEMS), memory-mapped."""
        return read_arrow(self.folder / "items.arrow")

    @cached_property
    def ids(self) -> list[str]:
        """Item ids in the order of the table, as seen from outside."""
        public = self.partition.taken
        taken = public.units[self.name].places if public and self.name in public.units else ()
        return _apart(_column(self.table, "id"), self.partition.owner, taken)

    @cached_property
    def places(self) -> dict[str, int]:
        """Item id -> place in the table."""
        return {id: place for place, id in enumerate(self.ids)}

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """The row of each item."""
        return cast("NDArray[np.int32]", self.table.column("row").to_numpy())

    @cached_property
    def size(self) -> int:
        """How many rows there are."""
        return int(self.rows.max()) + 1 if len(self.rows) else 0

    @cached_property
    def _by_row(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.rows, kind="stable")
        return order, np.searchsorted(self.rows[order], np.arange(self.size + 1))

    def items_of(self, row: int) -> list[int]:
        """The places of the items that share a row."""
        order, starts = self._by_row
        return cast("list[int]", order[starts[row] : starts[row + 1]].tolist())

    def items_of_all(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places of the items of many rows, and the row of each: as `items_of`, without a loop."""
        order, starts = self._by_row
        counts = starts[rows + 1] - starts[rows]
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return order[np.repeat(starts[rows], counts) + offsets], np.repeat(rows, counts)

    def item(self, place: int) -> Item:
        """The item at a place of the table."""
        row = {
            name: self.table.column(name)[place].as_py()
            for name in ("document", "start", "end", "page", "heading", "type", "covers")
        }
        part = self.partition
        at = cast(int, row["document"])
        about = {name: part.documents.column(name)[at].as_py() for name in ("title", "date", "path")}
        document = part.document_ids[at]
        return Item(
            id=self.ids[place],
            document=document,
            title=about["title"],
            start=row["start"],
            end=row["end"],
            text=part.texts.piece(at, row["start"], row["end"]),
            type=row["type"],
            date=about["date"],
            path=about["path"],
            page=row["page"],
            heading=row["heading"],
            unit=self.name,
            owner=part.owner,
            covers=tuple(part.seen(row["covers"])) if row["covers"] else (document,),
            searched=self._searched.whole(int(self.rows[place])) if self._searched else "",
        )

    def following(self, place: int) -> list[Item]:
        """The items after this place that are cut from the same document, in their order."""
        documents = self.table.column("document").to_numpy()
        after = np.flatnonzero(documents[place + 1 :] == documents[place]) + place + 1
        return [self.item(one) for one in after.tolist()]

    def of_document(self, id: str) -> list[Item]:
        """The items that are cut from the document of this id, in their order; none where it is not in this partition."""
        document = self.partition.place_of(id)
        if document is None:
            return []
        return [self.item(one) for one in np.flatnonzero(self.table.column("document").to_numpy() == document).tolist()]

    def admitted(self, scope: Scope) -> Mask | None:
        """Which items a scope admits with every record that they stand for (one bool an item), or None where it admits all."""
        if not scope:
            return None
        inside = self.partition.inside(scope)
        admitted = inside[self.table.column("document").to_numpy()]
        places, starts, items = self._covered
        if len(items):
            admitted[items] = np.logical_and.reduceat(inside[places], starts)
        return admitted

    @cached_property
    def _covered(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The places of the documents of the records that items cover, where in them each such item begins, and which it is."""
        covers = cast("list[list[str] | None]", self.table.column("covers").to_pylist())
        known = [(item, self.partition.seen(ids)) for item, ids in enumerate(covers) if ids]
        places = [self.partition.place_of(id) for _, ids in known for id in ids]
        starts = np.cumsum([0, *(len(ids) for _, ids in known)])[:-1]
        return np.array(places, np.int64), starts, np.array([item for item, _ in known], np.int64)

    @cached_property
    def _searched(self) -> Texts | None:
        """What each row is searched by, where title, heading path and text do not say it."""
        path = self.folder / "searched.arrow"
        return Texts(read_arrow(path).column("text")) if path.is_file() else None

    def texts(self) -> Iterator[str]:
        """The searchable text of each row, in the order of rows."""
        if self._searched is not None:
            yield from map(self._searched.whole, range(self.size))
            return
        firsts = [self.items_of(row)[0] for row in range(self.size)]
        columns = [self.table.column(name).to_numpy(zero_copy_only=False) for name in ("document", "start", "end", "heading")]
        titles = self.partition.documents.column("title")
        held, text = -1, ""
        for place in firsts:
            document, start, end, heading = (column[place] for column in columns)
            if document != held:
                held, text = int(document), self.partition.text(int(document))
            yield searchable(cast(str, titles[held].as_py()), heading, text[start:end])

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """One unit vector a row (rows x d), memory-mapped; raises `FathomError` where the index was built without an encoder."""
        path = self.folder / "vectors.npy"
        if not path.is_file():
            raise FathomError(
                "the index holds no vectors", "an index built with an encoder", "fathom index DOCS --encoder default --out INDEX"
            )
        return np.load(path, mmap_mode="r", allow_pickle=False)


def best(
    unit: Unit, scores: NDArray[np.float32], k: int, scope: Scope, floor: float | None = None
) -> tuple[list[str], list[float]]:
    """The ids and scores of the `k` best items by their rows' scores, ties by id; `floor` leaves out scores at or below it."""
    admitted = unit.admitted(scope)
    rows = np.arange(len(scores)) if floor is None else np.flatnonzero(scores > floor)
    if admitted is not None:
        allowed = np.zeros(len(scores), dtype=np.bool_)
        allowed[unit.rows[admitted]] = True
        rows = rows[allowed[rows]]
    if len(rows) > k:
        bound = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= bound]
    places, held = unit.items_of_all(rows)
    if admitted is not None:
        places, held = places[admitted[places]], held[admitted[places]]
    pairs = list(zip((-scores[held]).tolist(), map(unit.ids.__getitem__, places.tolist()), strict=True))
    found = sorted(pairs)[:k] if len(pairs) < 4 * k else nsmallest(k, pairs)  # many tied rows are not worth sorting
    return [id for _, id in found], [-score for score, _ in found]


def read_arrow(path: Path) -> pa.Table:
    """An Arrow file, memory-mapped."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _column(table: pa.Table, name: str) -> list[str]:
    return cast("list[str]", table.column(name).to_pylist())


def _apart(ids: Sequence[str], owner: str | None, taken: Set[str] | Mapping[str, int] | tuple[()]) -> list[str]:
    return [f"{owner}:{id}" if id in taken else id for id in ids] if owner is not None else list(ids)

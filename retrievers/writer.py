"""Writes one partition: documents, the items of each unit, and which of them share a row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from retrievers.conversation import Dialogue, Turn, Windows
from retrievers.corpus import Document, Skipped
from retrievers.partition import DOCUMENTS, ITEMS, SEARCHED, searchable
from retrievers.units import WHOLE, Span, spans

_BATCH, _CHARACTERS = 512, 16 << 20


class ArrowWriter:
    """An Arrow file written in batches: memory stays that of one batch."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pa.ipc.new_file(str(path), schema)
        self._held: list[dict[str, Any]] = []
        self._size = 0
        self.count = 0

    def add(self, row: dict[str, Any]) -> None:
        """Append one row."""
        self._held.append(row)
        self._size += len(row.get("text", ""))
        self.count += 1
        if len(self._held) == _BATCH or self._size > _CHARACTERS:
            self._flush()

    def close(self) -> None:
        """Write what is held and the file's footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_batch(pa.RecordBatch.from_pylist(self._held, self._schema))
        self._held, self._size = [], 0


@dataclass
class UnitWriter:
    """The items of one unit: their table, and the SHA-256 of each distinct searchable text, in the order of rows."""

    folder: Path
    name: str
    words: int
    language: str
    rows: dict[bytes, int] = field(default_factory=dict[bytes, int])
    _ids: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.items = ArrowWriter(self.folder / "items.arrow", ITEMS)

    def add(self, document: Document, place: int) -> None:
        """Add the items of a document that stands at `place` of the documents' table."""
        found = list(spans(document, self.name, self.words, self.language))
        for number, span in enumerate(found, start=1):
            text = searchable(document.title, span.heading, document.text[span.start : span.end])
            self.put(document.id if self._whole(document, found) else f"{document.id}#{number}", place, span, text)

    def put(self, id: str, place: int, span: Span, text: str, covers: Sequence[str] | None = None) -> None:
        """Add one item that is searched by `text`; `covers` are the records that it stands for, where not its own alone."""
        row = self.rows.setdefault(hashlib.sha256(text.encode()).digest(), len(self.rows))
        self.items.add(
            {
                "id": self._id(id),
                "document": place,
                "start": span.start,
                "end": span.end,
                "row": row,
                "page": span.page,
                "heading": span.heading,
                "type": span.type,
                "covers": covers,
            }
        )

    def _whole(self, document: Document, found: Sequence[Span]) -> bool:
        return self.name in WHOLE or (document.whole and len(found) == 1)

    def _id(self, id: str) -> str:
        """`id`, or with a prime where a record is already called so."""
        while id in self._ids:
            id += "'"
        self._ids.add(id)
        return id

    def close(self) -> None:
        """Finish the table, and write the rows' hashes (n x 32 bytes): what the next build need not encode again."""
        self.items.close()
        hashes = np.frombuffer(b"".join(self.rows), dtype=np.uint8).reshape(-1, 32)
        np.save(self.folder / "hashes.npy", hashes, allow_pickle=False)


@dataclass
class TurnWriter(UnitWriter):
    """The turns of conversations: each is its record's text, searched together with who said it, when, and beside what."""

    dialogue: Dialogue = field(default_factory=Dialogue)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.searched = ArrowWriter(self.folder / "searched.arrow", SEARCHED)

    def add(self, document: Document, place: int) -> None:
        """Add a record as a turn; raises `UsageError` where it is none."""
        turn = Turn.of(document, place)
        self.put(turn.id, place, turn.span, self.dialogue.searched([turn]))

    def put(self, id: str, place: int, span: Span, text: str, covers: Sequence[str] | None = None) -> None:
        """Add one item, and the text that it is searched by where no item before had the same."""
        rows = len(self.rows)
        super().put(id, place, span, text, covers)
        if len(self.rows) > rows:
            self.searched.add({"text": text})

    def close(self) -> None:
        """Finish every file."""
        super().close()
        self.searched.close()


@dataclass
class WindowWriter(TurnWriter):
    """The windows of conversations: each is searched by all its turns, stands for their records, and shows the middle one."""

    _windows: Windows = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._windows = Windows(self.dialogue.window)

    def add(self, document: Document, place: int) -> None:
        """Add a record as the last turn of a window; raises `UsageError` where it is no turn."""
        for window in self._windows.add(Turn.of(document, place)):
            self._window(window)

    def close(self) -> None:
        """Add the windows of sessions that were short, and finish every file."""
        for window in self._windows.rest():
            self._window(window)
        super().close()

    def _window(self, turns: Sequence[Turn]) -> None:
        middle = turns[len(turns) // 2]
        covers = [turn.id for turn in turns]
        self.put(f"{covers[0]}..{covers[-1]}", middle.place, middle.span, self.dialogue.searched(turns), covers)


class PartitionWriter:
    """The documents and units of the public part (`owner` None) or of one owner."""

    def __init__(
        self,
        folder: Path,
        owner: str | None,
        units: Sequence[str],
        words: int,
        language: str = "en",
        dialogue: Dialogue | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        self.folder, self.owner = folder, owner
        self._documents = ArrowWriter(folder / "documents.arrow", DOCUMENTS)
        self._units = [_writer(folder / unit, unit, words, language, dialogue or Dialogue()) for unit in units]
        self._seen: dict[str, bytes] = {}

    def add(self, document: Document) -> Skipped | None:
        """Add a document; one whose id was already used is skipped, and told."""
        digest = hashlib.sha256(f"{document.title}\0{document.text}".encode()).digest()
        before = self._seen.setdefault(document.id, digest)
        if before is not digest:
            what = "the same text" if before == digest else "a different text"
            return Skipped(document.path, f"the id {document.id!r} came before, with {what}", "give each record an id of its own")
        place = self._documents.count
        self._documents.add(_row(document))
        for unit in self._units:
            unit.add(document, place)
        return None

    @property
    def counts(self) -> dict[str, int]:
        """How many documents, and items of each unit."""
        return {"documents": self._documents.count, **{unit.name: unit.items.count for unit in self._units}}

    def close(self) -> None:
        """Finish every file."""
        self._documents.close()
        for unit in self._units:
            unit.close()


def _writer(folder: Path, unit: str, words: int, language: str, dialogue: Dialogue) -> UnitWriter:
    if unit == "turn":
        return TurnWriter(folder, unit, words, language, dialogue=dialogue)
    if unit == "window":
        return WindowWriter(folder, unit, words, language, dialogue=dialogue)
    return UnitWriter(folder, unit, words, language)


def _row(document: Document) -> dict[str, Any]:
    marks = [(mark.kind, mark.start, mark.label, mark.level) for mark in document.marks]
    plain = {name: getattr(document, name) for name in ("id", "title", "text", "type", "path", "source", "date")}
    return {**plain, "fields": json.dumps(dict(document.fields), ensure_ascii=True), "marks": json.dumps(marks)}

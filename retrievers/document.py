"""What reading takes and gives: source files in, documents and notices of what was skipped out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrievers.errors import UsageError
from retrievers.storable import replaced, storable, storable_json

REPLACED = "fathom_replaced"


@dataclass(frozen=True)
class Mark:
    """Something that begins at `start` (code points) of a document's text.

    `kind` is `heading` (the line at `start` is `label`, `level` 1 for the highest), `page` (`label` is its number) or
    `type` (`label` is what follows: `text`, `table` or `code`).
    """

    kind: str
    start: int
    label: str
    level: int = 0


@dataclass(frozen=True)
class Skipped:
    """A file, or records of it, that were not read: where, why, and what helps; `owner` is whose it is, None if all may know."""

    path: str
    reason: str
    next: str
    owner: str | None = None


@dataclass(frozen=True)
class SourceFile:
    """A file that is to be read: `name` is its path inside the folder that was given, `path` where it lies, `sha256` the
    hash of its bytes, `size` their number, `modified` its time stamp in nanoseconds."""

    name: str
    path: Path
    sha256: str
    size: int
    modified: int = field(default=0, compare=False)


@dataclass(frozen=True)
class ReadOptions:
    """How files are read.

    `owner_field` names the field that says whose a record is, or is `none`: then all records are public. `split` cuts
    JSON-lines records into passages. A file other than JSON lines may have `megabytes` MB (and give as much text), its
    parser take `seconds` of CPU and `memory` MB.
    """

    owner_field: str | None = None
    split: bool = False
    megabytes: int = 50
    seconds: int = 60
    memory: int = 1024

    def __post_init__(self) -> None:
        if self.owner_field is not None and not self.owner_field.strip():
            raise UsageError("an owner field without a name", "the name of a field, or none", "--owner-field none")
        if min(self.megabytes, self.seconds, self.memory) < 1:
            raise UsageError("a limit below 1", "megabytes, seconds and memory of at least 1", "ReadOptions()")


@dataclass(frozen=True)
class Document:
    """A parsed document. All offsets anywhere are code points of `text`.

    `path` is the source file's name and `source` its SHA-256; `date` is ISO 8601 or empty; `owner` is None for a public
    document; `fields` holds all else that the format says, as JSON; `whole` keeps it one passage; `notes` tell what reading
    had to guess or leave out. Text that cannot be stored is replaced (`retrievers.storable`), and
    `fields["fathom_replaced"]` says what stood where in the title and the text.

    >>> Document("a", "Mars", "Red.", "txt", "a.txt", "0f...").text
    'Red.'
    """

    id: str
    title: str
    text: str
    type: str
    path: str
    source: str
    date: str = ""
    owner: str | None = None
    marks: tuple[Mark, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    whole: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lost = {name: found for name in ("title", "text") if (found := replaced(getattr(self, name)))}
        fields = storable_json(dict(self.fields))
        if lost:
            fields[REPLACED] = {name: [list(pair) for pair in found] for name, found in lost.items()}
            note = "characters that cannot be stored (NUL or lone surrogates) were replaced by U+FFFD"
            object.__setattr__(self, "notes", (*self.notes, note))
        object.__setattr__(self, "fields", fields)
        for name in ("id", "title", "text", "type", "path", "date"):
            object.__setattr__(self, name, storable(getattr(self, name)))
        marks = tuple(Mark(mark.kind, mark.start, storable(mark.label), mark.level) for mark in self.marks)
        object.__setattr__(self, "marks", marks)

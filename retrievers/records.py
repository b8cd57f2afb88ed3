"""JSON lines as documents: one record a line, read in a stream, each line bounded.

Records are read in the calling process, not in a child: the only parsers are Python's gzip and json, no line above
`LINE` is ever held, and what a packed file unpacks to is bounded by its size.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Any, cast

from retrievers.dates import iso_date
from retrievers.document import Document, Mark, ReadOptions, Skipped, SourceFile
from retrievers.owners import owner_of
from retrievers.parsers.draft import Draft, newlines

LINE = 16 << 20
RATIO = 100
_SMALL = 100 << 20
_PIECE = 1 << 16
_SHOWN = 5
_NEXT = {
    "no field 'text' that holds text": "give each record a text, or leave the file out",
    "neither text nor title": "give each record a text, or leave the file out",
    "not a JSON object": "write one JSON object a line",
    "nested too deeply": "write flat records",
    "not UTF-8": "save the file as UTF-8",
    f"more than {LINE >> 20} MB in one line": "split the record into several",
    "an id that is neither text nor a whole number": "give each record an id of its own",
}


class _Unfit(Exception):
    """A line that gives no document, and why (a key of `_NEXT`)."""


def records(file: SourceFile, options: ReadOptions) -> Iterator[Document | Skipped]:
    """The records of a file `.jsonl` or `.jsonl.gz`, then one notice for each reason why lines of it were skipped.

    A record has `text`, and may have `id` (or `_id`; else it is called by file and line), `title`, `date`, `type` and any
    fields, which are kept. Without text it is known by its title, or by its `table` (rows of strings). Raises `UsageError`
    naming the line where a record's owner is not plain.
    """
    skipped: dict[str, list[int]] = {}
    number = 0
    try:
        with gzip.open(file.path) if file.name.lower().endswith(".gz") else file.path.open("rb") as stream:
            for number, line in lines(cast("IO[bytes]", stream), max(_SMALL, RATIO * file.size)):
                try:
                    yield _document(line, number, file, options)
                except _Unfit as reason:
                    skipped.setdefault(str(reason), []).append(number)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Skipped(file.name, f"is damaged after line {number}: {error}", "fetch or pack the file again")
    except OSError as error:
        yield Skipped(file.name, f"cannot be read beyond line {number}: {error.strerror}", "give yourself the right to read it")
    except _Bomb as error:
        yield Skipped(file.name, f"is not read beyond line {number}: {error}", "unpack it, if it is to be trusted")
    for reason, numbers in skipped.items():
        yield Skipped(file.name, _told(reason, numbers), _NEXT[reason])


class _Bomb(Exception):
    """A packed file that unpacks to far more than its size."""


def lines(stream: IO[bytes], most: int) -> Iterator[tuple[int, bytes | None]]:
    """(number, line) of each line that is not blank; None stands for a line above `LINE` bytes, which is passed over in pieces.

    Raises `_Bomb` once more than `most` bytes have come.
    """
    number = total = 0
    while piece := stream.readline(LINE):
        number += 1
        total += len(piece)
        whole = len(piece) < LINE or piece.endswith(b"\n")
        held, piece = piece if whole else None, b""
        while not whole and total <= most:
            piece = stream.readline(_PIECE)
            total += len(piece)
            whole = len(piece) < _PIECE or piece.endswith(b"\n")
        if total > most:
            raise _Bomb(f"it unpacks to more than {most >> 20} MB")
        if held is None or held.strip():
            yield number, held


def _document(line: bytes | None, number: int, file: SourceFile, options: ReadOptions) -> Document:
    row = _row(line, number)
    text, marks = _text(row)
    owner = owner_of(row, options.owner_field, f"{file.name}, line {number}")
    try:
        return _made(row, text, marks, owner, number, file, whole=not options.split)
    except RecursionError:
        raise _Unfit("nested too deeply") from None


def _made(
    row: Mapping[str, Any], text: str, marks: tuple[Mark, ...], owner: str | None, number: int, file: SourceFile, *, whole: bool
) -> Document:
    title, type = row.get("title"), row.get("type")
    return Document(
        id=_id(row) or f"{file.name}:{number}",
        title=" ".join(title.split()) if isinstance(title, str) else "",
        text=text,
        type=type if isinstance(type, str) and type else "jsonl",
        path=file.name,
        source=file.sha256,
        date=iso_date(row.get("date")),
        owner=owner,
        marks=marks,
        fields={name: value for name, value in row.items() if name not in ("id", "_id", "title", "text")},
        whole=whole,
    )


def _row(line: bytes | None, number: int) -> dict[str, Any]:
    if line is None:
        raise _Unfit(f"more than {LINE >> 20} MB in one line")
    try:
        row: Any = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"), parse_constant=str)
    except UnicodeDecodeError:
        raise _Unfit("not UTF-8") from None
    except RecursionError:
        raise _Unfit("nested too deeply") from None
    except ValueError:
        raise _Unfit("not a JSON object") from None
    if not isinstance(row, dict):
        raise _Unfit("not a JSON object")
    return cast("dict[str, Any]", row)


def _text(row: Mapping[str, Any]) -> tuple[str, tuple[Mark, ...]]:
    text, title, table = row.get("text"), row.get("title"), row.get("table")
    if not isinstance(text, str):
        raise _Unfit("no field 'text' that holds text")
    if text.strip():
        return newlines(text), ()
    if rows := _rows(table):
        draft = Draft(LINE)
        draft.table(rows[0], rows[1:])
        if draft.text:
            return draft.text, tuple(draft.marks)
    if isinstance(title, str) and title.strip():
        return " ".join(title.split()), ()
    raise _Unfit("neither text nor title")


def _rows(table: Any) -> list[list[str]]:
    """The rows of a table of strings, its header first; none where it is anything else."""
    rows = cast("list[Any]", table) if isinstance(table, list) else []
    strings = all(isinstance(row, list) and all(isinstance(cell, str) for cell in cast("list[Any]", row)) for row in rows)
    return rows if strings else []


def _id(row: Mapping[str, Any]) -> str:
    id = row.get("id", row.get("_id", ""))
    if id is None or (isinstance(id, str) and not id.strip()):
        return ""
    if isinstance(id, bool) or not isinstance(id, str | int):
        raise _Unfit("an id that is neither text nor a whole number")
    return str(id)


def _told(reason: str, numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_SHOWN])) + (", …" if len(numbers) > _SHOWN else "")
    lines = "line" if len(numbers) == 1 else "lines"
    return f"{len(numbers)} {lines} not read: {reason} ({lines} {shown})"

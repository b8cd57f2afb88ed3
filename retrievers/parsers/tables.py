"""Comma- and tab-separated files with a header: one document a file (and owner), each row a record that reads alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from retrievers.owners import PUBLIC, demand, owner_of
from retrievers.parsers.draft import Draft, Parsed, Request, Unreadable
from retrievers.parsers.text import decode, told


def parse(request: Request) -> list[Parsed]:
    """The rows as lines `header: value`. With an owner field, a document for each owner and one for the public rows; an empty
    cell names nobody and is refused with its line (`UsageError`), for a table cannot say null."""
    content, encoding = decode(request.path.read_bytes())
    delimiter = "\t" if Path(request.name).suffix.lower() == ".tsv" else likeliest_delimiter(content)
    rows = _rows(content, delimiter)
    _, first = next(rows, (0, []))
    header = [name.strip() for name in first]
    demand(header, request.owner_field, request.name)
    drafts: dict[str | None, Draft] = {}
    for line, row in rows:
        owner = _owner(header, row, request, f"{request.name}, line {line}")
        drafts.setdefault(owner, Draft(request.limit)).table(header, [row])
    if not drafts:
        raise Unreadable("has no rows below its header", "give a table whose first line names the columns")
    about = told(encoding)
    return [Parsed(draft.text, tuple(draft.marks), owner=owner, **about) for owner, draft in drafts.items()]


def likeliest_delimiter(content: str) -> str:
    """The mark that parts the header: the one of comma, semicolon, tab and bar that it holds most of."""
    header = content.lstrip("\n").partition("\n")[0]
    return max(",;\t|", key=header.count)


def _rows(content: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of each row that is not empty."""
    csv.field_size_limit(len(content) + 1)
    reader = csv.reader(StringIO(content, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise Unreadable(f"is broken at line {reader.line_num}: {error}", "save the table again as csv") from error


def _owner(header: Sequence[str], row: Sequence[str], request: Request, where: str) -> str | None:
    if request.owner_field in (None, PUBLIC):
        return None
    return owner_of(dict(zip(header, row, strict=False)), request.owner_field, where)

"""Spreadsheets (xlsx): each sheet is a heading, each row a record under the sheet's first row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from retrievers.errors import UsageError
from retrievers.owners import PUBLIC, demand
from retrievers.parsers import archive
from retrievers.parsers.draft import Draft, Parsed, Request, Unreadable
from retrievers.parsers.word import core


def parse(request: Request) -> list[Parsed]:
    """A workbook: formulas by the values that were saved with them. Raises `UsageError` where a sheet's rows have owners:
    a workbook is one document, and cannot be seen in part."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    archive.check(request.path)
    content = BytesIO(request.path.read_bytes())  # by its path, it would be refused for a name without .xlsx
    try:
        book = openpyxl.load_workbook(content, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, SyntaxError) as error:  # SyntaxError: broken XML
        raise Unreadable(f"is broken: {error}", "open it in its program and save it again") from error
    draft = Draft(request.limit)
    for sheet in book.worksheets:
        rows = _rows(sheet)
        header = next(rows, None)
        if header is not None:
            _owners(header, request)
            draft.heading(sheet.title, 1)
            draft.table(header, rows)
    title, date_, fields = core(book.properties)
    return [Parsed(draft.text, tuple(draft.marks), title, date_, fields)]


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True):
        cells = [shown(value) for value in row]
        if any(cells):
            yield cells


def shown(value: Any) -> str:
    """A cell as a reader sees it: whole numbers without a point, dates in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _owners(header: Sequence[str], request: Request) -> None:
    demand(header, request.owner_field, request.name)
    if request.owner_field not in (None, PUBLIC) and request.owner_field in (name.strip() for name in header):
        raise UsageError(
            f"{request.name} has a column {request.owner_field!r}, and a workbook cannot be divided by owner",
            "records with owners as csv or JSON lines",
            "save the sheet as csv",
        )

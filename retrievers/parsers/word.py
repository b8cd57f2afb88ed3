"""Word documents (docx): paragraphs, headings and tables of the body; footnotes, text boxes and comments are not read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from retrievers.dates import iso_date
from retrievers.parsers import archive
from retrievers.parsers.draft import Draft, Parsed, Request, Unreadable

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)


def parse(request: Request) -> list[Parsed]:
    """A document: title and date of its core properties; a paragraph styled Title or Heading n is a heading."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.text.paragraph import Paragraph
    from lxml.etree import XMLSyntaxError

    archive.check(request.path)
    try:
        document = docx.Document(str(request.path))
    except (PackageNotFoundError, XMLSyntaxError, KeyError, ValueError) as error:
        raise Unreadable(f"is broken: {error}", "open it in its program and save it again") from error
    draft = Draft(request.limit)
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            _paragraph(draft, block)
        else:
            _table(draft, block)
    titled = next((mark.label for mark in draft.marks if mark.kind == "heading"), "")
    title, date, fields = core(document.core_properties)
    return [Parsed(draft.text, tuple(draft.marks), title or titled, date, fields)]


def core(properties: Any) -> tuple[str, str, dict[str, str]]:
    """(title, date, fields) of an Office file's core properties: the date it was created, else last changed."""
    title = " ".join((properties.title or "").split())
    author = (getattr(properties, "author", None) or getattr(properties, "creator", None) or "").strip()
    return title, iso_date(properties.created) or iso_date(properties.modified), {"author": author} if author else {}


def _paragraph(draft: Draft, paragraph: Paragraph) -> None:
    style = paragraph.style.name or "" if paragraph.style is not None else ""
    heading = _HEADING.fullmatch(style)
    if heading is not None:
        draft.heading(paragraph.text, int(heading.group(1)))
    elif style == "Title":
        draft.heading(paragraph.text, 1)
    elif style.startswith("List"):
        draft.paragraph(f"- {paragraph.text}" if paragraph.text.strip() else "")
    else:
        draft.paragraph(paragraph.text.strip())


def _table(draft: Draft, table: Table) -> None:
    """A merged cell stands once in each row that it spans."""
    rows: list[list[str]] = []
    for row in table.rows:
        cells = list(row.cells)
        first = [cell for place, cell in enumerate(cells) if place == 0 or cell._tc is not cells[place - 1]._tc]  # pyright: ignore[reportPrivateUsage]
        rows.append([cell.text for cell in first])
    draft.table(rows[0] if len(rows) > 1 else None, rows[1:] if len(rows) > 1 else rows)

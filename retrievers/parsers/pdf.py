"""PDF: the text layer page by page, with the outline's entries as headings where their words stand on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from retrievers.dates import iso_date
from retrievers.parsers.draft import Draft, Parsed, Request, Unreadable

if TYPE_CHECKING:
    from pypdf import PdfReader

_UNTITLED = re.compile(r"(?i)untitled|microsoft \w+ - .*|.*\.(docx?|pptx?|xlsx?|tex|dvi|indd|pdf)|[\W\d_]*")


def parse(request: Request) -> list[Parsed]:
    """A PDF. Raises `Unreadable` where it is encrypted, broken, or a scan without a text layer; pages without text are noted."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(request.path)
        _unlock(reader)
        outline = _outline(reader)
        draft = Draft(request.limit)
        empty = [number for number, page in enumerate(reader.pages, start=1) if not _page(draft, number, page, outline)]
        if len(empty) == len(reader.pages):
            raise _no_text(len(empty))
        title, date, fields = _about(reader)
    except PyPdfError as error:
        raise Unreadable(f"is broken: {error}", "open it in a viewer and save it again") from error
    numbers = ", ".join(map(str, empty[:10])) + (", …" if len(empty) > 10 else "")
    notes = (f"no text layer on {len(empty)} of {len(reader.pages)} pages: {numbers}",) if empty else ()
    return [Parsed(draft.text, tuple(draft.marks), title, date, fields, notes)]


def _unlock(reader: PdfReader) -> None:
    """Open a file that is encrypted with an empty password, as every viewer does."""
    from pypdf.errors import DependencyError

    if not reader.is_encrypted:
        return
    help = "save a copy without a password: qpdf --password=WORD --decrypt IN.pdf OUT.pdf"
    try:
        opened = reader.decrypt("")
    except (DependencyError, NotImplementedError) as error:
        raise Unreadable("is encrypted (AES)", help) from error
    if not opened:
        raise Unreadable("is encrypted, and needs a password", help)


def _no_text(pages: int) -> Unreadable:
    if not pages:
        return Unreadable("has no pages", "open it in a viewer and save it again")
    return Unreadable(f"has no text layer: its {pages} pages are pictures", "recognise its text first: ocrmypdf IN.pdf OUT.pdf")


def _page(draft: Draft, number: int, page: Any, outline: dict[int, list[tuple[str, int]]]) -> bool:
    """Write a page; whether it has text. Outline entries become headings where a line of the page says the same."""
    lines = [line.rstrip() for line in page.extract_text().splitlines()]
    wanted = {_key(title): level for title, level in outline.get(number, ())}
    held: list[str] = []
    draft.page(str(number))
    for line in lines:
        level = wanted.pop(_key(line), 0) if line.strip() else 0
        if level:
            draft.paragraph("\n".join(held))
            draft.heading(line, level)
            held = []
        else:
            held.append(line)
    draft.paragraph("\n".join(held))
    return any(line.strip() for line in lines)


def _outline(reader: PdfReader) -> dict[int, list[tuple[str, int]]]:
    """(title, level) of the outline's entries by page number."""
    found: dict[int, list[tuple[str, int]]] = {}
    waiting: list[tuple[Any, int]] = [(entry, 1) for entry in reversed(reader.outline)]
    while waiting:
        entry, level = waiting.pop()
        if isinstance(entry, list):
            waiting += [(inner, level + 1) for inner in reversed(entry)]
            continue
        page = reader.get_destination_page_number(entry)
        if page is not None and entry.title:
            found.setdefault(page + 1, []).append((str(entry.title), level))
    return found


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _about(reader: PdfReader) -> tuple[str, str, dict[str, str]]:
    about = reader.metadata
    if about is None:
        return "", "", {}
    title = " ".join((about.title or "").split())
    fields = {"author": about.author.strip()} if about.author and about.author.strip() else {}
    raw = str(about.get("/CreationDate") or about.get("/ModDate") or "")
    digits = re.match(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?", raw)
    date = iso_date("-".join(part for part in digits.groups() if part)) if digits else ""
    return "" if _UNTITLED.fullmatch(title) else title, date, fields

"""A passage as it stands in its document: the cited words, what is before and after them, and what is not as it was."""

from __future__ import annotations

from dataclasses import dataclass, field

from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.partition import DocumentView
from ui.parts.cites import Opened
from ui.parts.pdf_page import parts

NEAR = 600
AROUND = 1200
WHOLE = 20_000
_ANEW = "The corpus was built anew since this answer."


@dataclass(frozen=True)
class Passage:
    """What can be shown of a passage. `marked` is what is cited, or all of it where nothing is.

    `before` and `after` are the near parts of the same passage, `whole` all of it where that is more; `earlier` and `later` are
    the document's text around it. `document` is None where it cannot be read. `notes` say what is not as it was.
    """

    marked: str
    before: str = ""
    after: str = ""
    whole: str = ""
    earlier: str = ""
    later: str = ""
    page: str = ""
    notes: tuple[str, ...] = ()
    document: DocumentView | None = field(default=None, repr=False)


def unread(one: Opened, why: str) -> Passage:
    """A passage whose document cannot be read: the recorded quote alone, and why."""
    kept = "Below are the words as they were recorded." if one.quote else "The ledger keeps where it stood, and not its words."
    return Passage(one.quote, notes=(f"{why} {kept}",))


def passage(index: Index, reader: str | None, one: Opened, identity: str) -> Passage:
    """A passage in its context, for this reader. `identity` is the index's when the passage was shown.

    The document is read only where what is said to stand there still does: words of another generation prove nothing.

    >>> passage(index, None, opened, index.identity).marked
    'The third law came in 1619.'
    """
    try:
        document = index.document(one.document, reader)
    except FathomError:
        return unread(one, "This document is not in the corpus any more, or not for you.")
    same, found = index.identity == identity, document.text[one.start : one.end]
    if (one.quote and found != one.quote) or not (one.quote or same):
        why = "These words do not stand where they stood when they were shown." if one.quote else ""
        return unread(one, " ".join(filter(None, ("" if same else _ANEW, why))))
    notes = () if same else (f"{_ANEW} The cited words still stand where they stood.",)
    return _read(index, reader, one, document, notes)


def _read(index: Index, reader: str | None, one: Opened, document: DocumentView, notes: tuple[str, ...]) -> Passage:
    """The text around the span: of its passage, where the index still has it, then of the document."""
    text = document.text
    first, last, page = _bounds(index, reader, one)
    pages = [str(part.page) for part in parts(text, document.marks, one.start, one.end)] if one.quote else []
    start, end = (one.start, one.end) if one.quote else (first, last)
    before, after = text[first:start], text[end:last]
    near = tail(before, NEAR), head(after, NEAR)
    clipped = near != (before.strip(), after.strip())
    low, high = max(first, start - WHOLE), min(last, end + WHOLE)
    return Passage(
        marked=text[start:end],
        before=near[0],
        after=near[1],
        whole=text[low:high].strip() if clipped else "",
        earlier=tail(text[max(0, first - 2 * AROUND) : first], AROUND),
        later=head(text[last : last + 2 * AROUND], AROUND),
        page=" and ".join(pages) or page,
        notes=notes,
        document=document,
    )


def _bounds(index: Index, reader: str | None, one: Opened) -> tuple[int, int, str]:
    """Where the passage of a span begins and ends, and its page; the span alone where the index knows the passage no more."""
    try:
        item = index.item(one.item, reader)
    except FathomError:
        return one.start, one.end, ""
    inside = item.document == one.document and item.start <= one.start and one.end <= item.end
    return (item.start, item.end, item.page) if inside else (one.start, one.end, "")


def tail(text: str, most: int) -> str:
    """The end of a text in at most `most` letters, from the beginning of a word.

    >>> tail("one two three", 9)
    '… two three'
    """
    text = text.strip()
    if len(text) <= most:
        return text
    cut = text[-most:]
    whole = text[-most - 1].isspace()
    return "… " + (cut if whole else cut.partition(" ")[2] or cut).lstrip()


def head(text: str, most: int) -> str:
    """The beginning of a text in at most `most` letters, to the end of a word.

    >>> head("one two three", 9)
    'one two …'
    """
    text = text.strip()
    if len(text) <= most:
        return text
    cut = text[:most]
    whole = text[most].isspace()
    return (cut if whole else cut.rpartition(" ")[0] or cut).rstrip() + " …"

"""Slides (pptx): titles, text and tables of each slide, which is a page, and its speaker's notes."""

from __future__ import annotations

from typing import Any

from retrievers.parsers import archive
from retrievers.parsers.draft import Draft, Parsed, Request, Unreadable
from retrievers.parsers.word import core


def parse(request: Request) -> list[Parsed]:
    """A presentation: title and date of its core properties; a slide's title is a heading."""
    import pptx
    from lxml.etree import XMLSyntaxError
    from pptx.exc import PackageNotFoundError

    archive.check(request.path)
    try:
        presentation = pptx.Presentation(str(request.path))
    except (PackageNotFoundError, XMLSyntaxError, KeyError, ValueError) as error:
        raise Unreadable(f"is broken: {error}", "open it in its program and save it again") from error
    draft = Draft(request.limit)
    for number, slide in enumerate(presentation.slides, start=1):
        draft.page(str(number))
        _slide(draft, slide)
    titled = next((mark.label for mark in draft.marks if mark.kind == "heading"), "")
    title, date, fields = core(presentation.core_properties)
    # python-pptx's own template, and so every file made from it, bears this title.
    title = "" if title == "PowerPoint Presentation" else title
    return [Parsed(draft.text, tuple(draft.marks), title or titled, date, fields)]


def _slide(draft: Draft, slide: Any) -> None:
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        draft.heading(title.text_frame.text, 1)
    waiting = list(slide.shapes)[::-1]
    while waiting:
        shape = waiting.pop()
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if hasattr(shape, "shapes"):  # a group
            waiting += list(shape.shapes)[::-1]
        elif shape.has_text_frame:
            draft.paragraph(shape.text_frame.text.replace("\v", "\n"))
        elif getattr(shape, "has_table", False):
            rows = [[cell.text for cell in row.cells] for row in shape.table.rows]
            draft.table(rows[0] if len(rows) > 1 else None, rows[1:] if len(rows) > 1 else rows)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        draft.paragraph(slide.notes_slide.notes_text_frame.text)

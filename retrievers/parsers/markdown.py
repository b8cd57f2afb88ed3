"""Markdown (CommonMark with tables) as the text that a reader sees, with its headings, code and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from retrievers.dates import iso_date
from retrievers.parsers import web
from retrievers.parsers.draft import Draft, Parsed, Request, newlines
from retrievers.parsers.text import decode, told

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT = re.compile(r"---\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_ENTRY = re.compile(r"([A-Za-z][\w .-]*?)[ \t]*:[ \t]+(.+?)[ \t]*")


def parse(request: Request) -> list[Parsed]:
    """Front matter's plain `key: value` lines become fields (title and date among them); markup is left out of the text."""
    content, encoding = decode(request.path.read_bytes())
    fields, body = front_matter(newlines(content))
    draft = Draft(request.limit)
    _Writer(draft).write(_parser().parse(body))
    about = told(encoding)
    fields |= about.get("fields", {})
    first = next((mark.label for mark in draft.marks if mark.kind == "heading" and mark.level == 1), "")
    title, date = fields.get("title", "") or first, iso_date(fields.get("date"))
    return [Parsed(draft.text, tuple(draft.marks), title, date, fields, about.get("notes", ()))]


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The plain entries of a leading `---` block, and the text after it."""
    found = _FRONT.match(text)
    if found is None:
        return {}, text
    entries = (_ENTRY.fullmatch(line) for line in found.group(1).splitlines())
    return {entry.group(1): entry.group(2).strip("\"'") for entry in entries if entry}, text[found.end() :]


class _Writer:
    """Writes a flat list of tokens to a draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._lists: list[int | None] = []  # the next number of each open list, None for bullets
        self._item = ""  # the bullet or number that the next paragraph begins with
        self._close = False  # whether the next item stands right below the one before
        self._heading = 0
        self._rows: list[list[str]] = []

    def write(self, tokens: Sequence[Token]) -> None:
        """All tokens of a document, in order."""
        for token in tokens:
            self._open_or_close(token)
            if token.type == "inline":
                self._text(plain(token.children or []))
            elif token.type in ("fence", "code_block"):
                self._draft.code(token.content)
            elif token.type == "html_block":
                self._text(web.text_of(token.content))

    def _open_or_close(self, token: Token) -> None:
        if token.type == "heading_open":
            self._heading = int(token.tag[1])
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None)
            self._close = len(self._lists) > 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
            self._close = bool(self._lists)
        elif token.type == "list_item_open":
            self._item = self._bullet()
        elif token.type == "table_open":
            self._rows = []
        elif token.type == "tr_open":
            self._rows.append([])
        elif token.type == "table_close":
            self._draft.table(self._rows[0], self._rows[1:])
            self._rows = []

    def _bullet(self) -> str:
        number, depth = self._lists[-1], "  " * (len(self._lists) - 1)
        if number is None:
            return f"{depth}- "
        self._lists[-1] = number + 1
        return f"{depth}{number}. "

    def _text(self, text: str) -> None:
        if self._rows:
            self._rows[-1].append(text)
        elif self._heading:
            self._draft.heading(text, self._heading)
            self._heading = 0
        elif self._item:
            self._draft.paragraph(self._item + text, close=self._close)
            self._item, self._close = "", True
        else:
            self._draft.paragraph(text)


def plain(children: Sequence[Token]) -> str:
    """The words of inline tokens: no emphasis, links by their text, pictures by their description."""
    parts: list[str] = []
    for token in children:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "image":
            parts.append(plain(token.children or []))
    return "".join(parts)

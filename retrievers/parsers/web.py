"""HTML as the text that a reader sees, with its headings, tables and code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from retrievers.dates import iso_date
from retrievers.parsers.draft import Draft, Parsed, Request
from retrievers.parsers.text import decode, told

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html",
    "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "ul",
}  # fmt: skip
_UNSEEN = {"head", "iframe", "noscript", "object", "script", "style", "svg", "template"}
_DATES = ("article:published_time", "citation_publication_date", "dcterms.date", "dc.date", "date", "pubdate")
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_BREAK = "\v"


def parse(request: Request) -> list[Parsed]:
    """A page: its title (else first heading of level 1), the date of its `meta` tags, and all text that it shows."""
    from bs4 import BeautifulSoup
    from bs4.dammit import EncodingDetector

    content = request.path.read_bytes()
    declared = EncodingDetector.find_declared_encoding(content, is_html=True) or ""
    text, encoding = decode(content, declared)
    soup = BeautifulSoup(text, "lxml")
    draft = Draft(request.limit)
    fill(draft, soup)
    first = next((mark.label for mark in draft.marks if mark.kind == "heading" and mark.level == 1), "")
    title = " ".join(soup.title.get_text().split()) if soup.title is not None else ""
    return [Parsed(draft.text, tuple(draft.marks), title or first, _date(soup), **told(encoding))]


def text_of(markup: str) -> str:
    """The words of a piece of HTML, in one paragraph."""
    from bs4 import BeautifulSoup

    return " ".join(BeautifulSoup(markup, "lxml").get_text(" ").split())


def fill(draft: Draft, soup: BeautifulSoup) -> None:
    """Write the page to a draft: strings are gathered by their nearest block, without recursion, however deep they lie."""
    from bs4.element import CData, NavigableString, Tag

    blocks: dict[int, Tag | None] = {id(soup): soup}
    held: list[str] = []
    block: Tag | None = None
    for node in soup.descendants:
        above = blocks[id(node.parent)]
        if isinstance(node, Tag):
            blocks[id(node)] = above if above is None else _block(node, above)
            if above is not None and node.name == "br":
                held.append(_BREAK)
            elif above is not None and node.name == "table" and is_data(node):
                _flush(draft, block, held)
                _table(draft, node)
                blocks[id(node)] = None
        elif above is not None and type(node) in (NavigableString, CData):
            if above is not block:
                _flush(draft, block, held)
                block = above
            held.append(str(node))
    _flush(draft, block, held)


def is_data(table: Tag) -> bool:
    """Whether a table holds data: no table lies in it, and it has more than one column. Others only lay out a page."""
    return table.find("table") is None and any(len(cells) > 1 for cells in _rows(table))


def _block(node: Tag, above: Tag) -> Tag | None:
    if node.name in _UNSEEN:
        return None
    return node if node.name in _BLOCKS else above


def _flush(draft: Draft, block: Tag | None, held: list[str]) -> None:
    text = "".join(held)
    held.clear()
    if block is None or not text.strip():
        return
    if block.name == "pre":
        draft.code(text.replace(_BREAK, "\n"))
        return
    text = "\n".join(line.strip() for line in _SPACE.sub(" ", text).split(_BREAK))
    if re.fullmatch("h[1-6]", block.name):
        draft.heading(text, int(block.name[1]))
    else:
        draft.paragraph(f"- {text.strip()}" if block.name == "li" else text)


def _table(draft: Draft, table: Tag) -> None:
    rows = _rows(table)
    if table.caption is not None:
        draft.paragraph(" ".join(table.caption.get_text(" ").split()))
    first = table.find("tr")
    named = first is not None and first.find("th") is not None and first.find("td") is None
    texts = [[" ".join(cell.get_text(" ").split()) for cell in row] for row in rows]
    draft.table(texts[0] if named else None, texts[1:] if named else texts)


def _rows(table: Tag) -> list[Sequence[Tag]]:
    return [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]


def _date(soup: BeautifulSoup) -> str:
    found: dict[str, str] = {}
    for meta in soup.find_all("meta"):
        name = str(meta.get("property") or meta.get("name") or "").casefold()
        found.setdefault(name, iso_date(str(meta.get("content") or "").replace("/", "-")))
    return next((found[name] for name in _DATES if found.get(name)), "")

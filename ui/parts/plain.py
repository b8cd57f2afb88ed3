"""Text of a corpus, a model or a person on a page: shown as it is, never read as markup."""

from __future__ import annotations

import re

import streamlit as st

from retrievers.printable import one_line, printable

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str, **options: str) -> None:
    """Show `text` letter by letter: no markup, no link, no image; what would hide itself is spelt out.

    >>> plain("<b>not bold</b>")
    """
    st.text(printable(text), **options)  # pyright: ignore[reportArgumentType]


def label(text: str, most: int = 80) -> str:
    """`text` as the label of a button, a tab or a choice: one line, cut at `most` letters, every mark of markup escaped.

    >>> label("*stars*")
    '\\\\*stars\\\\*'
    """
    line = one_line(text)
    cut = line if len(line) <= most else line[: most - 1].rstrip() + "…"
    return _MARKS.sub(r"\\\1", cut)

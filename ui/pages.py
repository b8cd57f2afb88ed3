"""The pages of the chat, in one list: each is a module with one `render(visit)`, and has an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st

from ui.parts.look import look
from ui.parts.problem import keep_to_itself, told
from ui.visit import Visit, service, visiting

_ICON = Path(__file__).parent / "icon.png"


@dataclass(frozen=True)
class Page:
    """A page: `name` is its address, `module` holds its `render(visit)`."""

    name: str
    title: str
    icon: str
    module: str


PAGES = (
    Page("chat", "Chat", ":material/forum:", "ui.chat"),
    Page("evidence", "Evidence", ":material/account_tree:", "ui.evidence"),
    Page("runs", "Runs", ":material/history:", "ui.runs_page"),
    Page("compare", "Compare", ":material/compare_arrows:", "ui.compare_page"),
    Page("corpus", "Corpus", ":material/library_books:", "ui.corpus_page"),
    Page("health", "Health", ":material/monitor_heart:", "ui.health_page"),
)


def show() -> None:
    """Draw the page that the address names, for whoever asks."""
    st.set_page_config(page_title="Fathom", page_icon=str(_ICON), layout="wide")
    look()
    entries = {page.name: _entry(page) for page in PAGES}
    st.session_state["pages"] = entries
    chosen = st.navigation(list(entries.values()), position="top")
    chosen.run()


def go(name: str, **parameters: str) -> None:
    """Leave for another page, with what its address says: `go("runs", run=id)`."""
    st.switch_page(st.session_state["pages"][name], query_params=parameters)


def _entry(page: Page) -> Any:
    draw = partial(_draw, page)
    return st.Page(draw, title=page.title, icon=page.icon, url_path=page.name, default=page is PAGES[0])


def _draw(page: Page) -> None:
    with told():
        visit = visiting(service(), st.context.headers.get_all)
        keep_to_itself(visit.elsewhere)
        render: Callable[[Visit], None] = import_module(page.module).render
        render(visit)

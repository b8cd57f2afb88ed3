"""The visitor's conversations beside the chat: opened, found, renamed, deleted, exported."""

from __future__ import annotations

import time
from functools import partial

import streamlit as st

from agent.entries.rows import Conversation
from agent.export import FORMATS, export
from agent.record import record
from retrievers.printable import one_line
from ui.parts.plain import label
from ui.parts.problem import told
from ui.visit import Visit

_SHOWN = 15
_NAMES = {"md": "Markdown", "html": "HTML page", "json": "JSON"}
_TYPES = {"md": "text/markdown", "html": "text/html", "json": "application/json"}


def conversations(visit: Visit, chosen: str | None) -> None:
    """The list, newest first, the chosen one with what can be done to it; and whose it is."""
    if st.button("New conversation", key="new-conversation", icon=":material/add:", width="stretch"):
        st.query_params.clear()
        st.rerun()
    _corpus(visit)
    most = st.session_state.get("conversations-shown", _SHOWN)
    known = visit.ledger.conversations(limit=most + 1)
    if not known:
        st.caption("Your conversations will be listed here.")
    for one in known[:most]:
        _entry(visit, one, one.id == chosen)
    if len(known) > most and st.button("Show older ones", key="conversations-more", type="tertiary"):
        st.session_state["conversations-shown"] = most + 50
        st.rerun()
    st.divider()
    st.caption(f"Signed in as {label(visit.user)}" if visit.reader else "A single user on this machine")


def _corpus(visit: Visit) -> None:
    """Which corpus the next conversation asks."""
    names = [corpus.name for corpus in visit.corpora.all()]
    if len(names) > 1 and visit.corpus is not None:
        now = names.index(visit.corpus.name)
        name = st.selectbox("Corpus for new questions", names, now, key="corpus-choice", format_func=one_line)
        if name != visit.corpus.name:
            visit.choose(visit.corpora.named(name))
            st.query_params.clear()
            st.rerun()


def _entry(visit: Visit, one: Conversation, open_now: bool) -> None:
    with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
        kind = "secondary" if open_now else "tertiary"
        if st.button(label(one.title, 44), key=f"conversation-{one.id}", type=kind, help=_when(one), width="stretch", wrap=False):
            st.query_params["conversation"] = one.id
            st.rerun()
        if open_now:
            with st.popover("Manage", key=f"conversation-menu-{one.id}", help="Rename, export or delete this conversation"):
                _menu(visit, one)


def _menu(visit: Visit, one: Conversation) -> None:
    with told():
        title = st.text_input("Title", one.title, key=f"title-{one.id}", max_chars=200)
        if title.strip() and title != one.title:
            visit.ledger.rename(one.id, title)
            st.rerun()
        for kind in FORMATS:
            st.download_button(
                f"Export as {_NAMES[kind]}",
                partial(_exported, visit, one.id, kind),
                f"{one.id}.{kind}",
                _TYPES[kind],
                key=f"export-{one.id}-{kind}",
                on_click="ignore",
                width="stretch",
            )
        sure = st.checkbox("Delete it with all its answers", key=f"delete-sure-{one.id}")
        if st.button("Delete", key=f"delete-{one.id}", icon=":material/delete:", disabled=not sure, width="stretch"):
            visit.ledger.delete(one.id)
            st.query_params.clear()
            st.rerun()


def _exported(visit: Visit, conversation: str, format: str) -> bytes:
    """The whole conversation as one document, made when it is asked for."""
    runs = reversed(visit.ledger.runs(conversation=conversation, limit=1000))
    records = [record(visit.ledger, run.id, number) for run in runs for number in range(1, run.size + 1)]
    return export(records, format).encode()


def _when(one: Conversation) -> str:
    return time.strftime("%-d %B %Y, %H:%M", time.localtime(one.created))

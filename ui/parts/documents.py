"""The documents of a corpus: a list to filter and leaf through, and one document's text."""

from __future__ import annotations

import streamlit as st

from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.printable import one_line
from ui.corpora import Corpus
from ui.holdings import Entry, listing, matching
from ui.pages import go
from ui.parts.plain import label, plain
from ui.visit import Visit

PAGE = 20
_PART = 8_000


def documents(visit: Visit, corpus: Corpus, index: Index) -> None:
    """The list, a page at a time."""
    entries = entries_of(visit, index)
    words = st.text_input("Show documents whose title, name or type holds", key="documents-filter", placeholder="words")
    found = matching(entries, words)
    st.caption(f"{len(found):,} of {len(entries):,} documents" if words.strip() else f"{len(entries):,} documents")
    if not found:
        st.info("No title holds these words. The tab Search looks into the texts.", icon=":material/search:")
        return
    pages = -(-len(found) // PAGE)
    page = st.pagination(pages, key=f"documents-page-{words.casefold()}") if pages > 1 else 1
    for place, entry in enumerate(found[(page - 1) * PAGE : page * PAGE]):
        _line(corpus, entry, place)


def entries_of(visit: Visit, index: Index) -> tuple[Entry, ...]:
    """The list of all documents that the visitor sees, made once for each generation."""
    return visit.service.memo.value(("listing", index.identity, visit.reader), lambda: listing(index, visit.reader))


def _line(corpus: Corpus, entry: Entry, place: int) -> None:
    with st.container(key=f"document-line-{place}", gap=None):
        title = label(entry.title or entry.id, 100)
        if st.button(
            title, key=f"document-{place}", type="tertiary", icon=":material/lock:" if entry.mine else ":material/article:"
        ):
            go("corpus", corpus=corpus.name, document=entry.id)
        with st.container(key=f"soft-document-{place}"):
            plain(_facts(entry))


def _facts(entry: Entry) -> str:
    told = [entry.type, f"{entry.length:,} characters", entry.date, entry.path if entry.path != entry.title else ""]
    return one_line(" · ".join(filter(None, [*told, "yours alone" if entry.mine else ""])))


def document(visit: Visit, corpus: Corpus, index: Index, id: str) -> None:
    """One document: what is known of it, and its text, a part at a time. Raises `FathomError` where the visitor sees none."""
    if st.button("All documents", key="document-back", icon=":material/arrow_back:"):
        st.session_state["corpus-tab"] = "Documents"
        go("corpus", corpus=corpus.name)
    entry = next((one for one in entries_of(visit, index) if one.id == id), None)
    if entry is None:
        raise FathomError(f"there is no document {one_line(id)[:80]!r} here", "one of this corpus", "choose one from the list")
    st.subheader(label(entry.title or entry.id, 200), anchor=False)
    with st.container(key="soft-document-facts"):
        plain(_facts(entry))
    parts = max(1, -(-entry.length // _PART))
    part = st.pagination(parts, key="document-part") if parts > 1 else 1
    with st.container(border=True, key="document-text"):
        plain(index.text(id, (part - 1) * _PART, min(part * _PART, entry.length), visit.reader))

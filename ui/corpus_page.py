"""The page of the corpora: what is in one, its documents, a search, and files to add."""

from __future__ import annotations

import streamlit as st

from retrievers.printable import one_line
from ui.corpora import Corpus
from ui.holdings import holdings
from ui.parts.building import building
from ui.parts.contents import contents
from ui.parts.documents import document, documents
from ui.parts.plain import label
from ui.parts.problem import told
from ui.parts.searchbox import searchbox
from ui.parts.upload import upload
from ui.parts.welcome import welcome
from ui.visit import Visit

_TABS = ("Contents", "Documents", "Search", "Add files")


def render(visit: Visit) -> None:
    """Draw the page for the corpus that the address names, or else the one that this tab looks at."""
    named = st.query_params.get("corpus")
    if named is not None:
        visit.choose(visit.corpora.named(named))
    corpus = visit.corpus
    if corpus is None:
        welcome(visit)
        return
    _head(visit, corpus)
    building(visit)
    opened = st.query_params.get("document")
    if opened is not None:
        with told():
            document(visit, corpus, visit.index(corpus), opened)
    else:
        _body(visit, corpus)


def _head(visit: Visit, corpus: Corpus) -> None:
    names = [one.name for one in visit.corpora.all()]
    st.title(label(corpus.name), anchor=False)
    if len(names) > 1:
        chosen = st.selectbox(
            "Corpus", names, names.index(corpus.name), key=f"corpus-page-{corpus.name}", format_func=one_line, width=320
        )
        if chosen != corpus.name:
            visit.choose(visit.corpora.named(chosen))
            st.query_params.clear()
            st.rerun()


def _body(visit: Visit, corpus: Corpus) -> None:
    contents_tab, documents_tab, search_tab, add_tab = st.tabs(
        _TABS, key="corpus-tabs", default=st.session_state.get("corpus-tab")
    )
    with add_tab, told():
        upload(visit, corpus)
    with told():
        index = visit.index(corpus)
        held = visit.service.memo.value(("holdings", index.identity, visit.reader), lambda: holdings(index, visit.reader))
        with contents_tab, told():
            contents(visit, corpus, held)
        with documents_tab, told():
            documents(visit, corpus, index)
        with search_tab, told():
            searchbox(visit, corpus, index)

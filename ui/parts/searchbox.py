"""One search of a corpus by one recipe: passages with what each stage made of them. No answer is written."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import streamlit as st

from retrievers.base import Hit, Query
from retrievers.index import Index
from retrievers.partition import Item
from retrievers.recipes import recipes
from ui.corpora import Corpus
from ui.pages import go
from ui.parts.choices import Choices
from ui.parts.plain import label, plain
from ui.terminal.render import excerpt, trail
from ui.visit import Visit

_MOST = 10


@dataclass(frozen=True)
class Found:
    """The passages of a search, best first, and the seconds that it took."""

    hits: tuple[tuple[Hit, Item], ...]
    seconds: float


def search(visit: Visit, corpus: Corpus, text: str, recipe: str, k: int = _MOST) -> Found:
    """Search the visitor's part of a corpus. Raises `FathomError` where the recipe needs what this index or server lacks.

    >>> search(visit, corpus, "rings of Saturn", "bm25").hits[0][1].document
    'giovanni-domenico-cassini.md'
    """
    settings = visit.service.settings
    spec = replace(Choices(recipe=recipe), policy="extractive").spec(corpus, visit.reader, settings)
    stage = visit.service.workshop.stage(spec)
    began = time.monotonic()
    ranking = stage.search(Query(text, user=visit.reader), k)
    items = visit.index(corpus).find(ranking.ids, visit.reader)
    return Found(tuple(zip(ranking, items, strict=True)), time.monotonic() - began)


def searchbox(visit: Visit, corpus: Corpus, index: Index) -> None:
    """The box, and what was found."""
    known = list(recipes(visit.service.settings.recipes))
    first = "hybrid" if index.settings.encoder is not None and "hybrid" in known else "bm25"
    with st.form("corpus-search", border=False):
        text = st.text_input("Search the texts", key="search-text", placeholder='words, or "words that stand together"')
        with st.container(horizontal=True, vertical_alignment="bottom"):
            recipe = st.selectbox("Recipe", known, known.index(first), key="search-recipe", width=260)
            st.form_submit_button("Search", key="search-start", type="primary", icon=":material/search:")
    if not text.strip():
        st.caption("Shows which passages a recipe finds, and what each of its stages made of them. The chat writes answers.")
        return
    found = search(visit, corpus, text, recipe)
    if not found.hits:
        st.info("Nothing was found. Try other words, or another recipe.", icon=":material/search_off:")
    else:
        st.caption(f"{len(found.hits)} passages in {found.seconds:.2f} s")
    for rank, (hit, item) in enumerate(found.hits, start=1):
        _passage(corpus, text, rank, hit, item)


def _passage(corpus: Corpus, text: str, rank: int, hit: Hit, item: Item) -> None:
    with st.container(border=True, key=f"hit-{rank}", gap="small"):
        heading = item.heading.removeprefix(item.title).removeprefix(" > ")
        name = item.title or item.document
        title = f"{rank}.  {name}" + (f"  ›  {heading}" if heading else "")
        if st.button(label(title, 120), key=f"hit-open-{rank}", type="tertiary", help="Open the document"):
            go("corpus", corpus=corpus.name, document=item.document)
        plain(excerpt(item.text, text, 320).plain)
        with st.container(key=f"soft-hit-{rank}"):
            plain(f"{item.id}{', page ' + item.page if item.page else ''}{', yours alone' if item.owner else ''}")
            plain(trail(hit.trail).plain)

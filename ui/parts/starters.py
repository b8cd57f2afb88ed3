"""Questions to start with, taken from the corpus itself."""

from __future__ import annotations

import streamlit as st

from ui.corpora import Corpus
from ui.parts.plain import label
from ui.starting import questions
from ui.visit import Visit


def starters(visit: Visit, corpus: Corpus) -> str | None:
    """Offer a few questions of the corpus; the one that was picked."""
    index = visit.index(corpus)
    offered = visit.service.memo.value(("starters", index.identity, visit.reader), lambda: questions(index, visit.reader))
    if not offered:
        return None
    st.caption("Questions that these documents can be asked:")
    picked = None
    with st.container(key="starters", gap="small"):
        for number, question in enumerate(offered):
            if st.button(label(question, 160), key=f"starter-{number}", icon=":material/arrow_forward:"):
                picked = question
    return picked

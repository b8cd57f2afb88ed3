"""The funnel, drawn: how many passages each stage gave, as a picture and as a table."""

from __future__ import annotations

import streamlit as st

from ui.parts.charts import funnel_chart
from ui.parts.funnel import carried, funnel, told
from ui.parts.gathered import Gathered
from ui.parts.look import ink


def funnelview(gathered: Gathered, search: int | None) -> None:
    """Draw the funnel of one search, or of all."""
    if not gathered.searches:
        st.info("Nothing was searched for this question.", icon=":material/search_off:")
        return
    levels = funnel(gathered, search)
    st.altair_chart(funnel_chart(levels, ink()), key="evidence-funnel", alt=told(levels))
    rows = [{"Stage": one.name, "Distinct passages": one.told, "Places in all rankings": one.places} for one in levels]
    st.dataframe(rows, hide_index=True, key="evidence-levels", alt="How many passages each stage gave")
    notes = [
        "A retriever may rank the whole corpus: what counts is which passages come first." if search is None else "",
        "“At least”: the ledger keeps the first 200 places of a ranking, so some passages below are not told apart."
        if not all(one.exact for one in levels)
        else "",
        carried(gathered),
        "" if gathered.answered else "The question has no answer yet, so nothing is cited.",
    ]
    for note in filter(None, notes):
        st.caption(note)

"""The path of a passage, drawn: its rank at each stage of each search, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from retrievers.printable import one_line
from ui.parts.charts import path_chart
from ui.parts.named import cut
from ui.parts.path import Standing, furthest


def pathview(standings: Sequence[Standing], key: str) -> None:
    """Draw the standings; `key` tells two on one page apart."""
    best = furthest(standings)
    st.markdown("#### Its path through the stages")
    st.altair_chart(path_chart(standings, best), key=f"{key}-path", alt=told(standings, best))
    several = len({one.search for one in standings}) > 1
    strong = f"The strong line is search {best}, which brought it furthest. " if best is not None and several else ""
    crosses = "A cross: that stage did not give it." if any(one.rank is None for one in standings) else ""
    if strong or crosses:
        st.caption(strong + crosses)
    rows = [
        {
            "Search": f"{one.search}  {cut(one.query, 60)}",
            "Stage": one_line(one.stage),
            "Rank": one.rank,
            "Score": None if one.score is None else float(f"{one.score:.5g}"),
            "Place": one.told,
        }
        for one in standings
    ]
    st.dataframe(
        rows,
        hide_index=True,
        key=f"{key}-places",
        placeholder="–",
        alt="The passage's rank and score at each stage of each search",
    )


def told(standings: Sequence[Standing], best: int | None) -> str:
    """The picture in a sentence.

    >>> told([Standing(1, "rings", "BM25", 3, 40)], 1)
    'In search 1, which brought the passage furthest: rank 3 of 40 by BM25'
    """
    if best is None:
        return "No search gave the passage"
    places = [f"{one.told} by {one.stage}" for one in standings if one.search == best]
    return f"In search {best}, which brought the passage furthest: {', '.join(places)}"

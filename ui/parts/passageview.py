"""The passages of a question as a table, and the one that is picked: its path through the stages, and its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from agent.state import Evidence
from retrievers.printable import one_line
from ui.parts.gathered import Gathered
from ui.parts.named import Named
from ui.parts.passages import Passage, passages
from ui.parts.path import path
from ui.parts.pathview import pathview
from ui.parts.plain import plain
from ui.parts.problem import told

_PICKED = "evidence-passage"


def passageview(gathered: Gathered, names: Named, search: int | None, picked: str | None) -> None:
    """Draw the table of one search, or of all, and the picked passage below it."""
    found = passages(gathered, search)
    if not found and picked is None:
        st.info("No search of this question gave a passage.", icon=":material/search_off:")
        return
    ids = [one.id for one in found]
    rows = [row(one, names.name(one.id)) for one in found]
    st.dataframe(
        rows,
        hide_index=True,
        key="evidence-passages",
        alt="What was shown and what was just missed, with each stage's rank",
        on_select=partial(_selected, ids),
        selection_mode="single-row",
        placeholder="–",
    )
    shown = sum(one.shown is not None for one in found)
    st.caption(f"{shown} shown, {len(found) - shown} just missed. Pick a passage, in the table or here, to see its path.")
    options = ids if picked is None or picked in ids else [*ids, picked]
    st.session_state[_PICKED] = picked
    st.selectbox(
        "Passage",
        options,
        index=None,
        format_func=lambda one: f"{names.name(one)}   {one_line(one)[:60]}",
        placeholder="Pick one to see its path",
        key=_PICKED,
        on_change=_chosen,
    )
    if picked is not None:
        _one(gathered, names, picked)


def row(one: Passage, name: str) -> Mapping[str, Any]:
    """A line of the table.

    >>> row(Passage("a#1", 3, 2, {"BM25": 3}, shown=1, cited="yes"), "A #1")["Shown"]
    '[1]'
    """
    return {
        "Shown": f"[{one.shown}]" if one.shown is not None else "missed",
        "Cited": {"yes": "cited", "in vain": "in vain", "no": "–"}[one.cited],
        "Passage": name,
        "Rank": one.rank,
        "Search": one.search or None,
        **{one_line(stage): rank for stage, rank in one.stages.items()},
    }


def became(one: Evidence | None, gathered: Gathered) -> str:
    """What became of a passage, in a sentence."""
    if one is None:
        return "It was not shown."
    brought = f"by search {one.action}" if one.action else "because an earlier answer of the conversation cites it"
    cited = (
        "the answer cites it"
        if one.number in gathered.cited
        else "a claim cites it that it does not support"
        if one.number in gathered.vain
        else "the answer does not cite it"
    )
    return f"It was shown as [{one.number}], {brought}; {cited}."


def _one(gathered: Gathered, names: Named, id: str) -> None:
    shown = gathered.shown_as(id)
    with st.container(key="short-evidence-passage"):
        plain(names.name(id, 120))
    plain(became(shown, gathered))
    standings = path(gathered, [id])
    if any(one.rank is not None for one in standings):
        pathview(standings, "evidence")
    else:
        st.info("No stage of any search kept it. “Why is a passage not here?” searches again and says why.")
    _text(names, id, shown)


def _text(names: Named, id: str, shown: Evidence | None) -> None:
    """Its words, and up to where they were shown."""
    st.markdown("#### What it says")
    item = names.item(id)
    if item is None:
        st.caption("Its text cannot be shown: the corpus was built anew since, is not among yours here, or never had it.")
        return
    with st.container(border=True, key="evidence-text"):
        if item.heading:
            with st.container(key="soft-evidence-heading"):
                plain(item.heading)
        plain(item.text)
    if shown is not None and shown.cut:
        st.caption(f"Shown up to character {shown.end - item.start:,} of {len(item.text):,}, where it was cut.")


def _chosen() -> None:
    with told():
        _name(st.session_state[_PICKED])


def _selected(ids: Sequence[str]) -> None:
    with told():
        rows: list[int] = st.session_state["evidence-passages"]["selection"]["rows"]
        _name(ids[rows[0]] if rows else None)


def _name(id: str | None) -> None:
    """The address names the picked passage."""
    if id is None:
        st.query_params.pop("passage", None)
    else:
        st.query_params["passage"] = id

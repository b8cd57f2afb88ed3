"""The card of a question that the corpus does not answer: what was tried, what came nearest, and what one can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from agent.entries.rows import RunRow
from agent.reports.wording import KINDS, came, headline
from agent.spec import Spec
from agent.state import EFFORTS
from retrievers.printable import one_line
from ui.pages import go
from ui.parts.cites import Opened
from ui.parts.passage import opener
from ui.parts.plain import plain

Record = Mapping[str, Any]
_FEW = 5


def refusal(run: RunRow, record: Record, misses: Sequence[Opened]) -> None:
    """Draw the card. `misses` are the passages that came nearest; they open like citations."""
    key = f"{run.id}-{record['number']}"
    with st.container(border=True, key=f"refusal-{key}"):
        with st.container(key=f"short-{key}"):
            plain(headline(record))
        text = one_line(str(record["answer"]["text"]))
        if text and text.rstrip(".").casefold() != KINDS["not_found"].casefold():
            plain(text)
        _searches(key, record["searches"])
        if misses:
            st.markdown("**What came nearest**")
            for one in misses:
                with st.container(horizontal=True, gap="small", vertical_alignment="center", wrap=False):
                    opener(one, "Open")
                    plain(one_line(one.name), width="stretch")
        st.markdown("**What you can try**")
        for advice in advised(Spec.from_json(run.spec)):
            st.markdown(f"- {advice}")
        if st.button("Add documents", key=f"add-{key}", icon=":material/upload_file:"):
            go("corpus")


def advised(spec: Spec) -> tuple[str, ...]:
    """What can help, for a run of this configuration.

    >>> advised(Spec("papers.index"))[0]
    'Ask it in other words, or name what you look for as the documents would.'
    """
    advice = ["Ask it in other words, or name what you look for as the documents would."]
    if str(spec.scope):
        advice.append("Widen the scope: this question was asked of a part of the corpus only.")
    if spec.effort.name in EFFORTS and spec.effort.name != "deep":
        advice.append("Choose more effort beside the input: it searches longer and reads more.")
    return (*advice, "Add the documents that would say it.")


def _searches(key: str, searches: Sequence[Record]) -> None:
    """What was searched and what that came to: the first few, and the rest behind a click."""
    if not searches:
        plain("Nothing was searched: the question ended before its first search.")
        return
    st.markdown("**What was searched**")
    _lines(searches[:_FEW])
    if len(searches) > _FEW:
        with st.expander(f"{len(searches) - _FEW} more searches", key=f"searched-{key}"):
            _lines(searches[_FEW:])


def _lines(searches: Sequence[Record]) -> None:
    for one in searches:
        with st.container(horizontal=True, gap="small", vertical_alignment="top", wrap=False):
            plain(f"“{one_line(one['query'])}”", width="stretch")
            st.caption(came(one) if not one.get("failure") else "failed", width="content")

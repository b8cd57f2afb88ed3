"""A question of an evaluation of retrieval: it was searched once, as it stands, and this is what the stages gave."""

from __future__ import annotations

import streamlit as st

from agent.entries.rows import RunRow
from agent.ledger import Ledger
from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.parts.plain import plain


def searched(ledger: Ledger, run: RunRow, number: int) -> None:
    """Draw the search, with the places that every stage gave."""
    done = ledger.done(run.id, number)
    if not done:
        st.caption("This question was not searched yet.")
        return
    seconds = ledger.seconds(run.id, number)
    for one in done:
        plain(f"{counted(one.hits, 'hit')} in {seconds[one.number]:.3f} s")
        stages = ledger.candidates(run.id, number, one.number)
        if stages:
            rows = [{"stage": one_line(own.stage), "searched for": one_line(own.query), "gave": own.total} for own in stages]
            st.dataframe(rows, hide_index=True, alt="The stages of the search, and how many places each gave")

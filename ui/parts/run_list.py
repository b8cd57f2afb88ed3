"""The visitor's runs, newest first: what was asked, how, and what came of it. A click opens one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from math import ceil
from typing import Literal

import streamlit as st

from agent.entries.overview import Summary, Wanted
from agent.entries.rows import Status
from agent.record import STOPS
from agent.reports.wording import KINDS, counted, price
from retrievers.printable import one_line
from ui.pages import go
from ui.parts.evaluations import evaluations
from ui.parts.plain import label, plain
from ui.parts.run_filter import PAGE, clear, run_filter
from ui.service import PURPOSE
from ui.visit import Visit

SHOWN = 20
Colour = Literal["blue", "green", "orange", "red"]
STATES: Mapping[Status, tuple[str, Colour]] = {
    "running": ("under way", "blue"),
    "done": ("done", "green"),
    "stopped": ("stopped", "orange"),
    "failed": ("failed", "red"),
}


def run_list(visit: Visit) -> None:
    """Draw the filter and a page of the runs that it lets through."""
    st.title("Runs", anchor=False)
    recipes = visit.ledger.recipes()
    if not recipes:
        _empty()
        return
    wanted = run_filter(recipes, evaluations(visit))
    page = int(st.session_state.get(PAGE, 1))
    total, found = visit.ledger.overview(wanted, offset=(page - 1) * SHOWN, limit=SHOWN)
    if total and not found:  # a conversation was deleted meanwhile, and with it the last page
        st.session_state[PAGE] = 1
        total, found = visit.ledger.overview(wanted, limit=SHOWN)
    _counted(total, wanted)
    for one in found:
        _entry(one)
    if total > SHOWN:
        st.pagination(max(1, ceil(total / SHOWN)), key=PAGE, persist_state="session")


def outcome(one: Summary) -> str:
    """What came of a run, in words.

    >>> outcome(Summary(run, {"answered": 1}, "found", "Christiaan Huygens"))
    'Christiaan Huygens'
    """
    if one.run.size > 1:
        answered = sum(count for stop, count in one.stops.items() if stop not in ("", "failed"))
        return f"{answered:,} of {one.run.size:,} questions ended" if answered else counted(one.run.size, "question")
    if one.kind is None:
        return ""
    short = one_line(one.short)
    return short if short and one.kind != "not_found" else KINDS[one.kind]


def facts(one: Summary) -> str:
    """How a run was asked, why it ended and what it took, in one line."""
    spec, spent = one.run.spec, one.spent
    purpose = {PURPOSE: "", "ask": "command line"}.get(one.run.purpose, f"evaluation {one.run.purpose}")
    system = one_line(str(spec.get("label") or spec["recipe"]))  # what its evaluation calls it, where that has several
    how = [system, spec["effort"]["name"], spec["policy"]] if spec["policy"] != "none" else [system]
    ends = [STOPS[stop] for stop in one.stops if stop] if one.run.size == 1 else []
    took = [counted(spent.searches, "search", "searches")]
    if spent.tokens_in + spent.tokens_out:
        took += [f"{spent.tokens_in + spent.tokens_out:,} tokens", f"cost {price(spent.cost)}"]
    lasted = f"{spent.seconds:.1f} s" + (" of work" if one.run.size > 1 else "")
    return " · ".join(part for part in (purpose, *map(str, how), *ends, *took, lasted) if part)


def moment(seconds: float) -> str:
    """A time in this place's clock.

    >>> moment(0.0)
    '1 January 1970, 00:00:00'
    """
    return time.strftime("%-d %B %Y, %H:%M:%S", time.localtime(seconds))


def _entry(one: Summary) -> None:
    run = one.run
    with st.container(border=True, gap="xsmall", key=f"run-{run.id}"):
        title = label(run.title, 160) + (f" and {run.size - 1:,} more" if run.size > 1 else "")
        with st.container(horizontal=True, wrap=False, vertical_alignment="center", key=f"rows-run-{run.id}"):
            if st.button(title, key=f"open-{run.id}", type="tertiary", help="Open this run", width="stretch", wrap=True):
                st.query_params["run"] = run.id
                st.rerun()
            word, colour = STATES[run.status]
            st.badge(word, color=colour)
        if came := outcome(one):
            plain(came)
        with st.container(key=f"soft-run-{run.id}"):
            plain(f"{moment(run.created)} · {facts(one)}")


def _counted(total: int, wanted: Wanted) -> None:
    if total or wanted == Wanted():
        st.caption(counted(total, "run") + (", newest first" if total > 1 else ""))
        return
    st.info("No run is like that. Take a condition away, or all of them.")
    st.button("Show all runs", key="runs-clear", icon=":material/filter_alt_off:", on_click=clear)


def _empty() -> None:
    """What the page is for, where there is nothing on it yet."""
    st.markdown(
        "Every question that you ask is a run, and every step of it is kept. Here you will be able to\n\n"
        "- find a run by its words, its day, its recipe, how it ended or what it cost\n"
        "- open one as a timeline: each search, what it found, what was read, each call of a model\n"
        "- go on from any turn with another query or another recipe\n"
        "- go on with one that was stopped, and keep one as Markdown, HTML or JSON"
    )
    if st.button("Ask a question", key="runs-ask", type="primary", icon=":material/forum:"):
        go("chat")

"""A question under work: every step as it is recorded, what is left of the budget, the model's draft, and Stop.

The page only reads: the run goes on in the server, and any other tab that opens the conversation sees the same.
"""

from __future__ import annotations

import time

import streamlit as st

from agent.entries.rows import QuestionRow, RunRow
from agent.reports.wording import price
from agent.spec import Spec
from agent.state import Effort, Event
from ui.parts.plain import plain
from ui.parts.problem import public, told
from ui.parts.steps import Line, Progress, progress
from ui.visit import Visit

EVERY = 0.25
_ICONS = {
    "understood": "translate",
    "plan": "checklist",
    "think": "psychology",
    "search": "search",
    "open": "menu_book",
    "read": "visibility",
    "write": "edit_note",
    "failure": "error",
    "stop": "stop_circle",
    "resume": "restart_alt",
}


def live(visit: Visit, run: RunRow, question: QuestionRow) -> None:
    """Follow a question of a run until it is answered, then draw the page anew."""

    @st.fragment(run_every=EVERY)
    def follow() -> None:
        with told():
            _follow(visit, run, question.number)

    follow()


def _follow(visit: Visit, run: RunRow, number: int) -> None:
    state = _begun(visit, run.id, number)
    now = visit.ledger.run(run.id)
    spec = Spec.from_json(run.spec)
    _draw(state, spec, now, time.time() - run.created)
    if now.status != "running":
        st.session_state.pop(f"events-{run.id}", None)
        st.rerun()
    if not now.stop_asked:
        if st.button("Stop", key=f"stop-{run.id}", icon=":material/stop_circle:", help="Answer with what is known so far"):
            visit.runs.stop(run.id)
    else:
        st.caption("Stopping: the answer is written from what is known so far.")


def _begun(visit: Visit, run: str, number: int) -> Progress:
    """How far the question is. When the page is first drawn its first step is about to come: it is waited for a moment."""
    patience = time.monotonic() + EVERY
    while True:
        state = progress(_events(visit, run), number)
        if state.lines or time.monotonic() > patience:
            return state
        time.sleep(EVERY / 20)


def _events(visit: Visit, run: str) -> list[Event]:
    """The run's events so far: those that this tab has, and the new ones."""
    known: list[Event] = st.session_state.setdefault(f"events-{run}", [])
    known += visit.ledger.events(run, known[-1].seq if known else 0)
    return known


def _draw(state: Progress, spec: Spec, run: RunRow, seconds: float) -> None:
    _meter(state, spec.effort, seconds)
    if run.lease_owner and run.lease_until < time.time():
        st.caption("Its server died; it goes on in a moment.")
    lines(state.lines, spec.recipe)
    if state.draft:
        with st.container(key=f"draft-{run.id}"):
            st.caption("Draft: not checked yet, and not the answer")
            plain(state.draft)


def _meter(state: Progress, effort: Effort, seconds: float) -> None:
    """What is left, as one bar (the part that runs out first) and in figures."""
    parts = [state.searches / effort.searches, state.shown / effort.shown, state.tokens / effort.tokens, seconds / effort.seconds]
    told = [f"searches {state.searches} of {effort.searches}", f"passages {state.shown} of {effort.shown}"]
    if state.tokens:
        told += [f"tokens {state.tokens:,} of {effort.tokens:,}", f"cost {price(state.cost)}"]
    told.append(f"{seconds:.0f} of {effort.seconds:.0f} s")
    st.progress(min(1.0, max(parts)), " · ".join(told))


def lines(found: tuple[Line, ...], recipe: str) -> None:
    """The steps, one below the other."""
    for line in found:
        with st.container(horizontal=True, gap="small", vertical_alignment="top"):
            colour = "red" if line.bad else "gray"
            st.markdown(f":{colour}[:material/{_ICONS[line.kind]}:]", width="content")
            by = f"   by {recipe}" if line.kind == "search" else ""
            plain(public(line.text) if line.bad else line.text + by, width="stretch")
        for place, detail in enumerate(filter(None, line.details)):
            with st.container(key=f"soft-{line.seq}-{place}"):
                plain(f"      {public(detail) if line.bad else detail}")


def steps(visit: Visit, run: RunRow, number: int) -> None:
    """What was done for an answered question, on demand."""
    if st.toggle("Show the steps", key=f"steps-{run.id}-{number}"):
        lines(progress(visit.ledger.events(run.id), number).lines, str(run.spec["recipe"]))

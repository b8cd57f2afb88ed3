"""Runs: all that was asked, found again by a filter; one opens as a timeline, and can be forked, replayed and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from agent.entries.rows import CallRow, QuestionRow, RunRow
from agent.reports.wording import price
from agent.spec import Spec
from retrievers.printable import one_line, printable
from ui.parts.fork import fork
from ui.parts.plain import plain
from ui.parts.problem import told
from ui.parts.replay import evaluated, replay, replayable
from ui.parts.reproduce import command, configuration, exact
from ui.parts.run_head import closed, cut_off, run_head
from ui.parts.run_list import run_list
from ui.parts.searched import searched
from ui.parts.timeline import timeline
from ui.visit import Visit

_EVERY = 1.0


def render(visit: Visit) -> None:
    """Draw the run that the address names (`run`, `question`), or the list of all."""
    chosen = st.query_params.get("run")
    if chosen is None:
        run_list(visit)
        return
    if st.button("All runs", key="runs-all", type="tertiary", icon=":material/arrow_back:"):
        st.query_params.clear()
        st.rerun()
    run = visit.ledger.run(chosen)
    question = _question(visit, run)
    run_head(visit, run, question)
    evaluated(run)
    names = ["Timeline", "How it was asked", "Model calls", "Fork", *(["Replay"] if replayable(run, question) else [])]
    steps, asked, calls, forked, *replayed = st.tabs(names, key=f"run-tabs-{run.id}")
    with steps, told():
        _steps(visit, run, question.number)
    with asked, told():
        _asked(run, question)
    with calls, told():
        _calls(visit.ledger.calls(run.id, question.number))
    with forked, told():
        fork(visit, run, question, closed(visit, run))
    for tab in replayed:
        with tab, told():
            replay(visit, run)


def _question(visit: Visit, run: RunRow) -> QuestionRow:
    """The question that the address names, or the first; of several one is chosen."""
    named = st.query_params.get("question", "1")
    number = int(named) if named.isdecimal() and len(named) < 10 else 0
    found = visit.ledger.question(run.id, number)
    if run.size > 1:
        chosen = st.number_input(f"Question, of {run.size:,d}", 1, run.size, number, key=f"run-question-{run.id}", width=200)
        if chosen != number:
            st.query_params["question"] = str(chosen)
            st.rerun()
    return found


def _steps(visit: Visit, run: RunRow, number: int) -> None:
    """The timeline; of a run under way it grows, and the page is drawn anew when the run has ended."""
    if Spec.from_json(run.spec).alone:
        searched(visit.ledger, run, number)
        return
    alive = run.status == "running" and not cut_off(run)

    @st.fragment(run_every=_EVERY if alive else None)
    def follow() -> None:
        with told():
            timeline(visit.ledger, run, number)
            if alive and visit.ledger.run(run.id).status != "running":
                st.rerun()

    if run.status == "running" and not alive:
        st.warning("The process that worked on this run is gone. It can go on where it was cut off.")
    follow()


def _asked(run: RunRow, question: QuestionRow) -> None:
    """The configuration in full, and the command that asks the same again."""
    spec = Spec.from_json(run.spec)
    for name, value in configuration(spec):
        with st.container(horizontal=True, wrap=False, gap="small", key=f"spec-{run.id}-{name}"):
            with st.container(width=100, key=f"soft-spec-{run.id}-{name}"):
                plain(name)
            with st.container(key=f"spec-value-{run.id}-{name}"):
                plain(value)
    if spec.stage:
        st.caption("The recipe in full")
        st.code(printable(spec.stage), None, wrap_lines=True)
    st.caption("Ask it again on a command line")
    st.code(command(spec, question.text), None, wrap_lines=True)
    if not exact(spec):
        st.caption("The command's effort, or its following up, is not all that this run had: the result may be another.")


def _calls(calls: Sequence[CallRow]) -> None:
    """Every call of a model, with what it took."""
    if not calls:
        st.caption("No language model was asked.")
        return
    st.dataframe([_cells(one) for one in calls], hide_index=True, alt="The calls of models, with tokens, time and cost")
    known = [one.cost for one in calls if one.cost is not None]
    cost = sum(known) if len(known) == len(calls) else None
    tokens = sum(one.tokens_in + one.tokens_out for one in calls)
    st.caption(f"In all {tokens:,d} tokens, cost {price(cost)}")


def _cells(one: CallRow) -> dict[str, Any]:
    return {
        "call": one.number,
        "for": one_line(one.purpose) + (f" of search {one.action}" if one.action else ""),
        "model": one_line(one.model),
        "tokens in": one.tokens_in,
        "tokens out": one.tokens_out,
        "seconds": round(one.seconds, 2),
        "cost": price(one.cost),
        "attempts": one.attempts,
        "failed": one_line(one.failure or ""),
    }

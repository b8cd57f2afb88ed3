"""The head of an open run: what was asked, how it stands, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

import streamlit as st

from agent.entries.rows import QuestionRow, RunRow
from agent.export import export
from agent.record import record
from agent.reports.wording import effort_of, ended, headline
from agent.spec import Spec
from retrievers.errors import FathomError
from retrievers.printable import one_line
from ui.pages import go
from ui.parts.plain import plain
from ui.parts.problem import public, told
from ui.parts.run_list import STATES, moment
from ui.visit import Visit

_MOST = 300
_FORMATS: Mapping[str, tuple[str, str]] = {
    "md": ("Markdown", "text/markdown"),
    "html": ("HTML page", "text/html"),
    "json": ("JSON", "application/json"),
}


def run_head(visit: Visit, run: RunRow, question: QuestionRow) -> None:
    """Draw the question, its answer in short, and the ways on."""
    with st.container(key=f"short-asked-{run.id}"):
        plain(question.asked)
    if question.text != question.asked:
        with st.container(key=f"soft-understood-run-{run.id}"):
            plain(f"Understood as: {question.text}")
    word, colour = STATES[run.status]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(word, color=colour)
        with st.container(key=f"soft-when-{run.id}", width="content"):
            plain(f"{moment(run.created)} · run {run.id}")
    if run.parent is not None and run.parent_turn is not None:
        _forked(run)
    _outcome(visit, run, question)
    _actions(visit, run, question)


def cut_off(run: RunRow) -> bool:
    """Whether a run is under way in no process any more."""
    return run.status == "running" and run.lease_until < time.time()


def closed(visit: Visit, run: RunRow) -> str:
    """Why nothing can be searched for this run any more, or nothing: its corpus is gone, or was built anew."""
    spec = Spec.from_json(run.spec)
    if spec.alone:
        return "This is an evaluation of retrieval: each of its questions was searched once, and no research can go on from it."
    if visit.reader is not None and visit.corpora.at(spec.index) is None:
        return "The corpus of this run is not there any more: its steps can be read, and nothing can be searched."
    try:
        index = visit.service.workshop.index(spec.index)
    except FathomError as error:
        return public(f"The corpus of this run cannot be opened: {error.happened}.")
    if spec.identity and index.identity != spec.identity:
        return (
            "The corpus was built anew since this run began: what it found lies in the old one. Ask the question again instead."
        )
    return ""


def _forked(run: RunRow) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"soft-forked-{run.id}"):
        plain(f"A fork of another run, from turn {run.parent_turn} on.")
        if st.button("Open that run", key=f"parent-{run.id}", type="tertiary", icon=":material/call_split:"):
            st.query_params.from_dict({"run": str(run.parent)})
            st.rerun()


def _outcome(visit: Visit, run: RunRow, question: QuestionRow) -> None:
    if run.spec["policy"] == "none":
        return
    told = record(visit.ledger, run.id, question.number)
    with st.container(border=True, key=f"outcome-{run.id}"):
        plain(headline(told))
        answer = question.answer
        if answer is not None and answer.kind == "found" and not one_line(answer.short):
            plain(one_line(answer.text)[:_MOST])
        with st.container(key=f"soft-outcome-{run.id}"):
            plain(f"{ended(told)} · {effort_of(told)}" if question.stop else effort_of(told))


def _actions(visit: Visit, run: RunRow, question: QuestionRow) -> None:
    with st.container(horizontal=True, gap="small"):
        if run.spec["policy"] != "none" and st.button("Open in the chat", key=f"chat-{run.id}", icon=":material/forum:"):
            go("chat", conversation=run.conversation)
        if st.button("Evidence", key=f"evidence-{run.id}", icon=":material/account_tree:"):
            go("evidence", run=run.id, question=str(question.number))
        if run.spec["policy"] != "none":
            with st.popover("Export", key=f"export-run-{run.id}", icon=":material/download:"):
                _export(visit, run)
        _ways_on(visit, run)


def _ways_on(visit: Visit, run: RunRow) -> None:
    """Stop for a run that is alive, going on for one that is not and is not done."""
    if run.status == "running" and not cut_off(run):
        if st.button("Stop", key=f"stop-run-{run.id}", icon=":material/stop_circle:", disabled=run.stop_asked):
            visit.runs.stop(run.id)
            st.rerun()
    elif run.status != "done" and run.spec["policy"] != "none":
        reason = closed(visit, run)
        if st.button("Go on with it", key=f"resume-run-{run.id}", icon=":material/restart_alt:", disabled=bool(reason)):
            visit.runs.resume(run.id)
            st.rerun()
        if reason:
            st.caption("It cannot go on: see below, under Fork.")


def _export(visit: Visit, run: RunRow) -> None:
    with told():
        for kind, (name, mime) in _FORMATS.items():
            st.download_button(
                name,
                partial(_exported, visit, run, kind),
                f"{run.id}.{kind}",
                mime,
                key=f"export-run-{run.id}-{kind}",
                on_click="ignore",
                width="stretch",
            )


def _exported(visit: Visit, run: RunRow, kind: str) -> bytes:
    """All questions of the run as one document, made when it is asked for."""
    return export([record(visit.ledger, run.id, number) for number in range(1, run.size + 1)], kind).encode()

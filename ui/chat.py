"""The chat: a conversation with a corpus. Each question is a run of the server; the page shows what the ledger holds of it."""

from __future__ import annotations

import streamlit as st

from agent.entries.rows import QuestionRow, RunRow
from agent.record import record
from ui.corpora import Corpus
from ui.parts.answer import answer
from ui.parts.choices import Choices, choose
from ui.parts.conversations import conversations
from ui.parts.live import live, steps
from ui.parts.plain import label, plain
from ui.parts.problem import public, told
from ui.parts.starters import starters
from ui.parts.welcome import welcome
from ui.service import PURPOSE
from ui.visit import Visit

_MOST = 200


def render(visit: Visit) -> None:
    """Draw the conversation that the address names, or the start of a new one."""
    chosen = _named(visit)
    with st.sidebar:
        conversations(visit, chosen)
    runs = _runs(visit, chosen)
    corpus = _corpus(visit, runs)
    if corpus is None:
        if not runs:
            welcome(visit)
            return
        st.warning("The corpus of this conversation is not there any more: its answers can be read, and not asked on.")
    for run in runs:
        for question in visit.ledger.questions(run.id):
            _exchange(visit, run, question)
    if corpus is not None:
        _composer(visit, corpus, runs, None if runs else _start(visit, corpus))


def _named(visit: Visit) -> str | None:
    """The conversation that the address names, be it by one of its runs, as after the way back from another page."""
    run = st.query_params.get("run")
    return st.query_params.get("conversation") or (visit.ledger.run(run).conversation if run else None)


def _runs(visit: Visit, conversation: str | None) -> list[RunRow]:
    """The runs of the conversation, oldest first; `FathomError` where the visitor has no such conversation."""
    if conversation is None:
        return []
    visit.ledger.conversation(conversation)
    return visit.ledger.runs(conversation=conversation, limit=_MOST)[::-1]


def _corpus(visit: Visit, runs: list[RunRow]) -> Corpus | None:
    """The corpus of the conversation: the one it began with, as far as the visitor may ask it."""
    return visit.corpora.at(str(runs[-1].spec["index"])) if runs else visit.corpus


def _start(visit: Visit, corpus: Corpus) -> str | None:
    """The head of a new conversation: what can be asked; a question that was picked from it."""
    st.title("Ask your documents")
    st.markdown(f"Every claim of an answer can be opened where it stands. Asking **{label(corpus.name)}**.")
    return starters(visit, corpus)


def _exchange(visit: Visit, run: RunRow, question: QuestionRow) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        plain(question.asked)
        if run.parent_turn is not None:
            st.caption(f"Asked again from turn {run.parent_turn} on, with {label(str(run.spec['recipe']))}")
        if question.text != question.asked:
            with st.container(key=f"soft-understood-{run.id}-{question.number}"):
                plain(f"Understood as: {question.text}")
    with st.chat_message("assistant", avatar=":material/sailing:"):
        if run.status == "running":  # an answer that is there already waits for its run to end: the input does too
            live(visit, run, question)
        elif question.answer is None:
            _unanswered(visit, run, question)
        else:
            with told():
                answer(visit, run, record(visit.ledger, run.id, question.number))
                steps(visit, run, question.number)


def _unanswered(visit: Visit, run: RunRow, question: QuestionRow) -> None:
    """A run that ended without an answer: why, and the way on."""
    failures = visit.ledger.failures(run.id, question.number)
    st.warning("This question was not answered.")
    for failure in failures:
        plain(public(f"{failure.step}: {failure.happened}\n{failure.remedy}"))
    if st.button("Go on with it", key=f"resume-{run.id}", icon=":material/restart_alt:"):
        visit.runs.resume(run.id)
        st.rerun()


def _composer(visit: Visit, corpus: Corpus, runs: list[RunRow], picked: str | None) -> None:
    """The input with its choices, and what is done with a question."""
    settings = visit.service.settings
    key = runs[0].conversation if runs else "new"
    before = Choices.of(runs[-1].spec) if runs else Choices.first(settings, bool(visit.index(corpus).encoder_name))
    busy = bool(runs) and runs[-1].status == "running"
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", gap="small"):
        choices = choose(before, key, settings)
        st.caption(f"Corpus {label(corpus.name, 40)} · asked as {label(visit.user, 40)}", width="content")
    hint = "Stop the search, or wait for its answer" if busy else "Ask on" if runs else "Ask a question"
    typed = st.chat_input(hint, key="question", disabled=busy)
    question = typed if isinstance(typed, str) else picked
    if question:
        with told():
            _ask(visit, corpus, runs, choices, question)


def _ask(visit: Visit, corpus: Corpus, runs: list[RunRow], choices: Choices, question: str) -> None:
    spec = choices.spec(corpus, visit.reader, visit.service.settings)
    following = runs[-1].id if runs else None
    run = visit.runs.start([question], spec, following=following, purpose=PURPOSE)
    st.query_params["conversation"] = visit.ledger.run(run).conversation
    st.rerun()

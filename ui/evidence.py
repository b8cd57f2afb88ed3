"""Evidence: how a question came to its passages. The funnel, the path of one passage, why one is missing, and other recipes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import streamlit as st

from agent.entries.rows import QuestionRow, RunRow
from agent.spec import Spec
from retrievers.errors import FathomError
from retrievers.index import Index
from ui.pages import go
from ui.parts.funnelview import funnelview
from ui.parts.gathered import Gathered
from ui.parts.named import Named, cut
from ui.parts.passageview import passageview
from ui.parts.plain import label, plain
from ui.parts.problem import told
from ui.parts.swap import swap
from ui.parts.whynot import whynot
from ui.service import PURPOSE
from ui.visit import Visit

_VIEWS: Mapping[str, str] = {
    "funnel": ":material/filter_alt: Funnel",
    "passages": ":material/article: Passages",
    "why": ":material/help: Why is a passage not here?",
    "swap": ":material/swap_horiz: Swap recipes",
}
_NEWEST = 30


def render(visit: Visit) -> None:
    """Draw the evidence of the question that the address names (`run`, `question`, `passage`), or questions to choose from."""
    chosen = st.query_params.get("run")
    if chosen is None:
        _choose(visit)
        return
    with told():
        run = visit.ledger.run(chosen)
        question = _question(visit, run)
        _head(run, question)
        gathered = Gathered.of(visit.ledger, run.id, question.number)
        _draw(visit, run, question, gathered, _view(run, question))
        return
    _others("evidence-back")  # what the address names is not there, or cannot be drawn


def _draw(visit: Visit, run: RunRow, question: QuestionRow, gathered: Gathered, view: str) -> None:
    index = _index(visit, run)
    own = index if index is not None and index.identity == run.spec["identity"] else None
    match view:
        case "passages":
            passageview(
                gathered, Named(own, visit.reader, gathered), _search(run, question, gathered), st.query_params.get("passage")
            )
        case "why":
            whynot(visit, run, question, _needed(index))
        case "swap":
            if own is None and index is not None:
                st.info("The corpus was built anew since: the rankings below are of the corpus as it is now.")
            swap(visit, run, question, gathered, _needed(index))
        case _:
            funnelview(gathered, _search(run, question, gathered))


def _choose(visit: Visit) -> None:
    """The newest questions of the visitor, or what this page is for."""
    st.title("Evidence", anchor=False)
    runs = visit.ledger.runs(purpose=PURPOSE, limit=_NEWEST)
    if not runs:
        st.markdown(
            "Once a question was asked, this page shows how it came to its passages:\n\n"
            "- how many passages each retriever found, and how many of them were fused, shown and cited\n"
            "- the path of a single passage through the stages of every search\n"
            "- why a passage that you expected is not there\n"
            "- what another recipe would have ranked, side by side"
        )
        if st.button("Ask a question", key="evidence-ask", type="primary", icon=":material/forum:"):
            go("chat")
        return
    st.markdown("Which question do you want to look into?")
    with st.container(key="rows-evidence", gap="small"):
        for run in runs:
            about = f"{_when(run.created)} · {label(str(run.spec['recipe']), 30)}"
            about += "" if run.status == "done" else f" · {run.status}"
            if st.button(f"{label(run.title, 100)}  \n:gray[{about}]", key=f"evidence-run-{run.id}", width="stretch"):
                st.query_params["run"] = run.id
                st.rerun()


def _question(visit: Visit, run: RunRow) -> QuestionRow:
    """The run's question that the address names, or its first; where there are several, one can be picked."""
    named = st.query_params.get("question", "1")
    if not (named.isascii() and named.isdecimal() and len(named) < 9):
        raise FathomError(f"no question {named!r}", f"a number from 1 to {run.size}", "correct the address, or choose another")
    question = visit.ledger.question(run.id, int(named))
    if run.size == 1:
        return question
    rows = visit.ledger.questions(run.id)
    texts = {row.number: f"{row.number}  {cut(row.asked, 90)}" for row in rows}
    number = st.selectbox(
        "Question", list(texts), question.number - 1, format_func=lambda one: texts[one], key=f"evidence-question-{run.id}"
    )
    return rows[number - 1]


def _head(run: RunRow, question: QuestionRow) -> None:
    """The question, what it was asked with, and the ways from here."""
    with st.container(key="short-evidence-question"):
        plain(question.asked)
    state = {"running": "under way: what is there so far", "stopped": "stopped early", "failed": "failed"}.get(run.status)
    facts = [_when(run.created), f"recipe {label(str(run.spec['recipe']), 40)}", *([state] if state else [])]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(" · ".join(facts), width="stretch")
        if run.status == "running":
            st.button("Look again", key="evidence-again", icon=":material/refresh:")
        if st.button("Open the chat", key="evidence-chat", icon=":material/forum:"):
            go("chat", conversation=run.conversation)
        _others("evidence-others")


def _others(key: str) -> None:
    if st.button("Other questions", key=key, icon=":material/list:"):
        st.query_params.clear()
        st.rerun()


def _view(run: RunRow, question: QuestionRow) -> str:
    """What is looked at: the passages where the address names one, else the funnel."""
    key = f"evidence-view-{run.id}-{question.number}"
    first = "passages" if "passage" in st.query_params else "funnel"
    chosen = st.segmented_control(
        "What to look at", list(_VIEWS), default=first, format_func=_VIEWS.__getitem__, key=key, required=True
    )
    return str(chosen or first)


def _search(run: RunRow, question: QuestionRow, gathered: Gathered) -> int | None:
    """One search of the question, or all of them (None)."""
    known = gathered.searches
    if len(known) < 2:
        return None if not known else known[0].number
    texts: dict[int | None, str] = {None: f"All {len(known)} searches, each passage once"}
    texts |= {one.number: f"{one.number}  {cut(one.query, 80)}" for one in known}
    options: Sequence[int | None] = list(texts)
    return st.selectbox("Search", options, format_func=lambda one: texts[one], key=f"evidence-search-{run.id}-{question.number}")


def _index(visit: Visit, run: RunRow) -> Index | None:
    """The index of the run as it is now, where the visitor may still ask that corpus."""
    corpus = visit.corpora.at(Spec.from_json(run.spec).index)
    return visit.index(corpus) if corpus is not None else None


def _needed(index: Index | None) -> Index:
    if index is None:
        raise FathomError(
            "the corpus of this question is not among yours here",
            "the corpus that it was asked of",
            "look at the funnel and the passages, which the ledger holds, or start Fathom on that index",
        )
    return index


def _when(created: float) -> str:
    return time.strftime("%-d %B %Y, %H:%M", time.localtime(created))

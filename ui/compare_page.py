"""Compare: two evaluations over the same questions. What differs, how sure that is, and which questions it comes from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agent.reports.wording import counted
from retrievers.errors import FathomError
from retrievers.printable import one_line
from ui.parts.compared import curves, differences, flips, missed
from ui.parts.comparing import Finding, finding
from ui.parts.evaluations import NONE_YET, System, beside, systems
from ui.parts.plain import plain
from ui.parts.problem import problem, told
from ui.visit import Visit


def render(visit: Visit) -> None:
    """Draw the comparison of the two runs that the address names (`a`, `b`), or of the two newest."""
    st.title("Compare", anchor=False)
    known = systems(visit)
    if len(known) < 2:
        _empty(len(known))
        return
    a, b = _pair(visit, known)
    with st.spinner("Reading both runs and comparing them, question by question"):
        found = finding(visit, a.row, b.row)
    if isinstance(found, FathomError):
        problem(found)
        return
    _heads(found)
    with told():
        differences(found)
    with told():
        flips(found.flips, a, b)
    with told():
        curves(visit, (a, b), found)
    with told():
        missed(visit, (a, b), found)


def _pair(visit: Visit, known: Sequence[System]) -> tuple[System, System]:
    """The two that are chosen; the address follows, so that the page is found again as it was left."""
    for name in ("a", "b"):
        with told():
            _check(visit, known, st.query_params.get(name))
    with st.container(key="compare-pair", gap="small"):
        a = _choice(known, "a", "A: what is compared with", "compare-a")
        b = _choice(beside(known, a), "b", "B: what it gains or loses", f"compare-b-{a.row.id}")
    chosen = {"a": a.row.id, "b": b.row.id}
    if any(st.query_params.get(name) != run for name, run in chosen.items()):
        st.query_params.from_dict(chosen)
    return a, b


def _check(visit: Visit, known: Sequence[System], given: str | None) -> None:
    """Raises `FathomError` where the address names what is not there, or is there and is nothing to compare."""
    if given is not None and all(one.row.id != given for one in known):
        row = visit.ledger.run(given)
        happened = f"run {row.id} cannot be compared here"
        raise FathomError(happened, "an evaluation that came to its end", "choose one of those below")


def _choice(known: Sequence[System], name: str, words: str, key: str) -> System:
    """One of the systems, at first the one that the address names."""
    called = {one.row.id: _called(one) for one in known}
    runs, given = list(called), st.query_params.get(name)
    chosen = st.selectbox(words, runs, runs.index(given) if given in called else 0, called.__getitem__, key=key)
    return known[runs.index(chosen)]


def _called(one: System) -> str:
    return f"{one.name}, {one_line(one.dataset)}" if one.dataset else one.name


def _heads(found: Finding) -> None:
    with st.container(key="soft-compare-heads"):
        plain(f"A  {found.a}")
        plain(f"B  {found.b}")
        other = "" if found.same_index else "; their indexes differ"
        plain(f"{one_line(found.dataset)}: {counted(found.questions, 'question')}{other}")


def _empty(there: int) -> None:
    """How to come by something to compare."""
    st.markdown(
        "Two evaluations over the same questions are set against each other here: each measure with the difference, its interval "
        "and its tests, recall at a budget, why answers were missed, and the questions that changed most.\n\n"
        + ("There is one evaluation that came to its end. Another is made so:" if there else "An evaluation is made so:")
    )
    st.code(NONE_YET, None, wrap_lines=True)
    st.caption("With another name, recipe or effort each time; `fathom eval --help` says what can differ.")

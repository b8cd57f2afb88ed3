"""A run whose questions have gold, searched again with another recipe: what its own queries would have shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from agent.entries.rows import QuestionRow, RunRow
from agent.reports.wording import counted
from agent.spec import Spec
from retrievers.printable import one_line
from retrievers.recipes import recipes
from ui.pages import go
from ui.parts.evaluations import ENDED, OTHERS, only_own
from ui.parts.plain import plain
from ui.parts.problem import told
from ui.parts.run_head import closed
from ui.visit import Visit

if TYPE_CHECKING:
    from evals.bootstrap import Difference, Estimate
    from evals.replay import Change
    from retrievers.base import Chat

_KEPT = "replay-kept"
_MOST = 200


@dataclass(frozen=True)
class Replayed:
    """What a replay of `run` with `recipe` came to, without the passages."""

    run: str
    recipe: str
    questions: int
    queries: int
    logged: Estimate
    replayed: Estimate
    difference: Difference
    gained: tuple[Change, ...]
    lost: tuple[Change, ...]


def evaluated(run: RunRow) -> None:
    """Which evaluation a run belongs to, as which system, and the way to compare it with another; of others nothing."""
    if run.purpose in OTHERS:
        return
    system = str(run.spec.get("label") or run.spec["recipe"])
    dataset = f", data set {run.spec['dataset']}" if run.spec.get("dataset") else ""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"soft-evaluated-{run.id}"):
        plain(one_line(f"Evaluation {run.purpose}, system {system}{dataset}"), width="stretch")
        whole = run.status in ENDED and run.parent_turn is None
        if whole and st.button("Compare", key=f"compare-run-{run.id}", icon=":material/compare_arrows:"):
            go("compare", a=run.id)


def replayable(run: RunRow, question: QuestionRow) -> bool:
    """Whether an agent searched for a question of a data set, and the run is not under way.

    >>> replayable(run, question)
    True
    """
    return question.gold is not None and run.spec["policy"] != "none" and run.status != "running"


def replay(visit: Visit, run: RunRow) -> None:
    """Choose a recipe, search again, and see what would have been shown."""
    if reason := closed(visit, run):
        st.info(reason)
        return
    st.caption(
        "Every search of this run is made again with another recipe, over the same index and with as many passages shown; "
        "nothing is decided anew, and nothing is written."
    )
    spec = Spec.from_json(run.spec)
    own = list(recipes(spec.recipes))
    other = next((place for place, name in enumerate(own) if name != spec.recipe), 0)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"replay-choose-{run.id}"):
        recipe = st.selectbox("Replay with the recipe", own, other, one_line, key=f"replay-recipe-{run.id}", width=260)
        pressed = st.button("Replay", key=f"replay-{run.id}", type="primary", icon=":material/replay:")
    if pressed:
        with told():
            st.session_state[_KEPT] = replayed(visit, run, recipe)
    kept: Replayed | None = st.session_state.get(_KEPT)
    if kept is not None and kept.run == run.id:
        _draw(kept, spec.recipe)


def replayed(visit: Visit, run: RunRow, recipe: str) -> Replayed:
    """The run's queries with another recipe, its progress shown.

    Raises `FathomError` where that cannot be: no gold, another generation of the index, a recipe that fails, and for a reader
    whose run asks in the name of others.
    """
    from evals.replay import replay as again
    from evals.replaying.logged import issued, retrieval

    spec = Spec.from_json(run.spec)
    asked = issued(visit.ledger, run.id)
    only_own(visit, {one.question.user for one in asked})
    bar = st.progress(0.0, "Searching again")

    def progress(step: str, done: int, total: int | None) -> None:
        if total and (done == total or done % max(1, total // 50) == 0):
            bar.progress(done / total, f"Searching again: {done:,} of {counted(total, 'question')}")

    try:
        tools = retrieval(spec, visit.service.workshop.index(spec.index), recipe, chat=_chat(visit))
        found = again(asked, tools, progress)
    finally:
        bar.empty()
    logged, new = found.means
    return Replayed(run.id, recipe, len(found.issued), found.queries, logged, new, found.difference, found.gained, found.lost)


def _chat(visit: Visit) -> Chat | None:
    """The server's own model, for recipes that ask one; charged to no run."""
    from agent.llm import Client

    settings = visit.service.settings
    return Client.open(settings.for_endpoint()) if settings.endpoint and settings.model else None


def _draw(one: Replayed, own: str) -> None:
    from evals.reporting.wording import chance, gap

    asked = f"{counted(one.queries, 'query', 'queries')} of {counted(one.questions, 'question')}"
    plain(one_line(f"Replayed with {one.recipe}: {asked}"))
    rows = [_recall("logged", own, one.logged), _recall("replayed", one.recipe, one.replayed)]
    st.dataframe(rows, hide_index=True, key=f"replay-recall-{one.run}", alt="Evidence recall as logged and as replayed")
    difference = one.difference
    plain(
        f"Difference in evidence recall, replayed less logged: {gap(difference.value)}, 95 % interval {gap(difference.low)} to "
        f"{gap(difference.high)}, p {chance(difference.p)}; {difference.wins:,} questions up, {difference.losses:,} down."
    )
    _changes("Gained: what would have been seen and was not", "gained", one, one.gained)
    _changes("Lost: what was seen and would not have been", "lost", one, one.lost)


def _recall(which: str, recipe: str, one: Estimate) -> dict[str, str]:
    from evals.reporting.wording import figure

    interval = f"{figure(one.low)} to {figure(one.high)}"
    return {"which": which, "recipe": one_line(recipe), "evidence recall": figure(one.value), "95 % interval": interval}


def _changes(title: str, side: str, one: Replayed, changes: Sequence[Change]) -> None:
    st.markdown(f"**{title}**: {len(changes):,}")
    if not changes:
        return
    rows = [
        {"question": one_line(each.question), "query": one_line(each.query), "document": one_line(each.document)}
        for each in changes[:_MOST]
    ]
    st.dataframe(rows, hide_index=True, key=f"replay-{side}-{one.run}", alt=f"The relevant documents that were {side}")
    if len(changes) > _MOST:
        st.caption(f"The first {_MOST} of {len(changes):,}; `fathom replay {one.run} --recipe NAME --json` has all.")

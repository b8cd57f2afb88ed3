"""Swap: one query through several recipes at once, the rankings side by side, with the movements between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from agent.entries.rows import QuestionRow, RunRow
from agent.reports.wording import counted
from agent.spec import Spec
from retrievers.base import Query
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.printable import one_line
from retrievers.recipes import recipes
from ui.pages import go
from ui.parts.charts import FEW, bump_chart
from ui.parts.compare import Ranked, compare
from ui.parts.gathered import Gathered
from ui.parts.look import ink
from ui.parts.movement import Moved, common, lines, moved
from ui.parts.named import Named, cut
from ui.parts.plain import label, plain
from ui.parts.problem import told
from ui.service import PURPOSE
from ui.visit import Visit

_FIRST = ("hybrid", "bm25", "dense")
_DEPTHS = (5, 10, 20, 30)


def swap(visit: Visit, run: RunRow, question: QuestionRow, gathered: Gathered, index: Index) -> None:
    """Choose a query, recipes and a depth, and see what each recipe makes of it."""
    st.markdown("The same words through several ways of searching: what each ranks, and what moves between them.")
    query, recipes_chosen, k = _choices(visit, run, question, gathered)
    if not query.text.strip() or not recipes_chosen:
        st.info("Choose a query and at least one recipe.", icon=":material/swap_horiz:")
        return
    with st.spinner("Searching"):
        ranked = _kept(visit, run, question, index, recipes_chosen, query)
    good = [one for one in ranked if one.trouble is None]
    k = min(k, max([len(one.ids) for one in good], default=k) or k)  # a small corpus fills fewer places
    _heads(visit, run, question, ranked, k)
    names = Named(index, visit.reader)
    found = moved([one.ids for one in good], k)
    if found:
        _picture(good, found, names, k)
        _tables(good, found, names, k)


def _choices(visit: Visit, run: RunRow, question: QuestionRow, gathered: Gathered) -> tuple[Query, list[str], int]:
    """The query as it will be searched, the recipes, and how many places are looked at."""
    key = f"{run.id}-{question.number}"
    known = list(recipes(visit.service.settings.recipes))
    issued = {one.query: one.reason for one in gathered.searches if one.stages and one.stages[0].kind != "opened"}
    texts = list(dict.fromkeys([question.text, *issued]))
    text = st.selectbox(
        "Query: one that was issued, or type another",
        texts,
        format_func=lambda one: cut(one, 90),
        key=f"swap-query-{key}",
        accept_new_options=True,
    )
    chosen = st.pills(
        "Recipes: each is compared with the one before it",
        known,
        selection_mode="multi",
        default=[name for name in _FIRST if name in known],
        format_func=lambda name: label(name, 40),
        key=f"swap-recipes-{key}",
    )
    k = st.segmented_control("Places", _DEPTHS, default=10, key=f"swap-depth-{key}") or 10
    scope = Spec.from_json(run.spec).scope
    return (
        Query(text or "", f"{run.id}/{question.number}", visit.reader, context=issued.get(text or "", ""), scope=scope),
        chosen,
        k,
    )


def _kept(visit: Visit, run: RunRow, question: QuestionRow, index: Index, names: list[str], query: Query) -> list[Ranked]:
    """The rankings, searched once as long as this tab looks at this query: a model may have been asked for them."""
    now = index.identity, run.id, query
    held: tuple[object, dict[str, Ranked]] | None = st.session_state.get("swap-kept")
    kept = held[1] if held is not None and held[0] == now else {}
    new = [name for name in names if name not in kept]
    kept |= {one.recipe: one for one in compare(visit, run, question.number, new, query)} if new else {}
    st.session_state["swap-kept"] = (now, kept)
    return [kept[name] for name in names]


def _heads(visit: Visit, run: RunRow, question: QuestionRow, ranked: Sequence[Ranked], k: int) -> None:
    """A card a recipe: what it is, what it took, what it shares with the one before, or why it cannot."""
    good = [one for one in ranked if one.trouble is None]
    shared = dict(zip([one.recipe for one in good[1:]], common([one.ids for one in good], k), strict=True))
    for row in range(0, len(ranked), FEW):
        for column, one in zip(st.columns(FEW if len(ranked) > FEW else len(ranked)), ranked[row : row + FEW], strict=False):
            with column, st.container(border=True, height="stretch"):
                _head(one, shared.get(one.recipe), k)
                if one.trouble is None:
                    _again(visit, run, question, one.recipe)


def _head(one: Ranked, shared: int | None, k: int) -> None:
    st.markdown(f"**{label(one.recipe, 40)}**")
    if one.trouble is not None:
        st.markdown(":material/block: This recipe cannot rank this query.")
        plain(_sentence(one.trouble))
        return
    took = f"{one.seconds:.2f} s" if one.seconds >= 0.01 else "under 0.01 s"
    plain(f"{counted(one.total, 'passage')} in {took}" if one.total else "Nothing found.")
    if shared is not None:
        plain(f"{shared} of the first {k} also stand in the ranking before it.")
    with st.container(key=f"soft-stage-{one.recipe}"):
        plain(one.stage)


def _sentence(error: FathomError) -> str:
    happened = error.happened[:1].upper() + error.happened[1:]
    return ". ".join(part.rstrip(".") for part in (happened, error.next and f"What to do: {error.next}") if part) + "."


def _again(visit: Visit, run: RunRow, question: QuestionRow, recipe: str) -> None:
    own = recipe == run.spec["recipe"]
    help = "The run was made with this recipe" if own else "In its conversation, with this recipe and all else as it was"
    if st.button("Ask again with this recipe", key=f"swap-ask-{recipe}", help=help, disabled=own, width="stretch"):
        with told():
            conversation = asked(visit, run, question, recipe)
            st.session_state.pop("swap-kept", None)
            go("chat", conversation=conversation)


def asked(visit: Visit, run: RunRow, question: QuestionRow, recipe: str) -> str:
    """Ask a question again with another recipe; the conversation to look at.

    It is a fork from the first turn: what is searched first is the same, and nothing of the first answer is known. Where the
    index was built anew since, or nothing was decided yet, it is a question of its own.
    """
    spec = Spec.from_json(run.spec)
    same = visit.service.workshop.index(spec.index).identity == spec.identity
    if same and visit.ledger.turns(run.id, question.number):
        new = visit.runs.fork(run.id, 1, recipe=recipe, number=question.number)
    else:
        new = visit.runs.start([question.text], replace(spec, recipe=recipe, identity="", stage=""), purpose=PURPOSE)
    return visit.ledger.run(new).conversation


def _picture(good: Sequence[Ranked], found: Sequence[Moved], names: Named, k: int) -> None:
    st.markdown("#### Movements")
    rankings = [(cut(one.recipe, 40), one.ids) for one in good]
    called = names.names([one.id for one in found], 40)
    said = (
        f"The first {k} places by {', '.join(cut(one.recipe, 40) for one in good)}, side by side; the table below has the same."
    )
    with st.container(key=f"scroll-{'few' if len(good) <= FEW else 'many'}"):
        st.altair_chart(bump_chart(lines(found, k), rankings, called, k, ink()), alt=said, key="swap-chart")
    st.caption("Green rises or comes in, orange falls or goes out, grey stays; dashed: from or to a place below the last drawn.")


def _tables(good: Sequence[Ranked], found: Sequence[Moved], names: Named, k: int) -> None:
    st.markdown("#### The same as a table")
    columns = [f"{place}  {cut(one.recipe, 40)}" for place, one in enumerate(good, start=1)]
    called = names.names([one.id for one in found])
    rows: list[Mapping[str, str]] = [
        {"Passage": called[one.id], **dict(zip(columns, cells(one, k), strict=True)), "Id": one_line(one.id)} for one in found
    ]
    st.dataframe(rows, hide_index=True, key="swap-table", alt="Every passage with its rank in each recipe, and how it moved")


def cells(one: Moved, k: int) -> list[str]:
    """A passage's ranks in words, each with its movement; a rank below the first `k` is told in brackets.

    >>> cells(Moved("a", (1, 4, None), ("", "▼3", "gone")), k=3)
    ['1', '(4) ▼3', '– gone']
    """
    shown = ["–" if rank is None else str(rank) if rank <= k else f"({rank})" for rank in one.ranks]
    return [f"{rank} {arrow}".strip() for rank, arrow in zip(shown, one.arrows, strict=True)]

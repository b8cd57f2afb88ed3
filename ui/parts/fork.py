"""A fork: a run's turns up to one are shared, and the research goes on from there with another query or another recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from agent.entries.rows import QuestionRow, RunRow
from agent.spec import Spec
from agent.state import Search, Turn
from retrievers.errors import FathomError
from retrievers.printable import one_line
from retrievers.recipes import recipes
from ui.pages import go
from ui.parts.problem import told
from ui.visit import Visit


@dataclass(frozen=True)
class Branch:
    """A turn that can be forked: its number, and the query of its first search, empty where it only opened documents."""

    turn: int
    query: str
    searches: int

    @property
    def told(self) -> str:
        """The turn in a few words.

        >>> Branch(2, "moons of Saturn", 3).told
        'Turn 2: moons of Saturn and 2 more'
        """
        more = f" and {self.searches - 1} more" if self.searches > 1 else ""
        return f"Turn {self.turn}: {one_line(self.query)[:80] or 'opens documents'}{more}"


def branches(turns: Sequence[Turn]) -> tuple[Branch, ...]:
    """The turns that looked for something: another query or recipe changes nothing in the others.

    >>> [one.turn for one in branches(ledger.turns(run, 1))]
    [1, 2]
    """
    found: list[Branch] = []
    for turn in turns:
        queries = [action.text for action in turn.actions if isinstance(action, Search)]
        if turn.actions:
            found.append(Branch(turn.number, queries[0] if queries else "", len(queries)))
    return tuple(found)


def fork(visit: Visit, run: RunRow, question: QuestionRow, reason: str) -> None:
    """Draw the form; `reason` says why the run cannot be forked, where it cannot."""
    known = branches(visit.ledger.turns(run.id, question.number))
    if reason or not known:
        st.info(reason or "No turn of this question has searched for anything yet.")
        return
    spec = Spec.from_json(run.spec)
    key = f"{run.id}-{question.number}"
    st.caption("What came before the turn is kept; the turn is done anew, and the research goes on in a run of its own.")
    branch = st.selectbox("From", known, format_func=lambda one: one.told, key=f"fork-turn-{key}")
    query = st.text_input("Query, in place of the turn's searches", branch.query, key=f"fork-query-{key}-{branch.turn}")
    own = list(recipes(spec.recipes))
    recipe = st.selectbox("Recipe", own, own.index(spec.recipe) if spec.recipe in own else 0, key=f"fork-recipe-{key}")
    if st.button("Start the fork", key=f"fork-{key}", type="primary", icon=":material/fork_right:"):
        with told():
            _start(visit, run, question, branch, edited(branch, query), recipe)


def edited(branch: Branch, query: str) -> str | None:
    """The query in place of the turn's searches; None where it is the turn's own, whose searches then stay as they are.

    Raises `FathomError` for an empty one.
    """
    if query == branch.query:
        return None
    if not query.strip():
        raise FathomError("an empty query", "what to search for", "write a query, or leave the turn's own as it is")
    return query.strip()


def _start(visit: Visit, run: RunRow, question: QuestionRow, branch: Branch, query: str | None, recipe: str) -> None:
    forked = visit.runs.fork(run.id, branch.turn, query=query, recipe=recipe, number=question.number)
    go("chat", conversation=visit.ledger.run(forked).conversation)

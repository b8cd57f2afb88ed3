"""Which runs are listed: by words, time, recipe, end, cost and purpose. What is chosen stays while the tab is open."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import streamlit as st

from agent.entries.overview import Ended, Wanted
from agent.record import STOPS
from retrievers.printable import one_line
from ui.service import PURPOSE

PAGE = "runs-page"
_PURPOSE = "runs-purpose"
_ASKED = "ask"
_PURPOSES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "any": {},
    "chat": {"purposes": (PURPOSE,)},
    "command line": {"purposes": (_ASKED,)},
    "evaluation": {"without": (PURPOSE, _ASKED)},
}
_ONE = "evaluation "
_ENDS: Mapping[Ended, str] = {"running": "under way", **STOPS}  # pyright: ignore[reportAssignmentType]
_KEPT: Mapping[str, Any] = {"persist_state": "session"}
_ANY: Mapping[str, Any] = {
    "text": "",
    "purpose": "any",
    "unpriced": False,
    **dict.fromkeys(("recipe", "ended", "since", "until", "cost")),
}


def run_filter(recipes: Sequence[str], evaluations: Sequence[str] = ()) -> Wanted:
    """Draw the filter; which runs it lets through. `recipes` and `evaluations` are those that there is a run of."""
    purposes = [*_PURPOSES, *(_ONE + name for name in evaluations)]
    if st.session_state.get(_PURPOSE, "any") not in purposes:  # the evaluation was deleted meanwhile
        st.session_state[_PURPOSE] = "any"
    text = st.text_input(
        "Find runs by the words of a question", key="runs-text", placeholder="All questions", on_change=_first, **_KEPT
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="runs-filter"):
        purpose = st.selectbox("Purpose", purposes, format_func=one_line, key=_PURPOSE, width=190, on_change=_first, **_KEPT)
        recipe = _choice("Recipe", recipes, "runs-recipe", 170)
        ended = _choice("Why it ended", list(_ENDS), "runs-ended", 240, _ENDS)
        since = _day("From", "runs-since")
        until = _day("To", "runs-until")
        cost = st.number_input(
            "Cost at most", 0.0, value=None, key="runs-cost", placeholder="any", width=130, on_change=_first, **_KEPT
        )
        unpriced = st.checkbox("Cost unknown", key="runs-unpriced", on_change=_first, **_KEPT)
    return wanted(text or "", str(purpose), recipe, ended, since, until, cost, unpriced)


def wanted(
    text: str = "",
    purpose: str = "any",
    recipe: str | None = None,
    ended: str | None = None,
    since: date | None = None,
    until: date | None = None,
    cost: float | None = None,
    unpriced: bool = False,
) -> Wanted:
    """The condition that the choices make. Days are of this place's clock; `until` is the last day that is in; a purpose is
    one of those that are always there, or `evaluation NAME`.

    >>> wanted("moons", purpose="chat").purposes
    ('chat',)
    """
    return Wanted(
        text.strip(),
        None if since is None else _midnight(since),
        None if until is None else _midnight(until + timedelta(days=1)),
        recipe,
        next((end for end in _ENDS if end == ended), None),
        None if unpriced else cost,
        unpriced,
        **(_PURPOSES[purpose] if purpose in _PURPOSES else {"purposes": (purpose.removeprefix(_ONE),)}),
    )


def clear() -> None:
    """Let every run through again."""
    for name, value in _ANY.items():
        st.session_state[f"runs-{name}"] = value
    _first()


def _choice(name: str, options: Sequence[str], key: str, width: int, words: Mapping[Any, str] | None = None) -> str | None:
    """One of the options, or any."""

    def told(one: str) -> str:
        return one_line(words[one] if words is not None else one)

    return st.selectbox(name, options, None, told, key=key, placeholder="any", width=width, on_change=_first, **_KEPT)


def _day(name: str, key: str) -> date | None:
    return st.date_input(name, None, key=key, format="YYYY-MM-DD", width=150, on_change=_first, **_KEPT)


def _first() -> None:
    st.session_state[PAGE] = 1


def _midnight(day: date) -> float:
    """When the day begins here, in seconds since 1970."""
    return time.mktime(day.timetuple())

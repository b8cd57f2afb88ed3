"""What the reader says of an answer, and of a citation that does not support its claim, as the ledger holds it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from agent.entries.rows import Feedback
from ui.parts.cites import Opened
from ui.parts.plain import plain
from ui.parts.problem import told
from ui.visit import Visit

VERDICTS = ("down", "up")
UNSUPPORTED = "unsupported"
_NOTE = 2000
_SAID = {"up": "You said that it is right", "down": "You said that it is not right"}


def last(said: Sequence[Feedback], claim: int | None = None, citation: int | None = None) -> Feedback | None:
    """What was said last of the answer, or of a citation of one of its claims; None where nothing was.

    >>> last(ledger.feedback(run, 1)).verdict
    'up'
    """
    return next((one for one in reversed(said) if (one.claim, one.citation) == (claim, citation)), None)


def objected(said: Sequence[Feedback], claim: int, citation: int) -> bool:
    """Whether the reader said that this citation does not support its claim."""
    found = last(said, claim, citation)
    return found is not None and found.verdict == UNSUPPORTED


def thumbs(visit: Visit, run: str, number: int, said: Sequence[Feedback]) -> None:
    """Ask whether the answer is right, and show what was said; another thumb changes it."""
    key, before = f"feedback-{run}-{number}", last(said)
    st.caption("Is this right?" if before is None else f"{_SAID[before.verdict]} ({when(before.at)})", width="content")
    st.session_state[key] = VERDICTS.index(before.verdict) if before else None
    st.feedback("thumbs", key=key, on_change=_thumbed, args=(visit, run, number, key))


def objection(visit: Visit, one: Opened, said: Sequence[Feedback]) -> None:
    """Let the reader say that a citation does not support its claim, with a note; show what was said."""
    before, key = last(said, one.claim, one.citation), f"note-{one.key}"
    with st.container(border=True, key=f"objection-{one.key}"):
        if before is not None:
            st.markdown(f":material/flag: You said on {when(before.at)}: **this does not support it**")
            if before.note:
                plain(f"“{before.note}”")
        st.text_input("Why not? (a note, if you like)", before.note if before else "", key=key, max_chars=_NOTE)
        label = "This does not support it" if before is None else "Change the note"
        st.button(label, key=f"object-{one.key}", icon=":material/flag:", on_click=_objected, args=(visit, one, key))


def when(at: float) -> str:
    """A time in words, by the server's clock: `25 November 2026, 14:02`."""
    return time.strftime("%-d %B %Y, %H:%M", time.localtime(at))


def _thumbed(visit: Visit, run: str, number: int, key: str) -> None:
    """Keep a thumb that is another than before; one that was taken back stays as it was said."""
    with told():
        chosen: int | None = st.session_state.get(key)
        before = last(visit.ledger.feedback(run, number))
        if chosen is not None and (before is None or before.verdict != VERDICTS[chosen]):
            visit.ledger.give_feedback(run, number, VERDICTS[chosen])


def _objected(visit: Visit, one: Opened, key: str) -> None:
    with told():
        note = str(st.session_state.get(key) or "").strip()
        before = last(visit.ledger.feedback(one.run, one.question), one.claim, one.citation)
        if before is None or (before.verdict, before.note) != (UNSUPPORTED, note):
            visit.ledger.give_feedback(one.run, one.question, UNSUPPORTED, claim=one.claim, citation=one.citation, note=note)

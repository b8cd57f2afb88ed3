"""The page of health: what the server holds, and the doctor's checks, run when they are asked for."""

from __future__ import annotations

import time
from importlib.metadata import version

import streamlit as st

from ui.doctor import Check, checks
from ui.parts.checks import ICONS, WORDS, shown, verdict
from ui.parts.plain import label, plain
from ui.terminal.meter import clock
from ui.visit import Visit

_COLOURS = {"ok": "green", "warn": "orange", "fail": "red"}
_HELD = "health-checks"


def render(visit: Visit) -> None:
    """Draw the page."""
    st.title("Health", anchor=False)
    _server(visit)
    _checks(visit)


def _server(visit: Visit) -> None:
    st.subheader("This server", anchor=False)
    store, alone = visit.service.store, visit.reader is None
    facts = store.describe()
    running = sum(run.status == "running" for run in visit.ledger.runs(limit=200))
    building = sum(one.state == "running" for one in visit.service.builds.of(visit.user))
    rows = [
        ("Version", f"Fathom {version('fathom')}"),
        ("Up for", clock(round(time.time() - visit.service.since))),
        ("Your runs under way", f"{running:,}"),
        ("Your builds under way", f"{building:,}"),
        ("Ledger", f"{facts.place} ({facts.database})" if alone else facts.database),
    ]
    if alone:
        rows.append(("Corpora", str(visit.service.settings.home)))
    with st.container(key="health-server", border=True, gap="small"):
        for name, value in rows:
            _pair(name, value)


def _pair(name: str, value: str) -> None:
    with st.container(horizontal=True, gap="small"):
        st.markdown(f"**{name}**", width=190)
        plain(value, width="stretch")


def _checks(visit: Visit) -> None:
    st.subheader("Checks", anchor=False)
    corpus = visit.corpus
    about = f"of this server and of the corpus **{label(corpus.name)}**" if corpus else "of this server"
    st.markdown(f"Looks at every part {about}: each file's hash, and a few stored searches. It takes some seconds.")
    if st.button("Run the checks", key="health-run", type="primary", icon=":material/monitor_heart:"):
        st.session_state[_HELD] = _run(visit)
        st.rerun()
    held: list[Check] = st.session_state.get(_HELD, [])
    if not held:
        return
    status, said = verdict(held)
    {"ok": st.success, "warn": st.warning, "fail": st.error}[status](said.capitalize(), icon=ICONS[status])
    for place, check in enumerate(held):
        _row(check, place)


def _run(visit: Visit) -> list[Check]:
    """All checks, each told as it is done."""
    found: list[Check] = []
    index = visit.corpus.path if visit.corpus else None
    with st.status("Checking", expanded=True):
        for check in shown(checks(visit.service.settings, index=index), alone=visit.reader is None):
            found.append(check)
            st.markdown(f":{_COLOURS[check.status]}[{ICONS[check.status]}] {check.name}")
    return found


def _row(check: Check, place: int) -> None:
    with st.container(horizontal=True, gap="small", key=f"health-row-{place}"):
        st.badge(WORDS[check.status], icon=ICONS[check.status], color=_COLOURS[check.status])  # pyright: ignore[reportArgumentType]
        st.markdown(f"**{check.name}**", width=90)
        with st.container(gap=None, width="stretch"):
            plain(check.found)
            if check.next:
                with st.container(key=f"soft-health-{place}"):
                    plain(f"What to do: {check.next}")

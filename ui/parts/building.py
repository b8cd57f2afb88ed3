"""The visitor's builds on a page: how far each is, and what came of it."""

from __future__ import annotations

import streamlit as st

from retrievers.document import Skipped
from retrievers.source import NothingToIndex
from ui.builds import Build
from ui.pages import go
from ui.parts.plain import label, plain
from ui.parts.problem import problem, told
from ui.terminal.meter import Mark, clock
from ui.visit import Visit

_EVERY = 0.7
_SHOWN = 20


def building(visit: Visit) -> None:
    """Draw them, the newest first; those under way are looked at again and again until they have ended."""
    known = visit.service.builds.of(visit.user)
    if any(one.state == "running" for one in known):
        st.fragment(_watch, run_every=_EVERY)(visit)
    else:
        for one in known:
            _ended(visit, one)


def _watch(visit: Visit) -> None:
    with told():
        known = visit.service.builds.of(visit.user)
        if not any(one.state == "running" for one in known):
            st.rerun()
        for one in known:
            if one.state == "running":
                _running(one, alone=visit.reader is None)
            else:
                _ended(visit, one)


def _running(one: Build, *, alone: bool) -> None:
    """A build under way. Behind a header the amounts are not told: they count what others have in this corpus too."""
    with st.container(border=True, key=f"build-{one.id}"):
        st.markdown(f"**Building {label(one.corpus.name)}**")
        st.progress(one.part or 0.0, how_far(one.mark, amounts=alone))
        meanwhile = " The corpus as it was can be asked meanwhile." if one.corpus.built else ""
        st.caption(f"This page may be closed: the build goes on in the server.{meanwhile}")


def how_far(mark: Mark, *, amounts: bool) -> str:
    """A step in words: with amounts and rate, or as a share alone.

    >>> how_far(Mark("making vectors", "passages", 100, 300, 50.0), amounts=True)
    'making vectors: 100 of 300 passages, 50/s, 0:04 left'
    """
    if amounts:
        told = ", ".join(filter(None, (mark.amount, mark.pace)))
    else:
        left = (mark.total - mark.done) / mark.rate if mark.total and mark.rate > 0 else 0.0
        told = f"{100 * mark.done // mark.total} %" if mark.total else ""
        told += f", {clock(round(left))} left" if left > 0 else ""
    return f"{mark.words}: {told}" if told else mark.words


def _ended(visit: Visit, one: Build) -> None:
    with st.container(border=True, key=f"build-{one.id}"):
        if one.error is not None:
            st.markdown(f"**{label(one.corpus.name)} is as it was**" if one.corpus.built else "**No corpus was made**")
            if not isinstance(one.error, NothingToIndex):
                problem(one.error)
            elif not one.skipped:
                st.error("There would be no document left", icon=":material/error:")
        else:
            name = label(one.corpus.name)
            st.success(f"**{name}** is ready, after {clock(round(one.seconds))}", icon=":material/check_circle:")
        _left_out(one)
        with st.container(horizontal=True):
            if one.error is None and st.button("Look at it", key=f"build-open-{one.id}", icon=":material/library_books:"):
                visit.choose(one.corpus)
                _dismiss(visit, one.id)
            st.button("Dismiss", key=f"build-dismiss-{one.id}", on_click=visit.service.builds.dismiss, args=(visit.user, one.id))


def _dismiss(visit: Visit, id: str) -> None:
    visit.service.builds.dismiss(visit.user, id)
    go("corpus")


def _left_out(one: Build) -> None:
    """What of its files was not read, and what had to be guessed."""
    if one.skipped:
        st.warning(_unread(one), icon=":material/warning:")
        skipped(one.skipped, f"build-{one.id}")
    for note in one.warnings[:_SHOWN]:
        with st.container(key=f"soft-note-{one.id}-{one.warnings.index(note)}"):
            plain(note)


def _unread(one: Build) -> str:
    """How much was not read, in a sentence."""
    if one.error is not None:
        return "None of your files could be read"
    count = len({skip.path for skip in one.skipped})
    return f"{count} of your {len(one.files)} files could not be read, or not wholly"


def skipped(found: tuple[Skipped, ...], key: str) -> None:
    """Each file that was not read, why, and what helps."""
    for place, one in enumerate(found[:_SHOWN]):
        with st.container(key=f"skipped-{key}-{place}", gap=None):
            plain(f"{one.path}: {one.reason}")
            with st.container(key=f"soft-skipped-{key}-{place}"):
                plain(f"What to do: {one.next}")
    if len(found) > _SHOWN:
        st.caption(f"and {len(found) - _SHOWN:,} more")

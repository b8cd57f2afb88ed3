"""A passage in a dialog: the cited words where they stand, the page of a pdf, why it was found, and what the reader says."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from agent.entries.rows import RunRow
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.partition import DocumentView
from retrievers.printable import one_line
from ui.pages import go
from ui.parts.cites import Opened
from ui.parts.context import Passage, passage, unread
from ui.parts.feedback import objection
from ui.parts.pdf_page import Part, Picture, parts, picture
from ui.parts.plain import label, plain
from ui.parts.problem import told
from ui.parts.trail import draw, trail
from ui.visit import Visit

_OPEN, _DRAWN = "passage-open", "passage-drawn"
_PAGES = 2


def opener(one: Opened, text: str, kind: str = "") -> None:
    """The button that opens a passage; `text` is our own. A second button for the same passage has another `kind`."""
    help = f"Open it where it stands: {label(one.name, 160)}"
    key = f"{kind}-{one.key}" if kind else one.key
    st.button(text, key=key, help=help, on_click=_open, args=(one.key,))


def show_opened(visit: Visit, run: RunRow, known: Sequence[Opened]) -> None:
    """Draw the dialog of the passage that was opened in this tab, if it is one of these; it stays until it is closed."""
    one = next((one for one in known if one.key == st.session_state.get(_OPEN)), None)
    if one is None:
        return
    title = f"Source {one.number}" if one.quote else f"Passage {one.number}, shown and not cited"

    @st.dialog(title, width="medium", on_dismiss=_close)
    def opened() -> None:
        with told():
            _draw(visit, run, one)

    opened()


def _open(key: str) -> None:
    st.session_state[_OPEN] = key


def _close() -> None:
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_DRAWN, None)


def _draw(visit: Visit, run: RunRow, one: Opened) -> None:
    index, found = _read(visit, run, one)
    _head(one, found)
    for note in found.notes:
        st.info(label(note, 400), icon=":material/info:")
    if index is None or found.document is None or found.document.type != "pdf":
        _told(visit, one, found)
        return
    words, sheet = st.columns(2, gap="medium")
    with words:
        _told(visit, one, found)
    with sheet, st.container(key=f"sheet-{one.key}"):
        _pages(index, found.document, one)


def _told(visit: Visit, one: Opened, found: Passage) -> None:
    """The words, why they were found, and what the reader says of them."""
    _words(one, found)
    with st.container(key=f"trail-{one.key}", gap="xsmall"):
        st.markdown("**Why it was found**")
        draw(trail(visit.ledger, one.run, one.question, one.item))
        if st.button("Its way through every stage", key=f"way-{one.key}", icon=":material/account_tree:"):
            _close()
            go("evidence", run=one.run, question=str(one.question), passage=one.item)
    if one.quote:
        objection(visit, one, visit.ledger.feedback(one.run, one.question))


def _read(visit: Visit, run: RunRow, one: Opened) -> tuple[Index | None, Passage]:
    """The passage from the run's corpus, as far as the visitor may still read it."""
    corpus = visit.corpora.at(str(run.spec["index"]))
    if corpus is None:
        return None, unread(one, "The corpus of this answer is not there any more.")
    try:
        index = visit.index(corpus)
    except FathomError as error:
        return None, unread(one, f"The corpus cannot be read: {one_line(error.happened)}.")
    return index, passage(index, visit.reader, one, str(run.spec.get("identity", "")))


def _head(one: Opened, found: Passage) -> None:
    """Title, section, and where it stands."""
    with st.container(key=f"title-{one.key}", gap="xsmall"):
        plain(one_line(one.title or one.document))
        if one.section:
            plain(one_line(one.section))
        with st.container(key=f"soft-where-{one.key}"):
            plain(where(one, found))


def where(one: Opened, found: Passage) -> str:
    """Where a passage stands, in a line: file, page, date, id and characters.

    >>> where(opened, passage)
    'laws.pdf, page 2, 1619-05-15, laws.pdf#3, characters 120 to 180'
    """
    document = found.document
    told = [document.path if document else one.document, f"page {found.page}" if found.page else ""]
    told += [document.date if document else "", f"passage {one.item}", f"characters {one.start:,} to {one.end:,}"]
    return ", ".join(one_line(part) for part in told if part)


def _words(one: Opened, found: Passage) -> None:
    """The text: before, what is cited, after; then more of it on demand."""
    with st.container(key=f"words-{one.key}", gap="small"):
        if found.before:
            plain(found.before)
        if found.marked:
            with st.container(key=f"cited-{one.key}" if one.quote else f"uncited-{one.key}"):
                plain(found.marked)
        if found.after:
            plain(found.after)
    if found.whole:
        with st.expander("Show the whole passage", key=f"whole-{one.key}"):
            plain(found.whole)
    if found.earlier or found.later:
        with st.expander("Show what stands before and after it", key=f"around-{one.key}"):
            _around(one, found)


def _around(one: Opened, found: Passage) -> None:
    for name, text in (("Before this passage", found.earlier), ("After this passage", found.later)):
        if text:
            st.markdown(f"**{name}**")
            plain(text)


def _pages(index: Index, document: DocumentView, one: Opened) -> None:
    """The pages that the span stands on, its words boxed; in words, where that cannot be."""
    end = one.end if one.quote else one.start + 1
    for part in parts(document.text, document.marks, one.start, end)[:_PAGES]:
        try:
            drawn = _drawn(index, document, one, part)
        except FathomError as error:
            st.info(f"The page cannot be shown: {label(error.happened, 300)}", icon=":material/info:")
            continue
        missing = one.quote and not drawn.boxes
        if missing:
            st.info(f"These words could not be found on the picture of page {part.page}; it is shown without a box.")
        boxed = ", the cited words boxed" if drawn.boxes else ""
        alt = f"Page {part.page} of the document{boxed}"
        st.image(drawn.png, f"Page {part.page}{boxed}", width="stretch", output_format="PNG", alt=alt)


def _drawn(index: Index, document: DocumentView, one: Opened, part: Part) -> Picture:
    """The page as it was drawn for this tab a moment ago, or drawn now."""
    wanted = part if one.quote else Part(part.page, "")
    key = document.source, wanted
    kept: dict[object, Picture] = st.session_state.setdefault(_DRAWN, {})
    if key not in kept:
        with st.spinner("Drawing the page"):
            kept[key] = picture(index.source(document), wanted)
    return kept[key]

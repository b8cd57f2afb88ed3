"""What went wrong, on a page in words and in the log: what happened, what was expected, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import streamlit as st

from retrievers.errors import FathomError
from retrievers.printable import one_line, printable

_log = logging.getLogger("fathom.chat")
_FOLDERS = "folders of the server"


@contextmanager
def told() -> Generator[None]:
    """Whatever fails in this block is told on the page, in place of what the block would have drawn, and logged.

    A fragment, a dialog and a callback run apart from their page: each needs a block of its own.

    >>> with told(): visit.index()
    """
    try:
        yield
    except FathomError as error:
        _log.warning("%s (expected %s)", one_line(error.happened), one_line(error.expected))
        problem(error)
    except Exception:  # why: the last resort of a page; what nobody foresaw is named as ours, its trace goes to the log alone
        _log.exception("a page failed")
        defect = FathomError("this page failed", "no such error: it is a defect of Fathom", "look into the server's log")
        problem(defect)


def keep_to_itself(folders: Sequence[str]) -> None:
    """What this session's visitor is told of errors names no place in these folders of the server, only what lies in them."""
    st.session_state[_FOLDERS] = tuple(folders)


def public(text: str) -> str:
    """`text` without the folders that the server keeps to itself.

    >>> keep_to_itself(["/srv/corpora/"]); public("/srv/corpora/papers is damaged")
    'papers is damaged'
    """
    folders: tuple[str, ...] = st.session_state.get(_FOLDERS, ())
    for folder in sorted(folders, key=len, reverse=True):  # the innermost first: the outer ones are its beginning
        text = text.replace(folder, "")
    return text


def problem(error: FathomError) -> None:
    """Show an error."""
    happened = public(error.happened)
    with st.container(border=True):
        st.error("Something is not as it should be", icon=":material/error:")
        st.text(printable(happened[:1].upper() + happened[1:]))
        if error.expected:
            st.text(f"Expected: {printable(public(error.expected))}")
        if error.next:
            st.text(f"What to do: {printable(public(error.next))}")

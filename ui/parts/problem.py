"""What went wrong, on a page in words and in the log: what happened, what was expected, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

import streamlit as st

from retrievers.errors import FathomError
from retrievers.printable import one_line, printable

_log = logging.getLogger("fathom.chat")


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


def problem(error: FathomError) -> None:
    """Show an error."""
    with st.container(border=True, key=None):
        st.error("Something is not as it should be", icon=":material/error:")
        st.text(printable(error.happened[:1].upper() + error.happened[1:]))
        if error.expected:
            st.text(f"Expected: {printable(error.expected)}")
        if error.next:
            st.text(f"What to do: {printable(error.next)}")

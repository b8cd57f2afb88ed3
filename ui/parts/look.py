"""The one style sheet of the chat: constant text of ours, never a word of a corpus, a model or a person."""

from __future__ import annotations

import streamlit as st

_STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 68rem; padding-top: 4.5rem; }
[data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; font-family: inherit; }
[class*="st-key-cited"] { border-left: 0.25rem solid #C77700; background: rgba(199, 119, 0, 0.12); padding: 0.5rem 0.75rem; }
[class*="st-key-unsupported"] { border-left: 0.25rem solid #B3261E; padding-left: 0.75rem; }
[class*="st-key-draft"] { border: 1px dashed #7A8B98; border-radius: 0.5rem; padding: 0.75rem; font-style: italic; opacity: 0.85; }
[class*="st-key-soft"] { opacity: 0.8; font-size: 0.9rem; }
[class*="st-key-short"] [data-testid="stText"] { font-size: 1.6rem; line-height: 1.3; font-weight: 600; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-left: 0.75rem; padding-right: 0.75rem; } }
</style>"""


def look() -> None:
    """Apply it; once at the top of every page."""
    st.html(_STYLE)

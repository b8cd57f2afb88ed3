"""The one style sheet of the chat: constant text of ours, never a word of a corpus, a model or a person."""

from __future__ import annotations

import streamlit as st

_STYLE = """<style>
[data-testid="stMainBlockContainer"] { max-width: 68rem; padding-top: 4.5rem; }
[data-testid="stCaptionContainer"] { color: light-dark(#4A5A66, #B4C0C8); opacity: 1; }
[data-testid="stStatusWidget"] { display: none; }
[data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; font-family: inherit; }
[class*="st-key-cited"] { border-left: 0.25rem solid #C77700; background: rgba(199, 119, 0, 0.12); padding: 0.5rem 0.75rem; }
[class*="st-key-unsupported"] { border-left: 0.25rem solid #B3261E; padding-left: 0.75rem; }
[class*="st-key-draft"] { border: 1px dashed #7A8B98; border-radius: 0.5rem; padding: 0.75rem; font-style: italic; }
[class*="st-key-cite-"] button { min-height: 1.75rem; min-width: 1.75rem; padding: 0 0.5rem; }
[class*="st-key-numbers-"] { flex-shrink: 0; max-width: 9rem; }
[class*="st-key-sheet-"] img { border: 1px solid #7A8B98; }
[class*="st-key-soft"] { opacity: 0.8; font-size: 0.9rem; }
[class*="st-key-title-"] > :first-child [data-testid="stText"] { font-size: 1.2rem; font-weight: 600; }
[class*="st-key-short"] [data-testid="stText"] { font-size: 1.6rem; line-height: 1.3; font-weight: 600; }
[class*="st-key-rows"] button :is(div, span, p) { justify-content: flex-start; text-align: left; width: 100%; }
[class*="st-key-scroll"] { overflow-x: auto; }
[class*="st-key-scroll-few"] [data-testid="stElementContainer"] { min-width: 44rem; }
[class*="st-key-scroll-many"] [data-testid="stElementContainer"] { min-width: 57rem; }
[data-testid="stButtonGroup"] button[data-selected="true"]:not([data-disabled]) { color: inherit; }
[class*="st-key-rows-run"] button p { font-weight: 600; }
[data-testid="stTab"][aria-selected="true"] p { color: light-dark(#0B5C7A, #86CBEA); }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding-left: 0.75rem; padding-right: 0.75rem; } }
</style>"""

_INKS = ("#17242E", "#E8EEF2")


def ink() -> str:
    """The colour of words in a picture, in the theme that this visitor sees: what is drawn does not inherit it."""
    return _INKS[st.context.theme.type == "dark"]


def look() -> None:
    """Apply it; once at the top of every page."""
    st.html(_STYLE)

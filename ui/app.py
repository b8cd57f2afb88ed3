"""The chat's entry: `fathom ui` starts it, or `python -m streamlit run ui/app.py`."""

from __future__ import annotations

from ui.pages import show

show()

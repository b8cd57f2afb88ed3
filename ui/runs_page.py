"""runs_page."""

from __future__ import annotations

from ui.visit import Visit


def render(visit: Visit) -> None:
    """Draw the page."""

"""What the chat shows where there is no corpus yet: the two ways to one."""

from __future__ import annotations

from ui.visit import Visit


def welcome(visit: Visit) -> None:
    """Offer the demo corpus, and files of one's own."""

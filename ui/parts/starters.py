"""Questions to start with, taken from the corpus itself."""

from __future__ import annotations

from ui.corpora import Corpus
from ui.visit import Visit


def starters(visit: Visit, corpus: Corpus) -> str | None:
    """Offer a few questions of the corpus; the one that was picked."""
    return None

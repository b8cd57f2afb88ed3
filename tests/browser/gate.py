"""A recipe that waits where the test tells it to: what happens in the middle of a search is looked at without a race."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_RECIPES = """
import time
from dataclasses import dataclass
from pathlib import Path
from retrievers.base import Stage
from retrievers.lexical import BM25

SHUT = Path({shut!r})

@dataclass(frozen=True)
class Gated(Stage):
    inner: Stage

    def __call__(self, batch):
        while any(self._held(one.query.text) for one in batch):
            time.sleep(0.02)
        return self.inner(batch)

    def _held(self, text):
        try:
            return SHUT.read_text("utf-8").casefold() in text.casefold()
        except FileNotFoundError:
            return False

RECIPES = {{"bm25": lambda sources: Gated(BM25(sources.need_index()))}}
"""


@dataclass(frozen=True)
class Gate:
    """Holds up every search of the recipe bm25 whose query has a word in it.

    >>> gate.shut("Yerkes"); gate.open()
    """

    folder: Path

    @property
    def recipes(self) -> Path:
        """The recipes file for the server."""
        path = self.folder / "gated.py"
        if not path.is_file():
            path.write_text(_RECIPES.format(shut=str(self.folder / "shut")), "utf-8")
        return path

    def shut(self, word: str = "") -> None:
        """From now on hold up the searches for `word`; without one, all."""
        aside = self.folder / "aside"
        aside.write_text(word, "utf-8")
        aside.replace(self.folder / "shut")

    def open(self) -> None:
        """Let them all through."""
        (self.folder / "shut").unlink(missing_ok=True)

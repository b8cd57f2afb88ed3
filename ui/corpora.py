"""The corpora of the chat: indexes in a home folder, those of one owner in a folder that nobody else is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from retrievers.errors import FathomError, UsageError
from retrievers.generation import CURRENT
from retrievers.known import owner_folder

_OWNED = ".owners"
_NAME = re.compile(r"[\w][\w .-]{0,59}")


@dataclass(frozen=True)
class Corpus:
    """An index, by the name of its folder. `owner` is None where everybody may ask it."""

    name: str
    path: Path
    owner: str | None = None

    @property
    def built(self) -> bool:
        """Whether there is a generation to search."""
        return (self.path / CURRENT).is_file()


@dataclass(frozen=True)
class Corpora:
    """The corpora that one reader may ask: those of the home, their own, and the index that the server was started with.

    >>> [corpus.name for corpus in Corpora(Path("corpora")).all()]
    ['demo']
    """

    home: Path
    reader: str | None = None
    given: Path | None = field(default=None)

    def all(self) -> list[Corpus]:
        """The one that the server was started with, then the others by name, one's own before a public one of that name."""
        found: dict[str, Corpus] = {}
        for corpus in self._found():
            found.setdefault(corpus.name, corpus)
        return list(found.values())

    def named(self, name: str) -> Corpus:
        """The corpus of this name; `FathomError` where this reader has none."""
        known = self.all()
        corpus = next((one for one in known if one.name == name), None)
        if corpus is None:
            names = ", ".join(one.name for one in known) or "none yet"
            raise FathomError(f"no corpus {name!r}", f"one of yours: {names}", "choose another, or add files")
        return corpus

    def at(self, path: str) -> Corpus | None:
        """The reader's corpus that lies at `path`, or None: a path that was recorded opens nothing that they may not ask."""
        return next((one for one in self.all() if str(one.path.resolve()) == path), None)

    def place(self, name: str) -> Corpus:
        """Where a new corpus of this name will lie; `UsageError` for a name that is no folder's, or is taken."""
        name = " ".join(name.split())
        if not _NAME.fullmatch(name):
            raise UsageError(f"the name {name!r}", "up to 60 letters, digits, spaces, dots and dashes", "choose another name")
        if any(one.name.casefold() == name.casefold() for one in self.all()):
            raise UsageError(f"there is a corpus {name!r}", "a new name, or files added to that one", "choose another name")
        return Corpus(name, self._own / name, self.reader)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where its corpora lie: the reader's own folder, the home around it, and that of the given index."""
        return (self._own, self.home, *([self.given.parent] if self.given is not None else ()))

    @property
    def _own(self) -> Path:
        """The folder for this reader's new corpora."""
        return self.home if self.reader is None else self.home / _OWNED / owner_folder(self.reader)

    def _found(self) -> Iterator[Corpus]:
        if self.given is not None:
            yield Corpus(self.given.name.removesuffix(".index") or "index", self.given)
        if self.reader is not None:
            yield from _below(self._own, self.reader)
        yield from _below(self.home, None)


def _below(folder: Path, owner: str | None) -> Iterator[Corpus]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and (path / CURRENT).is_file():
            yield Corpus(path.name, path, owner)

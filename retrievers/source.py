"""A file of a build, whose it is, and what a build says of files that gave nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retrievers.document import Skipped, SourceFile
from retrievers.errors import FathomError


@dataclass(frozen=True)
class Source:
    """A file of a build. With an `owner` all that it holds is theirs, whatever its records say; without one, what it says.

    `notices` are there for a file that an earlier build could not read at all, and whose bytes are not kept: they are told
    again in place of reading it.
    """

    file: SourceFile | Skipped
    owner: str | None = None
    notices: tuple[Skipped, ...] = ()

    @property
    def key(self) -> tuple[str, str | None]:
        """Its name, and whose it is: files of one name and different owners are different files."""
        return self.file.path if isinstance(self.file, Skipped) else self.file.name, self.owner

    @property
    def row(self) -> list[Any]:
        """It in a manifest: name, hash, size, and whose it is where it was given to somebody; empty for a notice."""
        file, owner = self.file, [self.owner] if self.owner is not None else []
        return [] if isinstance(file, Skipped) else [file.name, file.sha256, file.size, *owner]


class NothingToIndex(FathomError):
    """No document came of the files: `skipped` says why of each."""

    def __init__(self, where: str, skipped: Sequence[Skipped]) -> None:
        reasons = "; ".join(f"{one.path}: {one.reason}" for one in skipped[:5])
        super().__init__(
            f"nothing to index in {where}" + (f" ({reasons})" if reasons else ""),
            "at least one document with text",
            "fathom index FOLDER --out INDEX",
        )
        self.skipped = tuple(skipped)

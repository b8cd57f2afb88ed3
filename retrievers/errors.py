"""Named failures: what happened, what was expected, and what to type next."""

from __future__ import annotations


class FathomError(Exception):
    """A failure that a person can act on.

    `happened` and `expected` are one sentence each; `next` is the command or change that helps. `exit_code` is what a
    command line returns: 1 for a named failure, 2 for wrong usage.

    >>> raise FathomError("no index at docs.index", "a folder made by fathom index", "fathom index DOCS --out docs.index")
    """

    exit_code = 1

    def __init__(self, happened: str, expected: str = "", next: str = "") -> None:
        super().__init__(happened)
        self.happened, self.expected, self.next = happened, expected, next

    def __str__(self) -> str:
        parts = (self.happened, self.expected and f"expected: {self.expected}", self.next and f"next: {self.next}")
        return "; ".join(part for part in parts if part)


class UsageError(FathomError):
    """The command, an option or a field was given something it cannot mean."""

    exit_code = 2


class MissingSource(FathomError):
    """A recipe needs a source (an index, a chat endpoint, histories) that it was not given."""


class IndexCorrupt(FathomError):
    """A file of the index is missing, damaged, or belongs to another build."""


class Unavailable(FathomError):
    """A model or service that a stage needs cannot be reached or loaded."""


class ReplyError(FathomError):
    """A language model's reply is not what it was asked for."""

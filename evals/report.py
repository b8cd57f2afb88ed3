"""A report of evaluations, as one self-contained page or as Markdown: figures, differences, curves, causes, what changed."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agent.workshop import Workshop
from evals.answering.base import AnswerMeasure
from evals.attribution import attribute
from evals.measures import Measure
from evals.reporting.document import Document
from evals.reporting.markdown import paper
from evals.reporting.measured import Counts, Measured, System
from evals.reporting.page import page
from evals.reporting.sections import document
from evals.scores import Kept, label_of
from evals.usual import better
from retrievers.errors import FathomError, UsageError
from retrievers.generation import write_durably


@dataclass(frozen=True)
class Report(Measured):
    """The same as something to read: one page, or Markdown."""

    def document(self) -> Document:
        """All that it says."""
        return document(self)

    def html(self) -> str:
        """One page that stands alone: no script, nothing fetched."""
        return page(self.document())

    def markdown(self) -> str:
        """The same tables, and the numbers of the curves."""
        return paper(self.document())


def report(
    systems: Sequence[Kept], measures: Sequence[AnswerMeasure | Measure], workshop: Workshop | None = None, command: str = ""
) -> Report:
    """Read what a report of these systems needs; with a `workshop` that opens their indexes, agents' misses have their causes.

    Raises `UsageError` for no system or no measure, `FathomError` as scores and comparisons do.

    >>> report(systems(ledger, "first"), named(["ExactMatch"]), workshop).html()
    """
    once = list({one.row.id: one for one in systems}.values())
    if not once or not measures:
        raise UsageError("a report of nothing", "a system and a measure at least", "fathom report NAME --out report.html")
    named = tuple(System(name, one, one.scores(measures)) for name, one in zip(_names(once), once, strict=True))
    told = Report(named, better(measures), command=command)
    _ = told.comparisons  # what cannot be compared is refused before anything else is looked for
    return told if workshop is None else replace(told, causes={one.name: _causes(one, workshop) for one in told.agents})


def suffix(to: Path, *, force: bool = False) -> str:
    """Whether `to` is to be `.html` or `.md`, once it is clear that it can be written.

    Raises `UsageError` for another suffix, `FathomError` for a folder that is not there and, without `force`, for a file that is.

    >>> suffix(Path("report.html"))
    '.html'
    """
    kind = to.suffix.lower()
    if kind not in (".html", ".md"):
        raise UsageError(f"a report as {to.name!r}", "a file that ends in .html or .md", "--out report.html")
    with _naming(to):
        if not to.parent.is_dir():
            raise FathomError(f"there is no folder {to.parent}", "a folder that is there", f"--out {shlex.quote(to.name)}")
        if to.is_dir():
            raise FathomError(f"{to} is a folder", "the name of a file", f"--out {shlex.quote(str(to / 'report.html'))}")
        if to.exists() and not force:
            raise FathomError(f"{to} is there already", "a file that is not there", "another --out, or --force to replace it")
    return kind


def write(found: Report, to: Path, *, force: bool = False) -> None:
    """Write a report as what its suffix says, in one step: whoever opens the file sees all of it or what was there before.

    Raises as `suffix` does, and `FathomError` where the folder may not be written.

    >>> write(report(systems(ledger, "first"), measures), Path("first.html"))
    """
    kind = suffix(to, force=force)
    text = found.html() if kind == ".html" else found.markdown()
    suffix(to, force=force)  # it took a while
    with _naming(to):
        write_durably(to, text.encode())


@contextmanager
def _naming(to: Path) -> Generator[None]:
    """An error of the disk as one that names the file."""
    try:
        yield
    except OSError as error:
        expected = "a file in a folder that you may write"
        raise FathomError(f"{to} cannot be written: {error.strerror}", expected, "--out FILE") from error


def _names(systems: Sequence[Kept]) -> list[str]:
    """Of one evaluation its names for its systems; else those that are typed, with the run where these are the same."""
    labels = [label_of(one.row) for one in systems]
    typed = [one.name for one in systems]
    for names in (labels, typed) if len({one.row.purpose for one in systems}) == 1 else (typed,):
        if len(set(names)) == len(names):
            return names
    return [f"{one.name} {one.row.id}" for one in systems]


def _causes(one: System, workshop: Workshop) -> Counts | FathomError:
    """The causes of a system's misses; where its index is gone, the report says so in their place."""
    try:
        return attribute(one.kept.ledger, workshop, one.kept.row.id).counts()
    except FathomError as error:
        return error

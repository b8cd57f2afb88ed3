"""`fathom report`: evaluations as a page or a text to keep and to show."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.options import MEASURES, Json, LedgerUrl
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, emit, tell

if TYPE_CHECKING:
    pass

_DEEP = 10


def report(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Evaluations by their names, with :SYSTEM for one system alone; the first is what the others are compared with.",
            metavar="NAME...",
        ),
    ],
    to: Annotated[Path, typer.Option("--out", help="The file to write: FILE.html or FILE.md.", metavar="FILE")],
    measure: Annotated[
        list[str] | None,
        typer.Option(help=MEASURES, metavar="NAME", show_default="nDCG@10, R@10; of agents, those of answers"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Write a report of evaluations that fathom eval --run kept: one HTML page that needs nothing else, or Markdown.

    It holds what was measured and how to repeat it, means with 95 % intervals, paired differences against the first system,
    curves (recall by searches, tokens or depth, risk by coverage), why answers were missed, and the questions that changed most.
    Everything is computed again from the ledger. The page has no script and loads nothing.
    """
    from evals.answers import named
    from evals.report import report as reported
    from evals.report import suffix, write
    from evals.scores import systems
    from evals.usual import usual

    suffix(to, force=force)
    place = Workplace.at(ledger)
    found = [one for name in names for one in systems(place.ledger, name, place.workshop.index)]
    measures = named(measure or usual(found), place.ledger)
    write(reported(found, measures, place.workshop, _typed(names, to, measure or [])), to, force=force)
    if as_json:
        emit({"written": str(to), "systems": [one.name for one in found]})
    else:
        tell("good", "✓", f"{to} written")
    return DONE


def _typed(names: Sequence[str], to: Path, measures: Sequence[str]) -> str:
    """What writes the report again, over the file that it is."""
    given = [part for name in measures for part in ("--measure", name)]
    return shlex.join(["fathom", "report", *names, "--out", str(to), *given, "--force"])

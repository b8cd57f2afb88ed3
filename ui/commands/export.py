"""`fathom export`: a run as a document to keep."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ui.commands.options import LedgerUrl, LedgerUser, Question
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, emit, tell


def export(
    run: Annotated[str, typer.Argument(help="A run's id or its beginning, or last.", metavar="RUN")],
    format: Annotated[str, typer.Option(help="md, html or json.", metavar="FORMAT")] = "md",
    question: Question = None,
    to: Annotated[
        Path | None, typer.Option("--out", help="The file to write.", metavar="FILE", show_default="standard output")
    ] = None,
    user: LedgerUser = None,
    ledger: LedgerUrl = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.", rich_help_panel="Output")] = False,
) -> int:
    """Write a run's answers with footnotes as Markdown, HTML or JSON.

    The HTML is one page without scripts that loads nothing from outside.
    """
    from agent.export import export as exported
    from retrievers.errors import FathomError

    place = Workplace.at(ledger, user)
    row = place.run(run)
    if row.spec.get("policy") == "none":
        raise FathomError(
            f"run {row.id} is an evaluation of retrieval: it has no answers",
            "a run that answers questions",
            f"fathom show {row.id}",
        )
    text = exported(place.records(row, question), "json" if as_json else format)
    if to is None:
        sys.stdout.write(text)
        return DONE
    try:
        to.write_text(text, "utf-8")
    except OSError as error:
        raise FathomError(
            f"{to} cannot be written: {error.strerror}", "a file in a folder that you may write", "--out FILE"
        ) from error
    if not as_json:
        tell("good", "✓", f"{to} written")
    else:
        emit({"written": str(to)})
    return DONE

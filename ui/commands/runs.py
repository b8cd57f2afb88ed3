"""`fathom runs` and `fathom show`: what was asked before, and everything that is known of it."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from ui.commands.options import Json, LedgerUrl, LedgerUser, Question
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, emit, out

if TYPE_CHECKING:
    from agent.entries.rows import RunRow


def runs(
    text: Annotated[
        str, typer.Option(help="Only runs with a question that holds these words.", metavar="WORDS", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(help="How many, the newest first.", min=1, metavar="N")] = 20,
    user: LedgerUser = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """List the runs of the ledger."""
    from ui.terminal.tables import listed

    place = Workplace.at(ledger, user)
    found = place.ledger.runs(text, limit=limit)
    if as_json:
        emit([asdict(row) for row in found])
    else:
        listed(found, place.ledger, text)
    return DONE


def show(
    run: Annotated[str, typer.Argument(help="A run's id or its beginning, last, or an evaluation's name.", metavar="RUN")],
    question: Question = None,
    user: LedgerUser = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Show a run: its answers, and step by step how each was found."""
    from ui.terminal.answers import answer, footer
    from ui.terminal.tables import about, steps

    place = Workplace.at(ledger, user)
    row = place.run(run)
    if row.spec.get("policy") == "none" and not as_json:
        return _measured(place, row, question)
    records = place.records(row, question)
    if as_json:
        emit(records[0] if len(records) == 1 else records)
        return DONE
    console = out()
    console.print(about(row))
    for one in records:
        number = one["number"]
        console.print()
        console.print(one["question"], style="head")
        console.print()
        answer(one, place.misses(row, number), console)
        console.print()
        console.print(steps(place.ledger, row.id, number))
        console.print()
        console.print(footer(one))
    return DONE


def _measured(place: Workplace, row: RunRow, question: str | None) -> int:
    """An evaluation of retrieval: its questions, or the search of one of them."""
    from ui.terminal.placed import about, outline
    from ui.terminal.tables import steps

    console = out()
    console.print(about(row))
    console.print()
    if question is None:
        rows = place.ledger.questions(row.id)
        console.print(outline(rows, place.ledger.hits(row.id)))
        asked = rows[0].gold.id if rows[0].gold is not None else rows[0].number
        console.print(Text(f"next  fathom why {shlex.quote(row.purpose)} --question {asked}"), soft_wrap=True)
    else:
        console.print(steps(place.ledger, row.id, place.number(row, question)))
    return DONE

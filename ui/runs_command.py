"""`fathom runs` and `fathom show`: what was asked before, and everything that is known of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ui.options import Json, LedgerUrl, LedgerUser, Question
from ui.terminal import DONE, emit, out
from ui.workplace import Workplace


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
    from ui.tables import listed

    place = Workplace.at(ledger, user)
    found = place.ledger.runs(text, limit=limit)
    if as_json:
        emit([asdict(row) for row in found])
    else:
        listed(found, place.ledger, text)
    return DONE


def show(
    run: Annotated[str, typer.Argument(help="A run's id or its beginning, or last.", metavar="RUN")],
    question: Question = None,
    user: LedgerUser = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Show a run: its answers, and step by step how each was found."""
    from ui.answers import answer, footer
    from ui.tables import about, steps

    place = Workplace.at(ledger, user)
    row = place.run(run)
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

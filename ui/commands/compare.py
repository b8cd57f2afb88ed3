"""`fathom compare`: what one evaluation gains over another, and how sure that is."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.commands.options import MEASURES, Json, LedgerUrl
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, emit


def compare(
    a: Annotated[
        str,
        typer.Argument(help="An evaluation's name, with :SYSTEM behind it where it has several, or a run's id.", metavar="A"),
    ],
    b: Annotated[str, typer.Argument(help="Another one, over the same questions.", metavar="B")],
    measure: Annotated[
        list[str] | None,
        typer.Option(help=MEASURES, metavar="NAME", show_default="nDCG@10, R@10; of agents, those of answers"),
    ] = None,
    flips: Annotated[int, typer.Option(help="How many of the questions that changed most are listed.", min=0, metavar="N")] = 10,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Compare two evaluations that fathom eval --run kept, question by question.

    A difference is B less A, with a 95 % bootstrap interval; p is of paired randomisation, of McNemar's exact test where every
    value is 0 or 1, and beside it with Holm's correction for the number of measures. Detectable is the smallest difference that
    so many questions can show; up and down count the questions that B does better on, or worse. The values are computed again
    from the ledger, as deep as it was logged.
    """
    from evals.answers import named
    from evals.compare import compare as compared
    from evals.scores import kept
    from evals.usual import better, usual
    from ui.terminal.comparison import comparison

    place = Workplace.at(ledger)
    chosen = named(measure, place.ledger) if measure else None
    first, second = (kept(place.ledger, name, place.workshop.index) for name in (a, b))
    measures = chosen or named(usual((first, second)))
    found = compared(first.scores(measures), second.scores(measures))
    emit(found.as_json()) if as_json else comparison(found, flips, better(measures))
    return DONE

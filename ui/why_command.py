"""`fathom why`: what became of a passage in a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.options import Json, LedgerUrl, LedgerUser, Question
from ui.terminal import DONE, emit, out
from ui.workplace import Workplace

if TYPE_CHECKING:
    from agent.desk import Desk
    from agent.why import Why


def why(
    run: Annotated[str, typer.Argument(help="A run's id or its beginning, last, or an evaluation's name.", metavar="RUN")],
    question: Question = None,
    passage: Annotated[
        str | None,
        typer.Option(help="The id of a passage or document.", metavar="ID", show_default="everything that was shown"),
    ] = None,
    user: LedgerUser = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Say why a passage was used or not, and where it was lost.

    It was not in the corpus, not retrieved, ranked too low, cut off, shown and not cited, cited in vain, or cited.
    What lay below the logged depth of a search is searched and scored again, so the index must still be there.
    """
    from agent.spec import Spec

    place = Workplace.at(ledger, user)
    row = place.run(run)
    number = place.number(row, question)
    desk = place.workshop.desk(place.ledger, row.id, number, Spec.from_json(row.spec))
    with place.workshop.accounts.opened(desk):  # a search that is made again may ask a model
        return _tell(desk, passage, as_json)


def _tell(desk: Desk, passage: str | None, as_json: bool) -> int:
    from agent.why import why as told
    from agent.why import whys
    from ui.tables import reason, reasons

    if passage is not None:
        one = told(desk, passage)
        emit(_plain(one)) if as_json else out().print(reason(one, desk))
        return DONE
    found = whys(desk)
    emit([_plain(one) for one in found]) if as_json else reasons(found, desk)
    return DONE


def _plain(one: Why) -> dict[str, Any]:
    facts = asdict(one)
    return {**facts, "searches": [{**sought, "places": list(sought["places"])} for sought in facts["searches"]]}

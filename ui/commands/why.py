"""`fathom why`: what became of a passage in a run, or of the relevant passages in an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands.options import Json, LedgerUrl, LedgerUser, Question
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, emit, out

if TYPE_CHECKING:
    from agent.desk import Desk
    from agent.entries.rows import RunRow
    from agent.why import Why


def why(
    run: Annotated[str, typer.Argument(help="A run's id or its beginning, last, or an evaluation's name.", metavar="RUN")],
    question: Question = None,
    passage: Annotated[
        str | None,
        typer.Option(
            help="The id of a passage or document.",
            metavar="ID",
            show_default="everything that was shown; in an evaluation, all that is relevant",
        ),
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Of an evaluation: the recipe to look at.", metavar="NAME", show_default="each of them")
    ] = None,
    user: LedgerUser = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Say why a passage was used or not, and where it was lost.

    It was not in the corpus, not retrieved, ranked too low, cut off, shown and not cited, cited in vain, or cited.
    Of a question of a data set that an agent answered, its story comes first: the right answer and the one given, the cause, and
    the way of each relevant document through the searches.
    In an evaluation with a name (fathom eval --run) it was found or missed by each recipe: a list, also as JSON.
    What lay below the logged depth of a search is searched and scored again, so the index must still be there.
    """
    place = Workplace.at(ledger, user)
    rows = place.measured(run, recipe)
    if rows[0].spec.get("policy") == "none":
        return _measured(place, rows, question, passage, as_json)
    row = rows[0]
    desk = _desk(place, row, place.number(row, question))
    with place.workshop.accounts.opened(desk):  # a search that is made again may ask a model
        if passage is None and not as_json:
            _story(place, desk)
        return _tell(desk, passage, as_json)


def _desk(place: Workplace, row: RunRow, number: int) -> Desk:
    from agent.spec import Spec

    return place.workshop.desk(place.ledger, row.id, number, Spec.from_json(row.spec))


def _story(place: Workplace, desk: Desk) -> None:
    """Of a question of a data set that was answered: its cause, and the way of each relevant document."""
    from agent.why import why as told
    from evals.attribution import attribute
    from ui.terminal.attribution import story

    row = desk.row
    if row.gold is None or row.answer is None or row.stop == "stopped":
        return
    found = attribute(place.ledger, place.workshop, desk.run, [desk.number])
    story(desk, found.questions[0], [told(desk, id) for id in row.gold.relevant])


def _tell(desk: Desk, passage: str | None, as_json: bool) -> int:
    from agent.why import why as told
    from agent.why import whys
    from ui.terminal.tables import reason, reasons

    if passage is not None:
        one = told(desk, passage)
        emit(_plain(one)) if as_json else out().print(reason(one, desk))
        return DONE
    found = whys(desk)
    emit([_plain(one) for one in found]) if as_json else reasons(found, desk)
    return DONE


def _measured(place: Workplace, rows: Sequence[RunRow], question: str | None, passage: str | None, as_json: bool) -> int:
    """What became of one passage, or of all that are relevant, in a question, by each of an evaluation's recipes."""
    from ui.terminal.placed import placements
    from ui.terminal.tables import reason

    number = place.number(rows[0], question)
    found = [_placed(place, row, number, passage) for row in rows]
    if as_json:
        emit([{"recipe": recipe, "run": desk.run, **_plain(one)} for recipe, desk, whys in found for one in whys])
    elif passage is not None and len(found) == 1:
        _, desk, (one,) = found[0]
        out().print(reason(one, desk))
    else:
        placements(rows[0].purpose, found)
    return DONE


def _placed(place: Workplace, row: RunRow, number: int, passage: str | None) -> tuple[str, Desk, list[Why]]:
    from agent.placed import placed, relevant

    desk = _desk(place, row, number)
    with place.workshop.accounts.opened(desk):
        return row.spec["recipe"], desk, relevant(desk) if passage is None else [placed(desk, passage)]


def _plain(one: Why) -> dict[str, Any]:
    facts = asdict(one)
    return {**facts, "searches": [{**sought, "places": list(sought["places"])} for sought in facts["searches"]]}

"""`fathom attribute`: why the answers of an evaluation were missed, question by question."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from retrievers.errors import UsageError
from ui.commands.options import Json, LedgerUrl
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, emit, out

if TYPE_CHECKING:
    from evals.attribution import Attribution
    from evals.causes import Verdict


def attribute(
    name: Annotated[
        str,
        typer.Argument(
            help="An evaluation's name, with :SYSTEM behind it where it has several systems, or a run's id.", metavar="NAME"
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option(
            help="Another one, over the same questions: which moved from which cause to which.",
            metavar="OTHER",
            show_default=False,
        ),
    ] = None,
    listing: Annotated[
        str | None,
        typer.Option(
            "--list",
            help="List the questions of this cause; with --against, those that left it or came to it.",
            metavar="CAUSE",
            show_default="an example of the commonest",
        ),
    ] = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Say why the answers of an evaluation were missed: each question has exactly one cause.

    The first that applies, of the relevant document that was lost earliest: corpus_miss, retrieval_miss, rank_miss, cut,
    shown_unused; then, of the answer, wrong_answer, wrong_refusal or unsupported. Beside them: right, unwarranted (an answer
    where the corpus has none) and failed. Of retrieval alone a question is right where all that is relevant was found. All is
    read from the ledger; what may lie below the logged depth is searched again, so the index must still be there.
    """
    cause = _cause(listing) if listing is not None else None
    place = Workplace.at(ledger)
    if against is not None:
        return _both(place, (name, against), cause, as_json)
    found, called = _attributed(place, name)
    return _one(found, called, cause, as_json)


def _one(found: Attribution, name: str, cause: Verdict | None, as_json: bool) -> int:
    from ui.terminal.attribution import attribution, listed

    if cause is None:
        emit(found.as_json()) if as_json else attribution(found, name)
        return DONE
    chosen = found.of(cause)
    if as_json:
        emit([one.as_json() for one in chosen])
    elif chosen:
        listed(chosen, found)
    else:
        out().print(f"no question of {name} is {cause}", soft_wrap=True)
    return DONE


def _both(place: Workplace, names: tuple[str, str], cause: Verdict | None, as_json: bool) -> int:
    from evals.attribution import difference as differing
    from ui.terminal.attribution import difference

    (a, first), (b, second) = (_attributed(place, name) for name in names)
    found = differing(a, b)
    if as_json and cause is None:
        emit(found.as_json())
        return DONE
    moved = [one for one in found.moved if cause is None or cause in (one.a.cause, one.b.cause)]
    emit([one.as_json() for one in moved]) if as_json else difference(found, (first, second), moved)
    return DONE


def _attributed(place: Workplace, name: str) -> tuple[Attribution, str]:
    """A run with its causes, and what it is called."""
    from evals.attribution import attribute as attributed
    from evals.scores import kept

    one = kept(place.ledger, name)
    return attributed(place.ledger, place.workshop, one.row.id), one.name


def _cause(named: str) -> Verdict:
    from evals.causes import CAUSES

    known: dict[str, Verdict] = {cause: cause for cause in CAUSES}
    if named not in known:
        near = get_close_matches(named, CAUSES, n=1)
        raise UsageError(f"no cause {named!r}", f"one of {', '.join(CAUSES)}", f"--list {near[0] if near else 'rank_miss'}")
    return known[named]

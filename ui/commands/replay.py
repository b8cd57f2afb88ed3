"""`fathom replay`: what an agent's own queries would have shown with another recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from retrievers.errors import UsageError
from ui.commands.options import Endpoint, Json, LedgerUrl, LedgerUser, Model, Recipes
from ui.commands.workplace import LAST, Workplace
from ui.terminal.console import DONE, emit
from ui.terminal.meter import meter

if TYPE_CHECKING:
    from agent.entries.rows import RunRow
    from retrievers.base import Chat


def replay(
    run: Annotated[
        str,
        typer.Argument(
            help="A run's id or its beginning, last, or an evaluation's name, with :SYSTEM behind it where it has several.",
            metavar="RUN",
        ),
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            help="How passages are found instead.", metavar="NAME", show_default="the run's own", rich_help_panel="Search"
        ),
    ] = None,
    recipes: Recipes = None,
    contribution: Annotated[
        bool,
        typer.Option(
            "--contribution", help="Say what each retriever of the recipe's fusion adds: left out, and by Shapley values."
        ),
    ] = False,
    changes: Annotated[int, typer.Option(help="How many of the queries that changed most are listed.", min=0, metavar="N")] = 10,
    endpoint: Endpoint = None,
    model: Model = None,
    user: LedgerUser = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Search what an agent searched for again, with another recipe: what it would have been shown.

    Only retrieval, rewriting, fusion and reranking are done again, over the same index, for the same user and scope, with as
    many passages shown; what the agent decided stays as it was, and no model is asked unless the recipe asks one. Evidence
    recall is the share of a question's relevant documents that were shown. Nothing is written to the ledger.
    """
    from agent.spec import Spec
    from evals.replay import replay as replayed
    from evals.replaying.contribution import contribution as shared
    from evals.replaying.logged import issued, retrieval
    from ui.terminal.replay import Heading
    from ui.terminal.replay import replay as tell

    place = Workplace.at(ledger, user, endpoint=endpoint, model=model)
    row = _run(place, run)
    spec = Spec.from_json(row.spec)
    asked = issued(place.ledger, row.id)
    tools = retrieval(spec, place.workshop.index(spec.index), recipe, recipes, _chat(place, endpoint, model))
    with meter({}, "questions", quiet=as_json) as progress:
        shares = shared(asked, tools, progress) if contribution else None  # a recipe that fuses nothing says so at once
        found = replayed(asked, tools, progress)
    if as_json:
        emit(found.as_json() if shares is None else {**found.as_json(), "contribution": shares.as_json()})
    else:
        tell(found, shares, Heading(row.id, spec.recipe, recipe or spec.recipe), changes)
    return DONE


def _run(place: Workplace, name: str) -> RunRow:
    """The one run that is meant. Raises `UsageError` for an evaluation of several systems."""
    from evals.scores import label_of, meant

    rows = [] if name == LAST else meant(place.ledger, name)
    if len(rows) > 1:
        names = [f"{row.purpose}:{label_of(row)}" for row in rows]
        raise UsageError(f"{name} has {len(rows)} systems", f"one of {', '.join(names)}", f"fathom replay '{names[0]}'")
    return rows[0] if rows else place.run(name)


def _chat(place: Workplace, endpoint: str | None, model: str | None) -> Chat | None:
    """The language model of the flags or the settings, for recipes that ask one; charged to no run."""
    from agent.llm import Client

    settings = place.settings
    if endpoint is None and model is None and not (settings.endpoint and settings.model):
        return None
    return Client.open(settings.for_endpoint(endpoint, model))

"""`fathom search`: what one recipe finds for one query, with the trail of each hit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands.options import Endpoint, Index, Json, Model, Recipe, Recipes, User, Where
from ui.terminal.console import DONE, emit
from ui.terminal.render import hits

if TYPE_CHECKING:
    from retrievers.base import Chat, Hit
    from retrievers.partition import Item


def search(
    query: Annotated[str, typer.Argument(help='What to look for; "quoted words" must stand as they are.', metavar="QUERY")],
    index: Index,
    recipe: Recipe = "hybrid",
    k: Annotated[int, typer.Option("-k", help="How many passages.", min=1, metavar="N", rich_help_panel="Search")] = 10,
    recipes: Recipes = None,
    where: Where = None,
    user: User = None,
    endpoint: Endpoint = None,
    model: Model = None,
    as_json: Json = False,
) -> int:
    """Find passages with one recipe, and see what each stage made of them.

    No language model is asked unless the recipe asks one.
    """
    from retrievers.base import Query, Sources
    from retrievers.errors import UsageError
    from retrievers.index import Index as Opened
    from retrievers.recipes import recipe as named
    from retrievers.scope import Scope

    if not query.strip():
        raise UsageError("an empty query", "what to look for, in words", 'fathom search "rings of Saturn" --index INDEX')
    made, scope = named(recipe, recipes), Scope.parse(where or [])
    opened = Opened.open(index)
    stage = made(Sources(opened, _chat(endpoint, model)))
    began = time.monotonic()
    ranking = stage.search(Query(query, user=user, scope=scope), k)
    seconds = time.monotonic() - began
    found = list(zip(ranking, opened.find(ranking.ids, user), strict=True))
    if as_json:
        emit([_plain(*pair) for pair in found])
    else:
        hits(query, found, f"{recipe} over {index}, {seconds:.2f} s")
    return DONE


def _plain(hit: Hit, item: Item) -> dict[str, Any]:
    trail = [{"stage": step.stage, "rank": step.rank, "score": step.score, "detail": step.detail} for step in hit.trail]
    place = {"title": item.title, "document": item.document, "start": item.start, "end": item.end, "text": item.text}
    return {"id": hit.id, "score": hit.score, **place, "trail": trail}


def _chat(endpoint: str | None, model: str | None) -> Chat | None:
    """The language model of the flags or the settings, for recipes that ask one; None where neither names one whole."""
    from agent.llm import Client
    from agent.settings import Settings

    settings = Settings.load(endpoint=endpoint, model=model)
    if endpoint is None and model is None and not (settings.endpoint and settings.model):
        return None
    return Client.open(settings.for_endpoint())

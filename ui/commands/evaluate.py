"""`fathom eval`: measures retrieval recipes over the questions of a data set."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from ui.commands.options import MEASURES, AllowDownload, Encoder, Endpoint, Json, LedgerUrl, Model, OwnerField, Recipes, Where
from ui.terminal.console import DONE, SKIPPED, emit, out, tell
from ui.terminal.meter import BUILD, meter

if TYPE_CHECKING:
    from agent.spec import Spec
    from evals.datasets import Dataset
    from evals.recording import Recorder
    from evals.retrieval import Report
    from retrievers.base import Stage
    from retrievers.index import Index

_DATA, _SEARCH = "Data", "Search"


def evaluate(
    dataset: Annotated[
        str, typer.Argument(help="A folder with corpus and queries, or its name under --data.", metavar="DATASET")
    ],
    recipe: Annotated[
        list[str] | None,
        typer.Option(
            help="A recipe to measure. Can be repeated.", metavar="NAME", show_default="hybrid", rich_help_panel=_SEARCH
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help=MEASURES, metavar="NAME", show_default="nDCG@10"),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option(
            help="Which file of questions, or which split of BEIR's, where there are several.",
            metavar="FILE",
            rich_help_panel=_DATA,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="The folder that holds data sets.", metavar="DIR", show_default="FATHOM_DATA", rich_help_panel=_DATA),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            help="Where indexes of data sets are kept, to be used again.",
            metavar="DIR",
            show_default="FATHOM_CACHE, else ~/.cache/fathom",
            rich_help_panel=_DATA,
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(help="How many places are looked at.", min=1, metavar="N", show_default="what the measures need"),
    ] = None,
    recipes: Recipes = None,
    where: Where = None,
    owner_field: OwnerField = None,
    encoder: Encoder = "default",
    allow_download: AllowDownload = False,
    endpoint: Endpoint = None,
    model: Model = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Keep every search in the ledger under this name, for fathom why NAME.",
            metavar="NAME",
            show_default="nothing is kept",
            rich_help_panel="Ledger",
        ),
    ] = None,
    ledger: LedgerUrl = None,
    groups: Annotated[bool, typer.Option("--groups", help="Print the figures of each group of questions too.")] = False,
    as_json: Json = False,
) -> int:
    """Measure recipes on a data set's questions, with bootstrap intervals.

    The index of the data set is built once and used again. With --name, every search is kept in the ledger, and fathom why
    NAME --question Q tells where a relevant passage was lost.
    """
    from agent.settings import Settings
    from evals.datasets import folder_of, load
    from evals.formats.native import native
    from evals.measures import parse
    from evals.retrieval import depth_of
    from evals.retrieval import evaluate as measured
    from retrievers.recipes import recipe as named
    from retrievers.scope import Scope

    settings = Settings.load(data=data, cache=cache, endpoint=endpoint, model=model, ledger=ledger)
    recorder = _recorder(name, settings)
    measures, scope = parse(measure or ["nDCG@10"]), Scope.parse(where or [])
    made = {name: named(name, recipes) for name in recipe or ["hybrid"]}
    home = folder_of(dataset, settings.data)
    source = native(home, settings.cache, split=queries)
    read = load(source, queries=queries if source == home else None, owner_field=owner_field)
    opened = _index(read, settings, encoder, allow_download=allow_download, quiet=as_json)
    sources = _sources(opened, settings, recorder)
    stages = {name: one(sources) for name, one in made.items()}
    wanted = depth_of(measures, depth)
    if recorder is not None:
        about = {"scope": scope, "recipes": str(recipes.resolve()) if recipes is not None else None}
        recorder.begin(read, _specs(read, stages, opened, settings, **about), wanted)
    with recorder or nullcontext(), meter({}, "questions", quiet=as_json) as progress:
        found = measured(read, stages, measures, index=opened, depth=wanted, scope=scope, progress=progress, observer=recorder)
    return _print(found, opened, name, groups=groups, as_json=as_json)


def _recorder(name: str | None, settings: Any) -> Recorder | None:
    """What keeps the evaluation under its name, which is looked up before any work begins."""
    if name is None:
        return None
    from agent.ledger import Ledger
    from agent.store import Store
    from evals.recording import Recorder

    return Recorder(Ledger(Store.open(settings.ledger)), name)


def _specs(read: Dataset, stages: Mapping[str, Stage], opened: Index, settings: Any, **about: Any) -> dict[str, Spec]:
    """What each recipe's run is, so that its searches can be made again."""
    from agent.spec import NONE, Spec
    from evals.retrieval import at_level, level_of

    asked = settings.endpoint and settings.model
    model = {"endpoint": settings.endpoint, "model": settings.model} if asked else {}
    fixed = {"index": str(opened.path.resolve()), "identity": opened.identity, "dataset": read.name, "policy": NONE}
    level = level_of(opened, read)
    return {
        name: Spec(recipe=name, stage=repr(at_level(stage, opened, read)), level=level, **fixed, **model, **about)
        for name, stage in stages.items()
    }


def _index(read: Dataset, settings: Any, encoder: str, *, allow_download: bool, quiet: bool) -> Index:
    from dataclasses import replace

    from evals.indexes import SETTINGS, index_of
    from ui.commands.index import chosen

    baked = replace(SETTINGS, encoder=chosen(encoder, allow_download=allow_download))
    with meter(BUILD, quiet=quiet) as progress:
        return index_of(read, settings.cache, baked, progress=progress)


def _sources(opened: Index, settings: Any, recorder: Recorder | None) -> Any:
    from agent.llm import Client
    from retrievers.base import Sources

    chat = Client.open(settings.for_endpoint(), recorder) if settings.endpoint and settings.model else None
    return Sources(opened, chat)


def _print(found: Report, opened: Index, name: str | None, *, groups: bool, as_json: bool) -> int:
    from ui.terminal.figures import figures

    skipped = opened.summary()["skipped"]
    if as_json:
        emit(found.as_json())
    else:
        figures(found, str(opened.path), groups=groups)
        if name is not None:
            out().print(Text(f"next  fathom why {shlex.quote(name)} --question {found.asked[0].id}"), soft_wrap=True)
        if skipped:
            were = "input of the corpus was" if len(skipped) == 1 else "inputs of the corpus were"
            tell("warn", "!", f"{len(skipped):,} {were} skipped", {"next": f"fathom doctor --index {opened.path}"})
    return SKIPPED if skipped else DONE

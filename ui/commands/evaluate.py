"""`fathom eval`: measures recipes, alone or with an agent, over the questions of a data set."""

from __future__ import annotations

from typing import Annotated

import typer

from retrievers.errors import UsageError
from ui.commands.options import (
    MEASURES,
    AllowDownload,
    Cache,
    Data,
    Encoder,
    Endpoint,
    Json,
    LedgerUrl,
    Model,
    OwnerField,
    Recipes,
    Where,
)

_DATA, _SEARCH, _AGENT, _LEDGER = "Data", "Search", "Agent", "Ledger"


def evaluate(
    dataset: Annotated[
        str | None,
        typer.Argument(
            help="A folder with corpus and queries (native, BEIR, TREC or HippoRAG), its name under --data, or irds:NAME.",
            metavar="DATASET",
            show_default=False,
        ),
    ] = None,
    recipe: Annotated[
        list[str] | None,
        typer.Option(
            help="A recipe to measure. Can be repeated.", metavar="NAME", show_default="hybrid", rich_help_panel=_SEARCH
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="Another value of a recipe's setting: hybrid.k=10,60,100. Can be repeated: every combination is measured.",
            metavar="RECIPE.PATH=VALUES",
            show_default=False,
            rich_help_panel=_SEARCH,
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(help=MEASURES, metavar="NAME", show_default="nDCG@10; of an agent, those of answers"),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option(
            help="Which file of questions, split or topics, where there are several.",
            metavar="FILE",
            rich_help_panel=_DATA,
        ),
    ] = None,
    data: Data = None,
    cache: Cache = None,
    depth: Annotated[
        int | None,
        typer.Option(help="How many places are looked at.", min=1, metavar="N", show_default="what the measures need"),
    ] = None,
    recipes: Recipes = None,
    where: Where = None,
    owner_field: OwnerField = None,
    units: Annotated[
        list[str] | None,
        typer.Option(
            help="How documents are cut: passage, document, sentence; conversations: turn,window. Can be repeated.",
            metavar="UNIT",
            show_default="passage",
            rich_help_panel=_DATA,
        ),
    ] = None,
    encoder: Encoder = "default",
    allow_download: AllowDownload = False,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Who researches each question: extractive (no model) or chat (a model).",
            metavar="NAME",
            show_default="nobody: retrieval alone",
            rich_help_panel=_AGENT,
        ),
    ] = None,
    effort: Annotated[
        list[str] | None,
        typer.Option(
            help="What a question may spend: quick, standard or deep. Can be repeated.",
            metavar="NAME",
            show_default="standard",
            rich_help_panel=_AGENT,
        ),
    ] = None,
    given_gold: Annotated[
        bool,
        typer.Option(
            "--given-gold",
            help="Measure each agent also on its gold documents alone, and what retrieval leaves of that best (RelativeMax).",
            rich_help_panel=_AGENT,
        ),
    ] = False,
    parallel: Annotated[
        int, typer.Option(help="How many questions are researched at a time.", min=1, metavar="N", rich_help_panel=_AGENT)
    ] = 1,
    endpoint: Endpoint = None,
    model: Model = None,
    run: Annotated[
        str | None,
        typer.Option(
            help="Keep every step in the ledger under this name; what it has already is not done again.",
            metavar="NAME",
            show_default="nothing is kept of retrieval alone; an agent's has a name of its own",
            rich_help_panel=_LEDGER,
        ),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            help="Go on with an evaluation that was stopped or cut off.",
            metavar="NAME",
            show_default=False,
            rich_help_panel=_LEDGER,
        ),
    ] = None,
    ledger: LedgerUrl = None,
    groups: Annotated[bool, typer.Option("--groups", help="Print the figures of each group of questions too.")] = False,
    as_json: Json = False,
) -> int:
    """Measure recipes on a data set's questions, alone or with an agent, with bootstrap intervals.

    The index of the data set is built once and used again. With --run, every step is kept in the ledger: fathom compare sets two
    such evaluations side by side, fathom why NAME --question Q tells where a relevant passage was lost, and --resume goes on
    after a crash. Ctrl-C stops resumably. Questions that failed count 0; above a tenth of them the evaluation fails.
    """
    from ui.commands.measuring import Wanted, measured_alone, resumed, run_systems

    wanted = Wanted(
        measures=tuple(measure or ()),
        recipes=tuple(recipe or ["hybrid"]),
        varied=tuple(vary or ()),
        efforts=tuple(effort or ()),
        policy=policy,
        parallel=parallel,
        own=recipes,
        where=tuple(where or ()),
        queries=queries,
        owner_field=owner_field,
        units=tuple(units or ["passage"]),
        gold=given_gold,
        encoder=encoder,
        allow_download=allow_download,
        depth=depth,
        groups=groups,
        as_json=as_json,
    )
    flags = {"data": data, "cache": cache, "endpoint": endpoint, "model": model}
    if resume is not None:
        if dataset is not None or run is not None:
            raise UsageError(f"--resume {resume} beside a data set", "its name alone", f"fathom eval --resume {resume}")
        return resumed(wanted, resume, ledger, flags)
    if dataset is None:
        raise UsageError("no data set", "a folder, or a name under --data", "fathom eval DATASET --recipe bm25")
    if policy is None and run is None:
        return measured_alone(wanted, dataset, ledger, flags)
    return run_systems(wanted, dataset, run, ledger, flags)

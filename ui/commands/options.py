"""The options that several commands share: one name, one meaning, one help text each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_SEARCH, _MODEL, _LEDGER, _READ, _VECTORS, _OUTPUT = "Search", "Language model", "Ledger", "Reading", "Vectors", "Output"
MEASURES = "nDCG@10, R@100, RR@10, AP@1000, All@8, ... Can be repeated."
_FOUND = (
    "How passages are found: bm25, okapi, dense, hybrid, hybrid-weighted, hybrid-maxsim, conversation (--units turn,window), "
    "or one of --recipes."
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.", rich_help_panel=_OUTPUT)]
Index = Annotated[Path, typer.Option("--index", help="The index to search.", metavar="INDEX", show_default=False)]
MaybeIndex = Annotated[Path | None, typer.Option("--index", help="The index to search.", metavar="INDEX", show_default=False)]
Recipe = Annotated[
    str,
    typer.Option(
        help=_FOUND,
        metavar="NAME",
        rich_help_panel=_SEARCH,
    ),
]
MaybeRecipe = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        help=_FOUND,
        metavar="NAME",
        show_default="hybrid",
        rich_help_panel=_SEARCH,
    ),
]
Recipes = Annotated[
    Path | None,
    typer.Option(
        help="A Python file of your own that defines RECIPES.", metavar="FILE", show_default=False, rich_help_panel=_SEARCH
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        help="Search only where this holds: type=pdf,date>=2020,path=reports/*,document=ID. Can be repeated.",
        metavar="CONDITION",
        show_default=False,
        rich_help_panel=_SEARCH,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        help="Who asks: sees the public part and their own, and has a ledger of their own.",
        metavar="NAME",
        show_default="public only",
        rich_help_panel=_SEARCH,
    ),
]
Endpoint = Annotated[
    str | None,
    typer.Option(
        help="An OpenAI-compatible endpoint, up to and with /v1.",
        metavar="URL",
        show_default="FATHOM_ENDPOINT",
        rich_help_panel=_MODEL,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="The name under which the endpoint knows the model.",
        metavar="NAME",
        show_default="FATHOM_MODEL",
        rich_help_panel=_MODEL,
    ),
]
LedgerUrl = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        help="The database that keeps every step: sqlite:///FILE or postgresql://...",
        metavar="URL",
        show_default="FATHOM_LEDGER, else a file in your data folder",
        rich_help_panel=_LEDGER,
    ),
]
LedgerUser = Annotated[
    str | None,
    typer.Option("--user", help="Whose runs.", metavar="NAME", show_default="local", rich_help_panel=_LEDGER),
]
Question = Annotated[
    str | None,
    typer.Option(
        "--question", help="A question of the run: its number, its words, or its id in a data set.", metavar="N", show_default="1"
    ),
]
OwnerField = Annotated[
    str | None,
    typer.Option(
        help="The field of a record that says whose it is, or none: everybody may see everything.",
        metavar="NAME",
        show_default=False,
        rich_help_panel=_READ,
    ),
]
Encoder = Annotated[
    str,
    typer.Option(
        help="The model that makes vectors: default, none, or a folder with a Hugging Face encoder.",
        metavar="FOLDER",
        rich_help_panel=_VECTORS,
    ),
]
AllowDownload = Annotated[
    bool,
    typer.Option(
        "--allow-download", help="Let an encoder or data set that is not on this machine be fetched.", rich_help_panel=_VECTORS
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="The folder that holds data sets.", metavar="DIR", show_default="FATHOM_DATA", rich_help_panel="Data"),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        help="Where indexes of data sets are kept, to be used again.",
        metavar="DIR",
        show_default="FATHOM_CACHE, else ~/.cache/fathom",
        rich_help_panel="Data",
    ),
]

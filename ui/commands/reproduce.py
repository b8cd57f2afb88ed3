"""`fathom reproduce`: measures again what this version of Fathom is expected to reach."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.commands.options import Cache, Data, Json
from ui.terminal.console import DONE, FAILED, emit, out
from ui.terminal.meter import meter


def reproduce(
    row: Annotated[
        list[str] | None,
        typer.Argument(
            help="Rows: a name or its beginning, like scifact, scifact/bm25, scifact/bm25/nDCG@10, or '*/dense/*'.",
            metavar="ROW",
            show_default="every row",
        ),
    ] = None,
    expected: Annotated[
        Path | None,
        typer.Option(help="A file of rows of your own.", metavar="FILE", show_default="the rows that Fathom is held to"),
    ] = None,
    data: Data = None,
    cache: Cache = None,
    as_json: Json = False,
) -> int:
    """Measure again what is expected, and say of each row whether it came out.

    OK: within the row's tolerance. near: outside it, within the interval. FAIL: neither; the exit code is 1. A data set that
    is not in the data folder is SKIPPED, and said so.
    """
    from agent.settings import Settings
    from evals.expected import EXPECTED, chosen, read
    from evals.reproduce import reproduce as measured
    from evals.reproduce import show

    settings = Settings.load(data=data, cache=cache)
    rows = chosen(read(expected or EXPECTED), row or [])
    with meter({}, "", quiet=as_json) as progress:
        found = list(measured(rows, settings.data, settings.cache.expanduser(), progress))
    if as_json:
        emit({one.expected.id: one.as_json() for one in found})
    else:
        show(found, out())
    return FAILED if any(one.verdict == "FAIL" for one in found) else DONE

"""`fathom doctor`: what Fathom finds around it, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from retrievers.printable import one_line
from ui.commands.options import Endpoint, Json, LedgerUrl, Model
from ui.terminal.console import DONE, FAILED, emit, out

if TYPE_CHECKING:
    from ui.doctor import Check

_SIGNS = {"ok": ("✓", "good"), "warn": ("!", "warn"), "fail": ("✗", "bad")}


def doctor(
    index: Annotated[
        Path | None,
        typer.Option(help="An index: every hash is checked and its self-test is run.", metavar="INDEX", show_default=False),
    ] = None,
    endpoint: Endpoint = None,
    model: Model = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Check the installation, the ledger, an index and an endpoint.

    Each line says what to do where something is wrong, and the exit code is 1 where something fails.
    With --endpoint and --model it asks for a short answer and one tool call, and prints the context length.
    """
    from agent.settings import Settings
    from ui.doctor import checks

    settings = Settings.load(ledger=ledger, endpoint=endpoint, model=model)
    asked = endpoint is not None or model is not None
    found = list(_shown(checks(settings, index=index, endpoint=asked), as_json))
    failed = [one for one in found if one.status == "fail"]
    if as_json:
        emit({"ok": not failed, "checks": [asdict(one) for one in found]})
    return FAILED if failed else DONE


def _shown(checks: Iterable[Check], as_json: bool) -> Iterable[Check]:
    """The checks as they come, each printed at once: some take a while."""
    console = out()
    for check in checks:
        if not as_json:
            sign, style = _SIGNS[check.status]
            grid = Table.grid(padding=(0, 1))
            grid.add_column(width=1)
            grid.add_column(width=9)
            grid.add_column()
            grid.add_row(Text(sign, style=style), Text(check.name, style="head"), Text(one_line(check.found)))
            if check.next:
                grid.add_row("", "", Text.assemble(("next  ", "soft"), one_line(check.next)))
            console.print(grid)
        yield check

"""`fathom ui`: the chat, served on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from retrievers.errors import FathomError
from ui.commands.options import LedgerUrl, Recipes
from ui.terminal.console import DONE, out


def ui(
    index: Annotated[
        Path | None,
        typer.Option("--index", help="An index to open the chat on.", metavar="INDEX", show_default=False),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(help="The folder whose indexes are the corpora, and where new ones go.", show_default="your data folder"),
    ] = None,
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8501,
    address: Annotated[
        str, typer.Option(help="The address to listen on; any but this machine's own needs a proxy that signs people in.")
    ] = "127.0.0.1",
    user_header: Annotated[
        str | None,
        typer.Option(help="The header in which that proxy says who asks.", metavar="NAME", show_default="a single user"),
    ] = None,
    recipes: Recipes = None,
    ledger: LedgerUrl = None,
) -> int:
    """Open the chat in a browser: ask, watch the search, check every claim.

    A run lives in the server: a page that is closed and opened again attaches to it, and a server that died goes on with it.
    """
    from agent.settings import Settings

    settings = Settings.load(ledger=ledger, home=home, index=index, recipes=recipes, user_header=user_header)
    if settings.index is not None and not (settings.index / "CURRENT").is_file():
        raise FathomError(f"there is no index at {settings.index}", "an index", "fathom index FOLDER --out INDEX")
    if address not in ("127.0.0.1", "localhost", "::1") and settings.user_header is None:
        raise FathomError(
            f"{address} can be reached by others, and nobody would be signed in",
            "a proxy that says who asks",
            "add --user-header NAME, or leave --address out",
        )
    return _serve(settings.model_dump(include={"home", "index", "recipes", "user_header"}), settings.ledger, address, port)


def _serve(places: dict[str, object], ledger: str, address: str, port: int) -> int:
    """Run the server until it ends. What it is told goes by the environment: a ledger's URL may hold a password."""
    from ui.serving import APP, options

    told = {f"FATHOM_{name.upper()}": str(value) for name, value in places.items() if value is not None}
    out().print(f"Fathom  http://{address}:{port}   (Ctrl-C ends it)", soft_wrap=True)
    named = places["user_header"] is not None
    command = [sys.executable, "-m", "ui.server", "run", str(APP), *options(address, port, named=named)]
    server = subprocess.Popen(command, env={**os.environ, **told, "FATHOM_LEDGER": ledger})  # noqa: S603
    signal.signal(signal.SIGTERM, _interrupt)  # else whoever ends this process leaves the server behind
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        return DONE


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

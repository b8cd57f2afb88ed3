"""The command line: `fathom index ask search eval compare attribute replay agentic judge report runs show why export ui doctor`.

Exit codes: 0 done, 1 a named failure, 2 wrong usage, 3 done with inputs skipped, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from retrievers.errors import FathomError, UsageError
from ui.commands.agentic import agentic
from ui.commands.ask import ask
from ui.commands.attribute import attribute
from ui.commands.compare import compare
from ui.commands.doctor import doctor
from ui.commands.evaluate import evaluate
from ui.commands.export import export
from ui.commands.index import index
from ui.commands.judge import judge
from ui.commands.replay import replay
from ui.commands.report import report as written
from ui.commands.reproduce import reproduce
from ui.commands.runs import runs, show
from ui.commands.search import search
from ui.commands.serve import ui
from ui.commands.why import why
from ui.terminal.console import DONE, STOPPED, report

_COMMANDS: dict[str, tuple[Callable[..., int], str]] = {
    "index": (index, "fathom index papers/ --out papers.index"),
    "ask": (ask, 'fathom ask "Who found Neptune?" --index papers.index'),
    "search": (search, 'fathom search "rings of Saturn" --index papers.index --recipe hybrid -k 5'),
    "eval": (evaluate, "fathom eval scifact --queries queries_test.jsonl --recipe bm25 --recipe hybrid --measure nDCG@10"),
    "compare": (compare, "fathom compare first:bm25 first:hybrid --measure nDCG@10"),
    "attribute": (attribute, "fathom attribute first --list rank_miss"),
    "replay": (replay, "fathom replay first:standard --recipe bm25"),
    "agentic": (agentic, "fathom agentic --json"),
    "report": (written, "fathom report first:bm25 first:hybrid --out first.html"),
    "reproduce": (reproduce, "fathom reproduce scifact/bm25"),
    "judge": (judge, "fathom judge first --endpoint http://127.0.0.1:8000/v1 --model qwen3-32b"),
    "runs": (runs, "fathom runs --text Neptune"),
    "show": (show, "fathom show 20261124-2201"),
    "why": (why, "fathom why 20261124-2201 --passage neptune.md"),
    "export": (export, "fathom export 20261124-2201 --format html --out answer.html"),
    "ui": (ui, "fathom ui --index papers.index"),
    "doctor": (doctor, "fathom doctor --index papers.index"),
}
app = typer.Typer(
    name="fathom",
    help="Deep research over a corpus you own: every claim cites a span it was shown.",
    epilog='Example: fathom index papers/ --out papers.index, then fathom ask "Who found Neptune?" --index papers.index\n\n'
    "Exit codes: 0 done, 1 a named failure, 2 wrong usage, 3 done with inputs skipped, 130 ended by Ctrl-C.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
# Typer brings its own click by now: its errors are found by their family, whichever package they come from.
_ClickError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
for _name, (_command, _example) in _COMMANDS.items():
    app.command(_name, epilog=f"Example: {_example}")(_command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"fathom {version('fathom')}\n")
        raise typer.Exit(DONE)


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Deep research over a corpus you own: every claim cites a span it was shown."""


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error is told in three lines, or with `--json` as one object.

    >>> main(["search", "rings of Saturn", "--index", "papers.index"])
    0
    """
    given = list(sys.argv[1:] if args is None else args) or ["--help"]
    as_json, debug = "--json" in given, os.environ.get("FATHOM_DEBUG") == "1"
    _hush(debug, offline="--allow-download" not in given)
    try:
        code = _run(given)
        sys.stdout.flush()
    except FathomError as error:
        return _fail(error, as_json, debug)
    except BrokenPipeError:
        # Nobody reads on, as in `fathom runs | head`: what is still buffered goes nowhere, without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return _fail(FathomError("stopped", "", "type the same command again"), as_json, debug=False, code=STOPPED)
    except Exception as error:
        # The last resort of a program: what nobody foresaw is named as ours, and its trace is for whoever asks for it.
        return _fail(_defect(error), as_json, debug)
    return code


def _run(given: Sequence[str]) -> int:
    name = next((word for word in given if not word.startswith("-")), None)
    if name is not None and name not in _COMMANDS:
        near = get_close_matches(name, _COMMANDS, n=1)
        meant = f"did you mean fathom {near[0]}?" if near else "fathom --help"
        raise UsageError(f"no command {name!r}", f"one of {', '.join(_COMMANDS)}", meant)
    command = typer.main.get_command(app)
    try:
        with command.make_context("fathom", list(given)) as context:
            return int(command.invoke(context) or DONE)
    except typer.Exit as ended:
        return ended.exit_code
    except _ClickError as error:
        raise _usage(error, name) from error


def _usage(error: Any, name: str | None) -> UsageError:
    """A mistake in the options, as typer found it, in our own form."""
    context = getattr(error, "ctx", None)
    usage = " ".join(context.get_usage().split()).removeprefix("Usage: ") if context is not None else "fathom COMMAND"
    message = str(error.format_message()).strip().rstrip(".")
    return UsageError(message[:1].lower() + message[1:], usage, f"fathom {name} --help" if name else "fathom --help")


def _defect(error: Exception) -> FathomError:
    return FathomError(
        f"{type(error).__name__}: {error}",
        "no such error: this is a defect of Fathom",
        "type it again with FATHOM_DEBUG=1 before it, and send in what it prints",
    )


def _fail(error: FathomError, as_json: bool, debug: bool, code: int | None = None) -> int:
    if debug:
        traceback.print_exc()
    report(error, as_json)
    return error.exit_code if code is None else code


def _hush(debug: bool, *, offline: bool) -> None:
    """Libraries neither ask nor trace to a server, nor print progress, warnings or advice of their own."""
    os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if not debug:
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        warnings.simplefilter("ignore")

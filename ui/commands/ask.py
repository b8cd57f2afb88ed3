"""`fathom ask`: a question to a cited answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrievers.errors import FathomError, UsageError
from ui.commands.options import Endpoint, Json, LedgerUrl, MaybeIndex, MaybeRecipe, Model, Recipes, User, Where
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, FAILED, STOPPED, emit, out, report

if TYPE_CHECKING:
    from agent.entries.rows import RunRow
    from agent.spec import Spec

_SEARCH, _MODEL, _LEDGER = "Search", "Language model", "Ledger"
_EXAMPLE = 'fathom ask "Who found Neptune?" --index INDEX'


def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question, in words.", metavar="QUESTION", show_default=False)
    ] = None,
    index: MaybeIndex = None,
    recipe: MaybeRecipe = None,
    recipes: Recipes = None,
    where: Where = None,
    user: User = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="Who decides what to search and writes: extractive (no model) or chat (a model).",
            metavar="NAME",
            show_default="chat where a model is set",
            rich_help_panel=_MODEL,
        ),
    ] = None,
    endpoint: Endpoint = None,
    model: Model = None,
    effort: Annotated[
        str | None,
        typer.Option(help="What it may spend: quick, standard or deep.", metavar="NAME", show_default="standard"),
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            help="Go on with a run that was stopped or cut off; nothing finished is done again.",
            metavar="RUN",
            rich_help_panel=_LEDGER,
        ),
    ] = None,
    follow_up: Annotated[
        str | None,
        typer.Option(
            "--continue", help="Ask in the conversation of this run, with its settings.", metavar="RUN", rich_help_panel=_LEDGER
        ),
    ] = None,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Research a question and answer it in cited claims.

    Every claim cites a span of a document that was shown in this run, word for word.
    Ctrl-C ends the search with what is known so far: the partial answer is printed, and --resume goes on with it.
    """
    place = Workplace.at(ledger, user, endpoint=endpoint, model=model)
    if resume is not None:
        if question is not None or follow_up is not None:
            raise UsageError(
                "a question beside --resume", "the run alone: its question is known", f"fathom ask --resume {resume}"
            )
        run = place.runs.resume(place.run(resume).id)
        return _attend(place, run, as_json)
    if question is None:
        raise UsageError("no question", "a question in words", _EXAMPLE)
    earlier = place.run(follow_up) if follow_up is not None else None
    spec = _spec(place, earlier, index, recipe=recipe, recipes=recipes, where=where, user=user, policy=policy, effort=effort)
    run = place.runs.start([question], spec, following=earlier.id if earlier else None)
    return _attend(place, run, as_json)


def _spec(place: Workplace, earlier: RunRow | None, index: Path | None, **given: Any) -> Spec:
    """The run's configuration: the earlier run's where there is one, the options that were given above it."""
    from agent.spec import Spec
    from agent.spec import effort as named
    from retrievers.scope import Scope

    if index is None and earlier is None:
        raise UsageError("no index", "the index to search", _EXAMPLE)
    settings = place.settings
    model = {"endpoint": settings.endpoint or "", "model": settings.model or ""}
    chosen: dict[str, Any] = {name: given[name] for name in ("recipe", "policy", "user") if given[name] is not None}
    if given["effort"] is not None:
        chosen["effort"] = named(given["effort"])
    if given["where"]:
        chosen["scope"] = Scope.parse(given["where"])
    if given["recipes"] is not None:
        chosen["recipes"] = str(given["recipes"].resolve())
    if index is not None:
        chosen["index"] = str(index.resolve())
    if earlier is not None:
        return replace(Spec.from_json(earlier.spec), identity="", **{**{k: v for k, v in model.items() if v}, **chosen})
    chosen.setdefault("policy", "chat" if all(model.values()) else "extractive")
    return Spec(**model, **chosen)


def _attend(place: Workplace, run: str, as_json: bool) -> int:
    """Follow a run to its end, print what came of it, and say how it ended."""
    from ui.commands.watch import Interrupts, follow

    with Interrupts(lambda: place.runs.stop(run)) as interrupts:
        follow(place.runs, run)
        row = place.runs.wait(run)
        stopped = interrupts.asked
    records = place.records(row)
    if as_json:
        emit(records[0] if len(records) == 1 else records)
    else:
        _print(place, row, records)
    if stopped:
        return STOPPED
    failed = next((one for one in records if one["stop"] == "failed"), None)
    if failed is not None:
        report(_failure(failed), as_json)
        return FAILED
    return STOPPED if row.status == "stopped" else DONE


def _failure(record: dict[str, Any]) -> FathomError:
    """What ended a question's search, by its last failure."""
    if not record["failures"]:
        return FathomError("the search failed", "a step that succeeds", f"fathom show {record['run']}")
    last = record["failures"][-1]
    return FathomError(
        f"{last['step']} failed: {last['happened']}", "a step that succeeds", last["remedy"] or f"fathom show {record['run']}"
    )


def _print(place: Workplace, row: RunRow, records: list[dict[str, Any]]) -> None:
    from ui.terminal.answers import answer, footer

    console = out()
    for number, one in enumerate(records, start=1):
        if number > 1:
            console.rule(style="soft")
        answer(one, place.misses(row, number), console)
        console.print()
        console.print(footer(one))
    console.print(f"run {row.id}", style="soft", soft_wrap=True)
    if row.status == "stopped":
        console.print(f"next  fathom ask --resume {row.id}", soft_wrap=True)
    else:
        console.print(f"next  fathom show {row.id}   or   fathom why {row.id}", soft_wrap=True)

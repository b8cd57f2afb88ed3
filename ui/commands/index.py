"""`fathom index`: files and folders into an index."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ui.commands.options import AllowDownload, Encoder, Json, OwnerField
from ui.terminal.console import DONE, SKIPPED, emit, out, tell
from ui.terminal.meter import clock, meter
from ui.terminal.render import skips

if TYPE_CHECKING:
    from retrievers.build import BuildReport, BuildSettings
    from retrievers.encoder import Encoder as Model

_CUT, _VECTORS = "Passages", "Vectors"


def index(
    paths: Annotated[
        list[Path], typer.Argument(help="Folders and files: txt md html pdf docx xlsx pptx eml csv tsv jsonl.", metavar="PATH...")
    ],
    out: Annotated[Path, typer.Option("--out", help="The folder of the index.", metavar="INDEX", show_default=False)],
    units: Annotated[
        list[str] | None,
        typer.Option(
            help="How documents are cut: passage, document, sentence; conversations: turn,window. Can be repeated.",
            metavar="UNIT",
            show_default="passage",
            rich_help_panel=_CUT,
        ),
    ] = None,
    words: Annotated[int, typer.Option(help="Words in a passage, at most.", min=1, rich_help_panel=_CUT)] = 200,
    window: Annotated[int, typer.Option(help="Turns in a window of a conversation.", min=2, rich_help_panel=_CUT)] = 3,
    split: Annotated[bool, typer.Option("--split", help="Cut JSON-lines records too.", rich_help_panel=_CUT)] = False,
    owner_field: OwnerField = None,
    language: Annotated[
        str, typer.Option(help="The language of stemmer and stop words, or none.", metavar="CODE", rich_help_panel="Reading")
    ] = "en",
    no_keep: Annotated[
        bool, typer.Option("--no-keep", help="Leave the files' own bytes out of the index.", rich_help_panel="Reading")
    ] = False,
    encoder: Encoder = "default",
    pooling: Annotated[
        str,
        typer.Option(help="How an encoder's token vectors become one: mean, class or last.", rich_help_panel=_VECTORS),
    ] = "mean",
    query_prefix: Annotated[
        str, typer.Option(help="What the encoder wants before a query.", show_default=False, rich_help_panel=_VECTORS)
    ] = "",
    passage_prefix: Annotated[
        str, typer.Option(help="What the encoder wants before a passage.", show_default=False, rich_help_panel=_VECTORS)
    ] = "",
    max_length: Annotated[int, typer.Option(help="Tokens that reach a vector.", min=1, rich_help_panel=_VECTORS)] = 256,
    allow_download: AllowDownload = False,
    as_json: Json = False,
) -> int:
    """Make an index of folders and files, or bring one up to date.

    Only what changed is encoded again; files that are gone leave the index. What was skipped is listed, and the exit code is 3.
    """
    from retrievers.build import BuildSettings, build
    from retrievers.conversation import Dialogue
    from retrievers.corpus import ReadOptions
    from retrievers.postings import Analyzer
    from retrievers.units import units_of

    settings = BuildSettings(
        units=units_of(units or ["passage"]),
        words=words,
        encoder=chosen(encoder, pooling, query_prefix, passage_prefix, max_length, allow_download=allow_download),
        analyzer=Analyzer(language=language),
        keep=not no_keep,
        dialogue=Dialogue(window),
    )
    began = time.monotonic()
    with meter(quiet=as_json) as progress:
        report = build(paths, out, settings, ReadOptions(owner_field, split), progress)
    _tell(report, settings, time.monotonic() - began, as_json)
    return SKIPPED if report.skipped else DONE


def chosen(
    name: str,
    pooling: str = "mean",
    query_prefix: str = "",
    passage_prefix: str = "",
    max_length: int = 256,
    *,
    allow_download: bool = False,
) -> Model | None:
    """The encoder that `--encoder` names; None for `none`."""
    from retrievers.encoder import Encoder as Model
    from retrievers.encoder import Pooling

    if name == "none":
        return None
    path = "" if name == "default" else name
    return Model(path, cast(Pooling, pooling), query_prefix, passage_prefix, max_length, allow_download=allow_download)


def _tell(report: BuildReport, settings: BuildSettings, seconds: float, as_json: bool) -> None:
    if as_json:
        skipped = [{"path": one.path, "reason": one.reason, "next": one.next} for one in report.skipped]
        facts: dict[str, Any] = {**asdict(report), "skipped": skipped, "seconds": round(seconds, 3)}
        emit(facts)
        return
    counts = ", ".join(f"{n:,} {name if n == 1 or name.endswith('s') else name + 's'}" for name, n in report.counts.items())
    console = out()
    console.print(f"✓ {report.path}: {counts} in {clock(round(seconds))}", style="good", soft_wrap=True)
    if report.owners:
        console.print(f"  owners   {report.owners:,}, each seen by themselves alone", soft_wrap=True)
    if settings.encoder is not None:
        console.print(
            f"  vectors  {report.encoded:,} new, {report.reused:,} from before, {settings.encoder.name}", soft_wrap=True
        )
    for warning in report.warnings:
        tell("warn", "!", warning)
    skips(report.skipped)
    how = "" if "passage" in settings.units or not {"turn", "window"} <= set(settings.units) else " --recipe conversation"
    console.print(f'  next     fathom ask "YOUR QUESTION" --index {report.path}{how}', soft_wrap=True)

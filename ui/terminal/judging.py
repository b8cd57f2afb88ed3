"""What a judge's verdicts come to on a terminal: a line a system, how far it agrees with the match of words, and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted, price
from retrievers.printable import one_line
from ui.terminal.console import out, tell
from ui.terminal.tables import table

if TYPE_CHECKING:
    from evals.judges import Judged
    from evals.judging.tally import Tally


def judging(judged: Sequence[Judged], pairs: Sequence[tuple[Judged, Judged]], tally: Tally) -> None:
    """The judge, each system's figures, with `pairs` its agreement with the normalised match, and what its calls took."""
    console = out()
    console.print(Text.assemble("judge  ", (one_line(judged[0].judge), "name")), soft_wrap=True)
    console.print(_table(judged))
    if pairs:
        console.print()
        console.print(_agreements(pairs))
        asked, needed = sum(one.asked for one in judged), sum(len(one.open) for one in judged)
        usage = tally.usage
        took = f"{counted(usage.tokens_in + usage.tokens_out, 'token')}, cost {price(usage.cost)}"
        console.print(Text(f"asked about {asked:,} of {counted(needed, 'answer')} now: {took}", style="soft"), soft_wrap=True)
    for one in judged:
        _warn(one)


def _table(judged: Sequence[Judged]) -> Table:
    failed = any(one.counts["failed"] for one in judged)
    grid = table("system", "accuracy", "correct", "incorrect", "cannot tell", "nonsense", *(["failed"] if failed else []))
    for one in judged:
        counts = [f"{count:,}" for name, count in one.counts.items() if name != "failed" or failed]
        grid.add_row(Text(one_line(one.name), style="name"), _accuracy(one), *counts)
    return grid


def _accuracy(one: Judged) -> Text:
    found = one.accuracy
    if found.value is None:
        return Text("none", style="soft")
    return Text.assemble(f"{found.value:.4f}", (f"  {found.low:.3f} to {found.high:.3f}", "soft"))


def _agreements(pairs: Sequence[tuple[Judged, Judged]]) -> Table:
    """Both, one of them or neither calls an answer correct; of the answers that needed a judge."""
    grid = table("with normalised match", "agree", "kappa", "both", "judge alone", "match alone", "neither")
    for one, match in pairs:
        found = one.against(match)
        figures = ("none" if figure is None else f"{figure:.3f}" for figure in (found.share, found.kappa))
        counts = (f"{count:,}" for count in (found.both, found.first, found.second, found.neither))
        grid.add_row(Text(one_line(one.name), style="name"), *figures, *counts)
    return grid


def _warn(one: Judged) -> None:
    """What has no verdict, or could have none."""
    lacking = one.counts["nonsense"] + one.counts["failed"]
    if lacking:
        more = {"next": "type the same command again, or judge with another model: --model NAME"}
        tell("warn", "!", f"{one.name}: {counted(lacking, 'answer')} got no verdict, counted neither way", more)
    if one.left_out:
        tell("warn", "!", f"{one.name}: {counted(one.left_out, 'question')} without a right answer left out")

"""What a comparison of two evaluations tells on a terminal: a line a measure, then the questions that changed most."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.terminal.console import out
from ui.terminal.render import excerpt
from ui.terminal.tables import chance, table

if TYPE_CHECKING:
    from evals.compare import Compared, Comparison, Flip
    from evals.scores import Scores

_WIDE = 60


def comparison(found: Comparison, flips: int, better: Collection[str]) -> None:
    """Both evaluations, each measure's difference B less A, and the `flips` questions that changed most in `better` ones."""
    console = out()
    for letter, one in (("A", found.a), ("B", found.b)):
        console.print(_about(letter, one), soft_wrap=True)
    asked = counted(len(found.a.ids), "question")
    other = "" if found.a.spec.identity == found.b.spec.identity else "; their indexes differ"
    console.print(Text(f"{one_line(found.a.spec.dataset)}: {asked}; difference is B less A{other}", style="soft"), soft_wrap=True)
    console.print(_table(found))
    if not flips:
        return
    changed = found.flips(flips, better)
    console.print()
    console.print("Changed most" if changed else "No question changed.", style="head")
    for one in changed:
        console.print(_flip(one), soft_wrap=True)
        console.print(Text(f"    {one_line(one.why)}"), soft_wrap=True)


def _about(letter: str, one: Scores) -> Text:
    return Text.assemble((f"{letter}  ", "head"), (one_line(one.name), "name"), (f"  {one_line(one.about)}", "soft"))


def _table(found: Comparison) -> Table:
    grid = table("measure", "A", "B", "difference", "p", "Holm", "detectable", "up", "down")
    for name, one in found.measures.items():
        means = (f"{one.a:.4f}", f"{one.b:.4f}", _difference(one), chance(one.p), chance(one.p_holm))
        least = "unknown" if not one.detectable else f"{one.detectable:.4f}"
        grid.add_row(Text(name, style="name"), *means, least, *(f"{count:,}" for count in (one.wins, one.losses)))
    return grid


def _difference(one: Compared) -> Text:
    style = "good" if one.low > 0 else "bad" if one.high < 0 else ""
    return Text.assemble((f"{one.difference:+.4f}", style), (f"  {one.low:.3f} to {one.high:.3f}", "soft"))


def _flip(one: Flip) -> Text:
    """The question and, by measure, its value in A and in B."""
    values = ", ".join(f"{name} {one.a[name]:.3f} to {one.b[name]:.3f}" for name in one.a)
    return Text.assemble((one_line(one.id), "name"), "  ", excerpt(one.text, most=_WIDE), (f"  {values}", "soft"))

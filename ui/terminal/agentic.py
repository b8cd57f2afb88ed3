"""What `fathom agentic` tells on a terminal: a line for each way of rewriting, with the gap and how it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.terminal.console import out
from ui.terminal.tables import chance, table

if TYPE_CHECKING:
    from evals.agentic.gap import Gap
    from evals.bootstrap import Difference, Estimate

_WORDS = {
    "none": "as issued",
    "operators": "operators read by rule",
    "q2q": "Q2Q",
    "q2q-context": "Q2Q with the reasoning",
}


@dataclass(frozen=True)
class Heading:
    """What was asked, and who issued the queries (`runs`) and rewrote them (`model`): a script where nobody is named."""

    dataset: str
    runs: str = ""
    model: str = ""

    @property
    def scripted(self) -> list[str]:
        """What no language model did."""
        return [name for name, by in (("queries", self.runs), ("rewriting", self.model)) if not by]


def agentic(found: Gap, heading: Heading) -> None:
    """The table, and what of it is scripted."""
    console = out()
    asked = f"{counted(len(found.issued), 'question')}, {found.searches:.2f} searches each, k = {found.protocol.k}"
    console.print(Text.assemble((one_line(heading.dataset), "head"), (f"  {asked}", "soft")), soft_wrap=True)
    queries = f"issued in {one_line(heading.runs)}" if heading.runs else "written by a script from the question"
    rewriting = f"by {one_line(heading.model)}" if heading.model else "by a script, not a language model"
    console.print(Text(f"queries {queries}; questions made of them {rewriting}", style="soft"), soft_wrap=True)
    grid = table("queries", "lexical", "dense", "lexical - dense", "p")
    for row in found.rows:
        means = (_mean(row.lexical), _mean(row.dense), _gap(row.gap), chance(row.gap.p))
        grid.add_row(Text(_WORDS[row.rewrite], style="name"), *means)
    console.print(grid)
    console.print()
    console.print(_changes(found))


def _changes(found: Gap) -> Table:
    """How each rewriting changes the gap, and how many tokens lexical and dense showed with it."""
    grid = table("queries", "change of the gap", "p", "Holm", "tokens shown")
    for row in found.rows:
        change = ("", "", "") if row.change is None else (_gap(row.change), chance(row.change.p), chance(row.p_holm or 0.0))
        shown = f"{row.tokens[0]:,.0f} and {row.tokens[1]:,.0f}"
        grid.add_row(Text(_WORDS[row.rewrite], style="name"), *change, shown)
    return grid


def _mean(one: Estimate) -> Text:
    return Text.assemble(f"{one.value or 0.0:.3f}", (f"\n{one.low or 0.0:.2f} to {one.high or 0.0:.2f}", "soft"))


def _gap(one: Difference) -> Text:
    return Text.assemble(_signed(one.value), (f"\n{_signed(one.low)} to {_signed(one.high)}", "soft"))


def _signed(value: float) -> str:
    """A difference; one that is nothing but rounding has no minus."""
    return f"{round(value, 3) + 0.0:+.3f}"

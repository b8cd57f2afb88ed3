"""The figures of an evaluation on a terminal: means with intervals, paired differences, groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ui.terminal.console import out
from ui.terminal.tables import table

if TYPE_CHECKING:
    from evals.bootstrap import Estimate
    from evals.retrieval import Report


def figures(report: Report, index: str, *, groups: bool) -> None:
    """Each recipe's figures, the first recipe's lead or lag, and with `groups` those of each group of questions."""
    console = out()
    asked, total = len(report.asked), len(report.questions)
    left_out = f", {total - asked} unanswerable left out" if total > asked else ""
    console.print(f"{report.dataset}: {asked} questions{left_out}; index {index}", style="soft", soft_wrap=True)
    measures = list(next(iter(report.values.values())))
    console.print(_table(report.recipes, measures, {name: report.seconds[name] / max(asked, 1) for name in report.recipes}))
    if (differences := _differences(report, measures)) is not None:
        console.print()
        console.print(differences)
    if groups:
        for name, found in report.groups.items():
            n = next(iter(next(iter(found.values())).values())).n
            console.print(Text.assemble("\n", (name, "head"), (f"  {n} questions", "soft")))
            console.print(_table(found, measures, {}))


def _table(found: Mapping[str, Mapping[str, Estimate]], measures: Sequence[str], seconds: Mapping[str, float]) -> Table:
    grid = table("recipe", *measures, *(["s a question"] if seconds else []))
    best = {name: max((one[name].value or 0.0 for one in found.values()), default=0.0) for name in measures}
    for recipe, estimates in found.items():
        cells = [_cell(estimates[name], best[name]) for name in measures]
        grid.add_row(Text(recipe, style="name"), *cells, *([f"{seconds[recipe]:.3f}"] if seconds else []))
    return grid


def _cell(one: Estimate, best: float) -> Text:
    if one.value is None or one.low is None or one.high is None:
        return Text("none", style="soft")
    return Text.assemble(
        (f"{one.value:.4f}", "bold" if one.value == best else ""), (f"  {one.low:.3f} to {one.high:.3f}", "soft")
    )


def _differences(report: Report, measures: Sequence[str]) -> Table | None:
    """How each further recipe does against the first, question by question; None where there is only one."""
    first, *rest = report.values
    if not rest:
        return None
    grid = table(f"against {first}", "measure", "difference", "p", "better on", "worse on")
    for name in rest:
        for measure in measures:
            gap = report.difference(name, first, measure)
            style = "good" if gap.low > 0 else "bad" if gap.high < 0 else ""
            cell = Text.assemble((f"{gap.value:+.4f}", style), (f"  {gap.low:+.3f} to {gap.high:+.3f}", "soft"))
            grid.add_row(Text(name, style="name"), measure, cell, f"{gap.p:.3f}", str(gap.wins), str(gap.losses))
    return grid

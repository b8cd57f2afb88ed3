"""The figures of an evaluation on a terminal: means with intervals, paired differences, groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted
from ui.terminal.console import out, tell
from ui.terminal.tables import chance, table

if TYPE_CHECKING:
    from evals.means import Mean, Means


def figures(found: Means, index: str, *, groups: bool) -> None:
    """Each system's figures, what the others gain over the first, and with `groups` those of each group of questions."""
    console = out()
    asked = len(found.asked)
    left_out = f", {found.total - asked} unanswerable left out" if found.total > asked else ""
    console.print(f"{found.dataset}: {asked} questions{left_out}; index {index}", style="soft", soft_wrap=True)
    measures = list(next(iter(found.values.values())))
    console.print(_table(found.recipes, measures, {name: found.seconds[name] / max(asked, 1) for name in found.recipes}))
    _errors(found)
    for system, relative in found.relative.items():
        for name, one in relative.items():
            spread = f"{one.value:.4f}  {one.low:.3f} to {one.high:.3f}" if one.value is not None else "none"
            console.print(Text.assemble((system, "name"), f"  {name} {spread}"), soft_wrap=True)
    for grid in _differences(found):
        console.print()
        console.print(grid)
    if groups:
        for name, means in found.groups.items():
            n = sum(name in {f"{field}={value}" for field, value in one.groups.items()} for one in found.asked)
            console.print(Text.assemble("\n", (name, "head"), (f"  {n} questions", "soft")))
            console.print(_table(means, measures, {}))


def _table(found: Mapping[str, Mapping[str, Mean]], measures: Sequence[str], seconds: Mapping[str, float]) -> Table:
    """A column a measure; where there are more than fit beside each other, a row a measure."""
    if len(measures) > len(found) and len(measures) > 3:
        return _upright(found, measures, seconds)
    grid = table("recipe", *measures, *(["s a question"] if seconds else []))
    best = {name: max((one[name].value or 0.0 for one in found.values()), default=0.0) for name in measures}
    for system, means in found.items():
        cells = [_cell(means[name], best[name]) for name in measures]
        grid.add_row(Text(system, style="name"), *cells, *([f"{seconds[system]:.3f}"] if seconds else []))
    return grid


def _upright(found: Mapping[str, Mapping[str, Mean]], measures: Sequence[str], seconds: Mapping[str, float]) -> Table:
    grid = table("measure", *found)
    for name in measures:
        grid.add_row(Text(name, style="name"), *(_cell(means[name], None) for means in found.values()))
    if seconds and "Seconds" not in measures:
        grid.add_row(Text("s a question", style="name"), *(f"{took:.3f}" for took in seconds.values()))
    return grid


def _cell(one: Mean, best: float | None) -> Text:
    if one.value is None or one.low is None or one.high is None:
        return Text("none", style="soft")
    return Text.assemble(
        (f"{one.value:.4f}", "bold" if one.value == best else ""), (f"  {one.low:.3f} to {one.high:.3f}", "soft")
    )


def _errors(found: Means) -> None:
    """The questions that failed, which count 0, and the first measure without them."""
    for system, means in found.recipes.items():
        name, one = max(means.items(), key=lambda pair: pair[1].errors)
        if one.errors:
            rest = "" if one.without_errors is None else f"; without them {name} is {one.without_errors:.4f}"
            tell("warn", "!", f"{system}: {counted(one.errors, 'question')} failed and counts 0{rest}")


def _differences(found: Means) -> Iterator[Table]:
    """What each further system gains over the first, question by question; p with Holm's correction for all of these tests."""
    first = next(iter(found.values))
    for system, measures in found.differences.items():
        grid = table(f"{system} less {first}", "difference", "p", "Holm", "better on", "worse on")
        for measure, gap in measures.items():
            style = "good" if gap["low"] > 0 else "bad" if gap["high"] < 0 else ""
            spread = (f"  {gap['low']:+.3f} to {gap['high']:+.3f}", "soft")
            chances = (chance(gap["p"]), chance(gap["p_holm"]))
            cell = Text.assemble((f"{gap['difference']:+.4f}", style), spread)
            grid.add_row(Text(measure, style="name"), cell, *chances, str(gap["wins"]), str(gap["losses"]))
        yield grid

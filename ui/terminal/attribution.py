"""What the causes of missed answers look like on a terminal: a table of a run, or of two, and one question's story."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.bar import Bar
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.terminal.console import out
from ui.terminal.render import excerpt
from ui.terminal.tables import CAUSES, table

if TYPE_CHECKING:
    from agent.desk import Desk
    from agent.why import Sought, Why
    from evals.attribution import Attributed, Attribution, Difference, Moved

_WIDE, _BAR, _EXAMPLES = 60, 30, 3
VERDICTS: Mapping[str, tuple[str, str]] = {
    **CAUSES,
    "right": ("right", "good"),
    "cut": ("cut by depth or budget", "warn"),
    "wrong_answer": ("used and answered wrong", "bad"),
    "wrong_refusal": ("wrongly refused", "bad"),
    "unsupported": ("unsupported", "bad"),
    "unwarranted": ("answered where nothing answers", "bad"),
    "failed": ("failed", "bad"),
}


def attribution(found: Attribution, name: str) -> None:
    """A line a cause that occurs, with its share, and an example of each of the commonest."""
    console = out()
    total, counts = len(found.questions), found.counts()
    console.print(Text.assemble((one_line(name), "name"), (f"  {counted(total, 'question')}, run {found.run}", "soft")))
    grid = table("cause", "", "count", "share", "")
    most = max(counts.values())
    for cause, count in counts.items():
        if count:
            said, style = VERDICTS[cause]
            bar = Bar(most, 0, count, width=_BAR, color="green" if style == "good" else "yellow" if style == "warn" else "red")
            grid.add_row(Text(cause, style="name"), Text(said), f"{count:,}", f"{count / total:.1%}", bar)
    console.print(grid)
    missed = sorted((cause for cause in counts if cause != "right" and counts[cause]), key=lambda cause: -counts[cause])
    listed([next(one for one in found.questions if one.cause == cause) for cause in missed[:_EXAMPLES]], found)


def listed(questions: Sequence[Attributed], found: Attribution) -> None:
    """Questions with their causes, how each came about, and what to type to see its story."""
    console = out()
    for one in questions:
        said, style = VERDICTS[one.cause]
        console.print()
        console.print(Text.assemble((one_line(one.id), "name"), "  ", excerpt(one.text, most=_WIDE), "  ", (said, style)))
        if one.words:
            where = f"{one.document}: " if one.document else ""
            console.print(Padding(Text(one_line(f"{where}{one.words}"), style="soft"), (0, 0, 0, 4)))
        console.print(Text(f"    {one_line(_story(found.run, one.id))}"), soft_wrap=True)


def difference(found: Difference, names: tuple[str, str], moved: Sequence[Moved]) -> None:
    """A line a cause that occurs in either run, then questions that `moved` from one to another."""
    console = out()
    for letter, name, run in zip("AB", names, (found.a, found.b), strict=True):
        console.print(Text.assemble((f"{letter}  ", "head"), (one_line(name), "name"), (f"  run {run.run}", "soft")))
    grid = table("cause", "", "A", "B", "B less A")
    a, b = found.a.counts(), found.b.counts()
    for cause in a:
        if a[cause] or b[cause]:
            gap = b[cause] - a[cause]
            grid.add_row(
                Text(cause, style="name"), VERDICTS[cause][0], f"{a[cause]:,}", f"{b[cause]:,}", f"{gap:+,}" if gap else "0"
            )
    console.print(grid)
    console.print()
    console.print(Text("Moved" if moved else "No question moved.", style="head"))
    for one in moved:
        way = (f"  {one.a.cause} to {one.b.cause}", "good" if one.b.cause == "right" else "warn")
        console.print(Text.assemble((one_line(one.a.id), "name"), "  ", excerpt(one.a.text, most=_WIDE), way), soft_wrap=True)
        run = found.a.run if one.b.cause == "right" else found.b.run
        console.print(Text(f"    {one_line(_story(run, one.a.id))}"), soft_wrap=True)


def story(desk: Desk, one: Attributed, whys: Sequence[Why]) -> None:
    """The question, the right answer and the given one, the cause, and each relevant document's way through the searches."""
    console, row = out(), desk.row
    said, style = VERDICTS[one.cause]
    console.print(Text.assemble((one_line(one.id), "name"), "  ", (one_line(row.asked), "head")))
    grid = Table.grid(padding=(0, 3))
    grid.add_row(Text("right answer", style="soft"), one_line(" | ".join(row.gold.answers) if row.gold else "") or "none named")
    grid.add_row(Text("answer given", style="soft"), Text(_given(desk)))
    where = f"{one.document}: " if one.document else ""
    told = f"; {one_line(where + one.words)}" if one.words else ""
    grid.add_row(Text("cause", style="soft"), Text.assemble((said, style), told))
    console.print(grid)
    for why in whys:
        console.print()
        _way(desk, why)
    console.print()


def _given(desk: Desk) -> str:
    answer = desk.row.answer
    if answer is None:
        return "none"
    short = one_line(answer.short) or "no short answer"
    return "not found" if answer.kind == "not_found" else f"{short} ({answer.kind})"


def _way(desk: Desk, why: Why) -> None:
    """A relevant document: what became of it, and a line a search with its rank at every stage."""
    console = out()
    said, style = CAUSES[why.cause]
    tools = desk.tools
    title = tools.index.item(tools.items(why.passage)[0], tools.user).title if why.document else ""
    console.print(Text.assemble((one_line(why.passage), "name"), "  ", one_line(title), "  ", (said, style)))
    if not why.searches:
        console.print(Padding(Text(one_line(why.place), style="soft"), (0, 0, 0, 2)))
        return
    grid = table("search", "query", "ranks", "shown")
    for sought in why.searches:
        grid.add_row(str(sought.number), one_line(sought.query), _ranks(sought), _shown(desk, why, sought))
    console.print(Padding(grid, (0, 0, 0, 2)))
    if opened := [one for one in _evidence(desk, why) if one[0] not in {sought.number for sought in why.searches}]:
        numbers = ", ".join(f"[{number}]" for _, number in opened)
        console.print(Padding(Text(f"shown as {numbers} without a search", style="soft"), (0, 0, 0, 2)))


def _ranks(sought: Sought) -> Text:
    """`3 of 100 by BM25, not among 10 of Rerank`."""
    told = (
        f"not among {place.of:,} of {one_line(place.stage)}"
        if place.rank is None
        else f"{place.rank:,} of {place.of:,} by {one_line(place.stage)}"
        for place in sought.places
    )
    return Text(", ".join(told), style="soft")


def _shown(desk: Desk, why: Why, sought: Sought) -> Text:
    """What a search showed of it first, and whether that was cited; else why it showed nothing."""
    evidence = _evidence(desk, why)
    numbers = [f"[{number}]" for action, number in evidence if action == sought.number]
    if numbers:
        cited = {"cited": "cited", "unsupported": "cited in vain"}.get(why.cause, "not cited")
        return Text(f"{', '.join(numbers)}, {cited}", style="good" if cited == "cited" else "warn")
    if before := [f"[{number}]" for action, number in evidence if action < sought.number]:
        return Text(f"before: {', '.join(before)}", style="soft")
    return Text({"spent": "no: passages spent", "told": "no: nothing new"}.get(sought.left_out, "no"), style="warn")


def _evidence(desk: Desk, why: Why) -> list[tuple[int, int]]:
    """(action, number) of what was shown of it."""
    from agent.why import naming

    shown = desk.ledger.shown(desk.run, desk.number)
    return [(one.action, one.number) for one in naming(why.passage, desk.tools.items(why.passage), shown)]


def _story(run: str, id: str) -> str:
    return f"fathom why {run} --question {shlex.quote(id)}"

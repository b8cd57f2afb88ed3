"""What an evaluation of retrieval tells on a terminal: where each relevant passage came, recipe by recipe."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from retrievers.printable import one_line
from ui.terminal.console import out
from ui.terminal.tables import CAUSES, table

if TYPE_CHECKING:
    from agent.desk import Desk
    from agent.entries.rows import QuestionRow, RunRow
    from agent.why import Place, Why


def placements(name: str, found: Sequence[tuple[str, Desk, Sequence[Why]]]) -> None:
    """The question, then for every recipe and passage a line: what became of it, and its ranks, stage by stage."""
    console = out()
    row = found[0][1].row
    gold = row.gold
    console.print(Text.assemble((one_line(gold.id) if gold else "", "name"), "  ", (one_line(row.text), "head")))
    console.print()
    grid = table("recipe", "passage", "title", "what became of it", "ranks")
    for recipe, desk, whys in found:
        for place, one in enumerate(whys):
            said, style = CAUSES[one.cause]
            grid.add_row(
                Text("" if place else recipe, style="name"),
                one_line(one.passage),
                one_line(_title(desk, one)),
                Text(said, style=style),
                _ranks(one),
            )
    console.print(grid)
    first = found[0][2][0].passage if found[0][2] else "ID"
    asked, recipe = gold.id if gold else row.number, found[0][0]
    told = f"fathom why {shlex.quote(name)} --question {asked} --recipe {recipe} --passage {first}"
    console.print(Text(f"next  {one_line(told)}"), soft_wrap=True)


def about(row: RunRow) -> RenderableType:
    """An evaluation's head: its run, its name, and what was measured."""
    from ui.terminal.tables import STATUS, when

    spec = row.spec
    line = Text.assemble((row.id, "name"), "  ", when(row.created), "  ", (row.status, STATUS[row.status]))
    how = f"evaluation {row.purpose}, data set {spec['dataset']}, recipe {spec['recipe']}, index {spec['index']}"
    return Group(line, Text(one_line(how), style="soft"))


def outline(questions: Sequence[QuestionRow], searched: Mapping[int, int]) -> Table:
    """A line a question: its number, its id in the data set, how many passages are relevant and how many places came."""
    grid = table("", "id", "question", "relevant", "came")
    for row in questions:
        gold = row.gold
        came = f"{searched[row.number]:,}" if row.number in searched else "not searched"
        cells = (one_line(gold.id), one_line(row.asked), str(len(gold.relevant))) if gold else ("", one_line(row.asked), "")
        grid.add_row(Text(str(row.number), style="name"), *cells, came)
    return grid


def _title(desk: Desk, one: Why) -> str:
    tools = desk.tools
    return tools.index.item(tools.items(one.passage)[0], tools.user).title if one.document else ""


def _ranks(one: Why) -> Text:
    """`12 of 1,000 by BM25, not among 10 by Rerank`."""
    places = one.searches[0].places if one.searches else ()
    return Text(", ".join(map(_place, places)), style="soft")


def _place(place: Place) -> str:
    stage = one_line(place.stage)
    return f"not among {place.of:,} of {stage}" if place.rank is None else f"{place.rank} of {place.of:,} by {stage}"

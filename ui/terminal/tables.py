"""Tables on a terminal: runs, the steps of one, what became of passages, figures of an evaluation, the doctor's findings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.terminal.console import out
from ui.terminal.render import excerpt

if TYPE_CHECKING:
    from agent.desk import Desk
    from agent.entries.rows import QuestionRow, RunRow
    from agent.ledger import Ledger
    from agent.state import Done
    from agent.why import Sought, Why

STATUS = {"done": "good", "running": "name", "stopped": "warn", "failed": "bad"}
CAUSES = {
    "found": ("found", "good"),
    "cited": ("cited", "good"),
    "unsupported": ("cited in vain", "bad"),
    "shown_unused": ("shown, not cited", "warn"),
    "cut": ("cut off", "warn"),
    "rank_miss": ("ranked too low", "warn"),
    "retrieval_miss": ("not retrieved", "bad"),
    "corpus_miss": ("not in the corpus", "bad"),
}


def listed(runs: Sequence[RunRow], ledger: Ledger, text: str) -> None:
    """The runs, newest first, with what came of their question, or of how many."""
    console = out()
    if not runs:
        console.print(Text(f"no run holds “{one_line(text)}”" if text else "the ledger holds no run yet"), soft_wrap=True)
        console.print('next  fathom ask "YOUR QUESTION" --index INDEX', soft_wrap=True)
        return
    grid = table("run", "when", "question", "came to")
    for row in runs:
        more = f"  and {row.size - 1} more" if row.size > 1 else ""
        title = Text.assemble(one_line(row.title), (more, "soft"))
        came = _measured(row) if row.spec.get("policy") == "none" else _outcome(row, ledger.questions(row.id))
        grid.add_row(Text(row.id, style="name"), when(row.created), title, came)
    console.print(grid)


def _outcome(row: RunRow, questions: Sequence[QuestionRow]) -> Text:
    """What came of a run: its answer in short, how many were found, or how it stands."""
    if row.status != "done":
        return Text(row.status, style=STATUS[row.status])
    found = [one.answer for one in questions if one.answer is not None and one.answer.kind != "not_found"]
    if row.size > 1:
        return Text(f"{len(found)} of {row.size} found", style="soft")
    failed = questions[0].stop == "failed"
    if failed or not found:
        return Text("failed" if failed else "not found", style="bad")
    return Text(one_line(found[0].short) or ("conflict" if found[0].kind == "conflict" else "found"), style="good")


def _measured(row: RunRow) -> Text:
    """Of an evaluation of retrieval: its name and the recipe, or how it stands."""
    if row.status != "done":
        return Text(row.status, style=STATUS[row.status])
    return Text(f"evaluation {one_line(row.purpose)}: {one_line(row.spec['recipe'])}", style="soft")


def about(row: RunRow) -> RenderableType:
    """A run's head: its id, when, and what it was asked with."""
    spec = row.spec
    user = f", user {spec['user']}" if spec["user"] else ""
    model = f", model {spec['model']}" if spec["policy"] == "chat" else ""
    line = Text.assemble((row.id, "name"), "  ", when(row.created), "  ", (row.status, STATUS[row.status]))
    how = f"index {spec['index']}, recipe {spec['recipe']}, policy {spec['policy']}{model}, effort {spec['effort']['name']}{user}"
    return Group(line, Text(one_line(how), style="soft"))


def steps(ledger: Ledger, run: str, number: int) -> RenderableType:
    """The turns of a question: what was decided, what each search gave, and which passages it showed."""
    seconds = ledger.seconds(run, number)
    shown = {one.number: one for one in ledger.shown(run, number)}
    done = ledger.done(run, number)
    parts: list[RenderableType] = [Text("Steps", style="head")]
    for turn in ledger.turns(run, number):
        own = [one for one in done if one.turn == turn.number]
        reason = one_line(turn.reasoning) or ("plan" if turn.number == 1 else "go on" if own else "enough")
        parts.append(Text(f"{turn.number}  {reason}"))
        for one in own:
            parts.append(Padding(_action(one, seconds.get(one.number, 0.0)), (0, 0, 0, 3)))
            titles = [
                Text.assemble((f"[{n}] ", "name"), one_line(shown[n].title or shown[n].item)) for n in one.shown if n in shown
            ]
            if titles:
                parts.append(Padding(Text("  ").join(titles), (0, 0, 0, 6)))
    return Group(*parts)


def _action(one: Done, seconds: float) -> Text:
    query = getattr(one.action, "text", "")
    what = f"searched “{one_line(query)}”" if query else f"opened {one_line(getattr(one.action, 'item', ''))}"
    if one.failure:
        return Text.assemble(what, (f"  failed: {one.failure}", "bad"))
    if one.repeats:
        return Text.assemble(what, (f"  as search {one.repeats} before", "soft"))
    new = f", {counted(len(one.shown), 'new passage')}" if one.shown else ", nothing new"
    return Text.assemble(what, (f"  {counted(one.hits, 'hit')}{new}, {seconds:.2f} s", "soft"))


def reasons(found: Sequence[Why], desk: Desk) -> None:
    """What became of every passage that was shown, a line each, with the best rank that a search gave it."""
    console = out()
    if not found:
        console.print("nothing was shown in this question", soft_wrap=True)
        return
    titles = {one.item: one.title for one in desk.ledger.shown(desk.run, desk.number)}
    grid = table("", "title", "passage", "best rank", "what became of it")
    for number, one in enumerate(found, start=1):
        said, style = CAUSES[one.cause]
        title, id = one_line(titles.get(one.passage, "")), one_line(one.passage)
        grid.add_row(Text(f"[{number}]", style="name"), title, Text(id, style="name"), _best(one), Text(said, style=style))
    console.print(grid)
    unused = next((one for one in found if one.cause != "cited"), found[0])
    of = f" --question {desk.number}" if desk.ledger.run(desk.run).size > 1 else ""
    console.print(Text(f"next  fathom why {desk.run}{of} --passage {one_line(unused.passage)}"), soft_wrap=True)


def _best(one: Why) -> Text:
    """The best place that the last stage of a search gave a passage."""
    last = [(sought.places[-1].rank, sought.number) for sought in one.searches if sought.places]
    ranks = [(rank, number) for rank, number in last if rank is not None]
    return Text("{} in search {}".format(*min(ranks)) if ranks else "opened", style="soft")


def reason(one: Why, desk: Desk) -> RenderableType:
    """One passage: the cause, the place, every stage of the search that brought it furthest, and its ranks in the others."""
    said, style = CAUSES[one.cause]
    parts: list[RenderableType] = [Text.assemble((one_line(one.passage), "name"), "  ", (said, f"bold {style}"))]
    parts.append(Text(one_line(one.place)))
    if one.document:
        item = desk.tools.index.item(desk.tools.items(one.passage)[0], desk.tools.user)
        parts.append(Padding(excerpt(item.text, desk.row.text), (1, 0, 0, 2)))
    if one.searches:
        best = min(one.searches, key=_rank)
        parts += [
            Text(),
            Text.assemble((f"search {best.number}  ", "soft"), (f"“{one_line(best.query)}”", "head")),
            _stages(best),
        ]
        others = [sought for sought in one.searches if sought is not best]
        parts += [Text(), _ranks(others)] if others else []
    return Group(*parts)


def _rank(sought: Sought) -> tuple[int, float, int]:
    """Searches in the order of how far they brought a passage: by its place at the end, else by how many stages gave it."""
    got = [place.rank for place in sought.places if place.rank is not None]
    last = sought.places[-1].rank if sought.places else None
    return -len(got), float(last if last is not None else min(got, default=0)), sought.number


def _stages(sought: Sought) -> Table:
    """A line a stage: the rank, of how many, the score, and what the stage had to say."""
    grid = Table.grid(padding=(0, 3))
    for place in sought.places:
        rank = f"rank {place.rank} of {place.of:,}" if place.rank is not None else f"not among {place.of:,}"
        score = f"{place.score:.4g}" if place.score is not None else ""
        named = Text(f"  {one_line(place.stage)}"), Text(rank, style="" if place.rank else "bad")
        grid.add_row(*named, Text(score, style="soft"), Text(one_line(place.detail), style="soft"))
    return grid


def _ranks(searches: Sequence[Sought]) -> Table:
    """A line a search: the rank at each stage that any of them had, a dash where a stage did not give the passage."""
    names = list(dict.fromkeys(name for sought in searches for name in _by_stage(sought)))
    grid = table("other searches", *names)
    for sought in searches:
        ranks = _by_stage(sought)
        cells = ["" if name not in ranks else "–" if ranks[name] is None else str(ranks[name]) for name in names]
        grid.add_row(Text(f"{sought.number}  “{one_line(sought.query)}”"), *cells)
    return grid


def _by_stage(sought: Sought) -> dict[str, int | None]:
    """The rank at each stage; of two stages of one name the second is called so."""
    ranks: dict[str, int | None] = {}
    for place in sought.places:
        name, number = one_line(place.stage), 2
        while name in ranks:
            name, number = f"{one_line(place.stage)} {number}", number + 1
        ranks[name] = place.rank
    return ranks


def table(*columns: str) -> Table:
    """A table with a rule below its head and no other lines."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="soft", padding=(0, 2, 0, 0), show_edge=False)
    for name in columns:
        grid.add_column(name, overflow="fold")
    return grid


def when(seconds: float) -> str:
    """A time in this place's own clock: `24 Nov 22:01`, with the year where it is another."""
    then, now = time.localtime(seconds), time.localtime()
    return time.strftime("%d %b %H:%M" if then.tm_year == now.tm_year else "%d %b %Y", then).lstrip("0")


def chance(p: float) -> str:
    """A test's p."""
    return "<.001" if p < 0.001 else f"{p:.3f}"

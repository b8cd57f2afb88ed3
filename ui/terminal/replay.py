"""What a replay tells on a terminal: evidence recall then and now, each retriever's share, the queries that changed most."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.terminal.console import out
from ui.terminal.render import excerpt
from ui.terminal.tables import chance, table

if TYPE_CHECKING:
    from evals.bootstrap import Estimate
    from evals.replay import Replay
    from evals.replaying.contribution import Contribution

_WIDE = 60
Asked = tuple[str, str]


@dataclass(frozen=True)
class Heading:
    """The run's id, the recipe that it searched with, and the one that it is replayed with."""

    run: str
    logged: str
    replayed: str


def replay(found: Replay, shares: Contribution | None, heading: Heading, most: int) -> None:
    """The figures, and the `most` queries whose relevant documents changed most, with what to type to see why."""
    console = out()
    asked = f"{counted(len(found.issued), 'question')}, {counted(found.queries, 'query', 'queries')}"
    line = Text.assemble((one_line(heading.run), "name"), (f"  {asked}; difference is replayed less logged", "soft"))
    console.print(line, soft_wrap=True)
    console.print(_recalls(found, heading))
    if shares is not None:
        console.print()
        console.print(_shares(shares))
    if most:
        _changes(found, heading, most)


def _recalls(found: Replay, heading: Heading) -> Table:
    logged, replayed = found.means
    gap = found.difference
    grid = table("", "recipe", "evidence recall", "difference", "p", "up", "down")
    style = "good" if gap.low > 0 else "bad" if gap.high < 0 else ""
    change = Text.assemble((f"{gap.value:+.4f}", style), (f"  {gap.low:+.3f} to {gap.high:+.3f}", "soft"))
    grid.add_row("logged", Text(one_line(heading.logged), style="name"), _mean(logged))
    told = (change, chance(gap.p), f"{gap.wins:,}", f"{gap.losses:,}")
    grid.add_row("replayed", Text(one_line(heading.replayed), style="name"), _mean(replayed), *told)
    return grid


def _mean(one: Estimate) -> Text:
    return Text.assemble(f"{one.value:.4f}", (f"  {one.low:.3f} to {one.high:.3f}", "soft"))


def _shares(shares: Contribution) -> Table:
    grid = table("retriever", "alone", "lost without it", "Shapley value")
    for one in shares.shares:
        figures = (f"{one.alone:.4f}", f"{one.leave_one_out:+.4f}", f"{one.shapley:+.4f}")
        grid.add_row(Text(one_line(one.arm), style="name"), *figures)
    return grid


def _changes(found: Replay, heading: Heading, most: int) -> None:
    console = out()
    changed = _by_query(found)
    console.print()
    console.print("Changed most" if changed else "No query changed.", style="head")
    for (question, query), (gained, lost) in list(changed.items())[:most]:
        sides = [Text(f"  {sign}{one_line(id)}", style=style) for sign, style, ids in _sides(gained, lost) for id in ids]
        console.print(Text.assemble((one_line(question), "name"), "  ", excerpt(query, most=_WIDE), *sides), soft_wrap=True)
    for (question, _), (gained, lost) in list(changed.items())[:1]:
        passage = (gained + lost)[0]
        told = f"fathom why {heading.run} --question {shlex.quote(question)} --passage {shlex.quote(passage)}"
        console.print(Text(f"next  {one_line(told)}"), soft_wrap=True)


def _sides(gained: Sequence[str], lost: Sequence[str]) -> tuple[tuple[str, str, Sequence[str]], ...]:
    return ("+", "good", gained), ("-", "bad", lost)


def _by_query(found: Replay) -> Mapping[Asked, tuple[list[str], list[str]]]:
    """What each query gained and lost, those first that changed most."""
    changed: dict[Asked, tuple[list[str], list[str]]] = {}
    for side, changes in enumerate((found.gained, found.lost)):
        for one in changes:
            changed.setdefault((one.question, one.query), ([], []))[side].append(one.document)
    return dict(sorted(changed.items(), key=lambda pair: -len(pair[1][0]) - len(pair[1][1])))

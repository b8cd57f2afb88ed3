"""A question's steps on an axis of time, and the same turn by turn: what was searched, found, read, decided and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import streamlit as st

from agent.entries.packing import Candidates
from agent.entries.rows import RunRow
from agent.ledger import Ledger
from agent.state import Done, Event, Search
from retrievers.printable import one_line
from ui.parts.charts import BLUE, GREEN, GREY, ORANGE
from ui.parts.plain import plain
from ui.parts.problem import public
from ui.parts.spans import Doing, Span, lasted, moments, spans
from ui.parts.steps import Kind, Line, progress

if TYPE_CHECKING:
    import altair as alt

_PURPLE, _RED = "#8E6BBF", "#CC4B43"  # 3 to 1 or more on the light and on the dark background
_ROW, _AROUND = 26, 110
_COLOURS: Mapping[Doing, tuple[str, str]] = {
    "decide": ("decides", GREY),
    "search": ("searches", BLUE),
    "read": ("reads", GREEN),
    "write": ("writes", ORANGE),
    "model": ("model call", _PURPLE),
}
_FAILED = ("failed", _RED)
_ICONS: Mapping[Kind, str] = {
    "understood": "translate",
    "plan": "checklist",
    "think": "psychology",
    "search": "search",
    "open": "menu_book",
    "read": "visibility",
    "write": "edit_note",
    "failure": "error",
    "stop": "stop_circle",
    "resume": "restart_alt",
}


@dataclass(frozen=True)
class Chapter:
    """The lines of a turn, in order; `turn` 0 is the writing of the answer."""

    turn: int
    lines: tuple[Line, ...]


def timeline(ledger: Ledger, run: RunRow, number: int) -> None:
    """Draw a question of a run, as far as it has come."""
    events = ledger.events(run.id)
    found = spans(events, number)
    if not found:
        st.caption("Nothing has happened yet.")
        return
    st.altair_chart(chart(found), alt=f"Timeline of {len(found)} steps in {lasted(found):.1f} seconds; they are listed below")
    took, at = {one.seq: one for one in found}, moments(events)
    lines = staged(progress(events, number).lines, events, _stages(ledger, run.id, number))
    for chapter in chapters(lines):
        st.markdown(f"**Turn {chapter.turn:d}**" if chapter.turn else "**The answer**")
        for line in chapter.lines:
            span = took.get(line.seq)
            _line(line, run.id, at[line.seq] if span is None else span.begin, span)


def chapters(lines: Sequence[Line]) -> tuple[Chapter, ...]:
    """The lines turn by turn. A plan belongs to the first turn, a failure to the turn in which it came, the writing to none.

    >>> [(one.turn, len(one.lines)) for one in chapters(progress(events).lines)]
    [(1, 4), (2, 1), (0, 1)]
    """
    found: list[Chapter] = []
    turn = 0
    for line in lines:
        turn = line.turn or {"understood": 1, "plan": 1, "write": 0}.get(line.kind, turn or 1)
        if found and found[-1].turn == turn:
            found[-1] = replace(found[-1], lines=(*found[-1].lines, line))
        else:
            found.append(Chapter(turn, (line,)))
    return tuple(found)


def staged(lines: Sequence[Line], events: Sequence[Event], stages: Mapping[int, str]) -> tuple[Line, ...]:
    """The lines, those of searches with what every stage gave; `stages` says it by the search's number.

    Searches that ran side by side were recorded as they ended, and stand here as they were asked for.
    """
    numbers: dict[int, int] = {event.seq: event.payload["number"] for event in events if event.kind == "action"}
    found: list[Line] = []
    for searching, group in groupby(lines, key=lambda line: line.kind in ("search", "open")):
        own = list(group)
        if searching:
            own.sort(key=lambda line: numbers[line.seq])
        told = [stages.get(numbers.get(line.seq, 0), "") for line in own]
        found += [replace(line, details=(*line.details, one)) for line, one in zip(own, told, strict=True)]
    return tuple(found)


def gave(stages: Sequence[Candidates], query: str) -> str:
    """What the stages of a search gave, in their order, with the text that each searched for where that is another.

    >>> gave(ledger.candidates(run, 1, 1), "Triton")
    'BM25 gave 64, Dense gave 165, Fuse gave 165'
    """
    return ", ".join(f"{one.stage} gave {one.total:,}" + (f" for “{one.query}”" if one.query != query else "") for one in stages)


def chart(found: Sequence[Span]) -> alt.LayerChart | alt.FacetChart:
    """A bar a step, one below the other, on the seconds since the run's start. It holds no words but our own."""
    import altair as alt

    rows = [_bar(one) for one in found]
    names = list(dict.fromkeys(one.name for one in sorted(found, key=lambda one: (one.begin, one.seq))))
    kinds = [*_COLOURS.values(), _FAILED]
    used = {str(row["doing"]) for row in rows}
    scale = alt.Scale(domain=[name for name, _ in kinds if name in used], range=[own for name, own in kinds if name in used])
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("step:N", sort=names, title=None, axis=alt.Axis(labelLimit=130, ticks=False, domain=False)),
        color=alt.Color("doing:N", scale=scale, legend=alt.Legend(orient="top", title=None, columns=3, symbolType="square")),
        tooltip=[alt.Tooltip("step:N", title="Step"), alt.Tooltip("told:N", title="When")],
    )
    across = alt.X("begin:Q", title="seconds of work since the start", scale=alt.Scale(domain=[0, max(lasted(found), 0.001)]))
    bars = base.mark_bar(cornerRadius=2, height={"band": 0.62}).encode(x=across, x2="end:Q")
    begun = base.mark_tick(thickness=2, size=_ROW * 0.62).encode(x=across)  # what took no time can still be seen
    return alt.layer(bars, begun, height=_ROW * len(names) + _AROUND)


def _bar(one: Span) -> dict[str, str | float]:
    doing = _FAILED[0] if one.bad else _COLOURS[one.doing][0]
    told = f"from {one.begin:.2f} s, for {one.seconds:.2f} s"
    return {"step": one.name, "doing": doing, "begin": one.begin, "end": one.end, "told": told}


def _stages(ledger: Ledger, run: str, number: int) -> dict[int, str]:
    searches = [one for one in ledger.done(run, number) if one.repeats is None and one.failure is None]
    return {one.number: gave(ledger.candidates(run, number, one.number), _query(one)) for one in searches}


def _query(one: Done) -> str:
    return one.action.text if isinstance(one.action, Search) else ""


def _line(line: Line, run: str, begin: float, span: Span | None) -> None:
    with st.container(
        horizontal=True, wrap=False, gap="small", vertical_alignment="top", key=f"step-{run}-{line.seq}-{line.kind}"
    ):
        with st.container(width=72):
            st.badge(f"{begin:.2f} s", color="red" if line.bad else "gray")
        st.markdown(f":material/{_ICONS[line.kind]}:", width="content")
        with st.container(gap="xxsmall"):
            own = line.kind in ("search", "open")  # these say their length themselves
            said = public(line.text) if line.bad else line.text
            plain(said + (f"   {span.seconds:.2f} s" if span is not None and not own else ""))
            if details := [one_line(detail) for detail in line.details if detail]:
                with st.container(key=f"soft-{run}-{line.seq}-{line.kind}"):
                    plain(public("\n".join(details)) if line.bad else "\n".join(details))

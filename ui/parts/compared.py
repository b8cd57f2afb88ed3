"""A comparison on its page: the table of differences, curves, the causes of misses, and the questions that changed most.

Every chart stands above a table with the same figures; words of a data set are cells and plain text alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from retrievers.errors import FathomError
from retrievers.printable import one_line, printable
from ui.pages import go
from ui.parts.comparing import Curves, Finding, Turned, Unit, causes
from ui.parts.evaluations import System
from ui.parts.look import ink
from ui.parts.plain import plain
from ui.parts.problem import public
from ui.visit import Visit

if TYPE_CHECKING:
    from evals.charts import Chart
    from evals.compare import Compared

_TITLES: Mapping[Unit, str] = {
    "searches": "Evidence recall by searches",
    "tokens": "Evidence recall by tokens shown",
    "places": "Recall by depth",
}
_LETTERS = ("A", "B")
_SHOWN = 10


def differences(found: Finding) -> None:
    """A line a measure: what B has more than A, and how sure that is."""
    st.dataframe(
        [cells(name, one) for name, one in found.measures.items()],
        hide_index=True,
        alt="Each measure in A and in B, with the difference B less A, its interval, its tests, and how many questions moved",
        key="compare-table",
    )
    st.caption(
        "The difference is B less A, with its 95 % bootstrap interval; p is of paired randomisation, of McNemar's exact test "
        "where every value is 0 or 1; Holm corrects it for the number of measures. Detectable is the smallest difference that so "
        "many questions can show. Up and down count the questions whose value is higher in B, or lower."
    )


def cells(name: str, one: Compared) -> dict[str, Any]:
    """A measure's line of the table.

    >>> cells("R@10", found.measures["R@10"])["95 % interval"]
    '+0.010 to +0.120'
    """
    from evals.reporting.wording import chance, figure, gap

    return {
        "measure": name,
        "A": figure(one.a),
        "B": figure(one.b),
        "difference": gap(one.difference),
        "95 % interval": f"{gap(one.low)} to {gap(one.high)}",
        "p": chance(one.p),
        "Holm": chance(one.p_holm),
        "detectable": figure(one.detectable) if one.detectable else "unknown",
        "n": one.n,
        "up": one.wins,
        "down": one.losses,
    }


def curves(visit: Visit, sides: Sequence[System], found: Finding) -> None:
    """Recall at a budget of agents, by depth of recipes alone."""
    if not found.curves:
        st.caption("No curve: no question names a relevant document.")
    for unit, each in found.curves.items():
        _curve(visit, (*(one.row.id for one in sides), unit), unit, each)


def missed(visit: Visit, sides: Sequence[System], found: Finding) -> None:
    """The cause of each question, by agent; why there is none where an index is gone."""
    agents = [(letter, one.row) for letter, one in zip(_LETTERS, sides, strict=True) if one.row.spec["policy"] != "none"]
    if not agents:
        return
    st.subheader("Why answers were missed", anchor=False)
    with st.spinner("Looking for the cause of each miss"):
        told = {letter: causes(visit, row, found.users) for letter, row in agents}
    for letter, one in told.items():
        if isinstance(one, FathomError):
            st.info(f"{letter} has no causes", icon=":material/info:")
            plain(" ".join(f"{part.rstrip('.')}." for part in (_first(one.happened), f"What to do: {one.next}")))
    counts = {letter: one for letter, one in told.items() if not isinstance(one, FathomError)}
    if counts:
        _causes(visit, (*(one.row.id for one in sides), *counts), counts)


def flips(flipped: Sequence[Turned], a: System, b: System) -> None:
    """The questions that changed most, each with the ways into both runs."""
    st.subheader("Changed most", anchor=False)
    if not flipped:
        st.caption("No question changed.")
        return
    shown = flipped
    if len(flipped) > _SHOWN and not st.toggle(f"Show {len(flipped)}, not {_SHOWN}", key="compare-more"):
        shown = flipped[:_SHOWN]
    for place, one in enumerate(shown):
        _flip(place, one, a, b)


def _flip(place: int, one: Turned, a: System, b: System) -> None:
    with st.container(border=True, gap="xsmall", key=f"compare-flip-{place}"):
        plain(f"{one_line(one.id)}  {one.text}")
        with st.container(key=f"soft-flip-{place}"):
            plain(one.values)
        with st.container(horizontal=True, gap="small"):
            for letter, system, number in zip(_LETTERS, (a, b), (one.a, one.b), strict=True):
                name = f"Open question {number:,} in {letter}"
                if st.button(name, key=f"compare-open-{letter}-{place}", icon=":material/history:", type="tertiary"):
                    go("runs", run=system.row.id, question=str(number))
        st.code(printable(one.why), None, wrap_lines=True)


def _curve(visit: Visit, of: tuple[str, ...], unit: Unit, each: Curves) -> None:
    from evals.charts import recall_at_budget, recall_at_depth
    from evals.reporting.curves import budgets, recall_by
    from evals.reporting.wording import figure

    st.subheader(_TITLES[unit], anchor=False)
    ground = ink()
    ends = ", ".join(f"{name} {figure(curve[-1].recall)} at {curve[-1].budget:,} {unit}" for name, curve in each.items())
    told = f"{_TITLES[unit]}: {ends}; the table below has more"

    def chart() -> Chart:
        return recall_at_depth(each, ground) if unit == "places" else recall_at_budget(each, unit, ground)

    _drawn(visit, (*of, ground), chart, f"compare-curve-{unit}", told)
    rows = [
        {unit: budget, **{name: figure(recall_by(curve, budget)) for name, curve in each.items()}} for budget in budgets(each)
    ]
    st.dataframe(rows, hide_index=True, key=f"compare-recall-{unit}", alt=f"{_TITLES[unit]}, at a few budgets")


def _causes(visit: Visit, of: tuple[str, ...], counts: Mapping[str, Mapping[str, int]]) -> None:
    from evals.charts import causes as bars
    from evals.reporting.wording import CAUSE_WORDS

    right = ", ".join(f"{name} {one.get('right', 0):,} of {sum(one.values()):,} right" for name, one in counts.items())
    told, ground = f"Questions by cause: {right}; the table below has all", ink()
    _drawn(visit, (*of, ground), lambda: bars(counts, ground), "compare-causes", told)
    rows = [
        {"cause": words, **{name: one[cause] for name, one in counts.items()}}
        for cause, words in CAUSE_WORDS.items()
        if any(one.get(cause) for one in counts.values())
    ]
    st.dataframe(rows, hide_index=True, key="compare-caused", alt="How many questions each cause has, in A and in B")


def _drawn(visit: Visit, of: tuple[str, ...], chart: Callable[[], Chart], key: str, told: str) -> None:
    """A chart, drawn from a spec that is made and checked once: that takes longer than all else on the page."""
    spec = visit.service.memo.value((key, visit.user, *of), lambda: chart().to_json(indent=None))
    st.vega_lite_chart(json.loads(spec), key=key, alt=told)


def _first(text: str) -> str:
    told = public(text)
    return told[:1].upper() + told[1:]

"""Charts of evaluations as Altair specs, the same for a page and for the app; systems are told apart by more than their colour.

A system has one colour, one dash and one mark in every chart, by its place among the systems that are drawn. Names come in as
values of the data alone, never in an expression, and always beside a table.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

import altair as alt
import numpy as np

from evals.answering.confidence import Risk
from evals.answering.evidence import Budget, Point
from evals.reporting.wording import CAUSE_WORDS

MOST = 8
"""How many systems one chart draws; more cannot be told apart."""
INK = "currentColor"
WIDTH, HEIGHT = 460, 250
# Okabe and Ito's colours that stand out 3 to 1 from a white and a dark page (WCAG AA for what is drawn); then that of words.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
_DASHES: tuple[tuple[int, ...], ...] = ((1, 0), (7, 3), (2, 2), (9, 3, 2, 3), (12, 4), (5, 2, 1, 2, 1, 2), (4, 4), (1, 3))
_MARKS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
_DRAWN = 200
_BAR, _NAMES = 15, 200
_POINTS = 12
_SPENT: Mapping[Budget, str] = {"searches": "Searches made", "tokens": "Tokens of the passages shown"}
Curves = Mapping[str, Sequence[tuple[float, float]]]
Steps = Literal["linear", "step-after"]
Chart = alt.LayerChart | alt.FacetChart


class Place(NamedTuple):
    """A point of a curve, and whether it carries a mark."""

    x: float
    y: float
    marked: bool


def recall_at_budget(curves: Mapping[str, Sequence[Point]], unit: Budget, ink: str = INK) -> Chart:
    """Mean evidence recall by what was spent, a line a system; it stays what it was until the next search ends.

    >>> recall_at_budget({"standard": recall_curve(outcomes)}, "searches").to_dict()
    """
    told = {name: [(float(one.budget), one.recall) for one in curve] for name, curve in curves.items()}
    whole = alt.Axis(tickMinStep=1, tickCount=4, format=",d", labelFlush=False)
    across = alt.X("x:Q", title=_SPENT[unit], axis=whole, scale=alt.Scale(zero=True))
    return _lines(told, across, "Evidence recall", ink, "step-after")


def recall_at_depth(curves: Mapping[str, Sequence[Point]], ink: str = INK) -> Chart:
    """Mean recall by how many places count, a line a system.

    >>> recall_at_depth({"bm25": depth_curve(outcomes, 100)}).to_dict()
    """
    told = {name: [(float(one.budget), one.recall) for one in curve] for name, curve in curves.items()}
    deep = max((x for points in told.values() for x, _ in points), default=1.0) > _POINTS
    ticks = alt.Axis(
        format=",d", tickMinStep=1, labelFlush=False, values=[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] if deep else alt.Undefined
    )
    across = alt.X("x:Q", title="Places that count", axis=ticks, scale=alt.Scale(type="log" if deep else "linear", nice=False))
    return _lines(told, across, "Recall", ink, "linear", by_ratio=deep)


def risk_by_coverage(curves: Mapping[str, Sequence[Risk]], ink: str = INK) -> Chart:
    """The share of wrong answers among those that are taken, the surest first, a line a system.

    >>> risk_by_coverage({"standard": RiskCoverage().curve(outcomes)}).to_dict()
    """
    told = {name: [(one.coverage, one.risk) for one in curve] for name, curve in curves.items()}
    share = alt.Axis(format="%", tickCount=5, labelFlush=False)
    across = alt.X("x:Q", title="Answers taken, the surest first", axis=share, scale=alt.Scale(domain=[0, 1]))
    return _lines(told, across, "Wrong among them", ink, "linear")


def causes(counts: Mapping[str, Mapping[str, int]], ink: str = INK) -> Chart:
    """How many questions each cause has, a bar a system with its count; causes that no system has are left out.

    >>> causes({"standard": attribute(ledger, workshop, run).counts()}).to_dict()
    """
    drawn = dict(islice(counts.items(), MOST))
    order = [cause for cause in CAUSE_WORDS if any(one.get(cause) for one in drawn.values())]
    rows = [
        {"system": name, "cause": CAUSE_WORDS[cause], "count": one.get(cause, 0)}
        for cause in order
        for name, one in drawn.items()
    ]
    names = list(drawn)
    down = alt.Y(
        "cause:N",
        sort=[CAUSE_WORDS[cause] for cause in order],
        title=None,
        axis=alt.Axis(labelLimit=_NAMES, minExtent=_NAMES, ticks=False),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=down,
        yOffset=alt.YOffset("system:N", sort=names),
        x=alt.X("count:Q", title="Questions", axis=alt.Axis(tickMinStep=1, tickCount=4, format=",d", labelFlush=False)),
        tooltip=[alt.Tooltip("system:N"), alt.Tooltip("cause:N"), alt.Tooltip("count:Q")],
    )
    bars = base.mark_bar().encode(color=_colour(names, ink))
    told = base.mark_text(align="left", dx=4, color=ink, fontSize=11).encode(text="count:Q")
    return _dressed(alt.layer(bars, told), ink).properties(
        width=WIDTH - _NAMES - 40, height=max(len(rows), 1) * _BAR + len(order) * 6
    )


def svg(chart: Chart) -> str:
    """A chart as an SVG element: no script, nothing fetched; where its ink is `currentColor`, it takes that of the page.

    >>> svg(risk_by_coverage({"standard": []})).startswith("<svg")
    True
    """
    written = io.StringIO()
    chart.save(written, format="svg")
    return written.getvalue()


def _lines(curves: Curves, across: alt.X, title: str, ink: str, steps: Steps, *, by_ratio: bool = False) -> Chart:
    drawn = dict(islice(curves.items(), MOST))
    names = list(drawn)
    rows = [
        {"system": name, "x": one.x, "y": one.y, "marked": one.marked}
        for name, points in drawn.items()
        for one in _thinned(points, by_ratio)
    ]
    down = alt.Y("y:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".1f", tickCount=5))
    base = alt.Chart(alt.Data(values=rows)).encode(x=across, y=down, color=_colour(names, ink))
    dash = alt.StrokeDash("system:N", sort=names, title=None, scale=_scale(names, [list(one) for one in _DASHES]))
    shape = alt.Shape("system:N", sort=names, title=None, scale=_scale(names, _MARKS))
    line = base.mark_line(strokeWidth=2, interpolate=steps).encode(strokeDash=dash)
    tips = [alt.Tooltip("system:N"), alt.Tooltip("x:Q", format=",.3~f"), alt.Tooltip("y:Q", format=".3f")]
    points = base.transform_filter("datum.marked").mark_point(filled=True, size=45, opacity=1)
    return _dressed(alt.layer(line, points.encode(shape=shape, tooltip=tips)), ink).properties(width=WIDTH - 60, height=HEIGHT)


def _thinned(points: Sequence[tuple[float, float]], by_ratio: bool) -> list[Place]:
    """Evenly chosen points of a curve, the first and the last among them, and of those a few that carry a mark."""
    chosen = _even(len(points), _DRAWN - _POINTS, by_ratio)
    marked = set(_even(len(points), _POINTS, by_ratio))
    return [Place(*points[place], place in marked) for place in sorted({*chosen, *marked})]


def _even(count: int, most: int, by_ratio: bool) -> list[int]:
    """Places of `count`, `most` of them at most, the first and the last among them; by ratio they lie ever further apart."""
    if count <= most:
        return list(range(count))
    spaced = np.geomspace(1, count, most) - 1 if by_ratio else np.linspace(0, count - 1, most)
    return sorted({round(float(place)) for place in spaced})


def _colour(names: Sequence[str], ink: str) -> alt.Color:
    return alt.Color("system:N", sort=list(names), title=None, scale=_scale(names, (*_COLOURS, ink)))


def _scale(names: Sequence[str], values: Sequence[Any]) -> alt.Scale:
    """A value for each name, in turn."""
    return alt.Scale(domain=list(names), range=[values[place % len(values)] for place in range(len(names))])


def _dressed(chart: Chart, ink: str) -> Chart:
    """Words and lines in the ink, no ground: the chart stands on a light page and on a dark one."""
    words: dict[str, Any] = {"labelColor": ink, "titleColor": ink, "labelFontSize": 12, "titleFontSize": 12}
    axis = alt.AxisConfig(**words, titleFontWeight="normal", domainColor=ink, tickColor=ink, gridColor=ink, gridOpacity=0.15)
    legend = alt.LegendConfig(
        **words, orient="bottom", columns=1, labelLimit=WIDTH - 90, symbolSize=90, symbolStrokeWidth=0, symbolOpacity=1
    )
    return chart.configure(
        aria=False,  # a page reads its title, its sentence and its table instead
        background="transparent",
        font="system-ui, sans-serif",
        axis=axis,
        legend=legend,
        view=alt.ViewConfig(stroke=None),
    )

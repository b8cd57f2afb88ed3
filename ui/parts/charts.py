"""Pictures of evidence: the funnel, the path of a passage, and the movements between rankings.

Words of a corpus come in as values of the data alone, never in an expression of a chart, and always beside a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ui.parts.funnel import Level
from ui.parts.movement import Change, Line
from ui.parts.path import Standing

if TYPE_CHECKING:
    import altair as alt

# Each stands out from the light and from the dark background by 3 to 1 or more (WCAG AA for what is drawn).
BLUE, GREEN, ORANGE, GREY = "#2E86AB", "#2B8A57", "#C26A12", "#7A8B98"
_CHANGES: Mapping[Change, str] = {"rose": GREEN, "fell": ORANGE, "stayed": GREY, "new": GREEN, "gone": ORANGE}
_ROW = 34
_LABEL = 0.62
FEW = 3
_WIDTHS = (660, 1000)


def funnel_chart(levels: Sequence[Level]) -> alt.LayerChart:
    """A bar a level, centred, one below the other, each with its count."""
    import altair as alt

    rows = [
        {"level": one.name, "from": -one.count / 2, "to": one.count / 2, "count": one.told, "places": one.places} for one in levels
    ]
    most = max([one.count for one in levels], default=1) or 1
    base = alt.Chart(alt.Data(values=rows)).encode(
        y=alt.Y("level:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False)),
        tooltip=[_tip("level", "Stage"), _tip("count", "Passages"), _tip("places", "Places given", "Q")],
    )
    across = alt.Scale(domain=[-most / 2, most * 0.72])
    bars = base.mark_bar(color=BLUE, cornerRadius=3, height={"band": 0.72}).encode(
        x=alt.X("from:Q", axis=None, scale=across), x2="to:Q"
    )
    counts = base.mark_text(align="left", dx=7, fontSize=13, fontWeight="bold", color=GREY).encode(x="to:Q", text="count:N")
    return alt.layer(bars, counts).properties(height=_ROW * max(1, len(rows)))


def path_chart(standings: Sequence[Standing], best: int | None) -> alt.LayerChart:
    """The rank of one passage at each stage, the first at the top; a line a search, that of the search `best` drawn strong.

    Where a stage did not give it, a cross stands at the bottom.
    """
    import altair as alt

    worst = max([one.rank for one in standings if one.rank is not None], default=1)
    floor = max(10, round(worst * 1.8))
    rows = [_place(one, best, floor) for one in standings]
    stages = list(dict.fromkeys(one.stage for one in standings))
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("stage:N", sort=stages, title=None, axis=alt.Axis(labelAngle=0, labelLimit=130), scale=alt.Scale(padding=0.4)),
        y=alt.Y("rank:Q", title="Rank (1 is best)", scale=alt.Scale(type="log", domain=[floor, 1], nice=False), axis=_ranks(floor)),
        detail="search:N",
        color=alt.condition("datum.best", alt.value(BLUE), alt.value(GREY)),
        opacity=alt.condition("datum.best", alt.value(1.0), alt.value(0.55)),
        tooltip=[_tip("named", "Search"), _tip("stage", "Stage"), _tip("told", "Place")],
    )
    lines = base.transform_filter("datum.found").mark_line(strokeWidth=2)
    points = base.transform_filter("datum.found").mark_point(filled=True, size=80, shape="circle")
    absent = base.transform_filter("!datum.found").mark_point(size=70, shape="cross", filled=True)
    return alt.layer(lines, points, absent).properties(height=280)


def bump_chart(lines: Sequence[Line], rankings: Sequence[tuple[str, Sequence[str]]], names: Mapping[str, str], k: int) -> alt.LayerChart:
    """Rankings side by side, each place with its passage's name, and a line from rank to rank between neighbours.

    `rankings` are (recipe, ids). What comes in or goes out is dashed, from or to the row below the last.
    """
    import altair as alt

    places = [
        {"recipe": place, "rank": rank, "name": names[id], "passage": id}
        for place, (_, ids) in enumerate(rankings)
        for rank, id in enumerate(ids[:k], start=1)
    ]
    ways = [_way(one, names) for one in lines]
    across = alt.X(
        "recipe:Q",
        scale=alt.Scale(domain=[-0.08, len(rankings) - 0.3], nice=False),
        axis=None,
    )
    down = alt.Y(
        "rank:Q",
        title="Rank",
        scale=alt.Scale(domain=[k + 1.3, 0.4], nice=False),
        axis=alt.Axis(values=list(range(1, k + 1)), grid=False, ticks=False, domain=False, format="d"),
    )
    tips = [_tip("name", "Passage"), _tip("rank", "Rank", "Q")]
    moves = alt.Chart(alt.Data(values=ways)).mark_rule(strokeWidth=2, opacity=0.8).encode(
        x=across, x2="to_recipe:Q", y=down, y2="to_rank:Q",
        color=alt.Color("colour:N", scale=None),
        strokeDash=alt.condition("datum.whole", alt.value([1, 0]), alt.value([4, 4])),
        tooltip=[_tip("name", "Passage"), _tip("told", "Movement")],
    )
    base = alt.Chart(alt.Data(values=places)).encode(x=across, y=down, tooltip=tips)
    dots = base.mark_point(filled=True, size=90, color=BLUE, opacity=1)
    words = base.mark_text(align="left", dx=9, fontSize=12, limit=_limit(len(rankings))).encode(text="name:N")
    return alt.layer(moves, dots, words).properties(height=27 * (k + 1) + 20)


def _limit(columns: int) -> int:
    """How many pixels a name may take beside its place, in the least width that a picture of so many columns has."""
    return int((_LABEL - 0.06) * _WIDTHS[columns > FEW] / (columns - 0.22))


def _tip(field: str, title: str, kind: str = "N") -> alt.Tooltip:
    import altair as alt

    return alt.Tooltip(f"{field}:{kind}", title=title)


def _place(one: Standing, best: int | None, floor: int) -> dict[str, Any]:
    return {
        "search": one.search,
        "named": f"{one.search}  {one.query[:80]}",
        "stage": one.stage,
        "rank": one.rank if one.rank is not None else floor,
        "found": one.rank is not None,
        "told": one.told,
        "best": one.search == best,
    }


def _way(one: Line, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "recipe": one.left + _LABEL,
        "to_recipe": one.left + 1,
        "rank": one.start,
        "to_rank": one.end,
        "name": names[one.id],
        "told": one.change,
        "colour": _CHANGES[one.change],
        "whole": one.change in ("rose", "fell", "stayed"),
    }


def _ranks(floor: int) -> alt.Axis:
    import altair as alt

    return alt.Axis(values=[rank for rank in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if rank < floor], format="d")

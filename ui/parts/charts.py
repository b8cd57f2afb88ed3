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

    Chart = alt.LayerChart | alt.FacetChart

# Each stands out from the light and from the dark background by 3 to 1 or more (WCAG AA for what is drawn).
BLUE, GREEN, ORANGE, GREY = "#2E86AB", "#2B8A57", "#C26A12", "#7A8B98"
_CHANGES: Mapping[Change, str] = {"rose": GREEN, "fell": ORANGE, "stayed": GREY, "new": GREEN, "gone": ORANGE}
_ROW = 34
_LABEL = 0.62
FEW = 3
_WIDTHS = (660, 860)


def funnel_chart(levels: Sequence[Level], ink: str) -> Chart:
    """A bar a level, centred, one below the other, each with its count in `ink`."""
    import altair as alt

    rows = [
        {"level": one.name, "from": -one.count / 2, "to": one.count / 2, "count": one.told, "places": one.places}
        for one in levels
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
    counts = base.mark_text(align="left", dx=7, fontSize=13, fontWeight="bold", color=ink).encode(x="to:Q", text="count:N")
    return alt.layer(bars, counts).properties(height=_ROW * max(1, len(rows)))


def path_chart(standings: Sequence[Standing], best: int | None) -> Chart:
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
        y=alt.Y(
            "rank:Q", title="Rank (1 is best)", scale=alt.Scale(type="log", domain=[floor, 1], nice=False), axis=_ranks(floor)
        ),
        detail="search:N",
        tooltip=[_tip("named", "Search"), _tip("stage", "Stage"), _tip("told", "Place")],
    )
    layers: list[alt.Chart] = []
    for which, colour, width in (("!datum.best", GREY, 1.5), ("datum.best", BLUE, 3.5)):
        found = base.transform_filter(f"{which} && datum.found")
        layers += [
            found.mark_line(strokeWidth=width, color=colour),
            found.mark_point(filled=True, size=80, opacity=1, color=colour),
            base.transform_filter(f"{which} && !datum.found").mark_point(
                size=90, opacity=1, shape="M-.5,-.5L.5,.5M.5,-.5L-.5,.5", strokeWidth=2, color=colour
            ),
        ]
    return alt.layer(*layers).properties(height=280)


def bump_chart(
    lines: Sequence[Line], rankings: Sequence[tuple[str, Sequence[str]]], names: Mapping[str, str], k: int, ink: str
) -> Chart:
    """Rankings side by side, each place with its passage's name, and a line from rank to rank between neighbours.

    `rankings` are (recipe, ids), `ink` is the colour of words. What comes in or goes out is dashed, from or to the row below the
    last.
    """
    import altair as alt

    places = [
        {"column": column, "rank": rank, "name": names[id]}
        for column, (_, ids) in enumerate(rankings)
        for rank, id in enumerate(ids[:k], start=1)
    ]
    heads = [{"column": column, "rank": 0, "name": recipe} for column, (recipe, _) in enumerate(rankings)]
    across = alt.X("column:Q", axis=None, scale=alt.Scale(domain=[-0.08, len(rankings) - 0.3], nice=False))
    numbers = alt.Axis(values=list(range(1, k + 1)), grid=False, ticks=False, domain=False, format="d")
    down = alt.Y("rank:Q", title="Rank", scale=alt.Scale(domain=[k + 1.3, -0.4], nice=False), axis=numbers)
    tips = [_tip("name", "Passage"), _tip("rank", "Rank", "Q")]
    base = alt.Chart(alt.Data(values=places)).encode(x=across, y=down, tooltip=tips)
    dots = base.mark_point(filled=True, size=90, color=BLUE, opacity=1)
    words = base.mark_text(align="left", dx=9, fontSize=12, color=ink, limit=_limit(len(rankings))).encode(text="name:N")
    titles = alt.Chart(alt.Data(values=heads)).encode(x=across, y=down, text="name:N")
    bold = titles.mark_text(align="left", dx=-5, fontSize=13, fontWeight="bold", color=ink, limit=_limit(len(rankings)))
    return alt.layer(_moves(lines, names, across, down), dots, words, bold).properties(height=27 * (k + 2))


def _moves(lines: Sequence[Line], names: Mapping[str, str], across: alt.X, down: alt.Y) -> alt.Chart:
    """The lines: from where a name ends to the next place."""
    import altair as alt

    rows = [
        {
            "column": one.left + _LABEL,
            "to_column": one.left + 1,
            "rank": one.start,
            "to_rank": one.end,
            "name": names[one.id],
            "told": one.change,
            "colour": _CHANGES[one.change],
            "whole": one.change in ("rose", "fell", "stayed"),
        }
        for one in lines
    ]
    rules = alt.Chart(alt.Data(values=rows)).mark_rule(strokeWidth=2, opacity=0.8)
    return rules.encode(
        x=across,
        x2="to_column:Q",
        y=down,
        y2="to_rank:Q",
        color=alt.Color("colour:N", scale=None),
        strokeDash=alt.condition("datum.whole", alt.value([1, 0]), alt.value([4, 4])),
        tooltip=[_tip("name", "Passage"), _tip("told", "Movement")],
    )


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


def _ranks(floor: int) -> alt.Axis:
    import altair as alt

    return alt.Axis(values=[rank for rank in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if rank < floor], format="d")

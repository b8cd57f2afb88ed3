"""Charts of evaluations: the rows that are drawn, how systems are told apart, and an SVG that runs and fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.answering.confidence import Risk
from evals.answering.evidence import Point
from evals.charts import MOST, causes, recall_at_budget, recall_at_depth, risk_by_coverage, svg

CURVES = {"standard": [Point(1, 0.5, 4), Point(2, 0.75, 4)], "quick": [Point(1, 0.25, 4)]}
MANY = {f"system {number}": [Point(1, 0.1 * number, 4)] for number in range(10)}
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
WHITE, DARK = "#ffffff", "#14181e"


def rows(chart: Any) -> list[dict[str, Any]]:
    found = chart.to_dict()
    return [row for layer in found["layer"] if "data" in layer for row in layer["data"]["values"]] or found["data"]["values"]


def scale(chart: Any, channel: str) -> dict[str, Any]:
    encodings = [layer["encoding"] for layer in chart.to_dict()["layer"]]
    return next(one[channel]["scale"] for one in encodings if channel in one)


def light(colour: str) -> float:
    """The relative luminance of WCAG."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_curve_is_drawn_at_its_points() -> None:
    told = [(row["system"], row["x"], row["y"]) for row in rows(recall_at_budget(CURVES, "searches"))]
    assert told == [("standard", 1.0, 0.5), ("standard", 2.0, 0.75), ("quick", 1.0, 0.25)]


def test_recall_stays_what_it_was_until_the_next_search() -> None:
    line = recall_at_budget(CURVES, "tokens").to_dict()["layer"][0]
    assert line["mark"]["interpolate"] == "step-after"
    assert line["encoding"]["x"]["title"] == "Tokens of the passages shown"


def test_risk_is_drawn_over_all_coverages() -> None:
    chart = risk_by_coverage({"standard": [Risk(0.5, 0.0), Risk(1.0, 0.25)]})
    assert [(row["x"], row["y"]) for row in rows(chart)] == [(0.5, 0.0), (1.0, 0.25)]
    assert scale(chart, "x")["domain"] == [0, 1]


@pytest.mark.parametrize(("deepest", "kind"), [(10, "linear"), (100, "log")])
def test_many_places_are_drawn_on_a_scale_of_ratios(deepest: int, kind: str) -> None:
    assert scale(recall_at_depth({"bm25": [Point(depth, 0.5, 4) for depth in range(1, deepest + 1)]}), "x")["type"] == kind


def test_marks_stand_evenly_where_they_are_seen() -> None:
    curve = [Point(depth, 0.5, 4) for depth in range(1, 1001)]
    depths = [row["x"] for row in rows(recall_at_depth({"bm25": curve})) if row["marked"]]
    assert (depths[0], depths[-1]) == (1, 1000)
    assert max(after / before for before, after in pairwise(depths)) <= 2.5
    budgets = [row["x"] for row in rows(recall_at_budget({"quick": curve}, "tokens")) if row["marked"]]
    assert {round(after - before) for before, after in pairwise(budgets)} <= {90, 91, 92}


@given(st.integers(1, 3000))
def test_a_long_curve_keeps_its_ends_and_at_most_two_hundred_points(count: int) -> None:
    drawn = [row["x"] for row in rows(risk_by_coverage({"a": [Risk(place / count, 0.5) for place in range(1, count + 1)]}))]
    assert (drawn[0], drawn[-1]) == (1 / count, 1.0)
    assert len(drawn) == count if count <= 150 else 150 < len(drawn) <= 200
    assert drawn == sorted(set(drawn))


def test_systems_that_are_drawn_differ_in_more_than_their_colour() -> None:
    chart = recall_at_budget(MANY, "searches")
    looks = {channel: scale(chart, channel)["range"] for channel in ("color", "strokeDash", "shape")}
    triples = list(zip(looks["color"], map(str, looks["strokeDash"]), looks["shape"], strict=True))
    assert len(triples) == len(set(triples)) == MOST
    assert len(set(looks["shape"])) == len({*map(str, looks["strokeDash"])}) == MOST  # without any colour too
    assert {row["system"] for row in rows(chart)} == set(list(MANY)[:MOST])


def test_a_system_looks_the_same_in_every_chart() -> None:
    counts = {name: {"right": 1} for name in MANY}
    assert scale(causes(counts), "color") == scale(recall_at_budget(MANY, "tokens"), "color")


@pytest.mark.parametrize("paper", [WHITE, DARK])
def test_every_colour_stands_out_from_a_light_and_a_dark_page(paper: str) -> None:
    colours = scale(recall_at_budget(MANY, "searches", ink="#808080"), "color")["range"]
    assert min(contrast(one, paper) for one in colours if one != "#808080") >= 3


def test_bars_have_the_causes_that_occur_in_the_order_of_the_pipeline() -> None:
    chart = causes({"standard": {"cut": 2, "right": 3, "failed": 0}, "quick": {"right": 4, "rank_miss": 1}})
    told = [(row["cause"], row["system"], row["count"]) for row in rows(chart)]
    assert told == [
        ("right", "standard", 3),
        ("right", "quick", 4),
        ("ranked too low", "standard", 0),
        ("ranked too low", "quick", 1),
        ("cut by depth or budget", "standard", 2),
        ("cut by depth or budget", "quick", 0),
    ]


def drawn(names: Sequence[str]) -> list[str]:
    curve = [Point(1, 0.5, 1), Point(20, 0.75, 1)]
    return [
        svg(recall_at_budget(dict.fromkeys(names, curve), "searches")),
        svg(recall_at_depth(dict.fromkeys(names, curve))),
        svg(risk_by_coverage({key: [Risk(0.5, 0.0), Risk(1.0, 0.25)] for key in names})),
        svg(causes({key: {"right": 1, "cut": 2} for key in names})),
    ]


def test_an_svg_holds_nothing_but_shapes_and_words() -> None:
    for picture in drawn([HOSTILE, "a & b"]):
        root = ElementTree.fromstring(picture)
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert kinds <= {"svg", "g", "path", "text", "line", "rect", "title", "desc"}
        attributes = {name for element in root.iter() for name in element.attrib}
        assert not {name for name in attributes if name.startswith("on") or name.rpartition("}")[2] in ("href", "src", "style")}
        assert HOSTILE in {element.text for element in root.iter() if element.tag.endswith("text")}


def test_an_svg_has_the_ink_of_the_page_and_no_ground_of_its_own() -> None:
    for picture in drawn(["a"]):
        fills = set(re.findall(r'<text[^>]*fill="([^"]*)"', picture))
        assert fills == {"currentColor"}
        assert 'fill="white"' not in picture


def test_no_curve_is_an_empty_chart() -> None:
    assert svg(risk_by_coverage({})).startswith("<svg")

"""Replays of queries by a recipe whose rankings are made up: the figures and the changes worked by hand, and the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.state import Search
from agent.tools import Tools
from evals.datasets import Question
from evals.replay import Change, replay
from evals.replaying.issued import Asked, Issued, carried_out
from retrievers.errors import FathomError
from retrievers.index import Index
from tests.agent.scripted import Counting
from tests.evals.planets import Finding, planets


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return planets(tmp_path_factory.mktemp("planets"))


HAND = (
    Issued(
        Question("q1", "Which planets?", ("neptune.md", "rings.md")),
        (Asked(Search("planets"), 2, ("neptune.md",)), Asked(Search("saturn"), 2, ("bath.md",))),
    ),
    Issued(Question("q2", "Who?", ("uranus.md",)), (Asked(Search("herschel"), 1, ("uranus.md",)),)),
)
SCRIPT = {
    "planets": ("bath.md#1", "uranus.md#1", "neptune.md#1"),  # the third is not shown
    "saturn": ("uranus.md#1", "rings.md#1"),  # the first was shown
    "herschel": ("rings.md#1", "uranus.md#1"),
}


def by_hand(index: Index, **script: Sequence[str]) -> Tools:
    return Tools(index, Finding({**SCRIPT, **script}))


def test_another_recipe_is_measured_as_worked_by_hand(index: Index) -> None:
    """q1 logged neptune.md of two; the replay shows bath.md, uranus.md and rings.md. q2 has one place, which rings.md takes."""
    found = replay(HAND, by_hand(index))
    assert (found.logged.tolist(), found.replayed.tolist()) == ([0.5, 1.0], [0.5, 0.0])
    assert found.gained == (Change("q1", "saturn", "rings.md"),)
    assert found.lost == (Change("q1", "planets", "neptune.md"), Change("q2", "herschel", "uranus.md"))


def test_the_json_has_the_agreed_keys_and_how_sure_the_figures_are(index: Index) -> None:
    found = replay(HAND, by_hand(index)).as_json()
    assert list(found) == ["queries", "evidence_recall", "gained", "lost"]
    assert found["queries"] == 3
    told = found["evidence_recall"]
    assert (told["logged"], told["replayed"], told["difference"]) == (0.75, 0.25, -0.5)
    # of the differences 0 and -1 the second alone has a sign to change, and either is as extreme
    assert (told["p"], told["n"], told["wins"], told["losses"]) == (1.0, 2, 0, 1)
    assert (told["low"], told["high"]) == (-1.0, 0.0)  # both draws the one, or both the other
    assert told["intervals"] == {"logged": [0.5, 1.0], "replayed": [0.0, 0.5]}
    assert found["gained"] == [{"question": "q1", "query": "saturn", "document": "rings.md"}]
    assert [one["document"] for one in found["lost"]] == ["neptune.md", "uranus.md"]


def test_no_more_is_shown_in_total_than_then(index: Index) -> None:
    one = replace(HAND[0], most=3)
    tools = by_hand(index, saturn=("rings.md#1", "neptune.md#2"))
    assert [seen.item for seen in carried_out(one, tools, tools.stage)] == ["bath.md#1", "uranus.md#1", "rings.md#1"]
    assert len(carried_out(replace(one, most=None), tools, tools.stage)) == 4


def test_what_says_the_same_as_a_passage_before_is_passed_over(index: Index) -> None:
    tools = by_hand(index, saturn=("twin.md#1", "bath.md#1", "rings.md#1", "neptune.md#3"))
    shown = carried_out(HAND[0], tools, tools.stage)
    assert [(seen.item, seen.rank, seen.action) for seen in shown] == [
        ("bath.md#1", 1, 1),
        ("uranus.md#1", 2, 1),
        ("rings.md#1", 3, 2),
        ("neptune.md#3", 4, 2),
    ]


def test_what_was_shown_before_the_first_search_counts_on_both_sides(index: Index) -> None:
    (rings,) = Tools(index, Finding({})).show(["rings.md#1"], [], 1)
    one = replace(HAND[0], most=2, before=(replace(rings, text="", action=0),))
    found = replay([one], by_hand(index))
    assert [(seen.document, seen.action) for seen in found.shown[0]] == [("rings.md", 0), ("bath.md", 1)]
    assert (found.logged.tolist(), found.replayed.tolist()) == ([1.0], [0.5])
    assert found.lost == (Change("q1", "planets", "neptune.md"),)


@pytest.mark.parametrize("bad", ["saturn", "herschel"])
def test_a_query_that_the_recipe_fails_on_is_named(index: Index, bad: str) -> None:
    tools = Tools(index, Counting(Finding(SCRIPT), bad))
    with pytest.raises(FathomError, match=f"the query '{bad}' of question q. failed: the searcher of") as caught:
        replay(HAND, tools)
    assert caught.value.next == "try again"


def test_progress_is_told_question_by_question(index: Index) -> None:
    told: list[tuple[str, int, int | None]] = []
    replay(HAND, by_hand(index), lambda step, done, total: told.append((step, done, total)))
    assert told == [("replay", 0, 2), ("replay", 1, 2), ("replay", 2, 2)]

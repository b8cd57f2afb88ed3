"""The algebra: rankings, trails, and how stages combine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.base import Cut, Hit, Query, Ranking, Sources, Step, watching
from retrievers.errors import MissingSource, UsageError
from retrievers.lazy import Lazy

QUERY = Query("rings of Saturn")


def test_a_ranking_is_sorted_by_score_and_ties_by_code_point() -> None:
    ranking = Ranking.ranked(QUERY, ["b", "é", "a", "Z", "c"], [1.0, 1.0, 1.0, 1.0, 2.0], "S")
    assert ranking.ids == ("c", "Z", "a", "b", "é")
    assert ranking.scores.tolist() == [2.0, 1.0, 1.0, 1.0, 1.0]


def test_scores_are_float32_and_cannot_be_written() -> None:
    ranking = Ranking.ranked(QUERY, ["a"], [0.1], "S")
    assert ranking.scores.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        ranking.scores[0] = 1


def test_equal_in_float32_is_a_tie() -> None:
    assert Ranking.ranked(QUERY, ["b", "a"], [1.0 + 1e-12, 1.0], "S").ids == ("a", "b")


def test_a_trail_grows_and_the_one_before_stays() -> None:
    first = Ranking.ranked(QUERY, ["a", "b"], [2, 1], "One")
    second = Ranking.ranked(QUERY, first.ids, [0.5, 1], "Two", trails=first.trails, details=["why a", "why b"])
    assert list(second) == [
        Hit("b", 1.0, (Step("One", 2, 1.0), Step("Two", 1, 1.0, "why b"))),
        Hit("a", 0.5, (Step("One", 1, 2.0), Step("Two", 2, 0.5, "why a"))),
    ]
    assert [len(trail) for trail in first.trails] == [1, 1]


def test_a_trail_is_made_when_it_is_read_and_equals_a_tuple() -> None:
    asked: list[int] = []
    lazy = Lazy(1000, lambda place: asked.append(place) or place * 2)
    assert (lazy[3], lazy[-1], lazy[:2], len(lazy)) == (6, 1998, (0, 2), 1000)
    assert asked == [3, 999, 0, 1]
    with pytest.raises(IndexError):
        lazy[1000]
    three = Lazy(3, str)
    assert three == ("0", "1", "2") == three
    assert three != ("0", "1")
    assert repr(three) == "('0', '1', '2')"


@pytest.mark.parametrize(
    ("ids", "scores", "said"),
    [(["a", "a"], [1, 2], "one id twice"), (["a", "b"], [1], "1 scores for 2"), (["a"], [float("nan")], "not a number")],
)
def test_a_broken_ranking_is_refused_by_the_name_of_its_stage(ids: list[str], scores: list[float], said: str) -> None:
    with pytest.raises(UsageError, match=f"the stage Odd gave .*{said}"):
        Ranking.ranked(QUERY, ids, scores, "Odd")


@given(st.dictionaries(st.text(min_size=1), st.floats(-1e6, 1e6), max_size=30))
def test_ranked_keeps_every_id_with_its_score(found: dict[str, float]) -> None:
    ranking = Ranking.ranked(QUERY, list(found), list(found.values()), "S")
    assert dict(zip(ranking.ids, ranking.scores.tolist(), strict=True)) == {id: float(np.float32(s)) for id, s in found.items()}
    keys = [(-score, id) for id, score in zip(ranking.ids, ranking.scores.tolist(), strict=True)]
    assert keys == sorted(keys)
    assert [trail[-1].rank for trail in ranking.trails] == list(range(1, len(found) + 1))


def test_a_cut_keeps_the_first_places(fixed: Any) -> None:
    stage = fixed("F", (("a", 3.0), ("b", 2.0), ("c", 1.0)))
    assert (stage % 2).search(QUERY).ids == ("a", "b")
    assert stage.search(QUERY, k=1).ids == ("a",)
    assert (stage % 5).search(QUERY).ids == ("a", "b", "c")
    with pytest.raises(UsageError, match="a cut of 0"):
        Cut(stage, 0)


def test_a_pipeline_reads_as_it_is_written(fixed: Any) -> None:
    a, b = fixed("A", ()), fixed("B", ())
    assert repr(a % 100 >> b) == f"{a!r} % 100 >> {b!r}"
    assert repr((a >> b) % 10) == f"({a!r} >> {b!r}) % 10"
    assert ((a >> b).label, ((a >> b) % 10).label) == ("B", "B % 10")


def test_a_retriever_given_a_ranking_starts_a_new_trail(fixed: Any) -> None:
    found = (fixed("A", (("x", 1.0),)) >> fixed("B", (("y", 1.0),))).search(QUERY)
    assert found.ids == ("y",)
    assert [step.stage for step in found.trails[0]] == ["B"]


def test_an_ablation_is_one_changed_argument(fixed: Any) -> None:
    stage = fixed("A", (("x", 1.0), ("y", 0.5))) % 2
    assert replace(stage, k=1).search(QUERY).ids == ("x",)
    assert stage == replace(stage, k=2) != replace(stage, k=1)


def test_a_text_is_asked_without_a_user() -> None:
    query = Query("rings")
    assert (query.user, query.asked, query.context) == (None, "rings", "")
    assert replace(query, text="saturn rings").asked == "rings"


def test_a_missing_source_names_the_command_that_supplies_it() -> None:
    with pytest.raises(MissingSource, match="fathom index DOCS"):
        Sources().need_index()
    with pytest.raises(MissingSource, match="--endpoint URL --model NAME"):
        Sources().need_chat()


def test_what_a_later_stage_drops_is_seen_while_watched(fixed: Any) -> None:
    stage = fixed("A", (("x", 2.0), ("y", 1.0))) % 1
    seen: list[tuple[str, tuple[str, ...]]] = []
    with watching(lambda stage, rankings: seen.append((type(stage).__name__, rankings[0].ids))):
        stage.search(QUERY)
    stage.search(QUERY)
    assert seen == [("Fixed", ("x", "y")), ("Cut", ("x",))]

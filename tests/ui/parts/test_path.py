"""Paths and passages, worked by hand."""

from __future__ import annotations

from agent.entries.packing import Candidates
from agent.state import Done, Evidence, Search
from agent.why import Place, Sought
from ui.parts.gathered import Gathered, searched
from ui.parts.passages import passages
from ui.parts.passageview import became, row
from ui.parts.path import Standing, furthest, path, sought
from ui.parts.pathview import told


def given(stage: str, ids: str, total: int | None = None, query: str = "q") -> Candidates:
    scores = tuple(float(len(ids) - place) for place in range(len(ids)))
    return Candidates(stage, query, tuple(ids), scores, ("",) * len(ids), total or len(ids))


def example() -> Gathered:
    first = searched(Done(1, 1, Search("one")), [given("BM25", "abc", 900), given("Dense", "bcde"), given("Fuse", "bcade")])
    second = searched(Done(2, 1, Search("two")), [given("BM25", "cf"), given("Dense", "fabc"), given("Fuse", "fcab")])
    shown = (
        Evidence(1, "z", "z", "Z", 0, 9, "", action=0),
        Evidence(2, "b", "b", "B", 0, 9, "", action=1),
        Evidence(3, "f", "f", "F", 0, 9, "", action=2),
    )
    return Gathered((first, second), shown, frozenset({2}), frozenset({3}))


def test_a_path_has_the_rank_and_score_of_every_stage_of_every_search() -> None:
    found = path(example(), ["c"])
    assert [(one.search, one.stage, one.rank, one.of, one.score) for one in found] == [
        (1, "BM25", 3, 900, 1.0),
        (1, "Dense", 2, 4, 3.0),
        (1, "Fuse", 2, 5, 4.0),
        (2, "BM25", 1, 2, 2.0),
        (2, "Dense", 4, 4, 1.0),
        (2, "Fuse", 2, 4, 3.0),
    ]


def test_what_lies_below_the_kept_places_is_told_apart_from_what_was_not_given() -> None:
    bm25, dense, _ = path(example(), ["f"], search=1)
    assert (bm25.rank, bm25.told) == (None, "below the first 3 of 900")
    assert (dense.rank, dense.told) == (None, "not among the 4")
    assert path(example(), ["a"], search=1)[0].told == "rank 1 of 900"


def test_of_several_passages_of_a_document_and_of_several_wordings_the_best_place_counts() -> None:
    one = searched(Done(1, 1, Search("q")), [given("BM25", "xya", query="one"), given("BM25", "ay", query="two")])
    assert path(Gathered((one,), ()), ["a"])[0].rank == 1
    assert path(Gathered((one,), ()), ["y", "x"])[0].rank == 1
    assert path(Gathered((one,), ()), ["y"])[0].rank == 2


def test_what_was_searched_again_stands_in_the_same_form() -> None:
    places = (Place("BM25", 412, 900, 0.5), Place("BM25", None, 40))
    assert sought([Sought(2, "two", places)]) == (
        Standing(2, "two", "BM25", 412, 900, 0.5, 900),
        Standing(2, "two", "BM25 2", None, 40, None, 40),
    )


def test_the_furthest_search_is_that_of_most_stages_then_of_the_best_last_rank() -> None:
    assert furthest(path(example(), ["f"])) == 2
    assert furthest(path(example(), ["b"])) == 1  # all three stages gave it; search 2 lacks BM25
    assert furthest(path(example(), ["c"])) == 1  # rank 2 in both: the first
    assert furthest(path(example(), ["nowhere"])) is None
    assert told(path(example(), ["f"]), 2) == (
        "In search 2, which brought the passage furthest: rank 2 of 2 by BM25, rank 1 of 4 by Dense, rank 1 of 4 by Fuse"
    )
    assert told(path(example(), ["nowhere"]), None) == "No search gave the passage"


def test_the_passages_of_a_search_go_down_to_the_last_shown_and_a_few_more() -> None:
    found = passages(example(), search=1, missed=2)
    assert [(one.id, one.rank, one.shown, one.cited) for one in found] == [
        ("b", 1, 2, "yes"),
        ("c", 2, None, "no"),
        ("a", 3, None, "no"),
    ]
    assert found[0].stages == {"BM25": 2, "Dense": 1, "Fuse": 1}


def test_the_passages_of_all_searches_are_the_shown_then_the_highest_that_were_missed() -> None:
    found = passages(example(), missed=2)
    assert [(one.id, one.rank, one.search, one.shown, one.cited) for one in found] == [
        ("z", None, 0, 1, "no"),
        ("b", 1, 1, 2, "yes"),
        ("f", 1, 2, 3, "in vain"),
        ("c", 2, 1, None, "no"),
        ("a", 3, 1, None, "no"),  # rank 3 in both searches: the first tells of it
    ]


def test_a_passage_is_told_in_a_row_and_in_a_sentence() -> None:
    carried, cited, vain = passages(example(), missed=0)
    assert row(cited, "B")["Shown"] == "[2]"
    assert row(carried, "Z") == {"Shown": "[1]", "Cited": "–", "Passage": "Z", "Rank": None, "Search": None}
    assert row(vain, "F")["Cited"] == "in vain"
    gathered = example()
    assert became(gathered.shown[1], gathered) == "It was shown as [2], by search 1; the answer cites it."
    assert "earlier answer" in became(gathered.shown[0], gathered)
    assert became(gathered.shown[2], gathered).endswith("a claim cites it that it does not support.")
    assert became(None, gathered) == "It was not shown."

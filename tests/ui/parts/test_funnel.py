"""The funnel's counts, worked by hand."""

from __future__ import annotations

from agent.entries.packing import Candidates
from agent.state import Done, Evidence, Search
from ui.parts.funnel import Level, carried, funnel, told
from ui.parts.gathered import Gathered, searched


def given(stage: str, ids: str, total: int | None = None) -> Candidates:
    return Candidates(stage, "q", tuple(ids), (0.0,) * len(ids), ("",) * len(ids), total or len(ids))


def evidence(number: int, item: str, action: int) -> Evidence:
    return Evidence(number, item, item, item, 0, 9, "", action=action)


def example(total: int | None = None) -> Gathered:
    first = searched(Done(1, 1, Search("one")), [given("BM25", "abc", total), given("Dense", "bcde"), given("Fuse", "bcade")])
    second = searched(Done(2, 1, Search("two")), [given("BM25", "cf"), given("Dense", "abcd"), given("Fuse", "cabdf")])
    shown = (evidence(1, "z", 0), evidence(2, "b", 1), evidence(3, "c", 1), evidence(4, "a", 2))
    return Gathered((first, second), shown, frozenset({1, 3}), frozenset({4}))


def counts(levels: tuple[Level, ...]) -> list[tuple[str, int, int]]:
    return [(one.name, one.count, one.places) for one in levels]


def test_over_all_searches_each_passage_counts_once() -> None:
    assert counts(funnel(example())) == [
        ("Retrieved by BM25", 4, 5),  # a b c f
        ("Retrieved by Dense", 5, 8),  # a b c d e
        ("Fused", 6, 10),  # a b c d e f
        ("Shown", 4, 4),
        ("Cited", 2, 2),
    ]


def test_of_one_search_its_own_places_and_what_it_showed() -> None:
    assert counts(funnel(example(), search=2)) == [
        ("Retrieved by BM25", 2, 2),
        ("Retrieved by Dense", 4, 4),
        ("Fused", 5, 5),
        ("Shown", 1, 1),
        ("Cited", 0, 0),
    ]


def test_where_a_ranking_goes_on_below_what_was_kept_one_search_is_exact_and_several_are_at_least() -> None:
    long = example(total=900)
    one = funnel(long, search=1)[0]
    assert (one.count, one.exact, one.told) == (900, True, "900")
    both = funnel(long)[0]
    assert (both.count, both.places, both.exact, both.told) == (900, 902, False, "at least 900")


def test_levels_have_names_that_people_read() -> None:
    stages = ["BM25", "Fuse % 100", "Rerank(MaxSim)", "Rerank(MaxSim) % 5", "Expand", "MaxP", "Open"]
    one = searched(Done(1, 1, Search("q")), [given(stage, "ab") for stage in stages])
    assert [level.name for level in funnel(Gathered((one,), ()))][:-2] == [
        "Retrieved by BM25",
        "First 100 of Fuse",
        "Reranked by MaxSim",
        "First 5 of Rerank(MaxSim)",
        "Fused by Expand",
        "Rolled up to documents",
        "Opened to read on",
    ]


def test_the_picture_is_said_in_words_too() -> None:
    assert told((Level("Fused", 1, 1), Level("Shown", 1200, 1200))) == "Fused: 1 passage; Shown: 1,200 passages"
    assert carried(example()) == "Of what was shown, 1 passage came from an earlier answer of the conversation."
    assert carried(Gathered((), ())) == ""

"""What the ledger holds of a question, grouped by stage; worked by hand on two small searches."""

from __future__ import annotations

import pytest

from agent.entries.packing import Candidates
from agent.state import Answer, Citation, Claim, Conflict, Done, Evidence, Open, Search
from ui.parts.gathered import citing, kind, searched


def given(stage: str, ids: str, total: int | None = None, query: str = "q") -> Candidates:
    """The passages `ids`, a letter each, with falling scores."""
    count = len(ids)
    return Candidates(stage, query, tuple(ids), tuple(float(count - n) for n in range(count)), ("",) * count, total or count)


def evidence(number: int, item: str, action: int = 1, start: int = 0, end: int = 10) -> Evidence:
    return Evidence(number, item, f"doc-{item}", item.upper(), start, end, "", action=action)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("BM25", "retrieved"),
        ("Dense", "retrieved"),
        ("SomebodysOwn", "retrieved"),
        ("Fuse", "fused"),
        ("Expand", "fused"),
        ("Fuse % 100", "cut"),
        ("Rerank(MaxSim)", "reranked"),
        ("Rerank(MaxSim) % 5", "cut"),
        ("MaxP", "rolled"),
        ("Open", "opened"),
    ],
)
def test_a_stage_is_known_by_its_name(stage: str, expected: str) -> None:
    assert kind(stage) == expected


def test_a_stage_on_several_wordings_is_one_and_a_rewriting_is_left_out() -> None:
    several = [given("Rewrite", ""), given("BM25", "ab", query="one"), given("BM25", "bc", query="two"), given("Expand", "bac")]
    one = searched(Done(3, 1, Search("one", "why")), several)
    assert [(stage.stage, stage.kind, stage.ids, stage.total) for stage in one.stages] == [
        ("BM25", "retrieved", ("a", "b", "c"), 4),
        ("Expand", "fused", ("b", "a", "c"), 3),
    ]
    assert (one.number, one.query, one.reason) == (3, "one", "why")
    assert one.final is not None
    assert one.final.ids == ("b", "a", "c")


def test_of_two_stages_of_one_name_on_the_same_words_the_second_is_called_so() -> None:
    one = searched(Done(1, 1, Search("q")), [given("BM25", "ab"), given("BM25", "ba"), given("Fuse", "ab")])
    assert [stage.stage for stage in one.stages] == ["BM25", "BM25 2", "Fuse"]
    assert one.stages[1].kind == "retrieved"


def test_an_opening_is_told_as_such_and_a_search_without_stages_has_no_final_one() -> None:
    assert searched(Done(1, 1, Open("a#1")), [given("Open", "bc")]).query == "more of a#1"
    assert searched(Done(1, 1, Search("q")), []).final is None


def test_cited_is_what_a_claim_that_holds_cites_and_in_vain_what_only_others_do() -> None:
    def claim(item: str, supported: bool, start: int = 2, end: int = 5) -> Claim:
        return Claim("c", (Citation(f"doc-{item}", item, start, end, "abc"),), supported)

    shown = [evidence(1, "a"), evidence(2, "b"), evidence(3, "c"), evidence(4, "d")]
    answer = Answer(
        "found",
        claims=(claim("a", True), claim("a", False), claim("b", False), claim("c", True, 8, 12)),
        conflicts=(Conflict("x", (claim("d", True),)),),
    )
    assert citing(answer, shown) == (frozenset({1, 4}), frozenset({2}))  # the span 8-12 reaches beyond what was shown of c
    assert citing(None, shown) == (frozenset(), frozenset())

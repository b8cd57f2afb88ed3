"""Why a passage was used or not: each cause on a real run, and the place told in words."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from agent.desk import Desk
from agent.ledger import Ledger
from agent.state import Answer, Citation, Claim, View
from agent.store import Store
from agent.tools import Cutter, Tools
from agent.why import why, whys
from agent.workflow import Workflow
from retrievers.index import Index
from retrievers.lexical import BM25
from tests.agent.scripted import ScriptedPolicy, desk_of, searches, small_index


def citing_uranus(view: View) -> Answer:
    (one, *_) = [one for one in view.evidence if one.item == "uranus"]
    return Answer("found", claims=(Claim(one.text, (Citation("uranus", "uranus", one.start, one.end, one.text),)),))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return small_index(tmp_path_factory.mktemp("index"))


@pytest.fixture
def desk(index: Index, tmp_path: Path) -> Desk:
    ledger = Ledger(Store.open(f"sqlite:///{tmp_path}/ledger.db"))
    policy = ScriptedPolicy(
        [searches("Uranus discovered in 1781", "discovered Pluto 1930 Uranus 1781 found Berlin Ceres", show=1)], citing_uranus
    )
    made = desk_of(ledger, index, policy)
    made = replace(made, tools=Tools(index, BM25(index) % 5))
    asyncio.run(Workflow().research(made))
    return made


def test_a_cited_passage_is_cited(desk: Desk) -> None:
    told = why(desk, "uranus")
    assert (told.cause, told.place, told.document) == ("cited", "shown as [1] and cited", "uranus")
    assert [(place.stage, place.rank) for place in told.searches[0].places] == [("BM25", 1), ("BM25 % 5", 1)]


def test_a_passage_that_was_shown_and_not_cited_is_shown_unused(desk: Desk) -> None:
    assert why(desk, "pluto").cause == "shown_unused"
    assert [one.cause for one in whys(desk)].count("cited") == 1


def test_a_passage_that_no_search_gave_is_a_retrieval_miss(desk: Desk) -> None:
    told = why(desk, "palermo")
    assert told.cause == "retrieval_miss"
    assert "not among the" in told.place
    assert "of BM25" in told.place


def test_a_passage_that_ranked_below_what_was_shown_is_a_rank_miss(desk: Desk) -> None:
    told = why(desk, "ceres")
    assert told.cause == "rank_miss"
    assert "in search 2" in told.place
    assert "rank" in told.place


def test_what_is_not_in_the_index_is_a_corpus_miss(desk: Desk) -> None:
    assert why(desk, "vulcan").cause == "corpus_miss"


def test_a_passage_that_was_cut_off_is_told_from_one_that_was_read_whole(index: Index, tmp_path: Path) -> None:
    class Short(Tools):
        @property
        def cutter(self) -> Cutter:  # type: ignore[override]
            return Cutter(self.index, limit=4)

    ledger = Ledger(Store.open(f"sqlite:///{tmp_path}/other.db"))
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus")], lambda view: Answer("not_found")))
    desk = replace(desk, tools=Short(index, BM25(index)))
    asyncio.run(Workflow().research(desk))
    (one,) = desk.evidence()
    assert (one.text, one.tokens, one.tokenizer, one.cut) == ("William Herschel discovered Uranus", 4, "words", True)
    told = why(desk, "uranus")
    assert told.cause == "cut"
    assert "up to character 34" in told.place


def test_what_lies_below_the_logged_depth_is_searched_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one place logged a search, the rank of a passage further down is still found."""
    monkeypatch.setattr("agent.tools.LOGGED", 1)
    told = why(desk, "ceres")
    assert max(place.rank or 0 for sought in told.searches for place in sought.places) > 1

"""What a run issued, read from the ledger: its own recipe shows again what was shown, and nothing is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Decision, Evidence, Failure, Open, Search
from agent.store import Store
from agent.tools import Tools
from evals.answering.evidence import EvidenceRecall
from evals.outcomes import outcomes
from evals.replay import Change, replay
from evals.replaying.issued import carried_out
from evals.replaying.logged import issued, retrieval
from evals.replaying.remembering import Remembering
from retrievers.base import Query, Reply
from retrievers.errors import FathomError, MissingSource, UsageError
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.scope import Scope
from tests.agent.scripted import Counting, searches
from tests.evals.planets import EFFORT, Finding, planets, researched
from tests.evals.synthetic import record

GOLD = (Gold("q1", ("neptune.md", "rings.md")), Gold("q2", ("uranus.md",)), Gold("q3"))
SCRIPTS = (
    [
        searches("who found Neptune", "Neptune in Berlin"),  # the second finds what the first showed, and goes on below
        Decision((Open("neptune.md#1"), Search("Who found Neptune?"), Search("rings of Saturn", show=1))),
        searches("found in Bath"),  # two passages there say the same; the limit of all ends it
    ],
    [searches("Herschel", show=1)],
    [searches("Pluto")],
)
WORDS = ("Neptune", "Berlin", "found", "Bath", "rings", "Saturn", "Herschel", "Lassell", "computed", "Somerset", "nothing")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return planets(tmp_path_factory.mktemp("planets"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = Store.open(f"sqlite:///{tmp_path}/ledger.db")
    yield Ledger(store)
    store.close()


def spec_of(ledger: Ledger, run: str) -> Spec:
    return Spec.from_json(ledger.run(run).spec)


def places(shown: Sequence[Evidence]) -> list[tuple[object, ...]]:
    """All of what was shown but its text, which the ledger does not hold, and the number of its action."""
    return [(one.number, one.item, one.start, one.end, one.heading, one.tokens, one.cut, one.rank) for one in shown]


def own(ledger: Ledger, index: Index, run: str) -> list[list[tuple[object, ...]]]:
    tools = retrieval(spec_of(ledger, run), index)
    return [places(carried_out(one, replace(tools, user=one.question.user), tools.stage)) for one in issued(ledger, run)]


def logged(ledger: Ledger, run: str) -> list[list[tuple[object, ...]]]:
    return [places(ledger.shown(run, one.number)) for one in ledger.questions(run)]


def test_the_runs_own_recipe_shows_again_passage_by_passage_what_was_shown(ledger: Ledger, index: Index) -> None:
    run = researched(ledger, index, BM25(index), SCRIPTS, GOLD)
    was = logged(ledger, run)
    assert [len(one) for one in was] == [5, 1, 0]
    assert own(ledger, index, run) == was
    asked = issued(ledger, run)
    assert [[one.query for one in each.queries] for each in asked] == [  # the repeat is left out
        ["who found Neptune", "Neptune in Berlin", "open neptune.md#1", "rings of Saturn", "found in Bath"],
        ["Herschel"],
        ["Pluto"],
    ]
    found = replay(asked, retrieval(spec_of(ledger, run), index))
    assert (found.gained, found.lost, found.difference.value, found.difference.p) == ((), (), 0.0, 1.0)
    assert found.queries == 5  # an opening is no query, and the question without gold is left out


@settings(max_examples=15)
@given(
    st.lists(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), max_size=3), min_size=1, max_size=4),
    st.integers(1, 8),
    st.integers(1, 3),
)
def test_whatever_was_searched_the_runs_own_recipe_shows_it_again(
    index: Index, turns: list[list[list[str]]], most: int, per_search: int
) -> None:
    script = [searches(*(" ".join(words) for words in turn)) for turn in turns]
    effort = replace(EFFORT, shown=most, per_search=per_search)
    with TemporaryDirectory() as home:
        store = Store.open(f"sqlite:///{home}/ledger.db")
        ledger = Ledger(store)
        run = researched(ledger, index, BM25(index), [script], [GOLD[0]], effort=effort)
        assert own(ledger, index, run) == logged(ledger, run)
        store.close()


def test_what_was_logged_is_the_measure_of_the_evaluation(ledger: Ledger, index: Index) -> None:
    run = researched(ledger, index, BM25(index), SCRIPTS, GOLD)
    found = replay(issued(ledger, run), Tools(index, Finding({})))
    assert found.logged.tolist() == EvidenceRecall().values(outcomes(ledger, run)).tolist() == [1.0, 0.0]


def test_a_passage_is_only_opened_where_its_document_was_shown(ledger: Ledger, index: Index) -> None:
    script = [searches("Berlin", show=1), Decision((Open("neptune.md#1"), Open("no such passage")))]
    run = researched(ledger, index, BM25(index), [script], [GOLD[0]])
    (one,) = issued(ledger, run)
    assert [(each.query, each.needs) for each in one.queries] == [("Berlin", ""), ("open neptune.md#1", "neptune.md")]
    for found, shown in {"bath.md#1": ["bath.md#1"], "neptune.md#3": ["neptune.md#3", "neptune.md#2"]}.items():
        tools = Tools(index, Finding({"Berlin": (found,)}))
        assert [seen.item for seen in carried_out(one, tools, tools.stage)] == shown
    assert own(ledger, index, run) == logged(ledger, run)


def test_a_passage_that_was_opened_unseen_is_opened_again(ledger: Ledger, index: Index) -> None:
    run = researched(ledger, index, BM25(index), [[searches("Somerset"), Decision((Open("neptune.md#2"),))]], [GOLD[0]])
    found = replay(issued(ledger, run), Tools(index, Finding({})))
    assert [(seen.item, seen.action) for seen in found.shown[0]] == [("neptune.md#3", 2)]
    assert (found.gained, found.lost, found.replayed.tolist()) == ((), (), [0.5])


def test_a_search_shows_as_many_as_it_asked_for_or_as_the_effort_says(ledger: Ledger, index: Index) -> None:
    run = researched(ledger, index, BM25(index), [[searches("Berlin", show=1), searches("Saturn")]], [GOLD[0]])
    every = ("bath.md#1", "neptune.md#1", "rings.md#1", "uranus.md#1")
    found = replay(issued(ledger, run), Tools(index, Finding({"Berlin": every, "Saturn": every})))
    assert [(seen.item, seen.action) for seen in found.shown[0]] == [("bath.md#1", 1), ("neptune.md#1", 2), ("rings.md#1", 2)]


def test_a_query_that_failed_then_is_searched_now(ledger: Ledger, index: Index) -> None:
    run = researched(ledger, index, Counting(BM25(index), "rings"), [[searches("rings of Saturn", "Berlin")]], [GOLD[0]])
    found = replay(issued(ledger, run), retrieval(spec_of(ledger, run), index, "bm25"))
    assert found.logged.tolist() == [0.5]
    assert found.gained == (Change("q1", "rings of Saturn", "rings.md"),)


def test_each_query_is_searched_for_its_user_within_the_runs_scope(ledger: Ledger, index: Index) -> None:
    gold = (Gold("q1", ("diary",), user="ann"), Gold("q2", ("neptune.md",)))
    scripts = [[searches("Ann saw", reason="who saw it?")], [searches("Ann Neptune")]]
    scope = Scope(documents=("diary", "neptune.md"))
    run = researched(ledger, index, BM25(index), scripts, gold, scope=scope)
    stage = Finding({})
    replay(issued(ledger, run), replace(retrieval(spec_of(ledger, run), index), stage=stage))
    assert [(one.user, one.context, one.scope) for one in stage.asked] == [("ann", "who saw it?", scope), (None, "", scope)]
    assert replay(issued(ledger, run), retrieval(spec_of(ledger, run), index)).replayed.tolist() == [1.0, 1.0]


def test_nothing_is_written_to_the_ledger(ledger: Ledger, index: Index, tmp_path: Path) -> None:
    def held() -> dict[str, list[Any]]:
        with sqlite3.connect(tmp_path / "ledger.db") as database:
            tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            return {name: database.execute(f'select * from "{name}"').fetchall() for name in tables}

    run = researched(ledger, index, BM25(index), SCRIPTS, GOLD)
    before = held()
    assert before["shown"]
    replay(issued(ledger, run), retrieval(spec_of(ledger, run), index, "okapi"))
    assert held() == before


def test_the_settings_that_a_run_varied_are_its_own_and_not_another_recipes(ledger: Ledger, index: Index) -> None:
    spec = Spec("planets.index", "bm25", identity=index.identity, varied=(("depth", 1),))
    assert getattr(retrieval(spec, index).stage, "depth", None) == 1
    assert getattr(retrieval(spec, index, "bm25").stage, "depth", None) == 1000


def test_a_recipe_of_ones_own_is_found_in_its_file_or_in_the_runs(index: Index, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("from retrievers.lexical import BM25\nRECIPES = {'short': lambda s: BM25(s.need_index(), depth=3)}\n", "utf-8")
    spec = Spec("planets.index", "bm25", identity=index.identity)
    assert retrieval(spec, index, "short", own).stage == BM25(index, depth=3)
    assert retrieval(replace(spec, recipes=str(own)), index, "short").stage == BM25(index, depth=3)
    with pytest.raises(UsageError, match="no recipe 'short'"):
        retrieval(spec, index, "short")


def test_a_recipe_that_asks_a_model_needs_one(index: Index, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text("RECIPES = {'asking': lambda s: s.need_chat()}\n", "utf-8")
    with pytest.raises(MissingSource) as caught:
        retrieval(Spec("planets.index", identity=index.identity), index, "asking", own)
    assert caught.value.next == "add --endpoint URL --model NAME"


def test_a_model_is_asked_the_same_only_once() -> None:
    class Counted:
        asked = 0

        def chat(self, messages: Any, schema: Any, cause: Query) -> Reply:
            self.asked += 1
            return Reply(f"reply {self.asked}")

    inner = Counted()
    model = Remembering(inner)
    hello, bye = [{"role": "user", "content": "hello"}], [{"role": "user", "content": "bye"}]
    told = [
        model.chat(*each, Query("why")).text for each in ((hello, None), (bye, None), (hello, None), (hello, {"type": "object"}))
    ]
    assert told == ["reply 1", "reply 2", "reply 1", "reply 3"]


def test_another_generation_of_the_index_is_refused(index: Index) -> None:
    with pytest.raises(FathomError, match="was built anew since the run was made"):
        retrieval(Spec("planets.index", identity="another"), index)


def test_questions_without_gold_say_nothing_and_a_run_of_such_alone_is_refused(ledger: Ledger, index: Index) -> None:
    run = researched(ledger, index, BM25(index), [SCRIPTS[2]], [GOLD[2]])
    with pytest.raises(FathomError, match="none of the 1 questions says which documents are relevant") as caught:
        replay(issued(ledger, run), retrieval(spec_of(ledger, run), index))
    assert "supporting_ids" in caught.value.expected
    bare = ledger.start_run(spec_of(ledger, run).as_json(), ["Who?"])
    with pytest.raises(FathomError, match="question 1 has no answer yet"):
        issued(ledger, bare)


def test_a_run_that_did_not_end_is_refused_with_how_to_go_on(ledger: Ledger) -> None:
    run = ledger.start_run(Spec("planets.index").as_json(), ["one?", "two?"], purpose="second", gold=GOLD[:2])
    ledger.record_failure(run, 1, Failure("plan", "timeout", "the model is down"))
    with pytest.raises(FathomError, match="answered 0 of its 2 questions") as caught:
        issued(ledger, run)
    assert caught.value.next == "fathom eval --resume second"


def test_an_evaluation_of_retrieval_alone_has_no_agents_queries(ledger: Ledger) -> None:
    run = record(ledger, "alone", {"q1": ["a"]}, {"q1": ["a"]})
    with pytest.raises(FathomError, match="no agent issued its queries") as caught:
        issued(ledger, run)
    assert caught.value.next.startswith("fathom eval small --recipe RECIPE")

"""The agentic-ranking protocol: what a search shows, what is capped, and an agent under it against a real HTTP server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import Ledger
from agent.settings import Settings
from agent.spec import Spec
from agent.state import Search
from agent.store import Store
from agent.workshop import Workshop
from evals.agentic import cells
from evals.agentic.protocol import Protocol
from evals.agentic.scripted import TemplateChat
from evals.answering.evidence import EvidenceRecall, RecallAt
from evals.arms import Bench
from evals.datasets import Question
from evals.outcomes import Outcome, Step
from evals.replaying.issued import Asked, Issued
from retrievers.base import Query
from retrievers.errors import FathomError, MissingSource, UsageError
from retrievers.index import Index
from retrievers.recipes import recipe
from tests.agent.scripted import Counting, small_index
from tests.faults.stub_llm import Reply, StubServer

QUESTION = Question("q1", "Who found Uranus, and in which county is his town?", ("uranus", "bath"))
ANSWER = "Explanation: Herschel found it in Bath [uranus].\nExact answer: Somerset\nConfidence: 80"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return small_index(tmp_path_factory.mktemp("index"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(Store.open(f"sqlite:///{tmp_path}/ledger.db"))


def issued(*texts: str, reason: str = "") -> Issued:
    return Issued(QUESTION, tuple(Asked(Search(text, reason)) for text in texts))


def asked(ledger: Ledger, index: Index, server: StubServer, protocol: Protocol, *questions: Question) -> list[Outcome]:
    bench = Bench.on(ledger, Workshop(Settings()), lambda step, done, total: None)
    return bench.ask(questions or (QUESTION,), protocol.spec(index.path, server.url, "stub"))


def test_each_search_shows_its_own_first_k(index: Index) -> None:
    protocol = Protocol(k=1)
    one = protocol.retrieve(
        [issued("Herschel discovered Uranus", "discovered Uranus", "Somerset springs")], protocol.tools(index)
    )[0]
    # both first searches show Uranus, the second again: of the documents it is one, of the tokens two times its 11 words
    assert [step.shown for step in one.steps] == [("uranus",), (), ("bath",)]
    assert [step.tokens for step in one.steps] == [11, 22, 22 + 11]
    assert EvidenceRecall().values([one]) == [1.0]
    assert RecallAt(2).values([one]) == [0.5]
    assert one.searches == 3


def test_a_snippet_is_cut_where_it_is_shown(index: Index) -> None:
    protocol = Protocol(tokens=3, k=1)
    one = protocol.retrieve([issued("Herschel Uranus")], protocol.tools(index))[0]
    assert one.steps == (Step(("uranus",), 3),)
    (seen,) = protocol.tools(index).show(["uranus"], (), 1)
    assert (seen.text, seen.tokens, seen.cut) == ("William Herschel discovered", 3, True)


def test_the_reasoning_before_a_call_is_that_calls_own(index: Index) -> None:
    protocol = Protocol(rewrite="q2q-context")
    tools = protocol.tools(index, TemplateChat())
    first, second = (tools.search(Search('"Uranus"', reason), "cause").rewritten for reason in ("Who found Uranus?", ""))
    assert (first, second) == ("Who found Uranus?", "what is known about uranus?")


def test_what_is_read_aloud_is_what_is_run(index: Index) -> None:
    stage = Protocol("bm25", rewrite="q2q", reranker="maxsim", depth=20, against="asked")
    assert stage.cell.name == "agentic-bm25-q2q-maxsim"
    with pytest.raises(FathomError, match="encoder"):  # a lexical index has no vectors to rerank by
        repr(stage.stage(index, TemplateChat()))
    assert repr(Protocol("bm25", rewrite="operators").stage(index)).startswith(
        "Rewrite(rewriter=Operators(phrases=False)) >> BM25("
    )


def test_depth_and_text_reach_the_reranker(index: Index) -> None:
    made: Any = Protocol(reranker="maxsim", depth=20, against="asked").stage(index)
    assert (made.second.depth, made.second.against) == (20, "asked")
    usual: Any = Protocol(reranker="maxsim").stage(index)
    assert (usual.second.depth, usual.second.against) == (50, "text")


def test_every_cell_is_a_recipe_of_its_file() -> None:
    assert len(cells.RECIPES) == 3 * 2 * 4 * 2
    assert all(recipe(name, cells.__file__) == cell for name, cell in cells.RECIPES.items())


def test_q2q_needs_a_model(index: Index) -> None:
    with pytest.raises(MissingSource):
        Protocol(rewrite="q2q").stage(index)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"retriever": "splade"}, "the retriever 'splade'"),
        ({"unit": "line"}, "the unit 'line'"),
        ({"rewrite": "q2"}, "the rewrite 'q2'"),
        ({"reranker": "mono"}, "the reranker 'mono'"),
        ({"k": 0}, "k=0"),
        ({"tokens": 0}, "tokens=0"),
        ({"against": "question"}, "against 'question'"),
    ],
)
def test_what_a_protocol_cannot_mean_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Protocol(**fields)


def test_an_agents_snippets_have_the_length_of_its_tool(index: Index) -> None:
    with pytest.raises(UsageError, match="snippets of 100 tokens"):
        Protocol(tokens=100).spec(index.path, "http://127.0.0.1:1/v1", "stub")


def test_a_search_that_fails_names_question_and_query(index: Index) -> None:
    protocol = Protocol()
    broken = replace(protocol.tools(index), stage=Counting(protocol.stage(index), bad="Bath"))
    with pytest.raises(FathomError, match="search 2 of question q1, 'in Bath', failed: the searcher"):
        protocol.retrieve([issued("Uranus", "in Bath")], broken)


def test_fewer_hits_than_k_are_no_error(index: Index) -> None:
    protocol = Protocol(k=100)
    assert len(protocol.retrieve([issued("discovered")], protocol.tools(index))[0].shown) == 2


def test_an_agent_runs_under_the_protocol(index: Index, ledger: Ledger) -> None:
    script = [Reply("First Uranus.", [("search", {"query": '"Uranus" site:x.org'})]), Reply(ANSWER)]
    with StubServer(*script) as server:
        (one,) = asked(ledger, index, server, Protocol(rewrite="operators", k=1))
    assert (one.shown, one.searches, one.stop) == (("uranus",), 1, "answered")
    row = ledger.runs(purpose="eval")[0]
    spec = Spec.from_json(row.spec)
    assert (spec.recipe, spec.effort.turns, spec.effort.per_search) == ("agentic-bm25-operators", 100, 1)
    (done,) = ledger.done(row.id, 1)
    assert done.rewritten == "Uranus"


def test_the_reranker_and_its_depth_are_in_the_runs_name(index: Index) -> None:
    spec = Protocol(reranker="maxsim", depth=20).spec(index.path, "http://127.0.0.1:1/v1", "stub")
    assert spec.varied == (("second.depth", 20), ("second.against", "text"))


def searching(body: Any) -> Reply:
    """A model that never ends: every turn searches something new, when it may."""
    if not body.get("tools"):
        return Reply(ANSWER)
    return Reply("On.", [("search", {"query": f"Uranus {len(body['messages'])}"})])


def test_the_cap_of_turns_counts_the_models_decisions(index: Index, ledger: Ledger) -> None:
    with StubServer(searching) as server:
        (one,) = asked(ledger, index, server, Protocol(turns=3))
        calls = len(server.asked)
    assert (one.searches, one.stop, calls) == (3, "budget", 3 + 1)  # three decisions, and the answer that is asked for


def test_searches_are_capped_apart_from_turns(index: Index, ledger: Ledger) -> None:
    both = [("search", {"query": "Uranus"}), ("search", {"query": "Ceres"}), ("search", {"query": "Pluto"})]
    with StubServer(Reply("", both), Reply(ANSWER)) as server:
        (one,) = asked(ledger, index, server, Protocol(searches=2))
    assert one.searches == 2


def test_a_request_that_is_made_again_is_no_turn(index: Index, ledger: Ledger) -> None:
    search = Reply("", [("search", {"query": "Uranus"})])
    with StubServer("429", "429", search, Reply(ANSWER)) as server:
        (one,) = asked(ledger, index, server, Protocol(turns=2))
    assert (one.stop, one.searches) == ("answered", 1)


def test_a_model_that_only_reasons_ends_with_a_reason(index: Index, ledger: Ledger) -> None:
    with StubServer(Reply("Let me think about it.")) as server:
        (one,) = asked(ledger, index, server, Protocol())
        assert len(server.asked) == 2  # its question was searched for it, then its thoughts are its answer
    assert one.stop == "answered"


@pytest.mark.parametrize("parallel", [1, 10])
def test_rewrites_do_not_depend_on_who_searches_beside(index: Index, ledger: Ledger, parallel: int) -> None:
    questions = [Question(f"q{n}", f"Which planet is number {n}?", ("uranus",)) for n in range(8)]

    def model(body: Any) -> Reply:
        told = body["messages"][-1]["content"]
        if "response_format" in body or told.startswith(("Notes:", "Query:")):
            return Reply(TemplateChat().chat(body["messages"], None, Query("")).text)
        asked = body["messages"][1]["content"]
        if any(message["role"] == "tool" for message in body["messages"]):
            return Reply(ANSWER)
        return Reply(f"I need: {asked}", [("search", {"query": '"planet"'})])

    with StubServer(model) as server:
        spec = Protocol(rewrite="q2q-context").spec(index.path, server.url, "stub", parallel=parallel)
        Bench.on(ledger, Workshop(Settings()), lambda step, done, total: None).ask(questions, spec)
    run = ledger.runs(purpose="eval")[0].id
    rewritten = [ledger.done(run, number)[0].rewritten for number in range(1, 9)]
    # a number that the query does not have may come from its own reasoning alone
    assert rewritten == [f"Which planet is number {n}?" for n in range(8)]

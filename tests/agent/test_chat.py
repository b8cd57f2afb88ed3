"""The chat policy against a real HTTP server: tool calls to a cited answer, forms that models get wrong, windows, budgets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.accounts import Accounts
from agent.chat import ChatPolicy, read
from agent.desk import Desk
from agent.ledger import Ledger
from agent.llm import Client
from agent.state import Answer, Done, Evidence, Exchange, Left, Open, Search, Turn, View
from agent.store import Store
from agent.transcript import Transcript
from agent.workflow import Workflow
from retrievers.index import Index
from tests.agent.scripted import EFFORT, ScriptedPolicy, desk_of, small_index
from tests.faults.stub_llm import Reply, StubServer

LEFT = Left(searches=3, shown=5, turns=3, tokens=9_000, seconds=60)
SHOWN = Evidence(1, "uranus", "uranus", "Uranus", 0, 68, "William Herschel discovered Uranus in 1781 from his garden in Bath.")
ANSWER = "Explanation: William Herschel discovered Uranus in 1781 [uranus].\nExact answer: 1781\nConfidence: 90"
OpenClient = Callable[..., Client]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return small_index(tmp_path_factory.mktemp("index"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(Store.open(f"sqlite:///{tmp_path}/ledger.db"))


def research(desk: Desk, client: Client, accounts: Accounts, **fields: Any) -> Answer:
    chatting = replace(desk, policy=ChatPolicy(client, **fields))
    with accounts.opened(chatting):
        return asyncio.run(Workflow().research(chatting))


def test_a_tool_call_leads_to_a_cited_answer(index: Index, ledger: Ledger, open_client: OpenClient) -> None:
    accounts = Accounts()
    with StubServer(Reply("first", [("search", {"query": "Uranus discovered"})]), Reply(ANSWER)) as server:
        desk = desk_of(ledger, index, ScriptedPolicy([]))
        answer = research(desk, open_client(server, accounts), accounts)
    assert (answer.kind, answer.short, answer.confidence) == ("found", "1781", 0.9)
    assert [(claim.supported, claim.citations[0].quote) for claim in answer.claims] == [(True, SHOWN.text)]
    told = json.loads(server.asked[1].body["messages"][-1]["content"])
    assert told["passages"][0] == {"id": "uranus", "title": "Uranus", "text": SHOWN.text}
    assert [call.purpose for call in ledger.calls(desk.run, 1)] == ["converse", "converse"]
    assert (ledger.spent(desk.run, 1).tokens_in, ledger.spent(desk.run, 1).cost) == (14, None)  # no price is known
    assert "".join(str(event.payload) for event in ledger.events(desk.run)).count("Uranus discovered") >= 1


def test_parallel_calls_are_all_carried_out(index: Index, ledger: Ledger, open_client: OpenClient) -> None:
    accounts = Accounts()
    calls = [("search", {"query": "Uranus"}), ("search", {"query": "Ceres"}), ("open", {"id": "invented"})]
    with StubServer(Reply("", calls), Reply(ANSWER)) as server:
        desk = desk_of(ledger, index, ScriptedPolicy([]))
        research(desk, open_client(server, accounts), accounts)
    assert [done.failure for done in ledger.done(desk.run, 1)] == [None, None, "FathomError"]
    results = [json.loads(message["content"]) for message in server.asked[1].body["messages"][-3:]]
    assert results[2] == {"status": "failed: FathomError"}


def test_a_server_that_ignores_tools_is_read_as_it_writes(index: Index, ledger: Ledger, open_client: OpenClient) -> None:
    accounts = Accounts()
    call = '<tool_call>{"name": "search", "arguments": {"query": "Uranus"}}</tool_call>'
    with StubServer(Reply(call), Reply(ANSWER)) as server:
        desk = desk_of(ledger, index, ScriptedPolicy([]))
        assert research(desk, open_client(server, accounts), accounts).short == "1781"


def test_a_model_that_answers_before_it_searches_is_made_to_search(index: Index, ledger: Ledger, open_client: OpenClient) -> None:
    accounts = Accounts()
    with StubServer(Reply("It was 1930, I think."), Reply(ANSWER)) as server:
        desk = desk_of(ledger, index, ScriptedPolicy([]))
        answer = research(desk, open_client(server, accounts), accounts)
    assert [done.action for done in ledger.done(desk.run, 1)] == [Search("Where was Uranus found?", "It was 1930, I think.")]
    assert answer.kind == "found"


def test_an_invented_citation_is_marked_and_carries_nothing(index: Index, ledger: Ledger, open_client: OpenClient) -> None:
    accounts = Accounts()
    invented = "Explanation: Uranus has rings [uranus-7].\nExact answer: rings"
    with StubServer(Reply("", [("search", {"query": "Uranus"})]), Reply(invented)) as server:
        answer = research(desk_of(ledger, index, ScriptedPolicy([])), open_client(server, accounts), accounts)
    assert (answer.kind, answer.short, answer.claims) == ("not_found", "", ())


def test_tokens_that_run_out_end_in_an_answer(index: Index, ledger: Ledger, open_client: OpenClient) -> None:
    accounts = Accounts()
    heavy = {"prompt_tokens": 90, "completion_tokens": 10}
    with StubServer(Reply("", [("search", {"query": "Uranus"})], usage=heavy), Reply(ANSWER)) as server:
        desk = desk_of(ledger, index, ScriptedPolicy([]), effort=replace(EFFORT, tokens=100))
        answer = research(desk, open_client(server, accounts), accounts)
    assert len(server.asked) == 1
    assert desk.row.stop == "budget"
    assert answer.kind == "found"


def test_an_endpoint_that_is_down_is_a_typed_failure(index: Index, ledger: Ledger, open_client: OpenClient) -> None:
    accounts = Accounts()
    with StubServer("ok") as server:
        client = open_client(server, accounts)
        server.down()
        desk = desk_of(ledger, index, ScriptedPolicy([]))
        assert research(desk, client, accounts).kind == "not_found"
    assert desk.row.stop == "failed"
    (failure,) = ledger.failures(desk.run, 1)
    assert (failure.step, failure.kind) == ("plan", "refused")
    assert "fathom doctor" in failure.remedy


def test_a_follow_up_is_rewritten_by_the_model(open_client: OpenClient) -> None:
    view = View("When?", LEFT, history=(Exchange("Who found Uranus?", "Herschel", "Herschel found it."),))
    with StubServer(Reply("When did Herschel\nfind Uranus?"), Reply(""), Reply("x" * 900)) as server:
        policy = ChatPolicy(open_client(server))
        assert policy.standalone(view) == "When did Herschel find Uranus?"
        assert policy.standalone(view) == "When?"
        assert policy.standalone(view) == "When?"


@pytest.mark.parametrize(
    ("draft", "short", "confidence"),
    [
        (ANSWER, "1781", 0.9),
        ("**Explanation:** Herschel discovered Uranus [uranus].\n**Exact answer:** 1781.\n**Confidence:** 85%", "1781", 0.85),
        ("explanation : Herschel discovered Uranus [uranus]\nEXACT ANSWER: *1781*\nconfidence: 120", "1781", 1.0),
        ("Herschel discovered Uranus in 1781 [uranus].", "", None),
    ],
)
def test_a_draft_is_read_in_whatever_dress_it_comes(draft: str, short: str, confidence: float | None) -> None:
    answer = read(draft, [SHOWN])
    assert (answer.kind, answer.short, answer.confidence) == ("found", short, confidence)
    assert [citation.item for claim in answer.claims for citation in claim.citations] == ["uranus"]


@pytest.mark.parametrize("short", ["not found", "Not found.", "N/A", ""])
def test_a_model_may_say_that_nothing_was_found(short: str) -> None:
    assert read(f"Explanation: nothing bears on it.\nExact answer: {short}\nConfidence: 0", [SHOWN]).kind == "not_found"


def long_view(passages: int, reasoning: str = "") -> View:
    evidence = tuple(
        replace(SHOWN, number=n, item=f"p{n}", document=f"p{n}", text="star " * 200, end=1000, action=1)
        for n in range(1, passages + 1)
    )
    turns = (Turn(1, reasoning, (Search("stars"),)), Turn(2, reasoning))
    done = (Done(1, 1, Search("stars"), hits=passages, shown=tuple(range(1, passages + 1))),)
    return View("What is a star?", LEFT, (), turns, done, evidence)


def test_the_oldest_passages_leave_a_window_that_is_full_but_never_a_cited_one() -> None:
    view = long_view(20, reasoning="[p1] says so")
    transcript = Transcript(window=5_000, answer=1_000)
    dropped = transcript.dropped(view)
    assert "p1" not in dropped
    assert dropped == {f"p{n}" for n in range(2, 2 + len(dropped))}
    assert 0 < len(dropped) < 19
    text = json.dumps(transcript.messages(view))
    assert len(text) / 3.5 <= 4_000
    assert '\\"id\\": \\"p2\\"' in text  # it is still named


def test_a_window_that_is_wide_enough_drops_nothing() -> None:
    assert Transcript(window=32_000).dropped(long_view(20)) == frozenset()


def test_a_conversation_reads_in_order() -> None:
    view = View(
        "When?",
        LEFT,
        turns=(Turn(1, "look", (Search("Uranus"), Open("uranus"))),),
        evidence=(replace(SHOWN, action=0),),
        history=(Exchange("Who?", "Herschel", "Herschel did."),),
    )
    messages = Transcript(8_000).messages(view)
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "assistant", "tool", "tool"]
    assert SHOWN.text in messages[3]["content"]
    assert [call["function"]["name"] for call in messages[4]["tool_calls"]] == ["search", "open"]
    assert json.loads(messages[5]["content"]) == {"status": "not carried out: the budget was spent"}

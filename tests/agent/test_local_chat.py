"""The chat policy with a real language model behind a real server: a tool call, a search, and a cited answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.accounts import Accounts
from agent.chat import ChatPolicy
from agent.ledger import Ledger
from agent.llm import Client
from agent.model.endpoint import Endpoint
from agent.state import Answer
from agent.store import Store
from agent.workflow import Workflow
from retrievers.index import Index
from tests.agent.scripted import ScriptedPolicy, desk_of, small_index
from tests.faults.stub_llm import Reply, StubServer
from tests.faults.tiny_model import Exchange

CALL = ("search", {"query": "Uranus discovered"})
ANSWER = "Explanation: William Herschel discovered Uranus in 1781 [uranus].\nExact answer: 1781\nConfidence: 90"

pytestmark = pytest.mark.slow


def research(ledger: Ledger, index: Index, endpoint: Endpoint) -> Answer:
    accounts = Accounts()
    with Client.open(endpoint, accounts) as client:
        desk = replace(desk_of(ledger, index, ScriptedPolicy([])), policy=ChatPolicy(client))
        with accounts.opened(desk):
            return asyncio.run(Workflow().research(desk))


def test_a_real_model_is_driven_through_a_tool_call_to_a_cited_answer(tmp_path: Path, taught: Callable[..., Endpoint]) -> None:
    """The tiny model learns the requests that the policy makes, recorded from a scripted server, then answers them itself."""
    index = small_index(tmp_path)
    ledger = Ledger(Store.open(f"sqlite:///{tmp_path}/ledger.db"))
    with StubServer(Reply("", [CALL]), Reply(ANSWER)) as server:
        expected = research(ledger, index, Endpoint(server.url, "stub"))
        first, second = (request.body for request in server.asked)
    endpoint = taught(Exchange.recorded(first, CALL), Exchange.recorded(second, ANSWER))
    answer = research(ledger, index, replace(endpoint, deadline=120))
    assert answer == expected
    assert (answer.kind, answer.short) == ("found", "1781")
    assert [(claim.supported, claim.citations[0].document) for claim in answer.claims] == [(True, "uranus")]
    assert all(call.tokens_in > 0 and call.failure is None for call in ledger.calls(ledger.runs()[0].id, 1))

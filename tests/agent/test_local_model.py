"""A real local model behind a real server: a tool call, the answer to its result, plain chat, and what `probe` finds."""

from __future__ import annotations

import json

import pytest

from agent.llm import Client, Endpoint, ToolCall
from agent.model.probe import probe
from retrievers.base import Query
from tests.agent.conftest import Taught
from tests.faults.stub_llm import StubServer
from tests.faults.tiny_model import Exchange

SEARCH = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Search the corpus.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}
SYSTEM = {"role": "system", "content": "Answer from the corpus alone. Cite passages by number."}
ASKED = {"role": "user", "content": "Who first saw the rings of Saturn?"}
GREETED = {"role": "user", "content": "Say hello."}
CAUSE = Query("rings of Saturn", id="run/1")
FOUND = "[1] Galileo saw the rings of Saturn in 1610."
ANSWER = "Galileo saw them first, in 1610 [1]."

pytestmark = pytest.mark.slow


def second_turn(call_id: str) -> list[dict[str, object]]:
    call = {"id": call_id, "type": "function", "function": {"name": "search", "arguments": '{"query": "rings of Saturn"}'}}
    return [
        SYSTEM,
        ASKED,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": FOUND},
    ]


def probed() -> list[Exchange]:
    """What `probe` sends, recorded from a scripted server, with what the model is to reply."""
    with StubServer() as server, Client.open(Endpoint(server.url, "stub")) as client:
        probe(client)
        counted, called = (request.body for request in server.asked)
    return [Exchange.recorded(counted, "1 2 3 4 5"), Exchange.recorded(called, ("search", {"query": "moons of Jupiter"}))]


@pytest.fixture(scope="module")
def endpoint(taught: Taught) -> Endpoint:
    return taught(
        Exchange([SYSTEM, ASKED], ("search", {"query": "rings of Saturn"}), [SEARCH]),
        Exchange(second_turn("c1"), ANSWER, [SEARCH]),
        Exchange([GREETED], "hello there"),
        *probed(),
    )


@pytest.mark.parametrize("streamed", [False, True])
def test_a_local_model_calls_a_tool_and_answers_from_its_result(endpoint: Endpoint, streamed: bool) -> None:
    said: list[str] = []
    with Client.open(endpoint) as client:
        first = client.converse([SYSTEM, ASKED], [SEARCH], CAUSE, said.append if streamed else None)
        assert [(call.name, call.arguments) for call in first.calls] == [("search", {"query": "rings of Saturn"})]
        result = {"role": "tool", "tool_call_id": first.calls[0].id, "content": FOUND}
        second = client.converse([SYSTEM, ASKED, first.message, result], [SEARCH], CAUSE, said.append if streamed else None)
    assert (second.text, second.calls) == (ANSWER, ())
    assert second.usage.tokens_out > 0
    assert "".join(said).strip() == (ANSWER if streamed else "")


def test_a_local_model_chats(endpoint: Endpoint) -> None:
    with Client.open(endpoint) as client:
        assert client.chat([GREETED], None, CAUSE).text == "hello there"


def test_probe_finds_that_a_local_model_calls_tools(endpoint: Endpoint) -> None:
    with Client.open(endpoint) as client:
        report = probe(client)
    assert report.tool_calls
    assert report.tokens_per_second > 0
    assert report.context_length is None, "this server does not state it"


def test_a_turn_goes_back_to_the_server_as_it_came(endpoint: Endpoint) -> None:
    with Client.open(endpoint) as client:
        turn = client.converse([SYSTEM, ASKED], [SEARCH], CAUSE)
    call = turn.calls[0]
    assert isinstance(call, ToolCall)
    sent = turn.message["tool_calls"][0]
    assert (sent["id"], json.loads(sent["function"]["arguments"])) == (call.id, dict(call.arguments))

"""The language-model client over real HTTP: what is retried, when it ends, what it makes of garbage, and what it charges."""

from __future__ import annotations

import itertools
import json
import logging
import random
import threading
import time
import traceback
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import SecretStr

from agent.llm import Allowance, Call, Client, Endpoint, EndpointError, Exhausted, Stopped
from agent.model.endpoint import Price
from agent.model.probe import probe
from agent.model.retry import Breaker
from retrievers.base import Chat, Query
from retrievers.errors import FathomError, UsageError
from tests.agent.conftest import OpenClient
from tests.faults.stub_llm import Reply, StubServer, deterministic, event, message, refuse, respond, stream

CAUSE = Query("moons of Jupiter", id="run/1/2")
ASKED = [{"role": "user", "content": "Who found the moons of Jupiter?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Search the corpus.",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string"}},
            "required": ["query"],
            "additionalProperties": False,
        },
    },
}
SCHEMA = {"type": "object", "properties": {"rank": {"type": "integer"}}, "required": ["rank"]}


class Book:
    """An account that keeps every charge, and admits what it is told to."""

    def __init__(self, *allowances: Allowance | Exhausted) -> None:
        self.allowances = iter(allowances) if allowances else itertools.repeat(Allowance())
        self.calls: list[Call] = []
        self.causes: list[str] = []

    def admit(self, cause: Query) -> Allowance:
        allowance = next(self.allowances)
        if isinstance(allowance, Exhausted):
            raise allowance
        return allowance

    def charge(self, cause: Query, call: Call) -> None:
        self.calls.append(call)
        self.causes.append(cause.id)


def failed(client: Client, *, streamed: bool = False) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        client.converse(ASKED, [TOOL], CAUSE, (lambda _: None) if streamed else None)
    return caught.value


# What is asked and what comes back


def test_a_chat_gives_the_text_and_what_it_took(open_client: OpenClient) -> None:
    with StubServer("ok") as server:
        chat: Chat = open_client(server)
        reply = chat.chat(ASKED, None, CAUSE)
        assert (reply.text, reply.usage.tokens_in, reply.usage.tokens_out, reply.usage.cost) == ("hello there", 7, 3, None)
        assert server.asked[0].body == {"model": "stub", "messages": ASKED, "max_tokens": 4096}


def test_a_tool_call_comes_checked_whole_or_streamed(open_client: OpenClient) -> None:
    for on_token in (None, lambda _: None):
        with StubServer("tool_call") as server:
            turn = open_client(server).converse(ASKED, [TOOL], CAUSE, on_token)
            assert [(call.name, call.arguments) for call in turn.calls] == [("search", {"query": "moons of Jupiter"})]
            assert server.asked[0].body["tools"] == [TOOL]


def test_tokens_come_in_the_callers_thread_and_make_up_the_text(open_client: OpenClient) -> None:
    said: list[tuple[str, str]] = []
    with StubServer(Reply("four moons, found in 1610")) as server:
        turn = open_client(server).converse(ASKED, [], CAUSE, lambda piece: said.append((piece, threading.current_thread().name)))
    assert turn.text == "".join(piece for piece, _ in said) == "four moons, found in 1610"
    assert len(said) == 5
    assert {name for _, name in said} == {threading.current_thread().name}


def test_a_separator_other_than_a_line_feed_does_not_break_a_stream(open_client: OpenClient) -> None:
    text = "a\u2028b\x85c\x0bd\re"
    body = json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}, ensure_ascii=False)
    with StubServer(stream([f"data: {body}\r\n\r\n", "data: [DONE]\r\n\r\n"])) as server:
        assert open_client(server).converse(ASKED, [], CAUSE, lambda _: None).text == text


def test_a_server_that_streams_unasked_or_answers_whole_when_asked_to_stream_is_understood(open_client: OpenClient) -> None:
    said: list[str] = []
    with StubServer(stream(Reply("in pieces").events()), respond(200, message("as a whole"))) as server:
        client = open_client(server)
        assert client.converse(ASKED, [], CAUSE).text == "in pieces"
        assert client.converse(ASKED, [], CAUSE, said.append).text == "as a whole"
    assert said == ["as a whole"]


def test_reasoning_is_kept_apart_from_the_text(open_client: OpenClient) -> None:
    replies = (
        Reply("<think>Galileo?</think>\nGalileo"),
        Reply("so, Galileo</think>Galileo"),
        Reply("Galileo", extra={"reasoning_content": "hm"}),
    )
    with StubServer(*replies) as server:
        turns = [open_client(server).converse(ASKED, [], CAUSE) for _ in replies]
    assert [(turn.text, turn.reasoning) for turn in turns] == [
        ("Galileo", "Galileo?"),
        ("Galileo", "so, Galileo"),
        ("Galileo", "hm"),
    ]


def test_a_text_that_ends_at_the_limit_of_tokens_is_marked(open_client: OpenClient) -> None:
    with StubServer(Reply("Galileo and", finish="length"), Reply("Galileo")) as server:
        client = open_client(server)
        assert [client.converse(ASKED, [], CAUSE).cut for _ in range(2)] == [True, False]


def test_repeated_and_missing_call_ids_are_made_unique(open_client: OpenClient) -> None:
    with StubServer("dup-tool-id") as server:
        turn = open_client(server).converse(ASKED, [TOOL], CAUSE)
    assert [(call.id, call.arguments["query"]) for call in turn.calls] == [("same", "a"), ("call_2", "b")]


# B1: one retry layer


@pytest.mark.parametrize(
    ("entry", "kind", "requests"),
    [
        ("400", "bad_request", 1),
        ("401", "auth", 1),
        ("403", "auth", 1),
        ("404", "bad_request", 1),
        ("422", "bad_request", 1),
        ("redirect", "bad_request", 1),
        ("408", "timeout", 3),
        ("409", "server", 3),
        ("429", "rate_limited", 3),
        ("500", "server", 3),
        ("503", "server", 3),
        ("reset", "cut", 3),
        ("cut-json", "cut", 3),
        ("no-http", "cut", 3),
        ("429-garbage", "rate_limited", 3),
        ("429-300", "rate_limited", 1),
        ("html", "html", 1),
        ("html-as-json", "html", 1),
        ("error-200", "server", 1),
        ("stream-error", "server", 1),
        ("half-json", "bad_json", 1),
        ("empty-choices", "bad_json", 1),
        ("no-choices", "bad_json", 1),
        ("not-object", "bad_json", 1),
        ("empty-body", "bad_json", 1),
        ("wrong-role", "bad_json", 1),
        ("deep-json", "bad_json", 1),
        ("gzip", "bad_json", 1),
        ("odd-charset", "bad_request", 1),
        ("cut-stream", "cut", 1),
        ("endless", "too_large", 1),
        ("huge-line", "too_large", 1),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_each_fault_has_its_kind_and_only_what_may_pass_is_asked_again(
    open_client: OpenClient, entry: str, kind: str, requests: int, streamed: bool
) -> None:
    book = Book()
    with StubServer(entry) as server:
        error = failed(open_client(server, book), streamed=streamed)
        assert (error.kind, len(server.asked), error.attempts) == (kind, requests, requests)
    assert [(call.failure, call.attempts) for call in book.calls] == [(kind, requests)]
    assert error.expected
    assert "FATHOM_" in error.next or "fathom doctor --endpoint" in error.next or "resume" in error.next


@pytest.mark.parametrize("entry", ["408", "409", "429", "500", "503", "reset", "cut-json"])
def test_what_passes_is_asked_again_until_it_has_passed(open_client: OpenClient, entry: str) -> None:
    book = Book()
    with StubServer(entry, entry, "ok") as server:
        assert open_client(server, book).chat(ASKED, None, CAUSE).text == "hello there"
    assert [(call.failure, call.attempts) for call in book.calls] == [(None, 3)]


def test_a_refused_connection_is_tried_three_times(open_client: OpenClient) -> None:
    with StubServer() as server:
        server.down()
        error = failed(open_client(server))
    assert (error.kind, error.attempts, error.outage) == ("refused", 3, False)


def test_a_server_that_forbids_a_retry_is_asked_once(open_client: OpenClient) -> None:
    with StubServer(refuse(500, X_Should_Retry="false")) as server:
        failed(open_client(server))
        assert len(server.asked) == 1


@pytest.mark.parametrize(("entry", "least", "most"), [("429-ms", 0.27, 2.3), ("429-1", 0.9, 3.0), ("429-date", 0.5, 4.0)])
def test_a_wait_that_the_server_asks_for_is_kept(open_client: OpenClient, entry: str, least: float, most: float) -> None:
    with StubServer(entry, "ok") as server:
        open_client(server).chat(ASKED, None, CAUSE)
        waited = server.asked[1].at - server.asked[0].at
    assert least <= waited <= most


def test_a_wait_beyond_the_deadline_is_not_begun(open_client: OpenClient) -> None:
    with StubServer(refuse(429, Retry_After="100")) as server:
        began = time.monotonic()
        error = failed(open_client(server, deadline=30.0))
        assert time.monotonic() - began < 20.0
    assert (error.kind, error.attempts) == ("rate_limited", 1)
    assert "asks to wait 100 s" in error.happened


def test_a_wait_of_more_than_two_minutes_is_not_begun_whatever_the_deadline(open_client: OpenClient) -> None:
    with StubServer("429-300") as server:
        assert failed(open_client(server, deadline=1000.0)).attempts == 1


def test_with_three_in_ten_requests_failing_97_of_100_calls_succeed(open_client: OpenClient, full: bool) -> None:
    dice = random.Random(10)
    server = StubServer(lambda _: "ok" if dice.random() >= 0.3 else "429" if dice.random() < 0.5 else "500")
    calls, done = (1000 if full else 150), 0
    with server:
        client = open_client(server, backoff=0.0)
        for _ in range(calls):
            try:
                client.chat(ASKED, None, CAUSE)
            except EndpointError:
                continue
            done += 1
    assert done / calls >= 0.97
    assert len(server.asked) <= 1.6 * calls, "1 + 0.3 + 0.09 requests a call are expected"


# B2: everything ends by the deadline


@pytest.mark.parametrize("entry", ["silence", "slow-drip", "one-byte", "endless", "huge-line", "cut-json", "half-json"])
@pytest.mark.parametrize("streamed", [False, True])
def test_whatever_a_server_does_a_call_ends_by_its_deadline(open_client: OpenClient, entry: str, streamed: bool) -> None:
    with StubServer(entry) as server:
        client = open_client(server, idle=30.0, deadline=1.0)
        began = time.monotonic()
        error = failed(client, streamed=streamed)
        assert time.monotonic() - began < 1.0 + 2.0
    assert error.kind in ("deadline", "too_large", "cut", "bad_json")


def test_a_drip_does_not_renew_the_deadline_and_is_not_asked_again(open_client: OpenClient) -> None:
    with StubServer("slow-drip") as server:
        assert failed(open_client(server, idle=0.5, deadline=1.0)).kind == "deadline"
        assert len(server.asked) == 1


def test_silence_is_a_time_out_and_asked_again(open_client: OpenClient) -> None:
    with StubServer("silence", "ok") as server:
        assert open_client(server, idle=0.2).chat(ASKED, None, CAUSE).text == "hello there"


def test_a_line_of_50_mb_takes_little_memory(open_client: OpenClient) -> None:
    with StubServer("huge-line") as server:
        client = open_client(server, max_bytes=4 << 20)
        failed(client, streamed=True)
        tracemalloc.start()
        try:
            failed(client, streamed=True)
            assert tracemalloc.get_traced_memory()[1] < 50 << 20
        finally:
            tracemalloc.stop()


def test_repairs_share_the_deadline_of_their_call(open_client: OpenClient) -> None:
    def slow(body: Any) -> Reply:
        time.sleep(1.2)
        return Reply(calls=[("delete_index", {})])

    with StubServer(slow) as server:
        began = time.monotonic()
        assert failed(open_client(server, deadline=2.0)).kind == "deadline"
        assert time.monotonic() - began < 2.0 + 2.0
        assert len(server.asked) == 2


# Streams that break


def test_a_stream_that_broke_before_its_first_word_is_asked_again(open_client: OpenClient) -> None:
    said: list[str] = []
    with StubServer("reset-before-text", "ok") as server:
        assert open_client(server).converse(ASKED, [], CAUSE, said.append).text == "hello there"
    assert "".join(said) == "hello there"


def test_a_stream_that_broke_after_its_first_word_is_not_begun_anew(open_client: OpenClient) -> None:
    book, said = Book(), list[str]()
    with StubServer("reset-in-stream") as server:
        with pytest.raises(EndpointError) as caught:
            open_client(server, book).converse(ASKED, [], CAUSE, said.append)
        assert (caught.value.kind, len(server.asked), said) == ("cut", 1, ["half of it"])
    assert book.calls[0].tokens_out == 3, "ten characters that had come"
    assert book.calls[0].tokens_in > 0


def test_a_stream_that_said_why_it_ends_is_whole(open_client: OpenClient) -> None:
    with StubServer("reset-after-finish") as server:
        assert open_client(server).converse(ASKED, [], CAUSE, lambda _: None).text == "all of it"


# B3: faults of the model itself


@pytest.mark.parametrize("entry", ["unknown-tool", "bad-arguments", "wrong-arguments", "deep-arguments", "nan", "huge-int"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_wrong_call_is_sent_back_twice_and_then_fails(open_client: OpenClient, entry: str, streamed: bool) -> None:
    book = Book()
    with StubServer(entry) as server:
        error = failed(open_client(server, book), streamed=streamed)
        assert (error.kind, error.attempts, len(server.asked)) == ("schema", 3, 3)
    assert [(call.purpose, call.failure) for call in book.calls] == [
        ("converse", "schema"),
        ("repair", "schema"),
        ("repair", "schema"),
    ]


def test_a_repair_shows_the_reply_and_the_reason_and_is_charged(open_client: OpenClient) -> None:
    book = Book()
    with StubServer("wrong-arguments", "tool_call") as server:
        turn = open_client(server, book).converse(ASKED, [TOOL], CAUSE)
        shown, told = server.asked[1].body["messages"][-2:]
    assert turn.calls[0].arguments == {"query": "moons of Jupiter"}
    assert shown == {"role": "assistant", "content": '<tool_call>{"name": "search", "arguments": {"query": 7}}</tool_call>'}
    assert told["role"] == "user"
    assert "7 is not of type 'string'" in told["content"]
    assert [(call.purpose, call.failure) for call in book.calls] == [("converse", "schema"), ("repair", None)]
    assert turn.usage.tokens_in == sum(call.tokens_in for call in book.calls) == 14


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "search", "arguments": {"query": "rings"}}</tool_call>',
        'Let me look.\n<tool_call>\n{"name": "search", "arguments": {"query": "rings"}}\n</tool_call>',
        '<tool_call>{"name": "search", "arguments": {"query": "rings"}}',
        '{"name": "search", "arguments": {"query": "rings"}}',
        '{"name": "search", "parameters": {"query": "rings"}}',
        '```json\n{"name": "search", "arguments": {"query": "rings"}}\n```',
        '[{"name": "search", "arguments": {"query": "rings"}}]',
        '{"tool_calls": [{"type": "function", "function": {"name": "search", "arguments": "{\\"query\\": \\"rings\\"}"}}]}',
    ],
)
def test_a_call_in_words_counts_where_a_server_ignores_tools(open_client: OpenClient, text: str) -> None:
    with StubServer(Reply(text)) as server:
        turn = open_client(server).converse(ASKED, [TOOL], CAUSE)
        assert [(call.name, call.arguments) for call in turn.calls] == [("search", {"query": "rings"})]
        assert "{" not in turn.text
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    "text", ['{"name": "Galileo", "arguments": {}}', "The call is search(rings).", '{"name": "search"}', "[]", "{"]
)
def test_a_text_that_is_no_call_stays_a_text(open_client: OpenClient, text: str) -> None:
    with StubServer(Reply(text)) as server:
        turn = open_client(server).converse(ASKED, [TOOL], CAUSE)
    assert (turn.text, turn.calls) == (text, ())


def test_a_call_in_words_is_text_where_no_tools_are_offered(open_client: OpenClient) -> None:
    text = '<tool_call>{"name": "search", "arguments": {"query": "rings"}}</tool_call>'
    with StubServer(Reply(text)) as server:
        turn = open_client(server).converse(ASKED, [], CAUSE)
    assert (turn.text, turn.calls) == (text, ())


def test_a_tagged_call_that_cannot_be_read_is_sent_back(open_client: OpenClient) -> None:
    with StubServer(Reply('<tool_call>{"name": "search", "arguments": {</tool_call>'), "tool_call") as server:
        assert open_client(server).converse(ASKED, [TOOL], CAUSE).calls[0].name == "search"
        assert "cannot be read" in server.asked[1].body["messages"][-1]["content"]


@pytest.mark.parametrize(
    "text",
    [
        '{"rank": 2}',
        '```json\n{"rank": 2}\n```',
        'The passages [1] and [2] fit, so: {"rank": 2}. Done.',
        '<think>{"rank": 1}</think>{"rank": 2}',
    ],
)
def test_json_is_found_where_a_server_ignores_response_format(open_client: OpenClient, text: str) -> None:
    with StubServer(Reply(text)) as server:
        assert json.loads(open_client(server).chat(ASKED, SCHEMA, CAUSE).text) == {"rank": 2}
        body = server.asked[0].body
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert json.dumps(SCHEMA) in body["messages"][-1]["content"]


@pytest.mark.parametrize("text", ["", "two", '{"rank": "2"}', '{"rank": 1, "rank": 2}', '{"rank": 1e999}', "[" * 1000])
def test_json_that_breaks_its_schema_is_sent_back_twice_and_then_fails(open_client: OpenClient, text: str) -> None:
    book = Book()
    with StubServer(Reply(text)) as server:
        with pytest.raises(EndpointError) as caught:
            open_client(server, book).chat(ASKED, SCHEMA, CAUSE)
        assert (caught.value.kind, len(server.asked)) == ("schema", 3)
    assert [call.failure for call in book.calls] == ["schema"] * 3


def test_json_that_was_corrected_is_returned(open_client: OpenClient) -> None:
    with StubServer(Reply('{"rank": "2"}'), Reply('{"rank": 2}')) as server:
        assert open_client(server).chat(ASKED, SCHEMA, CAUSE).text == '{"rank": 2}'


@pytest.mark.parametrize("entry", ["nul", "surrogate"])
def test_what_no_store_can_hold_is_replaced(open_client: OpenClient, entry: str) -> None:
    with StubServer(entry) as server:
        text = open_client(server).chat(ASKED, None, CAUSE).text
    assert text == "a\ufffdb"


def test_what_is_sent_is_cleaned_too(open_client: OpenClient) -> None:
    with StubServer() as server:
        open_client(server).converse([{"role": "user", "content": "a\ud800b\x00"}], [], CAUSE)
        assert server.asked[0].body["messages"][0]["content"] == "a\ufffdb\ufffd"


def test_arguments_of_3_mb_are_read_and_of_5_mb_refused(open_client: OpenClient) -> None:
    with StubServer(
        Reply(calls=[("search", {"query": "a" * 3_000_000})]), Reply(calls=[("search", {"query": "a" * 5_000_000})])
    ) as server:
        client = open_client(server)
        assert len(client.converse(ASKED, [TOOL], CAUSE).calls[0].arguments["query"]) == 3_000_000
        assert failed(client).kind == "too_large"


# The plain dialect


def test_the_plain_dialect_puts_tools_and_results_in_words(open_client: OpenClient) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "search", "arguments": '{"query": "rings"}'}}
    messages: Sequence[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        *ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "[1] Galileo"},
        {"role": "tool", "tool_call_id": "c", "content": "[2] Huygens"},
    ]
    with StubServer("ok") as server:
        open_client(server, dialect="plain").converse(messages, [TOOL], CAUSE, lambda _: None)
        body = server.asked[0].body
    assert set(body) == {"model", "messages", "stream", "max_tokens"}
    assert [turn["role"] for turn in body["messages"]] == ["system", "user", "assistant", "user"]
    assert '"description": "Search the corpus."' in body["messages"][0]["content"]
    assert body["messages"][2]["content"] == '<tool_call>{"name": "search", "arguments": {"query": "rings"}}</tool_call>'
    assert "[1] Galileo" in body["messages"][3]["content"]
    assert "[2] Huygens" in body["messages"][3]["content"]


def test_the_plain_dialect_sends_no_response_format(open_client: OpenClient) -> None:
    with StubServer(Reply('{"rank": 1}')) as server:
        open_client(server, dialect="plain").chat(ASKED, SCHEMA, CAUSE)
        assert set(server.asked[0].body) == {"model", "messages", "max_tokens"}


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ('"auto" tool choice requires --enable-auto-tool-choice', "FATHOM_DIALECT=plain"),
        ("response_format is not supported", "FATHOM_DIALECT=plain"),
        ("use max_completion_tokens instead", "FATHOM_LIMIT_FIELD=max_completion_tokens"),
        ("the maximum context length is 8192 tokens", "FATHOM_CONTEXT"),
    ],
)
def test_a_refused_field_is_answered_by_the_setting_that_helps(open_client: OpenClient, said: str, remedy: str) -> None:
    with StubServer(respond(400, json.dumps({"error": {"message": said}}))) as server:
        error = failed(open_client(server))
    assert said in error.happened
    assert remedy in error.next


# Budgets and the ledger


def test_a_spent_budget_makes_no_request(open_client: OpenClient) -> None:
    book = Book(Exhausted("the budget is spent"))
    with StubServer() as server:
        with pytest.raises(Exhausted):
            open_client(server, book).chat(ASKED, None, CAUSE)
        assert (server.requests, book.calls) == ([], [])


def test_a_budget_that_ends_in_the_middle_of_a_repair_ends_it(open_client: OpenClient) -> None:
    book = Book(Allowance(), Exhausted("the budget is spent"))
    with StubServer("unknown-tool") as server:
        with pytest.raises(Exhausted):
            open_client(server, book).converse(ASKED, [TOOL], CAUSE)
        assert len(server.asked) == len(book.calls) == 1


def test_an_allowance_bounds_seconds_and_tokens(open_client: OpenClient) -> None:
    with StubServer("silence") as server:
        began = time.monotonic()
        error = failed(open_client(server, Book(Allowance(0.3, 50)), deadline=30.0))
        assert time.monotonic() - began < 0.3 + 2.0
        assert server.asked[0].body["max_tokens"] == 50
    assert error.kind == "deadline"


def test_an_allowance_without_time_makes_no_request_and_is_charged(open_client: OpenClient) -> None:
    book = Book(Allowance(0.0))
    with StubServer() as server:
        assert failed(open_client(server, book)).attempts == 0
        assert server.requests == []
    assert [(call.failure, call.attempts) for call in book.calls] == [("deadline", 0)]


def test_a_call_costs_its_tokens_by_the_price(open_client: OpenClient) -> None:
    book = Book()
    with StubServer("ok") as server:
        reply = open_client(server, book, price=Price(1.0, 10.0)).chat(ASKED, None, CAUSE)
    assert reply.usage.cost == pytest.approx((7 * 1.0 + 3 * 10.0) / 1e6)
    assert (book.calls[0].purpose, book.calls[0].model, book.causes) == ("chat", "stub", ["run/1/2"])
    assert book.calls[0].seconds > 0


@pytest.mark.parametrize("entry", ["no-usage", "wrong-usage", "huge-usage"])
def test_tokens_that_nobody_counted_are_estimated(open_client: OpenClient, entry: str) -> None:
    with StubServer(entry) as server:
        usage = open_client(server).chat(ASKED, None, CAUSE).usage
    written = json.dumps([ASKED, []])
    assert (usage.tokens_in, usage.tokens_out) == (-(-len(written) // 4), 3), "hello there: 11 characters"


def test_a_call_that_was_refused_took_no_tokens(open_client: OpenClient) -> None:
    book = Book()
    with StubServer("429") as server:
        failed(open_client(server, book))
    assert (book.calls[0].tokens_in, book.calls[0].tokens_out, book.calls[0].attempts) == (0, 0, 3)


def test_a_failure_of_the_caller_ends_the_request_and_is_charged(open_client: OpenClient) -> None:
    book = Book()

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with StubServer(stream([event({"content": "word "})] * 100, pause=0.1)) as server:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            open_client(server, book).converse(ASKED, [], CAUSE, interrupted)
        assert time.monotonic() - began < 2.0
    assert [call.failure for call in book.calls] == ["stopped"]


# Stopping, outages, many threads


def test_stop_ends_the_calls_of_one_run_within_two_seconds(open_client: OpenClient) -> None:
    book = Book()
    with StubServer("silence") as server, ThreadPoolExecutor(3) as pool:
        client = open_client(server, book, idle=30.0, deadline=5.0)
        mine = [pool.submit(client.chat, ASKED, None, Query("q", id=f"run-a/{n}")) for n in range(2)]
        other = pool.submit(client.chat, ASKED, None, Query("q", id="run-b/1"))
        while len(server.asked) < 3:
            time.sleep(0.02)
        began = time.monotonic()
        client.stop("run-a/")
        for future in mine:
            with pytest.raises(Stopped):
                future.result(timeout=2)
        assert time.monotonic() - began < 2.0
        assert not other.done()
        client.stop()
        with pytest.raises(Stopped):
            other.result(timeout=2)
    assert [call.failure for call in book.calls] == ["stopped"] * 3


def test_a_closed_client_says_so(open_client: OpenClient) -> None:
    with StubServer() as server:
        client = open_client(server)
        client.chat(ASKED, None, CAUSE)
        client.close()
        with pytest.raises(UsageError, match="closed"):
            client.chat(ASKED, None, CAUSE)


def test_closing_ends_what_is_under_way(open_client: OpenClient) -> None:
    with StubServer("silence") as server, ThreadPoolExecutor(1) as pool:
        client = open_client(server, idle=30.0, deadline=20.0)
        call = pool.submit(client.chat, ASKED, None, CAUSE)
        while not server.asked:
            time.sleep(0.02)
        client.close()
        with pytest.raises(Stopped):
            call.result(timeout=5)


def test_an_outage_is_noticed_once_and_ends_when_the_server_is_back(open_client: OpenClient) -> None:
    book = Book()
    with StubServer("ok") as server:
        client = open_client(server, book)
        now = [0.0]
        client.wire.breaker = Breaker(clock=lambda: now[0])
        client.chat(ASKED, None, CAUSE)
        server.down()
        errors = [failed(client) for _ in range(20)]
        assert [error.attempts for error in errors[:4]] == [3, 2, 0, 0], "five requests in a row found nobody there"
        assert [error.outage for error in errors] == [False] + [True] * 19
        assert {error.kind for error in errors} == {"refused"}
        now[0] = 29.0
        assert failed(client).attempts == 0
        now[0] = 31.0
        assert failed(client).attempts == 1, "one request is let through to see"
        server.up()
        assert failed(client).attempts == 0
        now[0] = 62.0
        assert client.chat(ASKED, None, CAUSE).text == client.chat(ASKED, None, CAUSE).text == "hello there"
    assert sum(call.attempts for call in book.calls) == 1 + 5 + 1 + 2
    assert {call.failure for call in book.calls} == {None, "refused"}


def test_an_answer_of_any_status_is_no_outage(open_client: OpenClient) -> None:
    with StubServer("500") as server:
        client = open_client(server)
        assert [failed(client).attempts for _ in range(4)] == [3, 3, 3, 3]


def test_many_threads_each_get_their_own_reply(open_client: OpenClient) -> None:
    def slow(body: Any) -> Reply:
        time.sleep(0.5)
        return deterministic(body)

    prompts = [[{"role": "user", "content": f"question {n}"}] for n in range(40)]
    with StubServer(slow) as server, ThreadPoolExecutor(40) as pool:
        client = open_client(server, deadline=20.0)
        client.chat(ASKED, None, CAUSE)
        began = time.monotonic()
        replies = list(pool.map(lambda prompt: client.chat(prompt, None, CAUSE).text, prompts))
        seconds = time.monotonic() - began
    assert replies == [deterministic({"messages": prompt}).text for prompt in prompts]
    assert seconds < 10.0, "40 calls of 0.5 s one after another would take 20 s"


def test_an_account_of_another_run_shares_the_connections(open_client: OpenClient) -> None:
    mine, other = Book(), Book()
    with StubServer("ok") as server:
        client = open_client(server, mine)
        client.under(other).chat(ASKED, None, CAUSE)
        assert client.under(other).wire is client.wire
    assert (len(mine.calls), len(other.calls)) == (0, 1)


# Secrets and addresses

CANARY = "sk-canary-4f7a90c1d2"


@pytest.mark.parametrize("entry", ["ok", "401", "500", "reset", "silence", "html", "unknown-tool", "half-json"])
def test_the_key_is_in_no_message_log_or_repr(
    open_client: OpenClient, caplog: pytest.LogCaptureFixture, entry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("openai", "httpx2", "httpcore2", "asyncio"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    kept = [repr(SecretStr(CANARY))]
    with StubServer(entry) as server:
        client = open_client(server, key=SecretStr(CANARY), idle=0.3, deadline=1.0)
        kept += [repr(client), str(client.endpoint), client.identity]
        try:
            client.converse(ASKED, [TOOL], CAUSE)
        except FathomError as error:
            kept += [str(error), repr(error), traceback.format_exc()]
        assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert caplog.records, "the libraries below do log at this level"
    assert CANARY not in "\n".join([*kept, caplog.text])


@pytest.mark.parametrize("said", [f"wrong key {CANARY}", f"Authorization: Bearer {CANARY}", " " * 1995 + CANARY])
@pytest.mark.parametrize("status", [401, 500])
def test_a_key_that_the_server_repeats_is_redacted(open_client: OpenClient, said: str, status: int) -> None:
    for body in (said, json.dumps({"error": {"message": said}})):
        with StubServer(respond(status, body)) as server:
            error = failed(open_client(server, key=SecretStr(CANARY)))
        assert CANARY[:8] not in str(error)
        assert "[redacted]" in str(error)


def test_what_looks_like_a_key_of_somebody_else_is_redacted(open_client: OpenClient) -> None:
    with StubServer(respond(401, "not sk-proj-4711abcdef nor Authorization: Bearer abc.def-12345")) as server:
        happened = failed(open_client(server)).happened
    assert "4711" not in happened
    assert "12345" not in happened


def test_a_redirect_is_not_followed(open_client: OpenClient) -> None:
    with StubServer() as elsewhere, StubServer(respond(307, "", Location=f"{elsewhere.url}/chat/completions")) as server:
        assert failed(open_client(server, key=SecretStr(CANARY))).kind == "bad_request"
        assert elsewhere.requests == []


def test_nothing_of_the_environment_goes_to_the_endpoint(open_client: OpenClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with StubServer() as server:
        open_client(server).chat(ASKED, None, CAUSE)
        headers = server.asked[0].headers
    assert "authorization" not in headers
    assert CANARY not in "".join(headers.values())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://host/v1",
        "http:///v1",
        "http://user:pw@host/v1",
        "http://host/v1?key=1",
        "http://host:99999/v1",
    ],
)
def test_an_address_that_cannot_work_is_refused_at_once(url: str) -> None:
    with pytest.raises(UsageError):
        Endpoint(url, "model")


@pytest.mark.parametrize(
    "wrong",
    [{"model": " "}, {"deadline": 0}, {"retries": 3}, {"max_bytes": 0}, {"idle": float("nan")}, {"key": SecretStr("a b")}],
)
def test_a_limit_that_cannot_work_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Endpoint(**{"url": "http://127.0.0.1:8000/v1", "model": "m", **wrong})


# What an endpoint can do


def test_probe_tells_what_a_server_can_do(open_client: OpenClient) -> None:
    with StubServer("ok", "tool_call") as server:
        report = probe(open_client(server))
    assert (report.model, report.models, report.context_length) == ("stub", ("stub", "other"), 8192)
    assert report.tool_calls
    assert report.seconds > 0
    assert report.tokens_per_second == pytest.approx(3 / report.seconds)
    assert report.notes == ()


@pytest.mark.parametrize("entry", ["ok", "unknown-tool", "400"])
def test_probe_says_where_tools_do_not_work(open_client: OpenClient, entry: str) -> None:
    with StubServer("ok", entry, models="404") as server:
        report = probe(open_client(server))
    assert not report.tool_calls
    assert report.context_length is None
    assert len(report.notes) == 2


@pytest.mark.parametrize("models", ["half-json", "not-object", "deep-json", "empty-body", "html"])
def test_probe_goes_on_without_a_list_of_models(open_client: OpenClient, models: str) -> None:
    with StubServer("ok", "tool_call", models=models) as server:
        report = probe(open_client(server))
    assert report.tool_calls
    assert (report.models, len(report.notes)) == ((), 1)


def test_probe_fails_where_nobody_is_there_or_the_key_is_wrong(open_client: OpenClient) -> None:
    with StubServer(models="401") as server:
        client = open_client(server)
        with pytest.raises(EndpointError, match="refuses the key"):
            probe(client)
        server.down()
        with pytest.raises(EndpointError, match="could not be reached"):
            probe(client)

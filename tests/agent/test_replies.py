"""Whatever a server or a model writes is read into a value or refused by name: nothing crashes, nothing cannot be stored."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.llm import Client, EndpointError, Turn
from agent.model.endpoint import Endpoint, failure
from agent.model.jsontext import DEEPEST, Fault, breach, clean, find, loose, strict
from agent.model.probe import context_length
from agent.model.replies import Completion, Events, Malformed, RawCall, read_body
from agent.model.retry import LONGEST_WAIT, pause, retry_after, transient
from agent.model.toolcalls import ToolCall, read_calls
from retrievers.base import Query
from tests.faults.stub_llm import StubServer, respond

SEARCH = {
    "type": "function",
    "function": {
        "name": "search",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}
ASKED = [{"role": "user", "content": "hi"}]
SCHEMA = {"type": "object", "properties": {"rank": {"type": "integer"}}, "required": ["rank"]}

ANYTHING = st.text(st.characters(), max_size=40)
NUMBERS = st.one_of(st.integers(), st.integers(10**20, 10**40), st.floats())
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, ANYTHING),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(ANYTHING, inner, max_size=4)),
    max_leaves=12,
)
FRAGMENTS = (
    *("<tool_call>", "</tool_call>", "<think>", "</think>", "```json\n", "```", "{", "}", "[", '"', "\\ud800", "\x00", "\ud800"),
    *(
        '{"name": "search", "arguments": {"query": "a"}}',
        '{"rank": 1}',
        '"name": "delete"',
        "NaN",
        "1e999",
        "9" * 5000,
        "[" * 3000,
    ),
)
TEXTS = st.one_of(ANYTHING, st.lists(st.one_of(st.sampled_from(FRAGMENTS), ANYTHING), max_size=6).map("".join))
FUNCTIONS = st.one_of(VALUES, st.fixed_dictionaries({"name": st.one_of(st.just("search"), ANYTHING), "arguments": VALUES}))
CALLS = st.one_of(VALUES, st.fixed_dictionaries({}, optional={"id": VALUES, "index": VALUES, "function": FUNCTIONS}))
FIELDS = {
    "role": st.sampled_from(["assistant", "assistant", "user", None, 3]),
    "content": st.one_of(TEXTS, VALUES),
    "refusal": VALUES,
    "reasoning": VALUES,
    "tool_calls": st.one_of(VALUES, st.lists(CALLS, max_size=3)),
}
MESSAGES = st.one_of(VALUES, st.fixed_dictionaries({}, optional=FIELDS))
FINISH = st.one_of(st.sampled_from(["stop", "tool_calls", "length"]), VALUES)
CHOICES = st.fixed_dictionaries({"message": MESSAGES, "delta": MESSAGES, "finish_reason": FINISH})
USAGE = st.one_of(VALUES, st.fixed_dictionaries({"prompt_tokens": VALUES, "completion_tokens": VALUES}))
PARTS = {"choices": st.one_of(VALUES, st.lists(CHOICES, min_size=1, max_size=2)), "usage": USAGE}
ANSWERS = st.one_of(VALUES, st.fixed_dictionaries({}, optional={**PARTS, "error": VALUES}), st.fixed_dictionaries(PARTS))


def storable(text: str) -> bool:
    text.encode()
    return "\x00" not in text


def outcome(act: Callable[[], Any], *errors: type[Exception]) -> Any:
    """What `act` gives, or the error of one of these kinds that it raises."""
    try:
        return act()
    except errors as error:
        return error


def checked(completion: Completion) -> None:
    """A completion is safe to use, and its calls are either safe or refused."""
    assert storable(completion.text)
    assert storable(completion.reasoning)
    assert all(count is None or 0 <= count < 10**9 for count in (completion.tokens_in, completion.tokens_out))
    read = outcome(lambda: read_calls(completion, [SEARCH]), Fault)
    if isinstance(read, Fault):
        assert read.reason
        return
    text, calls = read
    assert storable(text)
    for call in calls:
        assert call.name == "search"
        assert storable(call.arguments["query"] + call.id)
    assert len({call.id for call in calls}) == len(calls)


BODIES = st.one_of(
    st.binary(max_size=60),
    ANSWERS.map(lambda answer: json.dumps(answer).encode()),
    TEXTS.map(lambda text: text.encode("utf-8", "replace")),
)
LINES = st.lists(st.one_of(TEXTS, ANSWERS.map(lambda answer: f"data: {json.dumps(answer)}"), st.just("data: [DONE]")), max_size=6)


@given(BODIES)
def test_any_body_is_a_completion_or_malformed(body: bytes) -> None:
    read = outcome(lambda: read_body(body), Malformed)
    if isinstance(read, Malformed):
        assert read.kind in ("bad_json", "server")
    else:
        checked(read)


@given(LINES)
def test_any_stream_is_a_completion_or_malformed(lines: list[str]) -> None:
    events = Events()

    def read() -> Completion:
        assert all(storable(events.feed(line)) for line in lines)
        return events.completion()

    whole = outcome(read, Malformed)
    if isinstance(whole, Malformed):
        assert whole.kind in ("bad_json", "server", "cut")
    else:
        checked(whole)


@given(TEXTS, st.lists(st.tuples(ANYTHING, st.one_of(st.just("search"), ANYTHING), st.one_of(TEXTS, VALUES)), max_size=3))
def test_any_text_and_calls_are_usable_or_a_fault(text: str, calls: list[tuple[str, str, Any]]) -> None:
    checked(Completion(clean(text), "", tuple(RawCall(*call) for call in calls)))


@given(TEXTS)
def test_any_text_holds_json_that_satisfies_the_schema_or_is_a_fault(text: str) -> None:
    value = outcome(lambda: find(text, SCHEMA), Fault)
    if isinstance(value, Fault):
        assert value.reason
        return
    assert isinstance(value["rank"], int)
    assert breach(value, SCHEMA) is None
    assert storable(json.dumps(value, ensure_ascii=False))


@given(st.one_of(TEXTS, VALUES.map(json.dumps)))
def test_any_text_is_json_or_a_fault(text: str) -> None:
    value = outcome(lambda: strict(text), Fault)
    assert isinstance(value, Fault) or storable(json.dumps(value, ensure_ascii=False, allow_nan=False))
    outcome(lambda: loose(text), Fault)


@given(VALUES, st.dictionaries(ANYTHING, ANYTHING, max_size=3))
def test_any_header_is_a_wait_or_none(value: Any, headers: dict[str, str]) -> None:
    for name in ("retry-after", "retry-after-ms"):
        wait = retry_after({**headers, name: str(value)})
        assert wait is None or (math.isfinite(wait) and wait > 0)


@given(st.one_of(st.dictionaries(st.sampled_from(["max_model_len", "context_length", "meta"]), VALUES)))
def test_any_entry_of_a_model_gives_a_length_or_none(entry: dict[str, Any]) -> None:
    length = context_length(entry)
    assert length is None or 0 < length < 10**9


@given(TEXTS)
def test_any_detail_of_a_failure_can_be_printed(detail: str) -> None:
    error = failure(Endpoint("http://127.0.0.1:1/v1", "m"), "server", detail)
    assert len(str(error)) < 1000
    assert storable(str(error))
    assert str(error).isprintable()


@given(st.text(st.characters()))
def test_cleaning_keeps_every_letter_that_can_be_stored(text: str) -> None:
    def plain(letter: str) -> bool:
        return (letter < "\ud800" and letter != "\x00") or ("\ue000" <= letter <= "\uffff" and letter != "\ufffd")

    assert [letter for letter in clean(text) if plain(letter)] == [letter for letter in text if plain(letter)]
    assert clean(clean(text)) == clean(text)
    assert storable(clean(text))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "\U0001f600"), ("\ude00\ud83d", "\ufffd\ufffd"), ("\x00", "\ufffd"), ("é", "é")],
)
def test_surrogates_are_joined_or_replaced_alone(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(ANSWERS)
def test_any_answer_over_http_is_a_turn_or_a_typed_failure(gauntlet: tuple[Client, list[bytes]], answer: Any) -> None:
    client, body = gauntlet
    body[:] = [json.dumps(answer).encode()]
    for on_token in (None, lambda _: None):
        turn = outcome(partial(client.converse, ASKED, [SEARCH], Query("q"), on_token), EndpointError)
        if isinstance(turn, EndpointError):
            assert turn.kind in ("bad_json", "server", "schema", "cut")
        else:
            assert isinstance(turn, Turn)
            assert storable(turn.text)


@pytest.fixture(scope="module")
def gauntlet() -> Any:
    """A client, and the list that holds what its server answers next."""
    body = [b""]

    def answer(write: Any, request: Any) -> None:
        kind = "text/event-stream" if request.body.get("stream") else "application/json"
        respond(200, b"data: " + body[0] + b"\n\n" if "event" in kind else body[0], kind)(write, request)

    with StubServer(answer) as server, Client.open(Endpoint(server.url, "stub", deadline=10, backoff=0.0)) as client:
        yield client, body


# By hand


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 900, 200_000])
def test_json_may_be_64_deep(depth: int) -> None:
    text = "[" * depth + "]" * depth
    if depth <= DEEPEST:
        assert strict(text) is not None
    else:
        with pytest.raises(Fault, match="nested deeper than 64"):
            strict(text)
        with pytest.raises(Fault, match="nested deeper than 64"):
            loose(text)


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1e999", str(2**63), "1" + "0" * 5000, '{"a": 1, "a": 2}', "", "{", "{'a': 1}", "[1,]"]
)
def test_json_that_later_code_cannot_carry_is_a_fault(text: str) -> None:
    with pytest.raises(Fault):
        strict(text)


def test_json_is_cleaned_in_keys_and_values() -> None:
    assert strict('{"a\\u0000": ["\\ud800"], "n": 9223372036854775807}') == {"a\ufffd": ["\ufffd"], "n": 2**63 - 1}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "soon", "retry-after": "3"}, 3.0),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date_counts_from_now() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after({"retry-after": format_datetime(now + timedelta(seconds=90), usegmt=True)}, now) == 90.0
    assert retry_after({"retry-after": format_datetime(now - timedelta(seconds=90), usegmt=True)}, now) is None


@given(st.integers(1, 3), st.floats(0, 2))
def test_the_pause_doubles_and_is_at_most_8_seconds_less_a_quarter(attempt: int, backoff: float) -> None:
    most = min(backoff * 2 ** (attempt - 1), 8.0)
    assert 0.75 * most <= pause(attempt, None, backoff) <= most
    assert pause(attempt, 119.0, backoff) == 119.0 < LONGEST_WAIT


def test_only_these_statuses_pass() -> None:
    assert [status for status in range(400, 512) if transient(status)] == [408, 409, 429, *range(500, 512)]


def test_a_call_of_an_odd_form_is_read() -> None:
    raw = (RawCall("", "search", ""), RawCall("x", "search", {"query": "a"}), RawCall("x", "search", None))
    free = {"type": "function", "function": {"name": "search"}}
    _, calls = read_calls(Completion("", "", raw), [free])
    assert calls == (ToolCall("call_1", "search", {}), ToolCall("x", "search", {"query": "a"}), ToolCall("call_3", "search", {}))


def test_more_than_64_calls_at_once_are_a_fault() -> None:
    with pytest.raises(Fault, match="at most 64"):
        read_calls(Completion("", "", tuple(RawCall("", "search", {"query": "a"}) for _ in range(65))), [SEARCH])

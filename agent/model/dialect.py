"""Requests in the words of a server: with its `tools` and `response_format`, or with both put in words (the dialect "plain")."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from agent.model.endpoint import Endpoint
from agent.model.jsontext import cleaned
from agent.model.replies import Completion, RawCall
from agent.model.toolcalls import Tool, as_written, in_words
from retrievers.base import Message

Body = Mapping[str, Any]
_QUOTED = 4000


def schema_body(endpoint: Endpoint, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Body:
    """The request for a reply in text, or for JSON that satisfies `schema`.

    The schema is always put in words too: a server that ignores `response_format` says nothing of it.
    """
    said = _plain(messages) if endpoint.dialect == "plain" else cast("list[dict[str, Any]]", cleaned(messages))
    if schema is None:
        return {"model": endpoint.model, "messages": said}
    wanted = "Reply with JSON alone, without any other text, that satisfies this JSON Schema:\n"
    body: dict[str, Any] = {"model": endpoint.model, "messages": _told(said, wanted + json.dumps(schema, ensure_ascii=False))}
    if endpoint.dialect == "native":
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    return body


def converse_body(endpoint: Endpoint, messages: Sequence[Message], tools: Sequence[Tool], stream: bool) -> Body:
    """The request for the next turn of a conversation with `tools`."""
    body: dict[str, Any] = {"model": endpoint.model}
    if endpoint.dialect == "plain":
        body["messages"] = _plain(messages, in_words(tools) if tools else "")
    else:
        body["messages"] = cleaned(messages)
        body |= {"tools": cleaned(tools)} if tools else {}
    if stream:
        body["stream"] = True
        body |= {"stream_options": {"include_usage": True}} if endpoint.dialect == "native" else {}
    return body


def repaired(body: Body, completion: Completion, reason: str) -> Body:
    """The request that shows the model its reply and says what was wrong with it."""
    given = cleaned(as_written(completion.text, completion.calls))[:_QUOTED] or "(an empty reply)"
    again = f"That reply cannot be used: {cleaned(reason)}. Reply again, with the whole corrected reply and nothing else."
    return {**body, "messages": [*body["messages"], _said("assistant", given), _said("user", again)]}


def _said(role: str, content: str) -> dict[str, Any]:
    return {"role": role, "content": content}


def _told(messages: list[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    """The messages with `words` at the end of the last one of the user: many templates take no second system turn."""
    last = messages[-1] if messages else {}
    if last.get("role") == "user" and isinstance(last.get("content"), str):
        return [*messages[:-1], {**last, "content": f"{last['content']}\n\n{words}"}]
    return [*messages, _said("user", words)]


def _plain(messages: Sequence[Message], preface: str = "") -> list[dict[str, Any]]:
    """The messages without tool calls and tool turns: both are put in words, `preface` at the end of the system's."""
    said: list[dict[str, Any]] = []
    for message in cast("list[dict[str, Any]]", cleaned(messages)):
        turn = _in_words(message)
        if said and said[-1]["role"] == turn["role"]:
            said[-1] = _said(turn["role"], f"{said[-1]['content']}\n\n{turn['content']}")
        else:
            said.append(turn)
    if preface and said and said[0]["role"] == "system":
        said[0] = _said("system", f"{said[0]['content']}\n\n{preface}")
    elif preface:
        said.insert(0, _said("system", preface))
    return said


def _in_words(message: Mapping[str, Any]) -> dict[str, Any]:
    content = str(message.get("content") or "")
    if message["role"] == "tool":
        return _said("user", f"<tool_response>\n{content}\n</tool_response>")
    calls = [RawCall("", call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or ()]
    return _said(message["role"], as_written(content, calls))

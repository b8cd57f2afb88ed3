"""What an endpoint can do, found out by asking it: for `fathom doctor --endpoint`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from agent.llm import Client
from agent.model.endpoint import EndpointError, failure
from agent.model.exchange import Failed
from agent.model.jsontext import Fault, clean, loose
from agent.model.toolcalls import Tool
from retrievers.base import Query

_CAUSE = Query("check of the endpoint", id="doctor")
_CONTEXT = ("max_model_len", "context_length", "max_context_length", "context_window", "n_ctx", "n_ctx_train")
_SEARCH: Tool = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Search the corpus for passages.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}
_ASKED = "Search the corpus for the discovery of the moons of Jupiter. Use the tool; do not answer yourself."


@dataclass(frozen=True)
class EndpointReport:
    """What `probe` found.

    `models` are those that the server lists, `tool_calls` whether the model called a tool when asked to. `context_length` is in
    tokens, None where the server does not say. `seconds` is the time of a short answer, `tokens_per_second` its rate, waiting
    included. `notes` say in words what went wrong without ending the check.
    """

    model: str
    models: tuple[str, ...]
    tool_calls: bool
    context_length: int | None
    seconds: float
    tokens_per_second: float
    notes: tuple[str, ...] = ()


def probe(client: Client) -> EndpointReport:
    """Ask for the list of models, a short answer, and one tool call. Raises `EndpointError` where the model cannot be reached.

    >>> probe(Client.open(Endpoint("http://127.0.0.1:8000/v1", "qwen3-8b"))).context_length
    """
    models, length, notes = _models(client)
    began = time.monotonic()
    reply = client.chat([{"role": "user", "content": "Count from 1 to 20."}], None, _CAUSE)
    seconds = time.monotonic() - began
    called, trouble = _calls_tools(client)
    rate = reply.usage.tokens_out / max(seconds, 1e-6)
    return EndpointReport(client.endpoint.model, models, called, length, seconds, rate, (*notes, *trouble))


def _calls_tools(client: Client) -> tuple[bool, tuple[str, ...]]:
    try:
        turn = client.converse([{"role": "user", "content": _ASKED}], [_SEARCH], _CAUSE)
    except EndpointError as error:
        if error.kind not in ("bad_request", "schema", "server"):
            raise
        return False, (f"a tool call failed: {error}",)
    plain = "" if client.endpoint.dialect == "plain" else ": try FATHOM_DIALECT=plain"
    return bool(turn.calls), () if turn.calls else (f"the model answered in text when asked to call a tool{plain}",)


def _models(client: Client) -> tuple[tuple[str, ...], int | None, tuple[str, ...]]:
    body = client.wire.fetch("/models", client.endpoint.deadline)
    if isinstance(body, Failed):
        if body.kind in ("refused", "timeout", "auth", "deadline"):
            raise failure(client.endpoint, body.kind, body.detail, attempts=1)
        return (), None, (f"the list of models could not be read ({body.kind})",)
    try:
        listed = _listed(loose(body.decode("utf-8", "replace")))
    except Fault as fault:
        return (), None, (f"the list of models could not be read: {fault.reason}",)
    entry = listed.get(client.endpoint.model, {})
    return tuple(listed), context_length(entry), () if entry else ("the server does not list this model",)


def _listed(answer: Any) -> dict[str, Mapping[str, Any]]:
    if not isinstance(answer, Mapping):
        raise Fault("it is no object")
    data = cast("Mapping[str, Any]", answer).get("data")
    entries = cast("list[Any]", data) if isinstance(data, list) else []
    named = [cast("Mapping[str, Any]", entry) for entry in entries if isinstance(entry, Mapping)]
    return {clean(entry["id"]): entry for entry in named if isinstance(entry.get("id"), str)}


def context_length(entry: Mapping[str, Any]) -> int | None:
    """The context length in tokens that an entry of /v1/models states, under whichever of its customary names."""
    meta = entry.get("meta")
    for place in (entry, cast("Mapping[str, Any]", meta) if isinstance(meta, Mapping) else {}):
        for name in _CONTEXT:
            value = place.get(name)
            if type(value) is int and 0 < value < 10**9:
                return value
    return None

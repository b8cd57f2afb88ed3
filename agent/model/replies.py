"""What a server answers, read without trust: a chat completion from a body or from a stream of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from agent.model.endpoint import Kind
from agent.model.jsontext import Fault, clean, loose

_MOST_TOKENS = 10**9
_THINK, _THOUGHT = "<think>", "</think>"


class Malformed(Exception):
    """The answer is no completion: how (an endpoint's kind), and in words."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind: Kind = kind
        self.detail = detail


@dataclass(frozen=True)
class RawCall:
    """A tool call as it came, with nothing checked but its types. `arguments` is JSON text, or a value where the server parsed
    it."""

    id: str
    name: str
    arguments: Any


@dataclass(frozen=True)
class Completion:
    """One answer: text and reasoning (cleaned), tool calls, why it ended, and the tokens that the server counted, if it did."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[RawCall, ...] = ()
    finish: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


def read_body(body: bytes) -> Completion:
    """The completion in a whole response body. Raises `Malformed`."""
    answer = _object(body.decode("utf-8", "replace"))
    choice = _choice(answer)
    if choice is None:
        raise Malformed("bad_json", "it holds no choice")
    message = _mapping(choice.get("message"), "the message")
    _assistant(message)
    raw = cast("list[Any]", message["tool_calls"]) if isinstance(message.get("tool_calls"), list) else []
    calls = tuple(_call(_mapping(item, "a tool call")) for item in raw)
    return _completion(_text(message), _reasoning(message), calls, _word(choice.get("finish_reason")), answer)


@dataclass
class Events:
    """Puts a streamed completion together from the lines of its server-sent events.

    `feed` takes one line and gives the text that it adds; `done` says that the stream has said it ends; `completion` is the
    whole.
    """

    done: bool = False
    _text: list[str] = field(default_factory=list[str])
    _reasoning: list[str] = field(default_factory=list[str])
    _calls: dict[Any, dict[str, str]] = field(default_factory=dict[Any, dict[str, str]])
    _finish: str = ""
    _usage: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def feed(self, line: str) -> str:
        """Read one line. Raises `Malformed` for an event that is no part of a completion."""
        name, _, data = line.partition(":")
        data = data.strip()
        if name != "data" or not data:
            return ""
        if data == "[DONE]":
            self.done = True
            return ""
        event = _object(data)
        if isinstance(event.get("usage"), Mapping):
            self._usage = event
        choice = _choice(event)
        return "" if choice is None else self._add(choice)

    def _add(self, choice: Mapping[str, Any]) -> str:
        delta = _mapping(choice.get("delta") or {}, "a delta")
        _assistant(delta)
        self._finish = _word(choice.get("finish_reason")) or self._finish
        self._reasoning.append(_reasoning(delta))
        for item in cast("list[Any]", delta["tool_calls"]) if isinstance(delta.get("tool_calls"), list) else []:
            self._part(_mapping(item, "a tool call"))
        text = _text(delta)
        self._text.append(text)
        return clean(text)

    def _part(self, item: Mapping[str, Any]) -> None:
        part = _call(item)
        if part.arguments is not None and not isinstance(part.arguments, str):
            raise Malformed("bad_json", "a part of a tool call's arguments is no text")
        index = item.get("index")
        call = self._calls.setdefault(
            index if isinstance(index, int) else f"#{len(self._calls)}", {"id": "", "name": "", "arguments": ""}
        )
        call["id"], call["name"] = call["id"] or part.id, call["name"] or part.name
        call["arguments"] += part.arguments or ""

    @property
    def finished(self) -> bool:
        """Whether the stream said why it ends: what may still come is a count of tokens."""
        return bool(self._finish)

    def completion(self) -> Completion:
        """The whole. Raises `Malformed` ("cut") where the stream ended without saying why it did."""
        if not self._finish:
            raise Malformed("cut", "the stream ended without a finish_reason")
        calls = tuple(RawCall(**call) for call in self._calls.values())
        return _completion("".join(self._text), "".join(self._reasoning), calls, self._finish, self._usage)


def _completion(text: str, reasoning: str, calls: tuple[RawCall, ...], finish: str, answer: Mapping[str, Any]) -> Completion:
    thought, text = _thought(text)
    usage = cast("Mapping[str, Any]", answer["usage"]) if isinstance(answer.get("usage"), Mapping) else {}
    counted = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
    return Completion(clean(text), clean(reasoning + thought).strip(), calls, finish, *counted)


def _thought(text: str) -> tuple[str, str]:
    """The reasoning that stands before the text itself; some templates open it for the model, so only its end is certain."""
    opened = text.lstrip().startswith(_THINK)
    before, closed, after = text.partition(_THOUGHT)
    if not opened and (not closed or _THINK in before):
        return "", text
    return before.strip().removeprefix(_THINK), after.lstrip()


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = loose(text)
    except Fault as fault:
        raise Malformed("bad_json", fault.reason) from None
    answer = _mapping(value, "the answer")
    if answer.get("error"):
        raise Malformed("server", str(cast(object, answer["error"])))
    return answer


def _choice(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The first choice; None for an empty or absent list, which the last event of a stream has."""
    choices = answer.get("choices") or []
    if not isinstance(choices, list):
        raise Malformed("bad_json", "its choices are no list")
    return _mapping(cast("list[Any]", choices)[0], "a choice") if choices else None


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Malformed("bad_json", f"{what} is no object")
    return cast("Mapping[str, Any]", value)


def _assistant(message: Mapping[str, Any]) -> None:
    role = message.get("role") or "assistant"
    if role != "assistant":
        raise Malformed("bad_json", f"its message has the role {role!r:.40}")


def _call(item: Mapping[str, Any]) -> RawCall:
    function = _mapping(item.get("function") or {}, "a tool call's function")
    return RawCall(_word(item.get("id")), _word(function.get("name")), function.get("arguments"))


def _text(message: Mapping[str, Any]) -> str:
    """The content: a string, or the text parts of a list; a refusal is a text too."""
    content = message.get("content")
    if content is None:
        content = message.get("refusal") or ""
    if isinstance(content, list):
        parts = (part for part in cast("list[Any]", content) if isinstance(part, Mapping))
        return "".join(_word(cast("Mapping[str, Any]", part).get("text")) for part in parts)
    if not isinstance(content, str):
        raise Malformed("bad_json", "its content is no text")
    return content


def _reasoning(message: Mapping[str, Any]) -> str:
    return _word(message.get("reasoning_content")) or _word(message.get("reasoning"))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    """A plausible count of tokens, or None: what a server counts is a claim."""
    return value if type(value) is int and 0 <= value < _MOST_TOKENS else None

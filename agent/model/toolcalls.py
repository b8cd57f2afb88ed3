"""Tool calls of a model: checked against the tools that were offered, whether they came as such or written as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from agent.model.jsontext import Fault, breach, clean, sound, strict
from agent.model.replies import Completion, RawCall

Tool = Mapping[str, Any]
"""A tool as the interface describes it: `{"type": "function", "function": {"name", "description", "parameters"}}`."""

_TAGGED = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_FENCED = re.compile(r"\s*```[\w-]*\n(.*)```\s*\Z", re.DOTALL)
_MOST_CALLS = 64


@dataclass(frozen=True)
class ToolCall:
    """A call that may be carried out: the tool was offered and `arguments` satisfy its schema. `id` is unique within its turn."""

    id: str
    name: str
    arguments: Mapping[str, Any]


def read_calls(completion: Completion, tools: Sequence[Tool]) -> tuple[str, tuple[ToolCall, ...]]:
    """The text beside the calls, and the calls. Raises `Fault` where a call names no offered tool or its arguments are wrong.

    Without `tools` the text is text, whatever it looks like. A call in words counts if it is tagged `<tool_call>`, or if the
    whole text is the JSON of calls to offered tools.
    """
    offered = {name_of(tool): tool for tool in tools}
    text, raw = completion.text, completion.calls
    if offered and not raw:
        text, raw = _written(text, offered)
    if len(raw) > _MOST_CALLS:
        raise Fault(f"it makes {len(raw)} tool calls at once; at most {_MOST_CALLS} are allowed")
    if raw and not offered:
        raise Fault("no tools are offered now: reply with text")
    return text.strip(), _numbered([_checked(call, offered) for call in raw])


def name_of(tool: Tool) -> str:
    """The name by which a model calls it."""
    return str(tool["function"]["name"])


def _checked(call: RawCall, offered: Mapping[str, Tool]) -> ToolCall:
    tool = offered.get(call.name)
    if tool is None:
        raise Fault(f"there is no tool {clean(call.name)[:60]!r}; the tools are {', '.join(offered)}")
    arguments = _arguments(call)
    if not isinstance(arguments, Mapping):
        raise Fault(f"the arguments of {call.name} are no JSON object")
    reason = breach(arguments, tool["function"].get("parameters") or {})
    if reason is not None:
        raise Fault(f"the arguments of {call.name} break its schema {reason}")
    return ToolCall(clean(call.id), call.name, cast("Mapping[str, Any]", arguments))


def _arguments(call: RawCall) -> Any:
    try:
        if isinstance(call.arguments, str):
            return strict(call.arguments) if call.arguments.strip() else {}
        return {} if call.arguments is None else sound(call.arguments)
    except Fault as fault:
        raise Fault(f"the arguments of {call.name} cannot be read: {fault.reason}") from None


def _numbered(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """The calls with an id each: a missing or repeated one is replaced by its place."""
    taken: set[str] = set()
    numbered: list[ToolCall] = []
    for place, call in enumerate(calls, start=1):
        id = call.id if call.id and call.id not in taken else f"call_{place}"
        while id in taken:
            id += "_"
        taken.add(id)
        numbered.append(ToolCall(id, call.name, call.arguments))
    return tuple(numbered)


def _written(text: str, offered: Mapping[str, Tool]) -> tuple[str, tuple[RawCall, ...]]:
    """The text less the calls in it, and these calls. Raises `Fault` for a tagged call that cannot be read."""
    tagged = _TAGGED.findall(text)
    if tagged:
        return _TAGGED.sub("", text), tuple(call for body in tagged for call in _tagged(body))
    fenced = _FENCED.match(text)
    try:
        calls = _calls(strict(fenced[1] if fenced else text))
    except Fault:
        return text, ()
    return ("", calls) if calls and all(call.name in offered for call in calls) else (text, ())


def _tagged(body: str) -> tuple[RawCall, ...]:
    try:
        calls = _calls(strict(body))
    except Fault as fault:
        raise Fault(f"the tool call cannot be read: {fault.reason}") from None
    if not calls:
        raise Fault('a tool call is a JSON object with "name" and "arguments"')
    return calls


def _calls(value: Any) -> tuple[RawCall, ...]:
    """The calls that a JSON value describes in one of the customary forms, none if it describes anything else."""
    if isinstance(value, list):
        found = [_calls(item) for item in cast("list[Any]", value)]
        return tuple(call for calls in found for call in calls) if all(found) else ()
    if not isinstance(value, Mapping):
        return ()
    form = cast("Mapping[str, Any]", value)
    if isinstance(form.get("tool_calls"), list):
        return _calls(form["tool_calls"])
    inner = form.get("function")
    form = cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else form
    given = form.get("arguments", form.get("parameters"))
    return (RawCall("", form["name"], given),) if isinstance(form.get("name"), str) and given is not None else ()


def in_words(tools: Sequence[Tool]) -> str:
    """What a model is told where its server takes no `tools`: what they are, and how a call is written."""
    lines = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    return (
        f"You can call these tools, each described by a JSON object:\n{lines}\n"
        'To call one, reply with <tool_call>{"name": "...", "arguments": {...}}</tool_call> and nothing else. '
        "The result comes in the next message."
    )


def as_written(text: str, calls: Sequence[RawCall]) -> str:
    """A turn of the model with its calls in words."""
    written = (json.dumps({"name": call.name, "arguments": _value(call.arguments)}, ensure_ascii=False) for call in calls)
    return "\n".join(part for part in (text, *(f"<tool_call>{call}</tool_call>" for call in written)) if part)


def _value(arguments: Any) -> Any:
    """Arguments as a value where they can be read, else as they are."""
    try:
        return strict(arguments) if isinstance(arguments, str) else arguments
    except Fault:
        return arguments

"""Asking a language model for one form of answer, and reading it: a malformed reply is a named failure, never a guess."""

from __future__ import annotations

from typing import Any, TypeVar

from retrievers.base import Chat, Query
from retrievers.errors import ReplyError

T = TypeVar("T")


def ask(chat: Chat, task: str, given: str, form: type[T], cause: Query) -> T:
    """The model's reply to `task` (what to do) and `given` (the data) as a `form`, a dataclass of plain fields.

    The form's JSON schema is sent along and the reply is checked against it. Raises `ReplyError` where it does not fit.

    >>> ask(chat, "Name the planet.", "the red one", Planet, query).name
    """
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(form)
    schema: dict[str, Any] = {**adapter.json_schema(), "additionalProperties": False}
    reply = chat.chat([{"role": "system", "content": task}, {"role": "user", "content": given}], schema, cause)
    try:
        return adapter.validate_json(reply.text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise ReplyError(
            f"the model's reply does not fit: {place}: {first['msg']} ({reply.text[:80]!r})",
            f"JSON with {', '.join(schema['properties'])}",
            "ask again, or try another model: --model NAME",
        ) from error


def clipped(text: str, words: int) -> str:
    """The first `words` words of a text, as they stand."""
    parts = text.split(None, words)
    return text if len(parts) <= words else text[: len(text) - len(parts[-1])].rstrip()

"""A language model that is asked the same thing only once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retrievers.base import Chat, Message, Query, Reply


@dataclass(frozen=True)
class Remembering:
    """A `Chat` that gives the reply it had before to the same messages and schema: so a recipe that is run on a query several
    times, with one part of it changed, is told the same each time.

    >>> Sources(index, Remembering(client))
    """

    inner: Chat = field(repr=False)
    _replies: dict[str, Reply] = field(default_factory=dict[str, Reply], repr=False, compare=False)

    def chat(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, cause: Query) -> Reply:
        """The model's reply, or what it replied before."""
        key = json.dumps([list(map(dict, messages)), schema], sort_keys=True)
        if key not in self._replies:
            self._replies[key] = self.inner.chat(messages, schema, cause)
        return self._replies[key]

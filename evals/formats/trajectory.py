"""One question's record in the form of BrowseComp-Plus (Chen et al., 2025): how its run ended, and its trajectory."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

COMPLETED = "completed"
_PASSAGE = re.compile(r"browsecomp_plus_(.+)_[0-9]+")


@dataclass(frozen=True)
class Snippet:
    """One hit as a search handed it to the model."""

    docid: str
    text: str
    score: float | None = None


@dataclass(frozen=True)
class Entry:
    """One thing of a trajectory: the model's reasoning (in parts), a call of a tool, or a text that it put out.

    `arguments` and the `output` of a call are kept as they stand in the file: JSON text as the model saw it, or what
    the tool said when it failed.
    """

    type: str
    output: str | tuple[str, ...] | None = None
    tool_name: str | None = None
    arguments: str | None = None

    @property
    def text(self) -> str:
        """The words of reasoning or of an answer."""
        return "\n".join(self.output) if isinstance(self.output, tuple) else self.output or ""

    @property
    def searches(self) -> bool:
        """Whether this is a call that searches, as the reference reads the tools' names."""
        name = (self.tool_name or "").lower()
        return self.type == "tool_call" and ("search" in name or "retrieval" in name)

    @property
    def query(self) -> str:
        """What a search asked for: `user_query`, or `query` in older runs; empty where the model gave neither."""
        given = json_of(self.arguments)
        asked = cast("Mapping[str, object]", given) if isinstance(given, dict) else {}
        return str(asked.get("user_query") or asked.get("query") or "")

    @property
    def hits(self) -> tuple[Snippet, ...]:
        """What a search gave; nothing where it failed."""
        found = json_of(self.output) if self.searches and isinstance(self.output, str) else None
        rows = cast("list[object]", found) if isinstance(found, list) else []
        return tuple(_snippet(cast("Mapping[str, Any]", row)) for row in rows if isinstance(row, dict) and "docid" in row)


@dataclass(frozen=True)
class Record:
    """What came of one question: how its run ended, the calls that succeeded by tool, what was retrieved, and the trajectory.

    >>> record.response
    'Explanation: ... [5412]\\nExact answer: Ulm\\nConfidence: 90%'
    """

    query_id: str
    status: str
    tool_call_counts: Mapping[str, int]
    retrieved_docids: tuple[str, ...]
    result: tuple[Entry, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def completed(self) -> bool:
        """Whether the model ended by itself with a message."""
        return self.status == COMPLETED

    @property
    def response(self) -> str:
        """The answer: the last thing of the trajectory where that is a text, else nothing."""
        last = self.result[-1] if self.result else None
        return last.text if last is not None and last.type == "output_text" else ""

    @cached_property
    def searches(self) -> tuple[tuple[str, Entry], ...]:
        """Every search with the reasoning of its turn, empty where there is none.

        A file does not mark turns: calls without reasoning between them are taken for one turn's.
        """
        found: list[tuple[str, Entry]] = []
        reasons: list[str] = []
        called = False
        for one in self.result:
            if one.type == "tool_call":
                found += [("\n".join(reasons), one)] if one.searches else []
            else:
                reasons = [one.text] if called else [*reasons, one.text]
            called = one.type == "tool_call"
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        """The object that stands in the file."""
        about = {"metadata": dict(self.metadata)} if self.metadata else {}
        counts = dict(self.tool_call_counts)
        told = {"query_id": self.query_id, "tool_call_counts": counts, "status": self.status}
        return {
            **about,
            **told,
            "retrieved_docids": list(self.retrieved_docids),
            "result": [_entry_json(one) for one in self.result],
        }


def document_of(docid: str) -> str:
    """The document of a published passage id, `browsecomp_plus_<docid>_<n>`; any other id is a document's own.

    >>> document_of("browsecomp_plus_5412_7")
    '5412'
    """
    match = _PASSAGE.fullmatch(docid)
    return match[1] if match else docid


def _entry_json(one: Entry) -> dict[str, Any]:
    output = list(one.output) if isinstance(one.output, tuple) else one.output
    return {"type": one.type, "tool_name": one.tool_name, "arguments": one.arguments, "output": output}


def json_of(text: object) -> object:
    """What a text says in JSON, None where it is none: a failed call has words in its place."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _snippet(row: Mapping[str, Any]) -> Snippet:
    score = row.get("score")
    text = row.get("snippet", row.get("text", ""))
    return Snippet(str(row["docid"]), str(text), float(score) if isinstance(score, int | float) else None)

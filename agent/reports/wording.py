"""What is said of an answer, in the same words in a terminal, a page and an export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.record import STOPS
from retrievers.printable import one_line

Record = Mapping[str, Any]

KINDS: Mapping[str, str] = {"found": "Answer", "not_found": "Not found in this corpus", "conflict": "The sources disagree"}


def headline(record: Record) -> str:
    """The short answer where it stands, else what came of the question.

    >>> headline({"stop": "saturated", "searches": [{}], "shown": [], "answer": {"kind": "not_found", "short": ""}})
    'Not found in this corpus'
    """
    if not record["stop"]:
        return "Not answered yet"
    answer = record["answer"]
    if answer["kind"] == "not_found" and not record["searches"] and not record["shown"]:
        return "Not answered: nothing was searched"
    visible = one_line(answer["short"]) and answer["kind"] != "not_found"
    return str(answer["short"]) if visible else KINDS[answer["kind"]]


def ended(record: Record) -> str:
    """Why the search ended, in words."""
    return STOPS[record["stop"]] if record["stop"] else "the question is not finished"


def effort_of(record: Record) -> str:
    """What a question took, in one line: searches, passages, tokens, seconds and cost."""
    usage = record["usage"]
    tokens = usage["tokens_in"] + usage["tokens_out"]
    parts = [counted(usage["searches"], "search", "searches"), f"{counted(len(record['shown']), 'passage')} shown"]
    if tokens:
        parts += [f"{tokens:,} tokens", f"cost {price(usage['cost'])}"]
    return ", ".join([*parts, f"{usage['seconds']:.1f} s"])


def came(search: Record) -> str:
    """What a search of a record came to: its hits, the search that it repeats, or its failure."""
    if search.get("failure"):
        return f"failed: {search['failure']}"
    return f"as search {search['repeats']}" if search.get("repeats") else counted(search["hits"], "hit")


def price(cost: float | None) -> str:
    """A cost in the user's own currency; an unknown one is unknown, not nothing."""
    return "unknown" if cost is None else f"{cost:.4f}".rstrip("0").rstrip(".")


def counted(number: int, one: str, several: str = "") -> str:
    """`1 search`, `2 searches`.

    >>> counted(2, "passage")
    '2 passages'
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"

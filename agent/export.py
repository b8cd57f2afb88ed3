"""A question's record as a document to keep: Markdown, HTML or JSON, every claim with its footnotes.

Whatever comes from the corpus, a person or a model is shown and never obeyed: marks that would make a link, an image, a tag or
a heading of it are escaped, and the page allows neither scripts nor anything from outside itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from agent.reports.export_html import page
from agent.reports.export_markdown import paper
from retrievers.errors import UsageError

Record = Mapping[str, Any]
FORMATS = ("md", "html", "json")


def export(records: Sequence[Record], format: str) -> str:
    """One document of the records (agent.record) of a run's questions; JSON gives one object for one question, else a list.

    Raises `UsageError` for another format, naming the nearest.

    >>> Path("answer.md").write_text(export([record(ledger, run)], "md"), "utf-8")
    """
    if format == "md":
        return paper(records)
    if format == "html":
        return page(records)
    if format == "json":
        return json_text(records[0] if len(records) == 1 else list(records)) + "\n"
    near = get_close_matches(format, FORMATS, n=1)
    raise UsageError(f"no format {format!r}", f"one of {', '.join(FORMATS)}", f"--format {near[0] if near else 'md'}")


def json_text(value: Any) -> str:
    """A value as JSON that any UTF-8 file can hold: a lone surrogate, which has no UTF-8, stands as its escape.

    >>> json_text({"a": chr(0xD800)})
    '{\\n  "a": "\\\\ud800"\\n}'
    """
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace").decode()

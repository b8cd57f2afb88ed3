"""An answer on a page: in short, in cited claims, with the sources that they open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.entries.rows import RunRow
from agent.reports.wording import headline
from ui.parts.plain import plain
from ui.visit import Visit

Record = Mapping[str, Any]


def answer(visit: Visit, run: RunRow, record: Record) -> None:
    """Draw the record of an answered question."""
    plain(headline(record))
    for claim in record["claims"]:
        plain(claim["text"])

"""The citations of an answer as they are pressed, opened and spoken of: which claim, which citation of it, which source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.reports.footnotes import Source
from agent.state import Evidence

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Opened:
    """A passage that can be opened, at [start, end) of its document in code points.

    `quote` is what a claim cites there; it is empty for a passage that was shown and not cited. `claim` and `citation` count as
    the ledger does, from 1: the claims of conflicts after the answer's own; both are 0 where nothing cites it. `number` is the
    source's number on the page, or the passage's among what was shown.
    """

    run: str
    question: int
    number: int
    item: str
    document: str
    title: str
    start: int
    end: int
    quote: str = ""
    heading: str = ""
    claim: int = 0
    citation: int = 0

    @property
    def key(self) -> str:
        """The key of the button that opens it."""
        place = f"{self.claim}-{self.number}" if self.claim else f"shown-{self.number}"
        return f"cite-{self.run}-{self.question}-{place}"

    @property
    def name(self) -> str:
        """Its title, or its document's id, and its section."""
        return " › ".join(filter(None, (self.title or self.document, self.section)))

    @property
    def section(self) -> str:
        """The headings that it stands under, without what the title says; empty where there are none."""
        path = "" if self.heading == self.title else self.heading.removeprefix(f"{self.title} > ")
        return path.replace(" > ", " › ")


def cites(record: Record, sources: Sequence[Source], shown: Sequence[Evidence]) -> list[list[Opened]]:
    """For each claim of a record, those of its conflicts after its own, what its buttons open: a source once.

    >>> cites(record, footnoted(record).sources, ledger.shown(run, 1))[0][0].key
    'cite-20261125-020042-173e6e453e7e7-1-1-1'
    """
    numbers = {(one.document, one.start, one.end): one for one in sources}
    headings = {one.item: one.heading for one in shown}
    claims = [*record["claims"], *(claim for conflict in record["conflicts"] for claim in conflict["claims"])]
    found: list[list[Opened]] = []
    for claim, own in enumerate(claims, start=1):
        opened: dict[int, Opened] = {}
        for citation, one in enumerate(own["citations"], start=1):
            source = numbers[one["document"], one["start"], one["end"]]
            if source.number not in opened:
                opened[source.number] = _cited(record, source, one, headings.get(one["item"], ""), (claim, citation))
        found.append(list(opened.values()))
    return found


def missed(record: Record, shown: Sequence[Evidence]) -> list[Opened]:
    """Passages that were shown and that nothing cites, as they are opened."""
    return [
        Opened(
            record["run"],
            record["number"],
            one.number,
            one.item,
            one.document,
            one.title,
            one.start,
            one.end,
            heading=one.heading,
        )
        for one in shown
    ]


def _cited(record: Record, source: Source, one: Record, heading: str, place: tuple[int, int]) -> Opened:
    return Opened(
        record["run"],
        record["number"],
        source.number,
        one["item"],
        one["document"],
        source.title,
        one["start"],
        one["end"],
        one["quote"],
        heading,
        *place,
    )

"""An answer with numbered sources: the one numbering that a terminal, a page and an export show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """A cited span, numbered from 1 in the order of first use; `start` and `end` are code points of the parsed document."""

    number: int
    document: str
    item: str
    title: str
    start: int
    end: int
    quote: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """A claim and the numbers of its sources; `reason` says why it is not supported, where it is not."""

    text: str
    supported: bool
    sources: tuple[int, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Dispute:
    """What sources disagree about, and what each of them says."""

    about: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Footnoted:
    """An answer's sentences and disputes, and the sources that they name by number."""

    sentences: tuple[Sentence, ...]
    disputes: tuple[Dispute, ...]
    sources: tuple[Source, ...]


def footnoted(record: Record) -> Footnoted:
    """Number the sources of a question's record (agent.record). A span that is cited twice has one number.

    >>> [source.number for source in footnoted(record(ledger, run)).sources]
    [1, 2]
    """
    notes = _Notes({one["item"]: one["title"] for one in record["shown"]})
    sentences = notes.sentences(record["claims"])
    disputes = tuple(Dispute(one["about"], notes.sentences(one["claims"])) for one in record["conflicts"])
    return Footnoted(sentences, disputes, tuple(notes.found.values()))


@dataclass
class _Notes:
    titles: Mapping[str, str]
    found: dict[tuple[str, int, int], Source] = field(default_factory=dict[tuple[str, int, int], Source])

    def sentences(self, claims: Sequence[Record]) -> tuple[Sentence, ...]:
        """The claims, their citations numbered on from those before."""
        return tuple(self._sentence(claim) for claim in claims)

    def _sentence(self, claim: Record) -> Sentence:
        numbers = dict.fromkeys(self._number(one) for one in claim["citations"])
        return Sentence(claim["text"], claim["supported"], tuple(numbers), claim.get("reason", ""))

    def _number(self, citation: Record) -> int:
        document, item, start, end = (citation[name] for name in ("document", "item", "start", "end"))
        key = document, start, end
        if key not in self.found:
            title, path = self.titles.get(item, ""), tuple(citation.get("path", ()))
            self.found[key] = Source(len(self.found) + 1, document, item, title, start, end, citation["quote"], path)
        return self.found[key].number

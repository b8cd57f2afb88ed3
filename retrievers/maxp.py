"""MaxP: from passages to the documents that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from retrievers.base import Hit, Ranking, Stage
from retrievers.errors import UsageError

if TYPE_CHECKING:
    from retrievers.index import Index


@dataclass(frozen=True)
class MaxP(Stage):
    """A document's score is that of its best passage (Dai and Callan, SIGIR 2019): rankings of items become rankings of
    documents, to meet judgements of documents.

    Rewards one strong passage, however long the document. `level` is `records` (the records that an item covers: a
    JSON-lines record, a turn of a window; else its document) or `document`. The trail is that of the best passage.

    >>> bm25 % 1000 >> MaxP(index)
    """

    index: Index = field(repr=False)
    level: Literal["records", "document"] = "records"

    def __post_init__(self) -> None:
        if self.level not in ("records", "document"):
            raise UsageError(f"the level {self.level!r}", "records or document", 'MaxP(index, level="document")')

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [self._rolled(ranking) for ranking in batch]

    def _rolled(self, ranking: Ranking) -> Ranking:
        best: dict[str, Hit] = {}
        for hit, item in zip(ranking, self.index.find(ranking.ids, ranking.query.user), strict=True):
            for id in item.covers if self.level == "records" else (item.document,):
                best.setdefault(id, hit)
        return Ranking.ranked(
            ranking.query,
            list(best),
            [hit.score for hit in best.values()],
            self.label,
            trails=[hit.trail for hit in best.values()],
            details=[f"best passage {hit.id}" for hit in best.values()],
        )

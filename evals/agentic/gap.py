"""How far dense retrieval falls behind lexical on the queries that agents write, and what rewriting them changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from evals.agentic.cell import REWRITES
from evals.agentic.protocol import Protocol, searches
from evals.answering.evidence import EvidenceRecall
from evals.bootstrap import Difference, Estimate, interval, paired
from evals.compare import holm
from evals.measures import Values
from evals.outcomes import Outcome
from evals.replaying.issued import Issued, judged
from retrievers.base import Chat
from retrievers.index import Index

LEXICAL, DENSE = "bm25", "dense"
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Row:
    """One way of rewriting: the evidence recall of lexical and dense, and the gap lexical - dense, paired by question.

    `change` is the gap less the one before rewriting (None for that itself), paired by question as well; `p_holm` is its p,
    corrected for the number of ways. `tokens` are what lexical and dense showed a question, in the mean.
    """

    rewrite: str
    lexical: Estimate
    dense: Estimate
    gap: Difference
    tokens: tuple[float, float]
    change: Difference | None = None
    p_holm: float | None = None


@dataclass(frozen=True)
class Gap:
    """The outcomes of every way of rewriting, lexical and dense, over the same searches of the same questions."""

    protocol: Protocol
    issued: tuple[Issued, ...]
    found: Mapping[str, tuple[Sequence[Outcome], Sequence[Outcome]]]

    @property
    def searches(self) -> float:
        """Searches a question, in the mean: the same in every row."""
        return float(np.mean([len(searches(one)) for one in self.issued]))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """A row for each way of rewriting, the queries as issued first.

        >>> gap.rows[1].change.value
        -0.06
        """
        recalls = {name: (_recall(lexical), _recall(dense)) for name, (lexical, dense) in self.found.items()}
        first = next(iter(recalls.values()))
        before = first[0] - first[1]
        rows = [self._row(name, lexical, dense, before) for name, (lexical, dense) in recalls.items()]
        changed = holm([row.change.p for row in rows if row.change is not None])
        return (rows[0], *(replace(row, p_holm=p) for row, p in zip(rows[1:], changed, strict=True)))

    def as_json(self) -> dict[str, Any]:
        """`{protocol, n, searches, rows: [{rewrite, lexical, dense, gap, tokens, change, p_holm}]}`."""
        told = {"protocol": asdict(self.protocol), "n": len(self.issued), "searches": self.searches}
        return {**told, "rows": [asdict(row) for row in self.rows]}

    def _row(self, name: str, lexical: Values, dense: Values, before: Values) -> Row:
        tokens = [float(np.mean([_tokens(one) for one in outcomes])) for outcomes in self.found[name]]
        change = paired(lexical - dense, before) if name != next(iter(self.found)) else None
        return Row(name, interval(lexical), interval(dense), paired(lexical, dense), (tokens[0], tokens[1]), change)


def gap(
    protocol: Protocol,
    issued: Sequence[Issued],
    index: Index,
    chat: Chat,
    progress: Progress = lambda step, done, total: None,
) -> Gap:
    """Search what was issued with lexical and dense retrieval, as it is and rewritten in every way; all else as in `protocol`.

    `chat` makes questions of the queries. Questions without judgements are left out; raises `FathomError` where all are such.

    >>> gap(Protocol(), [issue(one) for one in questions], index, TemplateChat()).rows
    """
    asked = judged(issued)

    def searched(retriever: str, rewrite: str) -> list[Outcome]:
        arm = replace(protocol, retriever=retriever, rewrite=rewrite)
        return arm.retrieve(asked, arm.tools(index, chat), progress)

    found = {rewrite: (searched(LEXICAL, rewrite), searched(DENSE, rewrite)) for rewrite in REWRITES}
    return Gap(protocol, tuple(asked), found)


def _recall(outcomes: Sequence[Outcome]) -> Values:
    return EvidenceRecall().values(outcomes)


def _tokens(one: Outcome) -> int:
    return one.steps[-1].tokens if one.steps else 0

"""What became of the relevant documents of many questions: their stages are read together, and searched again only at need."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.desk import Desk
from agent.entries.packing import Candidates
from agent.entries.rows import QuestionRow
from agent.entries.trajectories import Trajectory
from agent.ledger import Ledger
from agent.placed import found_or_lost
from agent.spec import Spec
from agent.state import Done, Search
from agent.why import Sought, Why, absent, again, hides, lost, naming, placing, used, weighed
from agent.workshop import Workshop

_PART = 50


def fates(
    ledger: Ledger, workshop: Workshop, run: str, asked: Sequence[tuple[QuestionRow, Trajectory]]
) -> Iterator[tuple[Why, ...]]:
    """For each of these questions of a run, what became of its relevant documents, in their order.

    The causes are those of `agent.why` (of `agent.placed`, where a recipe was measured alone). A search is made again only where
    no stage of any search gave the document and one of them may have given it below the places that were logged. Raises
    `FathomError` where the index is no longer the run's.

    >>> [why.cause for why in next(fates(ledger, workshop, run, asked))]
    ['cited', 'rank_miss']
    """
    if not asked:
        return
    spec = Spec.from_json(ledger.run(run).spec)
    desk = workshop.desk(ledger, run, asked[0][0].number, spec)
    for start in range(0, len(asked), _PART):
        part = asked[start : start + _PART]
        stages = ledger.stages(run, [row.number for row, _ in part])
        for row, did in part:
            own = {action: found for (number, action), found in stages.items() if number == row.number}
            yield _Case(_at(desk, row), row, did, own, workshop, spec.alone).fates()


def _at(desk: Desk, row: QuestionRow) -> Desk:
    """The desk of another question of the same run, for its asker."""
    user = row.gold.user if row.gold is not None else desk.tools.user
    return replace(desk, number=row.number, tools=replace(desk.tools, user=user), began=time.monotonic())


@dataclass
class _Case:
    """One question; of a search that was made again, `stages` holds all that it gives."""

    desk: Desk
    row: QuestionRow
    did: Trajectory
    stages: Mapping[int, Sequence[Candidates]]
    workshop: Workshop
    alone: bool

    def fates(self) -> tuple[Why, ...]:
        """What became of each relevant document."""
        return tuple(map(self._fate, self.row.gold.relevant)) if self.row.gold is not None else ()

    def _fate(self, passage: str) -> Why:
        tools = self.desk.tools
        ids = tools.items(passage)
        if not ids:
            return absent(passage)
        item = tools.index.item(ids[0], tools.user)
        if self.alone:
            searches = self._sought([*ids, passage], item.covers)
            return found_or_lost(passage, item.document, searches[0])
        shown = naming(passage, ids, self.did.shown)
        if shown and self.row.answer is not None:
            return Why(passage, item.document, *used(shown, self.row.answer, self.row.draft))
        searches = self._sought(ids)
        return Why(passage, item.document, *lost(searches), searches)

    def _sought(self, ids: Sequence[str], records: Sequence[str] = ()) -> tuple[Sought, ...]:
        names = [*ids, *records]
        searched = [one for one in self.did.done if _made(one)]
        if not any(not set(names).isdisjoint(stage.ids) for one in searched for stage in self._given(one)):
            self._deepen(searched, names)
        return tuple(self._placed(one, ids, records) for one in searched)

    def _placed(self, done: Done, ids: Sequence[str], records: Sequence[str]) -> Sought:
        stages = self._given(done)
        one = placing(done, stages, ids, records)
        return one if self.alone else weighed(one, done, stages, self.did.shown, self.desk.effort)

    def _given(self, done: Done) -> Sequence[Candidates]:
        return self.stages.get(done.number, ())

    def _deepen(self, searched: Sequence[Done], names: Sequence[str]) -> None:
        """Make the searches again that may have given one of these below what was logged."""
        with self.workshop.accounts.opened(self.desk):  # a search that is made again may ask a model
            deeper = {
                one.number: again(self.desk, one) for one in searched if any(hides(stage, names) for stage in self._given(one))
            }
        self.stages = {**self.stages, **deeper}


def _made(done: Done) -> bool:
    """Whether it is a search that was made: neither a repeat nor one that failed."""
    return isinstance(done.action, Search) and done.repeats is None and done.failure is None

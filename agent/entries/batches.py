"""The writing of searches that were made together: an evaluation asks many questions once, and syncs once for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.entries.handle import Handle, Row
from agent.entries.packing import Candidates, packed
from agent.entries.rows import done_json, turn_json
from agent.state import Done, Search, Turn
from retrievers.errors import FathomError


@dataclass(frozen=True)
class Searched:
    """Question `number` was searched as `search` says: how many `hits` came in how many `seconds`, and what each stage gave."""

    number: int
    search: Search
    hits: int
    seconds: float
    stages: tuple[Candidates, ...]

    @property
    def rewritten(self) -> str:
        """The texts that the stages searched for, where they are not the search's own."""
        return " | ".join(dict.fromkeys(one.query for one in self.stages if one.query != self.search.text))


class Batches(Handle):
    """Records one search each of many questions of a run."""

    def unsearched(self, run: str) -> set[int]:
        """The numbers of the questions that have no turn."""
        with self._reading() as rows:
            self._run(rows, run)
            key: dict[str, Any] = {"run": run}
            begun = {row["question"] for row in rows.rows("turn", only=("question",), **key, number=1)}
            return {row["number"] for row in rows.rows("question", only=("number",), **key)} - begun

    def record_searches(self, run: str, searches: Sequence[Searched]) -> None:
        """Record, in one transaction with one event, that each of these questions had one turn with one search, and that nothing
        was shown of it. A question that has a turn stays as it is. Raises `FathomError` for one that the run does not have.
        """
        with self._writing() as rows:
            self._run(rows, run, lock=True)
            numbers = [one.number for one in searches]
            there = {row["number"] for row in rows.rows("question", only=("number",), run=run, number=numbers)}
            if missing := [number for number in numbers if number not in there]:
                raise FathomError(
                    f"run {run} has no question {missing[0]}", "the number of one of its questions", f"fathom show {run}"
                )
            known = {row["question"] for row in rows.rows("turn", only=("question",), run=run, question=numbers, number=1)}
            new = [one for one in searches if one.number not in known]
            for table, found in _rows(run, new).items():
                rows.add(table, found)
            if new:
                self._emit(rows, run, 0, "searches", {"questions": [one.number for one in new]})


def _rows(run: str, searches: Sequence[Searched]) -> dict[str, list[Row]]:
    turns: list[Row] = []
    actions: list[Row] = []
    staged: list[Row] = []
    for one in searches:
        key = {"run": run, "question": one.number}
        turns.append({**key, **turn_json(Turn(1, actions=(one.search,))), "read": True})
        done = Done(1, 1, one.search, one.rewritten, one.hits)
        actions.append({**key, **done_json(done), "seconds": one.seconds})
        staged += [{**key, "action": 1, **packed(place, stage)} for place, stage in enumerate(one.stages)]
    return {"turn": turns, "action": actions, "candidates": staged}

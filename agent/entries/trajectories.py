"""What all questions of a run did, read together: a few queries for a run of any length."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.entries.handle import Handle, Row
from agent.entries.packing import Candidates, unpack
from agent.entries.reading import spent_of
from agent.entries.rows import done_of, evidence_of, made
from agent.state import Done, Evidence, Failure, Spent


@dataclass(frozen=True)
class Trajectory:
    """What was carried out for a question, what was shown of it (without its text), what failed, and what it took."""

    done: tuple[Done, ...] = ()
    shown: tuple[Evidence, ...] = ()
    failures: tuple[Failure, ...] = ()
    spent: Spent = field(default_factory=Spent)


class Trajectories(Handle):
    """Reads a run's questions at once, where one at a time would be thousands of queries."""

    def trajectories(self, run: str, only: Sequence[int] | None = None) -> dict[int, Trajectory]:
        """Each question's, or those of `only`, by its number; a question of which nothing was recorded is left out."""
        order, key = ("question", "number"), _key(run, only)
        with self._reading() as rows:
            self._run(rows, run)
            actions, shown, failures, calls = (
                _by_question(rows.rows(table, order=order, **key)) for table in ("action", "shown", "failure", "call")
            )
        return {
            number: Trajectory(
                tuple(done_of(row, shown[number]) for row in actions[number]),
                tuple(map(evidence_of, shown[number])),
                tuple(made(Failure, row) for row in failures[number]),
                spent_of(actions[number], calls[number]),
            )
            for number in sorted({*actions, *shown, *failures, *calls})
        }

    def last_stages(self, run: str, only: Sequence[int] | None = None) -> dict[tuple[int, int], Candidates]:
        """What the last stage of each search gave, of all questions or of `only`, by the numbers of question and action; one
        that gave nothing is left out."""
        with self._reading() as rows:
            self._run(rows, run)
            order, key = ("question", "action", "position"), _key(run, only)
            last = {_place(row): row["position"] for row in rows.rows("candidates", only=order, order=order, **key)}
            return {
                _place(row): unpack(row["packed"], row["stage"], row["query"], row["total"])
                for position in sorted(set(last.values()))  # mostly one: a run's searches pass the same stages
                for row in rows.rows("candidates", order=order, position=position, **key)
                if last[_place(row)] == position
            }

    def stages(self, run: str, only: Sequence[int] | None = None) -> dict[tuple[int, int], list[Candidates]]:
        """What every stage of each search gave, of all questions or of `only`, by the numbers of question and action, in the
        stages' order.

        >>> ledger.stages(run, [1, 2])[1, 1][0].stage
        'BM25'
        """
        found: defaultdict[tuple[int, int], list[Candidates]] = defaultdict(list)
        with self._reading() as rows:
            self._run(rows, run)
            order = ("question", "action", "position")
            for row in rows.rows("candidates", order=order, **_key(run, only)):
                found[_place(row)].append(unpack(row["packed"], row["stage"], row["query"], row["total"]))
        return dict(found)


def _key(run: str, only: Sequence[int] | None) -> dict[str, Any]:
    return {"run": run} if only is None else {"run": run, "question": list(only)}


def _place(row: Row) -> tuple[int, int]:
    return row["question"], row["action"]


def _by_question(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["question"]].append(row)
    return found

"""The judgements of many answers at once: an evaluation has thousands, and a judge is not asked the same thing twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from agent.entries.handle import Handle
from agent.entries.rows import Judgement, made
from retrievers.errors import FathomError


class Judgements(Handle):
    """Reads what a judge said in all runs, and records what it said of many answers of one."""

    def judgements_by(self, what: str, judge: str) -> dict[tuple[str, int], Judgement]:
        """All that a judge said of this, by the run and the number of the question, the newest last."""
        with self._reading() as rows:
            found = rows.rows("judgement", order=("at", "run", "question"), what=what, judge=judge)
        return {(row["run"], row["question"]): made(Judgement, row) for row in found}

    def judges(self, what: str) -> list[str]:
        """Everyone who said something of this, in order."""
        with self._reading() as rows:
            return sorted(row["judge"] for row in rows.totals("judgement", ["judge"], what=what))

    def record_judgements(self, run: str, said: Mapping[int, Judgement]) -> None:
        """Record judgements by the question's number, in one transaction; what the same judge said before is replaced.

        Raises `FathomError` for a question that the run does not have.
        """
        with self._writing() as rows:
            self._run(rows, run, lock=True)
            key: dict[str, Any] = {"run": run}
            missing = set(said) - {row["number"] for row in rows.rows("question", only=("number",), **key)}
            if missing:
                happened = f"run {run} has no question {min(missing)}"
                raise FathomError(happened, "the number of one of its questions", f"fathom show {run}")
            now = self.clock()
            rows.add("judgement", [{**key, "question": n, **asdict(one), "at": now} for n, one in said.items()], "replace")

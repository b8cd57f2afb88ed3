"""Leases: a run is worked on by one process at a time, for as long as that says it is alive."""

from __future__ import annotations

from typing import Any

from agent.entries.handle import Handle, Row
from agent.store import Transaction
from retrievers.errors import FathomError


class LeaseHeld(FathomError):
    """A run is under work elsewhere, or is no longer this owner's to renew."""


class Leases(Handle):
    """Takes, renews and gives back the lease of a run."""

    def lease(self, run: str, owner: str, seconds: float) -> None:
        """Take a run for `seconds`; one that was stopped or failed is under way again, and what it left unanswered is open.

        Raises `LeaseHeld` while another owner's lease runs, `FathomError` for a run that is done.
        """
        with self._writing() as rows:
            row = self._run(rows, run, lock=True)
            now = self.clock()
            if row["lease_owner"] not in ("", owner) and row["lease_until"] > now:
                raise _held(run, row, now)
            if row["status"] == "done":
                raise FathomError(f"run {run} is done", "a run that was stopped or cut off", f"fathom show {run}")
            if row["status"] != "running":
                self._reopen(rows, run)
            rows.change("run", {"lease_owner": owner, "lease_until": now + seconds}, id=run)

    def renew(self, run: str, owner: str, seconds: float) -> None:
        """Prolong a lease to `seconds` from now, even one that has run out unless another owner took it; else `LeaseHeld`."""
        with self._writing() as rows:
            row = self._run(rows, run, lock=True)
            now = self.clock()
            if row["lease_owner"] != owner:
                raise _held(run, row, now)
            rows.change("run", {"lease_until": now + seconds}, id=run)

    def release(self, run: str, owner: str) -> None:
        """Give a lease back; one that is another's by now stays as it is."""
        with self._writing() as rows:
            self._run(rows, run, lock=True)
            rows.change("run", {"lease_owner": "", "lease_until": 0.0}, id=run, lease_owner=owner)

    def _reopen(self, rows: Transaction, run: str) -> None:
        """Partial answers make room for whole ones; the events keep what they said."""
        open_again = [row["number"] for row in rows.rows("question", only=("number",), run=run, stop=["stopped", "failed"])]
        for table in ("claim", "conflict"):
            rows.remove(table, run=run, question=open_again)
        none: dict[str, Any] = dict.fromkeys(("stop", "draft", "answer", "spent"))
        rows.change("question", none, run=run, number=open_again)
        rows.change("turn", {"read": False}, run=run, question=open_again)
        rows.change("run", {"status": "running", "stop_asked": False, "ended": None}, id=run)
        self._emit(rows, run, 0, "run", {"status": "running", "open": open_again})


def _held(run: str, row: Row, now: float) -> LeaseHeld:
    if not row["lease_owner"]:
        return LeaseHeld(f"run {run} is nobody's", "a lease to renew", f"fathom ask --resume {run}")
    left = row["lease_until"] - now
    state = f"for {left:.0f} s more" if left > 0 else "who took it over"
    return LeaseHeld(
        f"run {run} is under work by {row['lease_owner']}, {state}",
        "a run that no other process works on",
        f"stop that process, or wait and type: fathom ask --resume {run}",
    )

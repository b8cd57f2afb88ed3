"""A user's hand on the ledger: what reading and writing have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

from agent.store import Store, Transaction
from retrievers.errors import FathomError, UsageError

Row = Mapping[str, Any]
_MOST = 2**53


@dataclass(frozen=True)
class Handle:
    """`user`'s rows in `store`. `clock` gives seconds since 1970; it stands beside the database's own, which is never asked."""

    store: Store = field(repr=False)
    user: str = "local"
    clock: Callable[[], float] = field(default=time.time, repr=False)
    _open: Transaction | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.user:
            raise UsageError("a ledger without a user", "a user's name", "leave --user out for the user 'local'")

    @contextmanager
    def together(self) -> Generator[Self]:
        """The same ledger, all of whose writing in this block is one transaction: seen whole or not at all, and synced once.

        Nothing else can write meanwhile: keep the block short, wait for nothing in it, and write through what it gives alone.

        >>> with ledger.together() as step: step.record_turn(run, 1, turn); step.record_shown(run, 1, 1, evidence)
        """
        with self._writing() as rows:
            yield replace(self, _open=rows)

    @contextmanager
    def _writing(self) -> Generator[Transaction]:
        if self._open is not None:
            yield self._open
            return
        with self.store.write(self.user) as rows:
            yield rows

    @contextmanager
    def _reading(self) -> Generator[Transaction]:
        if self._open is not None:
            yield self._open
            return
        with self.store.read(self.user) as rows:
            yield rows

    @contextmanager
    def _step(self, run: str, number: int) -> Generator[tuple[Transaction, dict[str, Any]]]:
        """A transaction over one question, and the columns that name it. Other writers of its run wait until it ends."""
        with self._writing() as rows:
            self._question(rows, run, number, lock=True)
            yield rows, {"run": run, "question": number}

    def _run(self, rows: Transaction, run: str, *, lock: bool = False) -> Row:
        """What a step needs of a run; one that is another user's is as missing as one that never was."""
        columns = ("id", "status", "lease_owner", "lease_until", "stop_asked", "ended")
        row = rows.one("run", only=columns, lock=lock, id=run)
        if row is None:
            raise no_run(run)
        return row

    def _question(self, rows: Transaction, run: str, number: int, *, lock: bool = False) -> Row:
        self._run(rows, run, lock=lock)
        row = rows.one("question", run=run, number=number) if 0 < number < _MOST else None
        if row is None:
            raise FathomError(f"run {run} has no question {number}", "the number of one of its questions", f"fathom show {run}")
        return row

    def _emit(self, rows: Transaction, run: str, question: int, kind: str, payload: Row) -> int:
        """Append an event to the run's; its sequence number. The run is locked, so the numbers have no gaps and no rivals."""
        seq = rows.top("event", "seq", run=run) + 1
        event = {"run": run, "seq": seq, "question": question, "at": self.clock(), "kind": kind, "payload": payload}
        rows.add("event", [event])
        return seq


def no_run(run: str) -> FathomError:
    """The error for a run that is not there, or is not this user's: nothing tells the two apart."""
    return FathomError(f"no run {run!r}", "the id of one of your runs, or its beginning", "fathom runs")


def no_conversation(id: str) -> FathomError:
    """The error for a conversation that is not there, or is not this user's: nothing tells the two apart."""
    return FathomError(f"no conversation {id!r}", "the id of one of your conversations", "fathom runs")

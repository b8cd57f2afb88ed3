"""The run service: how everyone runs a research, from a terminal, a page or an evaluation.

A run is leased by one process, not by a terminal or a page: it goes on when they close, and another process resumes it when
the lease has run out. What happens is appended to the ledger, so whoever attaches reads on from where they were.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from agent.batch import Batch
from agent.desk import Desk
from agent.drafts import Draft
from agent.entries.leases import LeaseHeld
from agent.entries.rows import Gold, RunRow, Status
from agent.holder import gone, holder
from agent.ledger import Ledger
from agent.spec import Spec
from agent.workflow import Workflow
from agent.workshop import Workshop
from retrievers.errors import FathomError, UsageError

LEASE = 30.0
LONGEST = 8_000
_POLL = 0.05


@dataclass
class Runs:
    """Starts, follows, stops, resumes and forks runs of one ledger's user.

    >>> runs = Runs(Ledger(Store.open(url)), Workshop(Settings()))
    >>> run = runs.start(["Who found Neptune?"], Spec(index="demo.index")); runs.wait(run)
    """

    ledger: Ledger
    workshop: Workshop
    lease: float = LEASE
    _workers: dict[str, threading.Thread] = field(default_factory=dict[str, threading.Thread])
    _errors: dict[str, BaseException] = field(default_factory=dict[str, BaseException])
    _beginning: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def owner(self) -> str:
        """Who holds the leases: this process."""
        return holder(self)

    def start(
        self,
        questions: Sequence[str],
        spec: Spec,
        *,
        following: str | None = None,
        purpose: str = "ask",
        gold: Sequence[Gold] = (),
    ) -> str:
        """Record a new run and begin it; returns its id at once.

        `following` is a run whose conversation this goes on with, `gold` what a data set says of each question.

        Raises `FathomError` where the index, the recipe or the model is not there: before anything is recorded.
        """
        asked = [question.strip() for question in questions]
        if not asked or not all(asked):
            raise UsageError("an empty question", "a question in words", 'fathom ask "Who found Neptune?" --index INDEX')
        if (most := max(map(len, asked))) > LONGEST:
            raise UsageError(
                f"a question of {most:,} characters", f"at most {LONGEST:,}", "ask in fewer words, and index long texts instead"
            )
        spec = self.workshop.checked(spec)
        if spec.alone:
            self.workshop.policy(spec)  # raises: what is measured alone is begun by an evaluation
        told, lease = spec.as_json(), (self.owner, self.lease)
        with self._beginning:
            run = self.ledger.start_run(told, asked, following=following, purpose=purpose, gold=gold, lease=lease)
            self._begin(run, spec)
        return run

    def resume(self, run: str) -> str:
        """Go on with a run that was stopped or whose process died; no finished step is done again.

        Raises `LeaseHeld` where it is alive in another process, `FathomError` where it is done or its index was built anew.
        """
        row = self.ledger.run(run)
        if row.status == "done":
            raise FathomError(f"run {row.id} is done", "a run that was stopped or cut off", f"fathom show {row.id}")
        spec = Spec.from_json(row.spec)
        if not spec.alone:
            self.workshop.policy(spec)
        self.workshop.desk(self.ledger, row.id, 1, spec)
        with self._beginning:  # two threads that resume a run: one does
            self._take(row)
            self._begin(row.id, spec)
        return row.id

    def fork(self, run: str, turn: int, *, query: str | None = None, recipe: str | None = None, number: int = 1) -> str:
        """A new run that shares a question's turns before `turn` and goes on, with an edited query or another recipe."""
        row = self.ledger.run(run)
        old = Spec.from_json(row.spec)
        self.workshop.policy(old)
        self.workshop.desk(self.ledger, row.id, number, old)
        new = old if recipe is None else replace(old, recipe=recipe, varied=(), label="")
        spec = self.workshop.checked(new)
        with self._beginning:
            forked = self.ledger.fork_run(row.id, number, turn, query, spec.as_json(), (self.owner, self.lease))
            self._begin(forked, spec)
        return forked

    def stop(self, run: str) -> None:
        """Ask a run to end with what it has; it still writes its partial, cited answer."""
        self.ledger.ask_stop(run)

    def events(self, run: str, after: int = 0) -> Iterator[tuple[int, str, dict[str, object]]]:
        """What happens in a run from sequence number `after` on, as it happens, until it has ended."""
        while True:
            ended = self._over(run)
            for event in self.ledger.events(run, after):
                after = event.seq
                yield event.seq, event.kind, {"question": event.question, **event.payload}
            if ended:
                return
            time.sleep(_POLL)

    def _over(self, run: str) -> bool:
        """Whether a run has ended, or this process's work on it has: a ledger that is full cannot say so."""
        worker = self._workers.get(run)
        return (worker is not None and not worker.is_alive()) or self.ledger.run(run).status != "running"

    def wait(self, run: str, timeout: float | None = None) -> RunRow:
        """The run when it has ended; raises what ended it, where that was an error of this process."""
        worker = self._workers.get(run)
        if worker is not None:
            worker.join(timeout)
        if run in self._errors:
            raise self._errors.pop(run)
        return self.ledger.run(run)

    def _take(self, row: RunRow) -> None:
        """Lease a run that was begun before."""
        alive = self._workers.get(row.id)
        if alive is not None and alive.is_alive():
            happened = f"run {row.id} is under work in this process"
            raise LeaseHeld(happened, "a run that was stopped or cut off", f"fathom show {row.id}")
        if gone(row.lease_owner):
            self.ledger.release(row.id, row.lease_owner)
        self.ledger.lease(row.id, self.owner, self.lease)
        if row.stop_asked and row.status == "running":  # its process died before it could stop: now it has, and goes on
            self.ledger.finish_run(row.id, "stopped")
            self.ledger.lease(row.id, self.owner, self.lease)

    def _begin(self, run: str, spec: Spec) -> None:
        """Work on a run that this process has leased."""
        worker = threading.Thread(target=self._work, args=(run, spec), name=f"run-{run}", daemon=True)
        self._workers[run] = worker
        worker.start()

    def _work(self, run: str, spec: Spec) -> None:
        ended = threading.Event()
        beat = threading.Thread(target=self._beat, args=(run, ended), daemon=True)
        beat.start()
        try:
            status = Batch(self.ledger, run, spec, self.workshop).all() if spec.alone else asyncio.run(self._questions(run, spec))
            self.ledger.finish_run(run, status)
        except BaseException as error:  # handed on whole: `wait` raises it in its caller's thread
            self._errors[run] = error
            with suppress(FathomError):  # the ledger itself may be what failed; the error above is what is told
                self.ledger.finish_run(run, "failed")
        finally:
            ended.set()
            beat.join()
            with suppress(FathomError):
                self.ledger.release(run, self.owner)

    def _beat(self, run: str, ended: threading.Event) -> None:
        """Renew the lease until the run ends."""
        while not ended.wait(self.lease / 3):
            with suppress(FathomError):  # a lease that cannot be renewed runs out, and says so to whoever resumes
                self.ledger.renew(run, self.owner, self.lease)

    async def _questions(self, run: str, spec: Spec) -> Status:
        """Research what is not yet answered, `parallel` at a time; the run's status."""
        with suppress(FathomError):  # the first search meets it again, and it is recorded there
            await asyncio.to_thread(self.workshop.warm, spec)
        room = asyncio.Semaphore(spec.parallel)
        rows = [row for row in self.ledger.questions(run) if row.answer is None]
        desks = [self.workshop.desk(self.ledger, run, row.number, spec) for row in rows]
        results = await asyncio.gather(*(self._one(desk, spec, room) for desk in desks), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        if errors:
            raise errors[0]
        return "stopped" if self.ledger.stop_asked(run) else "done"

    async def _one(self, desk: Desk, spec: Spec, room: asyncio.Semaphore) -> None:
        async with room:
            if self.ledger.stop_asked(desk.run) and not self.ledger.turns(desk.run, desk.number):
                return
            draft = Draft(desk.ledger, desk.run, desk.number)
            begun = replace(desk, began=time.monotonic())
            with self.workshop.accounts.opened(begun):
                await Workflow(spec.reflect, draft.add).research(begun)
            draft.flush()

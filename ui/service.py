"""What one server process holds for all its visitors: the ledger's database, opened indexes and models, and the runs under way.

A run belongs to the server and not to a page: it goes on when the page is closed, and when the server died, the next one goes
on with it as soon as its lease has run out.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from agent.entries.faults import StoreError
from agent.entries.leases import LeaseHeld
from agent.ledger import Admin, Ledger
from agent.runs import Runs
from agent.settings import Settings
from agent.spec import Spec
from agent.state import Failure
from agent.store import Store
from agent.workshop import Workshop
from retrievers.errors import FathomError
from ui.builds import Builds
from ui.memo import Memo

PURPOSE = "chat"
LEASE = 15.0
_EVERY, _PATIENCE = 1.0, 10.0
_log = logging.getLogger("fathom.chat")


@dataclass
class Service:
    """One a process. Nothing of a visitor's is kept here but the runs of their ledger, by its user.

    >>> Service.open(Settings.load()).runs("local")
    """

    settings: Settings
    store: Store
    workshop: Workshop
    builds: Builds = field(default_factory=Builds)
    memo: Memo = field(default_factory=Memo)
    since: float = field(default_factory=time.time)
    _runs: dict[str, Runs] = field(default_factory=dict[str, Runs])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, settings: Settings) -> Service:
        """Open the ledger; raises `FathomError` where it cannot be."""
        return cls(settings, Store.open(settings.ledger, wait=_PATIENCE), Workshop(settings))

    def ledger(self, user: str) -> Ledger:
        """A user's rows."""
        return Ledger(self.store, user)

    def runs(self, user: str) -> Runs:
        """A user's runs."""
        with self._lock:
            if user not in self._runs:
                self._runs[user] = Runs(self.ledger(user), self.workshop, LEASE)
            return self._runs[user]

    def tend(self) -> None:
        """From now on, go on with chats whose server died, as soon as their leases have run out."""
        threading.Thread(target=self._tend, name="tend", daemon=True).start()

    def warm(self, path: Path) -> None:
        """Open an index and load its encoder meanwhile, so that the first question need not wait for them."""
        threading.Thread(target=self._warm, args=(path,), name="warm", daemon=True).start()

    def revive(self) -> list[str]:
        """Go on with every chat that is under way in no process; the runs that were."""
        revived: list[str] = []
        for user, run in Admin(self.store).expired():
            if self.ledger(user).run(run).purpose != PURPOSE:
                continue
            try:
                self.runs(user).resume(run)
                revived.append(run)
                _log.info("went on with run %s", run)
            except (LeaseHeld, StoreError) as error:  # it is alive after all, or the ledger is busy: neither ends a run
                _log.info("%s", error.happened)
            except FathomError as error:
                self._give_up(user, run, error)
        return revived

    def _give_up(self, user: str, run: str, error: FathomError) -> None:
        """A run that cannot go on is ended, and says why: it would be tried again for ever."""
        _log.warning("run %s cannot go on: %s", run, error.happened)
        ledger = self.ledger(user)
        for question in ledger.questions(run):
            if question.answer is None:
                ledger.record_failure(run, question.number, Failure("resume", type(error).__name__, error.happened, error.next))
        ledger.finish_run(run, "failed")

    def _warm(self, path: Path) -> None:
        try:
            self.workshop.warm(Spec(str(path.resolve())))
        except FathomError as error:
            _log.warning("%s: %s", path, error.happened)

    def _tend(self) -> None:
        while True:
            try:
                self.revive()
            except FathomError as error:
                _log.warning("%s", error.happened)
            time.sleep(_EVERY)

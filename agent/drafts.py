"""A writing model's tokens on their way to whoever watches: a draft, told a few times a second, and never an answer."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from agent.ledger import Ledger
from retrievers.errors import FathomError

_EVERY = 0.25


@dataclass
class Draft:
    """Collects tokens and appends them to the run's events at most every quarter of a second.

    What is held when a model pauses is told a quarter of a second after: nobody waits for the next token to see the last one.

    >>> draft = Draft(ledger, run, 1); draft.add("The planet"); draft.flush()
    """

    ledger: Ledger
    run: str
    number: int
    _held: list[str] = field(default_factory=list[str])
    _told: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _later: threading.Timer | None = None

    def add(self, token: str) -> None:
        """Take one token."""
        with self._lock:
            self._held.append(token)
            wait = self._told + _EVERY - time.monotonic()
            if wait <= 0:
                self._tell()
            elif self._later is None:
                self._later = threading.Timer(wait, self._late)
                self._later.daemon = True
                self._later.start()

    def flush(self) -> None:
        """Tell what is held."""
        with self._lock:
            self._tell()

    def _late(self) -> None:
        """Tell what no further token came for. It is shown and no more: a ledger that fails here fails the next step, by name."""
        with suppress(FathomError):
            self.flush()

    def _tell(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._held:
            self.ledger.event(self.run, self.number, "draft", {"text": "".join(self._held)})
            self._held, self._told = [], time.monotonic()

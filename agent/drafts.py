"""A writing model's tokens on their way to whoever watches: a draft, told a few times a second, and never an answer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from agent.ledger import Ledger

_EVERY = 0.25


@dataclass
class Draft:
    """Collects tokens and appends them to the run's events at most every quarter of a second.

    >>> draft = Draft(ledger, run, 1); draft.add("The planet"); draft.flush()
    """

    ledger: Ledger
    run: str
    number: int
    _held: list[str] = field(default_factory=list[str])
    _told: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, token: str) -> None:
        """Take one token."""
        with self._lock:
            self._held.append(token)
            if time.monotonic() - self._told >= _EVERY:
                self._tell()

    def flush(self) -> None:
        """Tell what is held."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        if self._held:
            self.ledger.event(self.run, self.number, "draft", {"text": "".join(self._held)})
            self._held, self._told = [], time.monotonic()

"""When a request is made again, after how long, and when no more is tried: the one retry layer's rules."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from secrets import SystemRandom

LONGEST_WAIT = 120.0
_LONGEST_PAUSE = 8.0
_random = SystemRandom()


def transient(status: int) -> bool:
    """Whether a status is worth another request: 408, 409, 429 and everything from 500 on."""
    return status in (408, 409, 429) or status >= 500


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds that a server asks to wait (`Retry-After-Ms`, `Retry-After` in seconds or as a date), None where it says
    nothing that can be understood, or a moment that is past.

    >>> retry_after({"retry-after": "2"})
    2.0
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    return _number(text) or _until(text, now or datetime.now(UTC))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None


def _until(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return seconds if seconds > 0 else None


def pause(attempt: int, asked: float | None, backoff: float) -> float:
    """Seconds before the next request: what the server asked for, else `backoff` doubled at each attempt, at most 8 s, less up
    to a quarter at random so that many clients do not come back together."""
    if asked is not None:
        return asked
    return min(backoff * 2 ** (attempt - 1), _LONGEST_PAUSE) * (1 - 0.25 * _random.random())


@dataclass
class Breaker:
    """After `limit` requests in a row found nobody there, none is made for `rest` seconds; then one is let through to see.

    An outage is so noticed once, and not paid for by every question of a run.
    """

    limit: int = 5
    rest: float = 30.0
    clock: Callable[[], float] = time.monotonic
    failures: int = field(default=0, init=False)
    _until: float = field(default=0.0, init=False)

    def allows(self) -> bool:
        """Whether a request may be made now."""
        if self.failures < self.limit:
            return True
        if self.clock() < self._until:
            return False
        self._until = self.clock() + self.rest
        return True

    def saw(self, answered: bool) -> None:
        """A request was answered (with whatever status), or nobody was there."""
        self.failures = 0 if answered else self.failures + 1
        if self.failures == self.limit:
            self._until = self.clock() + self.rest

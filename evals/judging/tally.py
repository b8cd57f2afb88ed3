"""What a judge's calls took together."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from agent.llm import Allowance, Call
from retrievers.base import Query, Usage


@dataclass
class Tally:
    """An account without a limit, outside every question's budget: what a judge costs is no cost of the answer that it judges.

    >>> tally = Tally(); ModelJudge.open(endpoint, tally)
    """

    calls: list[Call] = field(default_factory=list[Call])
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def admit(self, cause: Query) -> Allowance:
        """No limit."""
        return Allowance()

    def charge(self, cause: Query, call: Call) -> None:
        """Take note of a call, failed ones too."""
        with self._lock:
            self.calls.append(call)

    @property
    def usage(self) -> Usage:
        """The sum; its cost is None as soon as one call's is not known."""
        with self._lock:
            costs = [call.cost for call in self.calls]
            return Usage(
                sum(call.tokens_in for call in self.calls),
                sum(call.tokens_out for call in self.calls),
                sum(call.seconds for call in self.calls),
                sum(cost for cost in costs if cost is not None) if None not in costs else None,
            )

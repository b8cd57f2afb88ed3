"""Who pays for a call of the language model: it is admitted before it is made, and charged whatever came of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from retrievers.base import Query
from retrievers.errors import FathomError


class Exhausted(FathomError):
    """The budget of this question or run is spent: no call was made. It ends a search in an answer, never in an abort."""


@dataclass(frozen=True)
class Allowance:
    """What the next call may take: `seconds` of wall clock and `tokens` (None: any number) of prompt and reply together.

    The prompt is not measured beforehand: a reply is bounded by all of `tokens`, so one call may go over by its prompt.
    """

    seconds: float = math.inf
    tokens: int | None = None


@dataclass(frozen=True)
class Call:
    """What one turn of the model took, as the ledger keeps it.

    `purpose` is chat, converse or repair. `attempts` are the HTTP requests made; `failure` is an endpoint's kind, "stopped", or
    None. `cost` is None where the price is not known. Where the server counted no tokens they are estimated (see `estimate`): of
    a call that failed on the way, what was asked and what had come; of one that was refused, none.
    """

    purpose: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: float | None = None
    attempts: int = 0
    failure: str | None = None


class Account(Protocol):
    """A budget and its ledger. Both are called in the thread of the caller, `charge` once for each `admit` that did not raise."""

    def admit(self, cause: Query) -> Allowance:
        """What the next call for `cause` may take. Raises `Exhausted`."""
        ...

    def charge(self, cause: Query, call: Call) -> None:
        """Record what a call took, failed ones too."""
        ...


class NoAccount:
    """Admits everything and keeps nothing: for checks of an endpoint, outside any run."""

    def admit(self, cause: Query) -> Allowance:
        """No limit."""
        return Allowance()

    def charge(self, cause: Query, call: Call) -> None:
        """Nothing."""


def estimate(text: str) -> int:
    """Tokens of a text where nobody counted them: a quarter of its characters, rounded up.

    >>> estimate("twelve chars")
    3
    """
    return -(-len(text) // 4)

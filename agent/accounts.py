"""Who pays for a model's call: the question that caused it, against what is left of its effort."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agent.desk import Desk
from agent.model.account import Allowance, Call, Exhausted
from retrievers.base import Query
from retrievers.errors import UsageError


@dataclass(frozen=True)
class Accounts:
    """The questions under work in this process. A client that several share asks here before each call and charges
    here after.

    A cause's id is `run/question` or `run/question/action`.
    """

    _desks: dict[object, Desk] = field(default_factory=dict[object, Desk], repr=False)

    @contextmanager
    def opened(self, desk: Desk) -> Generator[None]:
        """While this is open, calls that this question causes are admitted; it may be open several times at once."""
        own = object()
        self._desks[own] = desk
        try:
            yield
        finally:
            del self._desks[own]

    def admit(self, cause: Query) -> Allowance:
        """What a call may still take. Raises `Exhausted` where nothing is left, `UsageError` for a cause not under work."""
        desk = self._desk(cause)
        spent, effort = desk.ledger.spent(desk.run, desk.number), desk.effort
        tokens = effort.tokens - spent.tokens_in - spent.tokens_out
        seconds = effort.seconds - desk.seconds
        if tokens <= 0 or seconds <= 0 or desk.priced_out(spent):
            raise Exhausted(
                f"the budget of effort {effort.name!r} is spent: {effort.tokens - tokens} tokens, {desk.seconds:.0f} s",
                "something left to spend",
                "--effort deep",
            )
        return Allowance(seconds, tokens)

    def charge(self, cause: Query, call: Call) -> None:
        """Record what a call took with its question."""
        desk = self._desk(cause)
        desk.ledger.charge(desk.run, desk.number, cause.id, call)

    def _desk(self, cause: Query) -> Desk:
        question = "/".join(cause.id.split("/")[:2])
        desk = next((one for one in list(self._desks.values()) if one.cause == question), None)
        if desk is None:
            raise UsageError(f"a model was asked for {cause.id or 'no question'!r}", "a question under work in this process")
        return desk

"""The language model: the one client that all calls go through, with one deadline, one retry layer, one account."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from agent.model.account import Account as Account
from agent.model.account import Allowance as Allowance
from agent.model.account import Call as Call
from agent.model.account import Exhausted as Exhausted
from agent.model.account import NoAccount as NoAccount
from agent.model.account import estimate
from agent.model.dialect import Body, converse_body, repaired, schema_body
from agent.model.endpoint import Endpoint as Endpoint
from agent.model.endpoint import EndpointError as EndpointError
from agent.model.endpoint import failure
from agent.model.exchange import Failed
from agent.model.jsontext import Fault, find
from agent.model.replies import Completion
from agent.model.toolcalls import Tool as Tool
from agent.model.toolcalls import ToolCall as ToolCall
from agent.model.toolcalls import read_calls
from agent.model.wire import Ask, Outcome, Pending, Wire
from retrievers.base import Message, Query, Reply, Usage
from retrievers.errors import FathomError

T = TypeVar("T")
OnToken = Callable[[str], None]
REPAIRS = 2
_GRACE = 1.0
_REACHED = ("cut", "deadline", "timeout", "too_large", "bad_json")


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation: the model's text, the calls that may be carried out, and what the turn took, repairs included.

    `reasoning` is what a reasoning model thought aloud; `cut` says that the text ends at a limit of tokens, not at its end.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    reasoning: str = ""
    cut: bool = False

    @property
    def message(self) -> Message:
        """The turn as a message to send back; each call is answered by a message of the role `tool` with its `tool_call_id`."""
        calls = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))}}
            for call in self.calls
        ]
        said = {"role": "assistant", "content": self.text}
        return {**said, "tool_calls": calls} if calls else said


class Stopped(FathomError):
    """The call was ended by `Client.stop` or `Client.close`."""


@dataclass
class _Flight:
    """The calls under way of one client, each with its cause's id."""

    causes: dict[Future[Outcome], str] = field(default_factory=dict[Future[Outcome], str])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, cause: str, start: Callable[[], Pending]) -> Pending:
        with self.lock:
            pending = start()
            self.causes[pending.future] = cause
        pending.future.add_done_callback(self._landed)
        return pending

    def _landed(self, future: Future[Outcome]) -> None:
        with self.lock:
            self.causes.pop(future, None)

    def stop(self, cause: str) -> None:
        with self.lock:
            meant = [future for future, id in self.causes.items() if id.startswith(cause)]
        for future in meant:
            future.cancel()


@dataclass(frozen=True)
class Client:
    """A `Chat` over an OpenAI-compatible endpoint, safe to call from many threads; for the agent also tool calls and streaming.

    A logical call ends within `endpoint.deadline`. Each of its turns is admitted and charged to `account`, and makes at most
    three requests: connection failures, time-outs, 408, 409, 429 and 5xx are tried again, nothing else. A reply that breaks its
    schema is sent back with the reason at most twice. Raises `EndpointError`, `Exhausted` or `Stopped`.

    >>> with Client.open(Endpoint("http://127.0.0.1:8000/v1", "qwen3-8b")) as model:
    ...     model.chat([{"role": "user", "content": "Who built the first telescope?"}], None, Query("telescope")).text
    """

    endpoint: Endpoint
    wire: Wire = field(repr=False, compare=False)
    account: Account = field(default_factory=NoAccount, repr=False, compare=False)
    _flight: _Flight = field(default_factory=_Flight, init=False, repr=False, compare=False)

    @classmethod
    def open(cls, endpoint: Endpoint, account: Account | None = None) -> Client:
        """A client with connections of its own. Nothing is sent yet."""
        return cls(endpoint, Wire(endpoint), account or NoAccount())

    def under(self, account: Account) -> Client:
        """The same connections and breaker, charged to another account."""
        return replace(self, account=account)

    @property
    def identity(self) -> str:
        """The model as results and caches name it."""
        return self.endpoint.identity

    def chat(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, cause: Query) -> Reply:
        """A reply in text; with a JSON Schema, JSON that satisfies it, whether or not the server knows `response_format`."""
        body = schema_body(self.endpoint, messages, schema)
        text, _, usage = self._settle("chat", body, cause, lambda completion: _read(completion, schema))
        return Reply(text, usage)

    def converse(self, messages: Sequence[Message], tools: Sequence[Tool], cause: Query, on_token: OnToken | None = None) -> Turn:
        """The model's next turn: text, or calls of the `tools` offered, each checked against its schema.

        A call that a model wrote as text counts too. `on_token` is given the text as it comes, in this thread; a repair begins
        anew, so what it was given is a preview and the turn is what counts.
        """
        body = converse_body(self.endpoint, messages, tools, stream=on_token is not None)
        (text, calls), completion, usage = self._settle(
            "converse", body, cause, lambda completion: read_calls(completion, tools), on_token
        )
        return Turn(text, calls, usage, completion.reasoning, completion.finish == "length")

    def stop(self, cause: str = "") -> None:
        """End the calls under way whose cause's id begins with `cause`: they raise `Stopped`. Further ones are the account's."""
        self._flight.stop(cause)

    def close(self) -> None:
        """End every call and the connections, those of `under` too."""
        self.wire.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _settle(
        self, purpose: str, body: Body, cause: Query, read: Callable[[Completion], T], on_token: OnToken | None = None
    ) -> tuple[T, Completion, Usage]:
        """Ask, read, and ask again with the fault named, until the reply can be read or the repairs are used up."""
        self.wire.open()
        until, spent, attempts, reason = time.monotonic() + self.endpoint.deadline, Usage(cost=0.0), 0, ""
        for turn in range(1 + REPAIRS):
            completion, call = self._turn("repair" if turn else purpose, body, cause, until, on_token)
            spent, attempts = _sum(spent, call), attempts + call.attempts
            try:
                value = read(completion)
            except Fault as fault:
                reason = fault.reason + (
                    "; it was cut at the limit of tokens, be shorter" if completion.finish == "length" else ""
                )
                self.account.charge(cause, replace(call, failure="schema"))
                body = repaired(body, completion, reason)
            else:
                self.account.charge(cause, call)
                return value, completion, spent
        raise failure(self.endpoint, "schema", reason, attempts=attempts)

    def _turn(self, purpose: str, body: Body, cause: Query, until: float, on_token: OnToken | None) -> tuple[Completion, Call]:
        """One admitted turn: its completion and what it took, not yet charged. A turn that fails is charged here, then raised."""
        allowance = self.account.admit(cause)
        tokens = self.endpoint.reply_tokens if allowance.tokens is None else min(allowance.tokens, self.endpoint.reply_tokens)
        body = {**body, self.endpoint.limit_field: max(1, tokens)}
        call = Call(purpose, self.endpoint.model)
        try:
            outcome = self._carry(cause.id, Ask(body, min(allowance.seconds, until - time.monotonic())), on_token)
        except BaseException:
            self.account.charge(cause, self._counted(replace(call, failure="stopped"), *_estimates(body, "")))
            raise
        result, call = outcome.result, replace(call, seconds=outcome.seconds, attempts=outcome.attempts)
        if isinstance(result, Completion):
            return result, self._counted(call, *_tokens(body, result))
        call = replace(call, failure=result.kind)
        self.account.charge(cause, self._counted(call, *(_estimates(body, result.heard) if result.kind in _REACHED else (0, 0))))
        raise failure(self.endpoint, result.kind, result.detail, attempts=outcome.attempts, outage=outcome.outage)

    def _counted(self, call: Call, tokens_in: int, tokens_out: int) -> Call:
        return replace(call, tokens_in=tokens_in, tokens_out=tokens_out, cost=self.endpoint.cost(tokens_in, tokens_out))

    def _carry(self, cause: str, ask: Ask, on_token: OnToken | None) -> Outcome:
        """Run a request and hand on its text; whatever ends the wait ends the request."""
        if ask.seconds <= 0:
            return Outcome(Failed("deadline", "no time was left for it", answered=None), 0, 0.0)
        pending = self._flight.begin(cause, lambda: self.wire.start(ask))
        try:
            for piece in pending.texts(ask.seconds + _GRACE):
                if on_token is not None:
                    on_token(piece)
            return pending.future.result() if pending.future.done() else Outcome(Failed("deadline", ""), 1, ask.seconds)
        except CancelledError:
            raise _stopped() from None
        finally:
            pending.future.cancel()


def _stopped() -> Stopped:
    return Stopped("the language model was stopped", "a run that goes on", "resume the run")


def _read(completion: Completion, schema: Mapping[str, Any] | None) -> str:
    return completion.text if schema is None else json.dumps(find(completion.text, schema), ensure_ascii=False)


def _tokens(body: Body, completion: Completion) -> tuple[int, int]:
    """What the server counted; where it counted nothing though there was something, the estimate."""
    calls = "".join(f"{call.name} {call.arguments}" for call in completion.calls)
    asked, written = _estimates(body, completion.reasoning + completion.text + calls)
    return completion.tokens_in or asked, completion.tokens_out or written


def _estimates(body: Body, written: str) -> tuple[int, int]:
    asked = json.dumps([body["messages"], body.get("tools", [])], ensure_ascii=False)
    return estimate(asked), estimate(written)


def _sum(spent: Usage, call: Call) -> Usage:
    cost = None if spent.cost is None or call.cost is None else spent.cost + call.cost
    return Usage(spent.tokens_in + call.tokens_in, spent.tokens_out + call.tokens_out, spent.seconds + call.seconds, cost)

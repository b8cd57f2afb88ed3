"""Requests to one endpoint from any thread: an event loop of its own, a wall-clock deadline, the one retry layer, the breaker."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from agent.model.endpoint import Endpoint
from agent.model.exchange import Exchange, Failed
from agent.model.replies import Completion
from agent.model.retry import LONGEST_WAIT, Breaker, pause
from retrievers.errors import UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """A request for a completion: `seconds` bound it with its retries."""

    body: Mapping[str, Any]
    seconds: float

    @property
    def streams(self) -> bool:
        """Whether its text is to come piece by piece."""
        return bool(self.body.get("stream"))


@dataclass(frozen=True)
class Outcome:
    """What came of an `Ask`: a completion, or why not; after how many requests and seconds.

    `outage` is set where no further request was made because nobody had been there for the last ones.
    """

    result: Completion | Failed
    attempts: int
    seconds: float
    outage: bool = False


@dataclass(frozen=True)
class Pending:
    """A request under way: `pieces` brings its text, then None once `future`, which gives the outcome, is done or cancelled."""

    future: Future[Outcome]
    pieces: queue.SimpleQueue[str | None]

    def texts(self, seconds: float) -> Iterator[str]:
        """The text as it comes, until the request is done; or, were the loop to hang, until nothing has come for `seconds`."""
        while True:
            try:
                piece = self.pieces.get(timeout=seconds)
            except queue.Empty:
                return
            if piece is None:
                return
            yield piece


class Wire:
    """Carries requests to `endpoint` for callers in any thread.

    All of them run on one private event loop, so that a deadline ends a call whatever the server does: a drip of bytes never
    renews it.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.breaker = Breaker()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._exchange: Exchange | None = None
        self._closed = False

    def open(self) -> Exchange:
        """Load what sending takes. A caller does so before its clock starts: the first time takes a second or two."""
        with self._lock:
            self._exchange = self._exchange or Exchange.open(self.endpoint)
            return self._exchange

    def start(self, ask: Ask) -> Pending:
        """Begin a request. Raises `UsageError` on a closed wire."""
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        future = self._submit(self._ask(ask, pieces.put))
        future.add_done_callback(lambda _: pieces.put(None))
        return Pending(future, pieces)

    def fetch(self, path: str, seconds: float) -> bytes | Failed:
        """What one GET of `path` brings, or why nothing."""
        return self._submit(self.open().fetch(path, seconds)).result()

    def close(self) -> None:
        """End every request under way, the connections and the loop. A closed wire carries nothing more."""
        with self._lock:
            loop, self._loop, self._closed = self._loop, None, True
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._end(), loop).result(timeout=10)
            loop.call_soon_threadsafe(loop.stop)

    def _submit(self, job: Coroutine[Any, Any, T]) -> Future[T]:
        with self._lock:
            if self._closed:
                job.close()
                raise UsageError("a language model's client was used after it was closed", "an open client")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), name="fathom-model", daemon=True).start()
            return asyncio.run_coroutine_threadsafe(job, self._loop)

    async def _end(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._exchange is not None:
            await self._exchange.close()

    async def _ask(self, ask: Ask, put: Callable[[str], None]) -> Outcome:
        exchange = self.open()
        began, attempt = time.monotonic(), 0
        while True:
            if not self.breaker.allows():
                nobody = Failed("refused", "nobody was there the last times", answered=False)
                return Outcome(nobody, attempt, time.monotonic() - began, outage=True)
            attempt += 1
            left = began + ask.seconds - time.monotonic()
            result = await exchange.complete(ask.body, left, put)
            answered = result.answered if isinstance(result, Failed) else True
            if answered is not None:
                self.breaker.saw(answered)
            wait = self._wait(ask, result, attempt) if isinstance(result, Failed) else None
            if wait is None or time.monotonic() + wait >= began + ask.seconds:
                return Outcome(result, attempt, time.monotonic() - began)
            await asyncio.sleep(wait)

    def _wait(self, ask: Ask, failed: Failed, attempt: int) -> float | None:
        """Seconds before another request, None for no more. Text that a caller has been given is never begun anew."""
        if not failed.again or attempt > self.endpoint.retries or (ask.streams and failed.heard):
            return None
        wait = pause(attempt, failed.after, self.endpoint.backoff)
        return wait if wait <= LONGEST_WAIT else None


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()

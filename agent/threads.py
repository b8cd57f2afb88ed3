"""Work that may be left behind: a slow call goes on in a daemon thread while its question ends without it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL = 0.1


class Interrupted(Exception):
    """The run was asked to stop while a call was under way; what the call gives is not waited for."""


async def unless(stopping: Callable[[], bool], call: Callable[[], T]) -> T:
    """What `call()` gives, run in a thread of its own; raises `Interrupted` as soon as `stopping()` is true.

    The thread is a daemon and its result is dropped, so a process can end while a server still holds a call open.

    >>> await unless(lambda: False, lambda: 6 * 7)
    42
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()
    threading.Thread(target=_deliver, args=(contextvars.copy_context(), call, result, loop), daemon=True).start()
    while True:
        done, _ = await asyncio.wait({result}, timeout=POLL)
        if done:
            return result.result()
        if stopping():
            result.cancel()
            raise Interrupted


def _deliver(
    context: contextvars.Context, call: Callable[[], T], result: asyncio.Future[T], loop: asyncio.AbstractEventLoop
) -> None:
    """Run the call and hand what it gives, or raises, to the waiting loop, if that still lives."""
    try:
        value = context.run(call)
    except BaseException as error:  # handed on whole: the waiting side raises it again
        _tell(loop, result, lambda error=error: result.set_exception(error))
    else:
        _tell(loop, result, lambda: result.set_result(value))


def _tell(loop: asyncio.AbstractEventLoop, result: asyncio.Future[T], settle: Callable[[], None]) -> None:
    def settled() -> None:
        if not result.done():
            settle()

    if not loop.is_closed():
        loop.call_soon_threadsafe(settled)

"""A slow call is left behind as soon as the run is asked to stop, and what a call raises is raised where it is awaited."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from agent.threads import Interrupted, unless
from retrievers.errors import FathomError


def test_a_call_gives_its_value() -> None:
    assert asyncio.run(unless(lambda: False, lambda: 6 * 7)) == 42


def test_a_call_raises_its_own_error() -> None:
    def fails() -> None:
        raise FathomError("the disk is full")

    with pytest.raises(FathomError, match="the disk is full"):
        asyncio.run(unless(lambda: False, fails))


def test_a_stop_does_not_wait_for_the_call() -> None:
    released = threading.Event()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        asyncio.run(unless(lambda: True, lambda: released.wait(60)))
    assert time.monotonic() - began < 10
    released.set()


def test_calls_run_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=30)

    async def three() -> list[int]:
        return await asyncio.gather(*(unless(lambda: False, meeting.wait) for _ in range(3)))

    assert sorted(asyncio.run(three())) == [0, 1, 2]

"""A proxy that signs people in: real HTTP over TCP, one port a user, whose name it puts into a header of every request.

What a client writes into that header itself is taken out, in any case of its letters. `trusting` leaves it in, as a proxy does
that was set up wrongly: then there are two, the client's first.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

HEADER = "X-Forwarded-User"
_LONGEST = 1 << 16


@dataclass
class HeaderProxy:
    """Listens for one user after the other in front of the server at `port`. Use it as a context manager.

    >>> with HeaderProxy(8501) as proxy: proxy.sign_in("ada")
    'http://127.0.0.1:40123'
    """

    port: int
    trusting: bool = False
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop, repr=False)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]], repr=False)
    _listeners: list[asyncio.Server] = field(default_factory=list[asyncio.Server], repr=False)

    def sign_in(self, user: str) -> str:
        """The address at which everybody is `user`."""
        listening = asyncio.run_coroutine_threadsafe(self._listen(user), self._loop)
        return f"http://127.0.0.1:{listening.result(30)}"

    def __enter__(self) -> HeaderProxy:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _listen(self, user: str) -> int:
        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._serve(user, reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        listener = await asyncio.start_server(accept, "127.0.0.1", 0, limit=_LONGEST)
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        for listener in self._listeners:
            listener.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, user: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection: the server is asked to close after its response, unless it becomes a WebSocket."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            inward, outward = await asyncio.open_connection("127.0.0.1", self.port)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
            return
        outward.write(self._signed(head, user))
        try:
            await asyncio.wait([_piped(reader, outward), _piped(inward, writer)], return_when=asyncio.FIRST_COMPLETED)
            await _rest(inward, writer)
        finally:
            outward.close()
            writer.close()

    def _signed(self, head: bytes, user: str) -> bytes:
        """The head of a request with the user's name in it, and no other."""
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        named = [(line.partition(":")[0].strip().casefold(), line) for line in lines]
        upgrade = any(name == "upgrade" for name, _ in named)
        dropped = set() if self.trusting else {HEADER.casefold()}
        if not upgrade:
            dropped.add("connection")
        kept = [line for name, line in named if name not in dropped]
        added = [f"{HEADER}: {user}", *([] if upgrade else ["Connection: close"])]
        return "\r\n".join([first, *kept, *added, "", ""]).encode("latin-1")


def _piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
    return asyncio.ensure_future(_rest(reader, writer))


async def _rest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All that still comes, until either side has gone."""
    try:
        while piece := await reader.read(_LONGEST):
            writer.write(piece)
            await writer.drain()
    except (OSError, RuntimeError):  # RuntimeError: both pipes of a connection that was cut read it at once
        return

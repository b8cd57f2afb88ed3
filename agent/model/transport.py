"""The HTTP transport under the language-model client: one response is bounded in bytes, uncompressed, and taken as UTF-8."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import httpx2


class TooLarge(httpx2.TransportError):
    """A response went beyond the cap; its connection is closed."""


class Compressed(httpx2.TransportError):
    """A response came compressed though that was not accepted: the cap would not bound what it unpacks to."""


class _Capped(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, limit: int) -> None:
        self._inner, self._left = inner, limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._left -= len(piece)
            if self._left < 0:
                raise TooLarge("the response is larger than allowed")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


class CappedTransport(httpx2.AsyncBaseTransport):
    """A transport to one endpoint: environment proxies are not read and redirects are the caller's to refuse.

    `max_bytes` bounds the body of every response, error bodies too, as it comes off the wire; at most one piece of it (64 KiB) is
    held beyond. A declared charset is dropped: JSON is UTF-8, and some codecs cannot decode text at all.
    """

    def __init__(self, max_bytes: int) -> None:
        self._inner = httpx2.AsyncHTTPTransport()
        self._max_bytes = max_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            await response.aclose()
            raise Compressed("the response is compressed though that was not accepted")
        response.headers["content-type"] = response.headers.get("content-type", "").split(";")[0].strip().lower()
        stream = _Capped(cast("httpx2.AsyncByteStream", response.stream), self._max_bytes)
        return httpx2.Response(response.status_code, headers=response.headers, stream=stream, extensions=response.extensions)

    async def aclose(self) -> None:
        await self._inner.aclose()

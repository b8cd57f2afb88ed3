"""One HTTP exchange with an OpenAI-compatible server: what came of it, as a value."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from agent.model.endpoint import Endpoint, Kind
from agent.model.replies import Completion, Events, Malformed, read_body
from agent.model.retry import retry_after, transient

if TYPE_CHECKING:
    import httpx2
    from openai import APIStatusError, AsyncOpenAI

T = TypeVar("T")


@dataclass(frozen=True)
class Failed:
    """Why a request brought nothing: an endpoint's kind, and in words.

    `again` says that another request may help, `after` how many seconds the server wants it later. `answered` is whether a
    status came (None: it was not waited for). `heard` is the text that had come until then.
    """

    kind: Kind
    detail: str
    again: bool = False
    after: float | None = None
    answered: bool | None = True
    heard: str = ""


@dataclass
class Heard:
    """The text of a stream as it comes, handed on to `put`."""

    put: Callable[[str], None]
    pieces: list[str] = field(default_factory=list[str])

    def __call__(self, piece: str) -> None:
        if piece:
            self.pieces.append(piece)
            self.put(piece)

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self.pieces)


@dataclass(frozen=True)
class Exchange:
    """Sends requests to one endpoint; to be used on one event loop. It retries nothing."""

    endpoint: Endpoint
    client: AsyncOpenAI = field(repr=False)

    @classmethod
    def open(cls, endpoint: Endpoint) -> Exchange:
        """A pool of connections to the endpoint, none of them opened yet. The key is sent to this address alone: no redirects."""
        import httpx2
        from openai import AsyncOpenAI, Omit

        from agent.model.transport import CappedTransport

        timeout = httpx2.Timeout(connect=endpoint.connect, read=endpoint.idle, write=endpoint.idle, pool=None)
        http = httpx2.AsyncClient(transport=CappedTransport(endpoint.max_bytes), timeout=timeout, follow_redirects=False)
        headers: dict[str, Any] = {"Accept-Encoding": "identity", "OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
        client = AsyncOpenAI(
            api_key=endpoint.secret or "none",
            admin_api_key="none",
            base_url=endpoint.url,
            timeout=timeout,
            max_retries=0,
            default_headers=headers,
            http_client=http,
        )
        return cls(endpoint, client)

    async def complete(self, body: Mapping[str, Any], seconds: float, put: Callable[[str], None]) -> Completion | Failed:
        """The completion that answers `body`, within `seconds`. `put` is given the text of a stream as it comes."""
        import httpx2

        heard = Heard(put)

        async def read() -> Completion:
            post = self.client.post("/chat/completions", cast_to=httpx2.Response, body=body, options=self._options())
            async with _closing(await post) as response:
                return await _completion(response, heard)

        return await _result(read(), seconds, heard)

    async def fetch(self, path: str, seconds: float) -> bytes | Failed:
        """What a GET of `path` brings, within `seconds`."""
        import httpx2

        async def read() -> bytes:
            async with _closing(await self.client.get(path, cast_to=httpx2.Response, options=self._options())) as response:
                return await response.aread()

        return await _result(read(), seconds, Heard(lambda _: None))

    def _options(self) -> Any:
        """The response comes as it is, its body not yet read. Without a key no authorization is sent."""
        from openai import Omit

        keyless = {} if self.endpoint.secret else {"Authorization": Omit()}
        return {"headers": {"X-Stainless-Raw-Response": "stream", **keyless}}

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()


@asynccontextmanager
async def _closing(response: httpx2.Response) -> AsyncGenerator[httpx2.Response]:
    try:
        yield response
    finally:
        await response.aclose()


async def _result(job: Coroutine[Any, Any, T], seconds: float, heard: Heard) -> T | Failed:
    """What `job` gives within `seconds`, or why it failed."""
    import httpx2
    from openai import APIConnectionError, APIStatusError

    try:
        async with asyncio.timeout(seconds):
            return await job
    except TimeoutError:
        return Failed("deadline", "", answered=None, heard=heard.text)
    except Malformed as fault:
        return Failed(fault.kind, fault.detail, heard=heard.text)
    except APIStatusError as error:
        return _refusal(error)
    except APIConnectionError as error:
        return _broken(error.__cause__ or error, "", answered=False)
    except (httpx2.RequestError, ssl.SSLError) as error:
        return _broken(error, heard.text)


async def _completion(response: httpx2.Response, heard: Heard) -> Completion:
    kind = response.headers["content-type"]
    if kind == "text/event-stream":
        return await _streamed(response, heard)
    body = await response.aread()
    if kind in ("text/html", "application/xhtml+xml") or body.lstrip()[:1] == b"<":
        raise Malformed("html", body.decode("utf-8", "replace"))
    completion = read_body(body)
    heard(completion.text)
    return completion


async def _streamed(response: httpx2.Response, heard: Heard) -> Completion:
    import httpx2

    events = Events()
    try:
        async for line in _lines(response.aiter_bytes()):
            heard(events.feed(line))
            if events.done:
                break
    except (httpx2.RequestError, ssl.SSLError):
        if not events.finished:
            raise
    return events.completion()


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Lines end in a line feed alone: a JSON string may hold every other separator."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        if b"\n" in piece:
            *whole, rest = bytes(held).split(b"\n")
            held = bytearray(rest)
            for line in whole:
                yield line.decode("utf-8", "replace")
    if held:
        yield bytes(held).decode("utf-8", "replace")


def _refusal(error: APIStatusError) -> Failed:
    """A status that is no success."""
    status, headers = error.status_code, error.response.headers
    after = retry_after(cast("Mapping[str, str]", headers))
    detail = error.message if " - " in error.message else f"{error.message} {error.response.text}"
    detail += f" (it asks to wait {after:.0f} s)" if after else ""
    again = transient(status) and headers.get("x-should-retry") != "false"
    return Failed(_status_kind(status), detail, again, after)


def _status_kind(status: int) -> Kind:
    known: dict[int, Kind] = {401: "auth", 403: "auth", 408: "timeout", 409: "server", 429: "rate_limited"}
    return known.get(status, "server" if status >= 500 else "bad_request")


def _broken(error: BaseException, heard: str, answered: bool = True) -> Failed:
    """The connection failed, before the server answered or in the middle of its answer."""
    import httpx2

    from agent.model.transport import Compressed, TooLarge

    detail = str(error) or type(error).__name__
    if isinstance(error, TooLarge):
        return Failed("too_large", "", heard=heard)
    if isinstance(error, Compressed):
        return Failed("bad_json", detail, heard=heard)
    kind: Kind = "cut"
    if isinstance(error, httpx2.TimeoutException):
        kind = "timeout"
    elif isinstance(error, httpx2.ConnectError | ssl.SSLError):
        kind = "refused"
    return Failed(kind, detail, again=True, answered=answered, heard=heard)

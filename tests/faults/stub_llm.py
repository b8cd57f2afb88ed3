"""A scripted OpenAI-compatible server over real HTTP: one entry of the script answers one request, the last one all further ones.

An entry is the name of a behaviour below, a `Reply`, or a function of the request's JSON body that gives either. Every request
is recorded. `down` closes the port (connections are refused), `up` opens it again.
"""

from __future__ import annotations

import gzip
import inspect
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

Write = Callable[[bytes], None]
Behaviour = Callable[[Write, "Request"], None]


@dataclass(frozen=True)
class Request:
    """One request as it came: `body` is its JSON, None for a GET."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    at: float


@dataclass(frozen=True)
class Reply:
    """A completion: `text`, and `calls` as (name, arguments), arguments as JSON text or as a value."""

    text: str = ""
    calls: Sequence[tuple[str, Any]] = ()
    finish: str = ""
    usage: Any = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def message(self) -> dict[str, Any]:
        calls = [
            {
                "id": f"c{n}",
                "type": "function",
                "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
            }
            for n, (name, given) in enumerate(self.calls)
        ]
        return {"role": "assistant", "content": self.text, **({"tool_calls": calls} if calls else {}), **self.extra}

    def body(self) -> dict[str, Any]:
        reason = self.finish or ("tool_calls" if self.calls else "stop")
        usage = {"prompt_tokens": 7, "completion_tokens": 3} if self.usage is None else self.usage
        return {
            "id": "x",
            "object": "chat.completion",
            "choices": [{"index": 0, "message": self.message(), "finish_reason": reason}],
            "usage": usage,
        }

    def events(self) -> Iterator[str]:
        """The same as a stream: a piece of text per word, each call in two halves, then the reason, then the usage."""
        for place, piece in enumerate(self.text.split(" ")):
            yield event({"content": f" {piece}" if place else piece})
        for n, call in enumerate(self.message().get("tool_calls", [])):
            given = call["function"]["arguments"]
            half = len(given) // 2
            yield event(
                {"tool_calls": [{**call, "index": n, "function": {"name": call["function"]["name"], "arguments": given[:half]}}]}
            )
            yield event({"tool_calls": [{"index": n, "function": {"arguments": given[half:]}}]})
        yield event({}, self.finish or ("tool_calls" if self.calls else "stop"))
        yield f"data: {json.dumps({'choices': [], 'usage': self.body()['usage']})}\n\n"
        yield "data: [DONE]\n\n"


def event(delta: Mapping[str, Any], finish: str | None = None) -> str:
    """One server-sent event of a chat completion."""
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}]})}\n\n"


def respond(status: int, body: bytes | str, kind: str = "application/json", **headers: str) -> Behaviour:
    """A whole response."""

    def act(write: Write, request: Request) -> None:
        data = body.encode() if isinstance(body, str) else body
        write(
            _head(status, kind, {"Content-Length": str(len(data)), **{k.replace("_", "-"): v for k, v in headers.items()}}) + data
        )

    return act


def refuse(status: int, **headers: str) -> Behaviour:
    """An error status with the customary JSON."""
    return respond(status, json.dumps({"error": {"message": f"scripted {status}", "type": "scripted"}}), **headers)


def stream(events: Iterator[str] | Sequence[str], pause: float = 0.0) -> Behaviour:
    """Server-sent events, then the end of the connection."""
    kept = list(events)

    def act(write: Write, request: Request) -> None:
        write(_head(200, "text/event-stream"))
        for one in kept:
            write(one.encode("utf-8", "surrogatepass"))
            time.sleep(pause)

    return act


def complete(reply: Reply) -> Behaviour:
    """A completion, streamed where the request asks for it."""

    def act(write: Write, request: Request) -> None:
        if request.body and request.body.get("stream"):
            stream(reply.events())(write, request)
        else:
            respond(200, json.dumps(reply.body()))(write, request)

    return act


def message(content: Any = "hello", **fields: Any) -> str:
    """The body of a completion with whatever in its message."""
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content, **fields}, "finish_reason": "stop"}]})


def _silence(write: Write, request: Request) -> None:
    time.sleep(30)


def _reset(write: Write, request: Request) -> None:
    raise ConnectionResetError


def _reset_after(events: Sequence[str]) -> Behaviour:
    """What was sent is read before the reset comes: a reset drops what is still on its way."""

    def act(write: Write, request: Request) -> None:
        stream(events)(write, request)
        time.sleep(0.3)
        raise ConnectionResetError

    return act


def _drip(write: Write, request: Request) -> None:
    write(_head(200, "text/event-stream"))
    while True:
        write(b": still here\n\n")
        time.sleep(0.1)


def _one_byte(write: Write, request: Request) -> None:
    write(_head(200, "application/json", {"Content-Length": "100000"}))
    while True:
        write(b" ")
        time.sleep(1)


def _endless(write: Write, request: Request) -> None:
    write(_head(200, "text/event-stream"))
    while True:
        write(event({"content": "and so on " * 100}).encode() * 16)


def _huge_line(write: Write, request: Request) -> None:
    write(_head(200, "text/event-stream" if request.body and request.body.get("stream") else "application/json"))
    write(b'data: {"choices": [{"delta": {"content": "')
    for _ in range(50):
        write(b"a" * (1 << 20))


def _cut(write: Write, request: Request) -> None:
    body = message("half of it").encode()
    write(_head(200, "application/json", {"Content-Length": str(len(body))}) + body[: len(body) // 2])


def _head(status: int, kind: str, headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} scripted", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def deterministic(body: Mapping[str, Any]) -> Reply:
    """A reply that depends on the prompt alone."""
    import hashlib

    return Reply(hashlib.sha256(json.dumps(body["messages"], sort_keys=True).encode()).hexdigest()[:16])


SEARCH = ("search", {"query": "moons of Jupiter"})
BEHAVIOURS: dict[str, Behaviour] = {
    "ok": complete(Reply("hello there")),
    "tool_call": complete(Reply(calls=[SEARCH])),
    **{str(status): refuse(status) for status in (400, 401, 403, 404, 408, 409, 422, 429, 500, 503)},
    "429-1": refuse(429, Retry_After="1"),
    "429-ms": refuse(429, Retry_After_Ms="300"),
    "429-300": refuse(429, Retry_After="300"),
    "429-date": lambda write, request: refuse(429, Retry_After=formatdate(time.time() + 2, usegmt=True))(write, request),
    "429-garbage": refuse(429, Retry_After="soon; \x01"),
    "redirect": respond(307, "", Location="http://127.0.0.1:1/v1/chat/completions"),
    "reset": _reset,
    "silence": _silence,
    "slow-drip": _drip,
    "one-byte": _one_byte,
    "endless": _endless,
    "huge-line": _huge_line,
    "half-json": respond(200, message("half of it")[:40]),
    "cut-json": _cut,
    "cut-stream": stream([event({"content": "half of "}), event({"content": "it"})]),
    "reset-after-finish": _reset_after([event({"content": "all of it"}), event({}, "stop")]),
    "reset-in-stream": _reset_after([event({"content": "half of it"})]),
    "reset-before-text": _reset_after([event({"role": "assistant"})]),
    "stream-error": stream([event({"content": "half"}), 'data: {"error": {"message": "worker died"}}\n\n']),
    "html": respond(200, "<!doctype html><title>Sign in</title>", "text/html; charset=utf-8"),
    "html-as-json": respond(200, "<html></html>"),
    "error-200": respond(200, json.dumps({"error": {"message": "model is loading"}})),
    "empty-choices": respond(200, json.dumps({"choices": []})),
    "no-choices": respond(200, "{}"),
    "not-object": respond(200, "[1, 2]"),
    "empty-body": respond(200, ""),
    "wrong-role": respond(
        200, json.dumps({"choices": [{"message": {"role": "user", "content": "hi"}, "finish_reason": "stop"}]})
    ),
    "dup-tool-id": respond(
        200,
        message(
            "",
            tool_calls=[
                {"id": "same", "function": {"name": "search", "arguments": '{"query": "a"}'}},
                {"id": "same", "function": {"name": "search", "arguments": '{"query": "b"}'}},
            ],
        ),
    ),
    "unknown-tool": complete(Reply(calls=[("delete_index", {"path": "/"})])),
    "bad-arguments": complete(Reply(calls=[("search", '{"query": ')])),
    "wrong-arguments": complete(Reply(calls=[("search", {"query": 7})])),
    "deep-json": respond(200, "[" * 200_000),
    "deep-arguments": complete(Reply(calls=[("search", '{"query": ' + "[" * 200_000)])),
    "huge-arguments": complete(Reply(calls=[("search", {"query": "a" * 3_000_000})])),
    "nan": complete(Reply(calls=[("search", '{"query": NaN}')])),
    "huge-int": complete(Reply(calls=[("search", '{"query": 1' + "0" * 5_000 + "}")])),
    "nul": complete(Reply("a\x00b")),
    "surrogate": respond(
        200, '{"choices": [{"message": {"role": "assistant", "content": "a\\ud800b"}, "finish_reason": "stop"}]}'
    ),
    "wrong-usage": complete(Reply("hello there", usage={"prompt_tokens": -5, "completion_tokens": "many"})),
    "huge-usage": complete(Reply("hello there", usage={"prompt_tokens": 10**30, "completion_tokens": 10**30})),
    "no-usage": respond(200, message("hello there")),
    "gzip": respond(200, gzip.compress(message("hello").encode()), Content_Encoding="gzip"),
    "odd-charset": respond(400, '{"error": {"message": "no"}}', "application/json; charset=hex"),
    "no-http": lambda write, request: write(b"\x16\x03\x01 this is not http\r\n\r\n"),
    "models": respond(200, json.dumps({"data": [{"id": "stub", "max_model_len": 8192}, {"id": "other"}]})),
}

Entry = str | Reply | Behaviour | Callable[[Any], "str | Reply"]


class StubServer:
    """Plays `script` on a port of its own; `models` answers GET /v1/models. Use it as a context manager.

    >>> with StubServer("429", "ok") as server: Client.open(Endpoint(server.url, "stub"))
    """

    def __init__(self, *script: Entry, models: Entry = "models") -> None:
        self.script = list(script) or ["ok"]
        self.models = models
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.port = 0
        self.up()

    @property
    def url(self) -> str:
        """The address for `Endpoint`."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def asked(self) -> list[Request]:
        """The requests for completions."""
        return [request for request in self.requests if request.method == "POST"]

    def up(self) -> None:
        """Listen, on the same port as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(64)
        self.port, self._socket = listener.getsockname()[1], listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None

    def __enter__(self) -> StubServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.down()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                request = _request(connection)
                self._behaviour(request)(connection.sendall, request)
            except ConnectionResetError:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                return

    def _behaviour(self, request: Request) -> Behaviour:
        with self._lock:
            place = len(self.asked)
            self.requests.append(request)
        entry = self.models if request.method == "GET" else self.script[min(place, len(self.script) - 1)]
        if callable(entry) and len(inspect.signature(entry).parameters) == 1:
            entry = entry(request.body)
        if isinstance(entry, Reply):
            return complete(entry)
        return BEHAVIOURS[entry] if isinstance(entry, str) else entry


def _request(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("no request")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, path, _ = first.split(" ", 2)
    return Request(method, path, headers, json.loads(body) if body else None, time.monotonic())

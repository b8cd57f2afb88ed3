"""A language model's endpoint: where it is, how it is spoken to, what it costs, and the named ways in which it fails."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from retrievers.errors import Unavailable, UsageError

Dialect = Literal["native", "plain"]
TokenLimit = Literal["max_tokens", "max_completion_tokens"]
Kind = Literal[
    "refused",
    "timeout",
    "rate_limited",
    "auth",
    "bad_request",
    "server",
    "cut",
    "html",
    "bad_json",
    "too_large",
    "deadline",
    "schema",
]

_SECRET = re.compile(r"(?i)\b(bearer\s|sk-)[\w.~+/=*-]{6,}")
_DETAIL = 300


@dataclass(frozen=True)
class Price:
    """What a model costs per million tokens read (`input`) and written (`output`), in whatever currency the user counts in.

    >>> Price(0.5, 1.5).of(2_000, 1_000)
    0.0025
    """

    input: float
    output: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) and value >= 0 for value in (self.input, self.output)):
            raise UsageError(f"a price of {self.input} and {self.output}", "two amounts of 0 or more per million tokens")

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """The cost of so many tokens."""
        return (tokens_in * self.input + tokens_out * self.output) / 1e6


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible endpoint and the limits of one call to it. Its repr is safe to print: the key is never in it.

    `url` is the address up to and with `/v1`. `connect` bounds the connection, `idle` the silence between two bytes, and
    `deadline` a whole call with its retries and repairs, all in seconds. `max_bytes` bound a response, `reply_tokens` a reply,
    sent under the name `limit_field`. `retries` are further requests after the first, `backoff` the seconds before the second.
    `dialect` "plain" sends neither `tools` nor `response_format`: both are put in words. Raises `UsageError` for a value that
    cannot work.

    >>> Endpoint("http://127.0.0.1:8000/v1", "qwen3-8b")
    """

    url: str
    model: str
    key: SecretStr | None = None
    price: Price | None = None
    connect: float = 5.0
    idle: float = 120.0
    deadline: float = 300.0
    max_bytes: int = 4 << 20
    retries: int = 2
    backoff: float = 0.5
    reply_tokens: int = 4096
    dialect: Dialect = "native"
    limit_field: TokenLimit = "max_tokens"

    def __post_init__(self) -> None:
        check_url(self.url)
        if not self.model.strip():
            raise UsageError(
                "no model is named", "the name under which the server knows it", "add --model NAME or set FATHOM_MODEL"
            )
        if not all(math.isfinite(value) and value > 0 for value in (self.connect, self.idle, self.deadline)):
            raise UsageError("a time limit of the endpoint is not above 0", "seconds, for example FATHOM_DEADLINE=300")
        if min(self.max_bytes, self.reply_tokens) < 1 or not 0 <= self.retries <= 2 or self.backoff < 0:
            raise UsageError("a limit of the endpoint is out of range", "at least 1 byte and 1 token, and 0, 1 or 2 retries")
        if not all("!" <= letter <= "~" for letter in self.secret):
            raise UsageError("the API key holds a blank or a letter outside ASCII", "the key alone", "set FATHOM_API_KEY again")

    @property
    def secret(self) -> str:
        """The key in clear, or an empty string: for the wire alone."""
        return self.key.get_secret_value() if self.key else ""

    @property
    def identity(self) -> str:
        """The model as results and caches name it."""
        return f"{self.model} at {self.url}"

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """What so many tokens cost, or None where the price is not known."""
        return self.price.of(tokens_in, tokens_out) if self.price else None

    def redact(self, text: str) -> str:
        """`text` without this endpoint's key, nor anything that looks like one."""
        return _SECRET.sub("[redacted]", text.replace(self.secret, "[redacted]") if self.secret else text)


def check_url(url: str) -> None:
    """Raise `UsageError` unless `url` is a plain http address: a user, a password or a query in it would end up in records."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is no address of an endpoint: {error}", "for example http://127.0.0.1:8000/v1") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "the endpoint's address holds a user, a query or a fragment", "an address alone", "put the key in FATHOM_API_KEY"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or any(letter.isspace() for letter in url):
        raise UsageError(f"{url!r} is no address of an endpoint", "for example http://127.0.0.1:8000/v1")


class EndpointError(Unavailable):
    """A call to a language model failed for good: `kind` says how, `attempts` how many requests were made.

    `outage` is set where no request was made because the last ones found nobody there: the run is better stopped than burnt.
    """

    def __init__(
        self, kind: Kind, happened: str, expected: str = "", next: str = "", *, attempts: int = 0, outage: bool = False
    ) -> None:
        super().__init__(happened, expected, next)
        self.kind, self.attempts, self.outage = kind, attempts, outage


_SAID: Mapping[Kind, tuple[str, str, str]] = {
    "refused": ("could not be reached", "a server that listens there", "start it, then {doctor}"),
    "timeout": ("did not answer in time", "an answer, or a byte at least", "{doctor}; a slow model needs a higher FATHOM_IDLE"),
    "rate_limited": ("asks to be called less often", "a place in its queue", "wait, then resume the run"),
    "auth": ("refuses the key", "a key that this server accepts", "set FATHOM_API_KEY, then {doctor}"),
    "bad_request": ("refuses the request", "a model and fields that it knows", "{doctor}"),
    "server": ("failed on its side", "a completion", "read the server's log, then {doctor}"),
    "cut": ("broke off in the middle of its answer", "a whole answer", "{doctor}"),
    "html": ("answered with a web page", "a completion in JSON", "check that the address ends in /v1, then {doctor}"),
    "bad_json": ("answered with something that is no completion", "the JSON of a chat completion", "{doctor}"),
    "too_large": ("sent more than allowed", "at most {max_bytes} bytes an answer", "set FATHOM_MAX_BYTES if that is meant"),
    "deadline": (
        "was not done by the deadline",
        "an answer in {deadline:g} s at most",
        "{doctor}; a slow model needs FATHOM_DEADLINE",
    ),
    "schema": (
        "gave no usable reply, even when told what was wrong",
        "a reply that fits the schema",
        "try another model, or {doctor}",
    ),
}
_HINTS: tuple[tuple[str, str], ...] = (
    ("max_completion_tokens", "set FATHOM_LIMIT_FIELD=max_completion_tokens"),
    ("response_format", "set FATHOM_DIALECT=plain: this server does not take response_format"),
    ("tool", "set FATHOM_DIALECT=plain: this server does not take tools"),
    ("context", "set FATHOM_CONTEXT to the model's context length ({doctor} prints it), or lower FATHOM_REPLY_TOKENS"),
    ("max_tokens", "lower FATHOM_REPLY_TOKENS"),
)


def failure(endpoint: Endpoint, kind: Kind, detail: str = "", *, attempts: int = 0, outage: bool = False) -> EndpointError:
    """The error of `kind`, in words, without any secret, and with what to type next."""
    said, expected, remedy = _SAID[kind]
    printable = "".join(letter if letter.isprintable() else " " for letter in endpoint.redact(detail))
    shown = " ".join(printable.split())[:_DETAIL]
    if kind == "bad_request":
        remedy = next((hint for word, hint in _HINTS if word in detail.lower()), remedy)
    names = {
        "doctor": f"fathom doctor --endpoint {endpoint.url} --model {endpoint.model}",
        "max_bytes": endpoint.max_bytes,
        "deadline": endpoint.deadline,
    }
    happened = f"the model {endpoint.identity} {said}" + (f": {shown}" if shown else "")
    return EndpointError(kind, happened, expected.format(**names), remedy.format(**names), attempts=attempts, outage=outage)

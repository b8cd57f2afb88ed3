"""JSON as models write it: read strictly, found among other text, checked against a schema, cleaned of what no store holds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import islice
from typing import Any, cast

DEEPEST = 64
_LARGEST = 2**63
_SHOWN = 300
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPENING = re.compile(r"[{\[]")
_MOST_STARTS = 16
_FENCE = re.compile(r"```[\w-]*\n(.*?)```", re.DOTALL)


class Fault(Exception):
    """What a model wrote cannot be used: `reason` is a sentence that the model itself is shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean(text: str) -> str:
    """`text` with surrogate pairs joined, and each lone surrogate and NUL replaced by U+FFFD: it can be sent and stored anywhere.

    >>> clean("a\\x00b")
    'a\\ufffdb'
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "\ufffd")


def cleaned(value: Any) -> Any:
    """`value` with every string of it cleaned, keys too. It is at most `DEEPEST` deep, or our own."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): cleaned(item) for key, item in cast(Mapping[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in cast(list[Any], value)]
    return value


def strict(text: str) -> Any:
    """The value of a JSON text, cleaned. Raises `Fault` for what is no JSON, for a repeated key, NaN or infinity, a number
    beyond 64 bits, and nesting deeper than `DEEPEST`."""
    return sound(_decoded(lambda: _STRICT.decode(text)))


def loose(text: str) -> Any:
    """The value of a JSON text as it is, with whatever numbers. Raises `Fault` for what is no JSON or too deep."""
    value = _decoded(lambda: _LOOSE.decode(text))
    _bound(value, numbers=False)
    return value


def sound(value: Any) -> Any:
    """A value that was parsed already, cleaned. Raises `Fault` as `strict` does."""
    _bound(value, numbers=True)
    return cleaned(value)


def _decoded(decode: Callable[[], Any]) -> Any:
    try:
        return decode()
    except RecursionError:
        raise Fault(f"it is nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise Fault(f"it is not valid JSON: {str(error)[:_SHOWN]}") from None


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not allowed")


_STRICT = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)
_LOOSE = json.JSONDecoder()


def _bound(value: Any, *, numbers: bool) -> None:
    """Refuse depth and numbers that later code cannot carry. Iterative: the value may be deeper than the stack."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > DEEPEST:
            raise Fault(f"it is nested deeper than {DEEPEST} levels")
        if isinstance(item, dict):
            waiting.extend((inner, depth + 1) for inner in cast(dict[str, Any], item).values())
        elif isinstance(item, list):
            waiting.extend((inner, depth + 1) for inner in cast(list[Any], item))
        elif numbers and isinstance(item, int | float) and not (math.isfinite(item) and abs(item) < _LARGEST):
            raise Fault("it holds a number that is too large")


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema))


def breach(value: Any, schema: Mapping[str, Any]) -> str | None:
    """How `value` breaks the JSON Schema (draft 2020-12), in words with the place, or None where it satisfies it."""
    from jsonschema.exceptions import best_match

    error = best_match(_validator(json.dumps(schema, sort_keys=True)).iter_errors(value))
    return None if error is None else f"at {error.json_path}: {error.message[:_SHOWN]}"


def find(text: str, schema: Mapping[str, Any]) -> Any:
    """The JSON value in a reply that satisfies `schema`: the whole text, a fenced block, or the first value that stands in it.

    Raises `Fault` that says what was wrong with the likeliest.
    """
    faults: list[str] = []
    for read in _candidates(text):
        try:
            value = read()
        except Fault as fault:
            faults.append(fault.reason)
            continue
        reason = breach(value, schema)
        if reason is None:
            return value
        faults.append(f"it breaks the schema {reason}")
    raise Fault(next((reason for reason in faults if "schema" in reason), faults[0]))


def _candidates(text: str) -> Iterator[Callable[[], Any]]:
    yield partial(strict, text)
    for block in _FENCE.findall(text):
        yield partial(strict, block)
    for opening in islice(_OPENING.finditer(text), _MOST_STARTS):
        yield partial(_from, text, opening.start())


def _from(text: str, start: int) -> Any:
    """The value that begins at `start`, whatever comes after it."""
    return sound(_decoded(lambda: _STRICT.raw_decode(text, start)[0]))

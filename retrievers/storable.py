"""The one normaliser of text that is stored: NUL and lone surrogates become U+FFFD, one code point for one."""

from __future__ import annotations

import re
from typing import Any, cast

REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether every database and every UTF-8 file can hold `text` as it is."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def storable(text: str) -> str:
    """`text` with NUL and lone surrogates replaced by U+FFFD: as long as before, so every offset still holds.

    SQLite counts a text with NUL short, PostgreSQL refuses it, and a lone surrogate has no UTF-8.

    >>> storable("a" + chr(0) + "b") == "a" + chr(0xFFFD) + "b"
    True
    """
    return text if is_storable(text) else _UNSTORABLE.sub(REPLACEMENT, text)


def replaced(text: str) -> list[tuple[int, int]]:
    """(offset, code point) of all that `storable` replaces in `text`: with these the original can be had back."""
    return [] if is_storable(text) else [(found.start(), ord(found.group())) for found in _UNSTORABLE.finditer(text)]


def storable_json(value: Any) -> Any:
    """A JSON value whose strings and keys are all storable; raises `RecursionError` where it is nested too deeply."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): storable_json(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [storable_json(inner) for inner in cast("list[Any]", value)]
    return value

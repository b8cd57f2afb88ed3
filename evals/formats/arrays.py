"""The objects of a JSON list, one at a time: a list of any length takes the memory of one object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

from evals.formats.judged import Place
from retrievers.errors import FathomError

CHUNK = 1 << 20
LONGEST = 1 << 26
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def objects(path: Path, like: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of the list that a file holds, counted from 1; `like` is an example of one.

    Raises `FathomError` for a file that cannot be read, is no list or ends early, and for an item that is no object.

    >>> number, first = next(objects(Path("musique_corpus.json"), '{"title": "...", "text": "..."}'))
    """
    try:
        with path.open(encoding="utf-8") as stream:
            yield from _items(_Reader(stream), Place(str(path), "item"), f"a list of items like {like}")
    except (OSError, UnicodeDecodeError) as error:
        raise FathomError(f"{path} cannot be read: {error}", "JSON in UTF-8", "mend the file") from error


@dataclass
class _Reader:
    """The text of a file from `at` on, read in chunks."""

    stream: TextIO
    text: str = ""
    at: int = 0

    def peek(self) -> str:
        """The next character that is not blank, or an empty string at the end."""
        while True:
            self.at = _end(self.text, self.at)
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._more():
                return ""

    def skip(self) -> str:
        """Go past the next character that is not blank."""
        found = self.peek()
        self.at += len(found)
        return found

    def value(self) -> object:
        """The object that begins here. Raises `ValueError` where there is none."""
        while True:
            try:
                value, self.at = _DECODER.raw_decode(self.text, self.at)
            except ValueError:
                if len(self.text) - self.at > LONGEST or not self._more():
                    raise
            else:
                return value

    def _more(self) -> bool:
        held = self.text[self.at :]
        read = self.stream.read(max(CHUNK, len(held)))
        self.text, self.at = held + read, 0
        return bool(read)


def _end(text: str, start: int) -> int:
    found = _BLANK.match(text, start)
    return found.end() if found else start


def _items(reader: _Reader, place: Place, expected: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if reader.skip() != "[":
        raise FathomError(f"{place.name} is not a list", expected, "name another file")
    number, after = 0, reader.skip() if reader.peek() == "]" else ","
    while after == ",":
        number += 1
        yield number, _object(reader, place, number, expected)
        after = reader.skip()
    if after != "]" or reader.peek():
        where = f"after item {number}" if number else "at its beginning"
        raise FathomError(f"{place.name} is broken {where}: {after or 'it ends'!r}", expected, "fetch the file again")


def _object(reader: _Reader, place: Place, number: int, expected: str) -> Mapping[str, Any]:
    if reader.peek() != "{":
        raise place.wrong(number, "is not an object", expected)
    try:
        return cast("Mapping[str, Any]", reader.value())
    except (ValueError, RecursionError) as error:
        raise place.wrong(number, f"is not JSON ({error})", expected) from error

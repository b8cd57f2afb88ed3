"""Files of a data set, line by line: plain or .gz, and every line that cannot be meant is named."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from retrievers.errors import FathomError

Row = Mapping[str, Any]


@contextmanager
def lines(path: Path) -> Generator[Iterator[tuple[int, str]]]:
    """The lines of a file that are not blank, with their numbers; raises `FathomError` where it cannot be read.

    >>> with lines(Path("qrels/test.tsv")) as read: number, first = next(read)
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as read:
            yield ((number, line) for number, line in enumerate(read, start=1) if line.strip())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise FathomError(f"{path} cannot be read: {error}", "lines in UTF-8, plain or .gz", "mend the file") from error


def rows(path: Path, fields: Sequence[str], like: str) -> Iterator[tuple[int, Row]]:
    """The rows of a file of JSON lines, with their numbers; each is an object that has all `fields`, as the example `like`."""
    with lines(path) as read:
        for number, line in read:
            yield number, _row(path, number, line, fields, like)


def wrong(path: Path, number: int, what: str, expected: str) -> FathomError:
    """The error that line `number` of a file is `what`."""
    return FathomError(f"line {number} of {path} {what}", expected, "mend the line, or leave the file out")


def _row(path: Path, number: int, line: str, fields: Sequence[str], like: str) -> Row:
    expected = f"a line like {like}"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise wrong(path, number, f"is not JSON ({error})", expected) from error
    if not isinstance(row, dict):
        raise wrong(path, number, "is not an object", expected)
    missing = [name for name in fields if name not in row]
    if missing:
        raise wrong(path, number, f"has no field {missing[0]!r}", expected)
    return cast(Row, row)

"""Filters on what may be retrieved: documents, types, dates and paths, applied before anything is scored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from retrievers.errors import UsageError

_CONDITION = re.compile(r"(document|type|path|date)(>=|<=|=|>|<)(.+)", re.DOTALL)
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_EXAMPLE = "--where type=pdf,date>=2020-01-01,path=reports/*"


@dataclass(frozen=True)
class Scope:
    """What a query is confined to; empty fields admit everything.

    Values of one field are alternatives, fields are all required. `paths` are shell patterns (`reports/*`), `dates` are
    (operator, ISO date) pairs; a document without a date is outside any scope that names dates.

    >>> Scope.parse(["type=pdf,date>=2020"]).admits("a", "pdf", "a.pdf", "2021-05-01")
    True
    """

    documents: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, conditions: Iterable[str]) -> Scope:
        """Read `--where` values: conditions joined by commas, `key=value` or `date>value`.

        Raises `UsageError` for an unknown key, a wrong operator or a date that is not ISO 8601 (2020, 2020-05, 2020-05-01).
        """
        found: dict[str, list[str]] = {"document": [], "type": [], "path": []}
        dates: list[tuple[str, str]] = []
        for part in (part.strip() for text in conditions for part in text.split(",")):
            match = _CONDITION.fullmatch(part)
            if match is None:
                raise UsageError(f"the condition {part!r}", "document=, type=, path= or date with = > >= < <=", _EXAMPLE)
            key, operator, value = match.groups()
            if key == "date":
                if not _DATE.fullmatch(value):
                    raise UsageError(f"the date {value!r}", "2020, 2020-05 or 2020-05-01", _EXAMPLE)
                dates.append((operator, value))
            elif operator != "=":
                raise UsageError(f"the condition {part!r}", f"{key}=VALUE", _EXAMPLE)
            else:
                found[key].append(value)
        return cls(tuple(found["document"]), tuple(found["type"]), tuple(found["path"]), tuple(dates))

    def __str__(self) -> str:
        """The conditions, as `parse` reads them."""
        pairs = [("document", self.documents), ("type", self.types), ("path", self.paths)]
        told = [f"{key}={value}" for key, values in pairs for value in values]
        return ",".join(told + [f"date{operator}{date}" for operator, date in self.dates])

    def __bool__(self) -> bool:
        return bool(self.documents or self.types or self.paths or self.dates)

    def admits(self, document: str, type: str, path: str, date: str) -> bool:
        """Whether an item of this document, type, path and ISO date (empty if unknown) is inside."""
        return (
            (not self.documents or document in self.documents)
            and (not self.types or type in self.types)
            and (not self.paths or any(fnmatchcase(path, pattern) for pattern in self.paths))
            and (not self.dates or (bool(date) and all(_holds(date, *condition) for condition in self.dates)))
        )


def _holds(date: str, operator: str, bound: str) -> bool:
    """Compare at the precision of `bound`: 2020-05-01 = 2020 holds, 2020-05-01 > 2020 does not."""
    have = date[: len(bound)]
    return {"=": have == bound, ">": have > bound, ">=": have >= bound, "<": have < bound, "<=": have <= bound}[operator]

"""What retrieval is expected to reach, row by row (expected.yaml): published figures, and what was measured here before."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, cast

from retrievers.errors import FathomError, UsageError

EXPECTED = Path(__file__).with_name("expected.yaml")
MOST = 0.01
LEXICAL = frozenset({"bm25", "okapi"})
_NEEDED = frozenset({"dataset", "recipe", "measure", "kind", "value", "tolerance"})
Kind = Literal["published", "regression"]


@dataclass(frozen=True)
class Expected:
    """One row. `published`: `value` is the figure of `source`, and at most `tolerance` may be missing from it. `regression`:
    `value` with its interval `low` to `high` over `n` questions is what was measured when the row was written, and `tolerance`
    how far another machine may be from it (another dtype or BLAS moves the order of near ties).

    `above` names recipes that must have less; `users` are those whose questions count (none: all).
    """

    dataset: str
    recipe: str
    measure: str
    kind: Kind
    value: float
    tolerance: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    source: str = ""
    note: str = ""
    queries: str | None = None
    owner_field: str | None = None
    units: str | None = None
    users: tuple[str, ...] = ()
    above: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What it is called: `scifact/bm25/nDCG@10`, with `/published` where the figure is somebody else's."""
        part = f"[{','.join(self.users)}]" if self.users else ""
        return f"{self.dataset}{part}/{self.recipe}/{self.measure}" + ("/published" if self.kind == "published" else "")

    @property
    def vectors(self) -> bool:
        """Whether it needs an index with vectors: lexical recipes do not."""
        return not {self.recipe, *self.above} <= LEXICAL

    @property
    def files(self) -> tuple[str, str, str, str]:
        """What is read and how it is indexed: rows of the same are measured together."""
        return self.dataset, self.queries or "", self.owner_field or "", self.units or ""

    @property
    def command(self) -> str:
        """What to type to measure it."""
        options = (
            ("--queries", self.queries),
            ("--owner-field", self.owner_field),
            ("--units", self.units),
            ("--recipe", self.recipe),
            ("--measure", self.measure),
        )
        told = [word for name, value in options if value for word in (name, value)]
        return shlex.join(["fathom", "eval", self.dataset, *told, *(["--groups"] if self.users else [])])


def read(path: Path = EXPECTED) -> tuple[Expected, ...]:
    """The rows of a file of expectations; raises `FathomError` naming the row and what is wrong with it."""
    import yaml

    rows = cast("list[dict[str, Any]]", yaml.safe_load(path.read_text("utf-8")))
    found = tuple(_row(path, number, row) for number, row in enumerate(rows, start=1))
    twice = next((one.id for place, one in enumerate(found) if one.id in {other.id for other in found[:place]}), None)
    if twice is not None:
        raise FathomError(f"{path} has the row {twice} twice", "each row once", "take one out")
    return found


def chosen(rows: Sequence[Expected], wanted: Sequence[str]) -> tuple[Expected, ...]:
    """The rows that these names mean: whole, their beginning up to a slash, or with * and ?; all where there is no name.

    Raises `UsageError` for a name that means none.

    >>> chosen(read(), ["scifact/bm25"])
    """
    for name in wanted:
        if not any(_means(name, row) for row in rows):
            sets = ", ".join(dict.fromkeys(row.dataset for row in rows))
            raise UsageError(f"no row {name!r}", f"a row's name, or its beginning: {sets}", f"fathom reproduce {rows[0].id}")
    return tuple(row for row in rows if not wanted or any(_means(name, row) for name in wanted))


def _means(name: str, row: Expected) -> bool:
    return row.id == name or row.id.startswith(f"{name}/") or fnmatchcase(row.id, name)


def _row(path: Path, number: int, row: dict[str, Any]) -> Expected:
    known = {field.name for field in fields(Expected)}
    unknown, lacking = sorted(set(row) - known), sorted(_NEEDED - set(row))
    if unknown or lacking:
        what = f"has the field {unknown[0]!r}" if unknown else f"lacks the field {lacking[0]!r}"
        raise FathomError(f"row {number} of {path} {what}", f"the fields {', '.join(sorted(known))}", "mend the row")
    above, users = (tuple(cast("list[str]", row.get(name, []))) for name in ("above", "users"))
    rest = {name: value for name, value in row.items() if name not in ("above", "users")}
    one = replace(Expected(**rest), above=above, users=users)
    if one.kind not in ("published", "regression") or (one.kind == "published" and not one.source):
        expected = "the kind `published` with a source, or `regression`"
        raise FathomError(f"row {number} of {path} is of the kind {one.kind!r}, source {one.source!r}", expected, "mend the row")
    if not 0 < one.tolerance <= MOST:
        raise FathomError(f"row {number} of {path} has the tolerance {one.tolerance}", f"at most {MOST}", "mend the row")
    return one

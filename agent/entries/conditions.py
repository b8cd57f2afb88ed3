"""What a reader of the ledger's rows may ask of a column, beside a value or a list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class After:
    """The column is greater than `value`."""

    value: Any


@dataclass(frozen=True)
class Before:
    """The column is less than `value`."""

    value: Any


@dataclass(frozen=True)
class Starts:
    """The column begins with `text`."""

    text: str


@dataclass(frozen=True)
class Holds:
    """The column contains `text`."""

    text: str

"""Dates as the index keeps them: ISO 8601 to the day, the month or the year."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?", re.DOTALL)


def iso_date(value: Any) -> str:
    """The date that `value` is (text in ISO 8601, a year, a date), to the day at most; empty where it is none.

    >>> iso_date("1610-01-07T20:00:00Z"), iso_date("1610-01"), iso_date(1610), iso_date("in May")
    ('1610-01-07', '1610-01', '1610', '')
    """
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 9999:
        return f"{value:04}"
    found = _ISO.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return ""
    year, month, day = found.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return "-".join(part for part in (year, month, day) if part)

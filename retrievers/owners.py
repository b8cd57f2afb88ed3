"""Whose a record is. Owners never fail open: what is not plainly public or plainly somebody's is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from retrievers.errors import UsageError
from retrievers.storable import is_storable

PUBLIC = "none"
_TELLING = ("user", "owner")


def demand(names: Iterable[str], owner_field: str | None, where: str) -> None:
    """Raise `UsageError` where fields of these names may say whose a record is, and nobody said whether they do."""
    telling = next((name for name in names if name.strip().casefold() in _TELLING), None)
    if owner_field is None and telling is not None:
        raise UsageError(
            f"{where} has a field {telling!r}, and records may belong to somebody",
            "to be told which field names the owner, or that everybody may see everything",
            f"--owner-field {telling}, or --owner-field none",
        )


def owner_of(record: Mapping[str, Any], owner_field: str | None, where: str) -> str | None:
    """The owner of a record, None for a public one: its field is null, or `owner_field` is `none`.

    Raises `UsageError` naming the place (`where`) for a record that lacks the field or holds no name in it. A name that
    would be changed by storing is no name: two owners must never become one.

    >>> owner_of({"user": "alice"}, "user", "notes.jsonl, line 1")
    'alice'
    """
    demand(record, owner_field, where)
    if owner_field is None or owner_field == PUBLIC:
        return None
    if owner_field not in record:
        raise UsageError(
            f"{where} has no field {owner_field!r}", "an owner for each record, null for a public one", "--owner-field NAME"
        )
    owner = record[owner_field]
    if owner is None:
        return None
    if not isinstance(owner, str) or not owner.strip() or not is_storable(owner):
        raise UsageError(
            f"{where}: {owner!r} in the field {owner_field!r} names nobody",
            "the owner's name as text, or null for a public record",
            f"mend the field {owner_field!r}",
        )
    return owner

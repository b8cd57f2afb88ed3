"""A database's refusals, in words: what happened to the ledger, what was expected, and what to do."""

from __future__ import annotations

from retrievers.errors import FathomError


class StoreError(FathomError):
    """The ledger's database is full, locked, damaged, unreachable, not writable, or not a ledger of this version."""


_FULL = ("the disk is full", "room for the ledger", "free some space and type the same command: what was committed is intact")
_WRITE = ("a read or write failed (disk full, a file size limit, or a failing disk)", "a disk that takes the ledger", _FULL[2])
_HELD = (
    "another process holds it for too long",
    "its turn within the waiting time",
    "type it again, or see what else uses this ledger",
)
_DENIED = (
    "this process may not write it",
    "a ledger that you may write",
    "change its permissions, or name another: --ledger URL",
)
_DAMAGED = (
    "it is damaged, or no database",
    "a ledger made by fathom",
    "put a backup in its place, or name another: --ledger URL",
)
_CLOSED = ("it cannot be opened", "a file in a folder that you may write", "check the path, or name another: --ledger URL")
_LOGIN = ("the server refused the login", "a user, password and database that it knows", "check the URL given as --ledger")
_CROWDED = (
    "the server has no room for more connections or memory",
    "a place at the server",
    "type it again, or raise its limits",
)
_GONE = (
    "the server cannot be reached, or refused the login",
    "a running PostgreSQL that knows this user",
    "start it, or check the URL given as --ledger",
)

# The beginnings of SQLite's error names and of PostgreSQL's SQLSTATE codes; the first that fits.
_FAULTS = (
    ("SQLITE_FULL", _FULL),
    ("SQLITE_IOERR", _WRITE),
    ("SQLITE_BUSY", _HELD),
    ("SQLITE_LOCKED", _HELD),
    ("SQLITE_PROTOCOL", _HELD),
    ("SQLITE_READONLY", _DENIED),
    ("SQLITE_PERM", _DENIED),
    ("SQLITE_CORRUPT", _DAMAGED),
    ("SQLITE_NOTADB", _DAMAGED),
    ("SQLITE_CANTOPEN", _CLOSED),
    ("53100", _FULL),
    ("53", _CROWDED),
    ("58", _WRITE),
    ("55P03", _HELD),
    ("40", _HELD),
    ("25006", _DENIED),
    ("42501", _DENIED),
    ("XX001", _DAMAGED),
    ("XX002", _DAMAGED),
    ("28", _LOGIN),
    ("3D000", _LOGIN),
    ("08", _GONE),
    ("57P", _GONE),
)


def in_words(cause: BaseException | None, place: str, *, lost: bool = False) -> StoreError | None:
    """The driver's error as a `StoreError` about the ledger at `place`, or None if it is none of the environment's.

    `lost` says that a connection is gone or never came about: PostgreSQL's driver tells that without a code. Nothing of the
    driver's own message is repeated: it may quote a user's text or a login.
    """
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    found = next((words for start, words in _FAULTS if code.startswith(start)), _GONE if lost and not code else None)
    if found is None:
        return None
    happened, expected, remedy = found
    return StoreError(f"the ledger {place}: {happened}" + (f" ({code})" if code else ""), expected, remedy)


def held(place: str) -> StoreError:
    """The same of a ledger whose turn did not come, among this process's own writers."""
    _, expected, next = _HELD
    return StoreError(f"the ledger {place}: other writers of this process hold it for too long", expected, next)

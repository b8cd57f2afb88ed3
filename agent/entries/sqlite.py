"""What SQLite needs of a ledger's file: the journal that its version allows, private permissions, a copy taken while in use."""

from __future__ import annotations

import os
import sqlite3
import uuid
from pathlib import Path

from agent.entries.faults import StoreError
from retrievers.generation import sync

Version = tuple[int, ...]
_SET = {"WAL": "PRAGMA journal_mode = WAL", "DELETE": "PRAGMA journal_mode = DELETE"}


def journal_for(version: Version) -> tuple[str, str]:
    """The journal mode for a version of SQLite, and why.

    Versions 3.7.0 to 3.51.2 can damage a write-ahead log when two connections write or checkpoint at once; 3.44.6, 3.50.7 and
    3.51.3 on are mended (https://sqlite.org/wal.html#walresetbug).

    >>> journal_for((3, 40, 1))[0]
    'DELETE'
    """
    name = ".".join(map(str, version))
    mended = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if mended:
        return "WAL", f"SQLite {name} has the mended write-ahead log"
    return "DELETE", f"the write-ahead log of SQLite {name} can be damaged by two writers; 3.51.3 is mended"


def create(path: Path) -> None:
    """Make the file (mode 0600) and its folder (0700) where they are missing; `StoreError` if that cannot be."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder")
    except (OSError, ValueError) as error:
        raise StoreError(
            f"the ledger {path} cannot be opened: {getattr(error, 'strerror', None) or error}",
            "a file in a folder that you may write",
            "check the path, or name another: --ledger URL",
        ) from error


def prepare(connection: sqlite3.Connection) -> None:
    """Set up one connection: explicit transactions, foreign keys, and a commit that has reached the disk when it returns.

    EXTRA is FULL that also syncs the folder once a rollback journal is deleted: without it, a power cut can bring back the
    journal, and so undo a commit that was reported.
    """
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")


def set_journal(connection: sqlite3.Connection) -> None:
    """Switch the file to its version's journal mode if it has another: that takes the lock which a mere reader need not have."""
    mode, _ = journal_for(sqlite3.sqlite_version_info)
    (now,) = connection.execute("PRAGMA journal_mode").fetchone()
    if now.upper() != mode:
        connection.execute(_SET[mode])


def copy(connection: sqlite3.Connection, to: Path) -> None:
    """Write a complete copy to `to` (mode 0600), which must not exist, while others may go on writing; whole or not at all."""
    if to.exists():
        raise StoreError(f"{to} exists already", "a new file for the backup", "name another file")
    aside = to.with_name(f".{to.name}.{uuid.uuid4().hex}")
    try:
        os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            connection.execute("VACUUM INTO ?", (str(aside),))
            sync(aside)
            aside.rename(to)
            sync(to.parent)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"the backup {to} cannot be written: {error.strerror or error}",
            "a folder with room that you may write",
            "name another file",
        ) from error

"""The databases that a ledger can lie in: SQLite always, and a PostgreSQL of our own where its programs are found."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

PASSWORD = "canary-db-password-93f1"
_ENGLISH = ("--locale-provider=icu", "--icu-locale=en-US")  # sorts as a dictionary does, so an order by code point is our doing


@dataclass(frozen=True)
class Server:
    """A PostgreSQL on a free port of this machine, without syncing, for as long as the tests run."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql+psycopg://fathom:{password}@127.0.0.1:{self.port}/{database}"

    def new(self) -> str:
        """The URL of the database, emptied: cheaper by far than another database."""
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("SET lock_timeout = '20s'")
            connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url("postgres")


def programs() -> Path | None:
    """Where PostgreSQL's programs lie."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def unprivileged() -> dict[str, object]:
    """Whom a child must run as where the tests run as root, whom PostgreSQL refuses and permissions do not bind."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def serving(bins: Path) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="fathom-pg-", dir="/tmp"))
    who = unprivileged()
    (folder / "password").write_text(PASSWORD)
    if who:
        for path in (folder, folder / "password"):
            os.chown(path, int(str(who["user"])), int(str(who["group"])))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data, log = str(folder / "data"), str(folder / "log")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"

    def call(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, capture_output=True, timeout=60, **who)  # type: ignore[call-overload]

    try:
        secret = ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--username=fathom"]
        call(str(bins / "initdb"), "-D", data, "-E", "UTF8", "--locale=C", *_ENGLISH, "--no-sync", *secret)
        call(str(bins / "pg_ctl"), "-D", data, "-l", log, "-w", "-o", options, "start")
        yield Server(port)
    finally:
        subprocess.run(
            [str(bins / "pg_ctl"), "-D", data, "-m", "immediate", "stop"], check=False, cwd="/", capture_output=True, **who
        )  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running PostgreSQL, or a visible skip."""
    bins = programs()
    if bins is None:
        pytest.skip("needs PostgreSQL's programs (initdb, pg_ctl)")
    with serving(bins) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a ledger that is not there yet, once on each database; neither waits for a disk."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres").new()
        return
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="fathom-", dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield f"sqlite:///{folder}/ledger.db"

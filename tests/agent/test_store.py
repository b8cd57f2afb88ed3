"""The ledger's database: opened, migrated, refused and described, whatever state it is in."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from agent.entries.faults import StoreError, in_words
from agent.entries.sqlite import journal_for
from agent.ledger import Admin, Ledger
from agent.migrations import upgrade as migration
from agent.migrations.schema import HEAD, METADATA, escape, restore
from agent.store import Store
from retrievers.errors import FathomError, UsageError
from tests.faults.databases import PASSWORD, Server, unprivileged


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@contextmanager
def opened(url: str | Path, **how: Any) -> Iterator[Store]:
    store = Store.open(url if isinstance(url, str) else f"sqlite:///{url}", **how)
    try:
        yield store
    finally:
        store.close()


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "DELETE"),
        ((3, 44, 5), "DELETE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "DELETE"),
        ((3, 50, 6), "DELETE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "DELETE"),
        ((3, 51, 3), "WAL"),
        ((3, 52, 0), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_the_write_ahead_log_is_used_where_it_is_mended(version: tuple[int, int, int], mode: str) -> None:
    assert journal_for(version)[0] == mode


def test_a_new_ledger_is_private_synced_and_said_so(tmp_path: Path) -> None:
    path = tmp_path / "home" / "deep" / "ledger.db"
    with opened(path) as store:
        Ledger(store).start_run({}, ["q"])
        said = store.describe()
        with store.engine.execution_options(transaction="read").begin() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("synchronous", "foreign_keys", "secure_delete")
            }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert pragmas == {"synchronous": 3, "foreign_keys": 1, "secure_delete": 1}
    mode, why = journal_for(sqlite3.sqlite_version_info)
    assert (said.place, said.journal, said.why, said.schema) == (str(path), mode, why, HEAD)
    assert said.database == f"SQLite {sqlite3.sqlite_version}"
    assert said.size == path.stat().st_size


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_ledger_changes_to_the_journal_of_its_version(path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that an older or newer SQLite left in the other mode is switched when it is opened."""
    other = {"WAL": "DELETE", "DELETE": "WAL"}[mode]
    for now in (other, mode):
        monkeypatch.setattr("agent.entries.sqlite.journal_for", lambda _, now=now: (now, "as the test says"))
        with opened(path) as store:
            Ledger(store).start_run({}, ["q"])
            assert store.describe().journal == now
    with opened(path) as store:
        assert len(Ledger(store).runs()) == 2


def test_the_migrated_schema_is_the_one_that_the_code_reads(ledger_url: str) -> None:
    with opened(ledger_url) as store, store.engine.execution_options(transaction="read").begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA) == []
        assert migration.revision(connection) == HEAD


def test_a_ledger_of_the_first_schema_is_migrated_and_its_questions_come_from_no_data_set(path: Path) -> None:
    with opened(path) as store:
        run = Ledger(store).start_run({}, ["Who found Neptune?"])
    with closing(sqlite3.connect(path)) as old:
        old.execute("ALTER TABLE question DROP COLUMN gold")
        old.execute("UPDATE alembic_version SET version_num = '0001'")
        old.commit()
    with opened(path) as store:
        question = Ledger(store).question(run, 1)
        assert (question.asked, question.gold, store.describe().schema) == ("Who found Neptune?", None, HEAD)


LATER = f"""
revision, down_revision = "9998", {HEAD!r}
import os
from alembic import op
from sqlalchemy import Column, Text
def upgrade():
    op.add_column("conversation", Column("colour", Text()))
    op.execute("UPDATE conversation SET colour = 'blue'")
    if os.environ.get("BREAK_MIGRATION"):
        raise RuntimeError("cut off")
"""


@contextmanager
def later(folder: Path) -> Iterator[None]:
    """A fathom that knows one revision more: it adds a column to `conversation` and fills it."""
    shutil.copytree(migration.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    (folder / "versions" / "9998_later.py").write_text(LATER, "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migration, "FOLDER", folder)
        patched.setattr("agent.store.HEAD", "9998")
        yield


def test_an_older_ledger_is_migrated_whole_and_a_newer_one_refused_by_name(
    ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(ledger_url) as store:
        run = Ledger(store).start_run({}, ["q"])
    with later(tmp_path / "mig%rations"), monkeypatch.context() as broken:
        broken.setenv("BREAK_MIGRATION", "1")
        with pytest.raises(RuntimeError, match="cut off"):
            Store.open(ledger_url)
    with opened(ledger_url) as store:
        assert store.describe().schema == HEAD
        assert Ledger(store).run(run).title == "q"
    with later(tmp_path / "mig%rations"), opened(ledger_url) as store:
        with store.engine.execution_options(transaction="read").begin() as connection:
            assert connection.exec_driver_sql("SELECT colour FROM conversation").scalars().all() == ["blue"]
        assert Ledger(store).run(run).title == "q"
        assert store.describe().schema == "9998"
    with pytest.raises(StoreError, match=r"has the schema 9998, which this fathom does not know.*next: install the newer fathom"):
        Store.open(ledger_url)


def test_a_database_with_other_tables_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE run (mine TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a ledger's"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


OPENER = """
import sys
from agent.ledger import Ledger
from agent.store import Store
sys.stdin.readline()
print(Ledger(Store.open(sys.argv[1])).start_run({}, ["q"]))
"""


def test_processes_that_open_a_new_ledger_at_once_do_not_collide(ledger_url: str) -> None:
    command = [sys.executable, "-c", OPENER, ledger_url]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    runs = [process.communicate("go\n", timeout=120)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    with opened(ledger_url) as store:
        assert sorted(row.id for row in Ledger(store).runs()) == sorted(runs)


def test_threads_share_a_store(ledger_url: str) -> None:
    with opened(ledger_url) as store:
        ledger = Ledger(store)
        run = ledger.start_run({}, ["q"])
        threads = [threading.Thread(target=lambda: [ledger.event(run, 0, "tick", {}) for _ in range(10)]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.seq for one in ledger.events(run)] == list(range(1, 62))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ledger.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///ledger.db?mode=ro",
        "mysql://root@host/db",
        "sqlite+aiosqlite:///ledger.db",
        "postgresql://host",
        f"postgresql+psycopg://u:{PASSWORD}@host:port/db",
        f"nonsense {PASSWORD}",
    ],
)
def test_a_url_that_is_no_ledgers_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError, match=r"sqlite:////home/me/ledger\.db") as caught:
        Store.open(url)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_password_is_never_told(postgres: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    url = postgres.url("postgres", "another-canary-5520")
    shown: list[str] = []
    for wrong in (url, url.replace(str(postgres.port), "1"), postgres.url("no_such_database")):
        with pytest.raises(StoreError, match=r"127\.0\.0\.1/.*(cannot be reached|login)") as caught:
            Store.open(wrong, wait=2)
        shown += traceback.format_exception(caught.value)
    with opened(postgres.new()) as store:
        shown += [repr(store), str(store), repr(store.describe()), repr(Ledger(store)), repr(store.engine)]
        with pytest.raises(StoreError, match="pg_dump") as caught:
            Admin(store).backup(Path("/tmp/x"))
        shown += traceback.format_exception(caught.value)
    whole = "".join([*shown, caplog.text])
    assert PASSWORD not in whole
    assert "another-canary-5520" not in whole


def test_a_server_that_goes_away_is_a_named_error(postgres: Server) -> None:
    with opened(postgres.new()) as store:
        ledger = Ledger(store)
        run = ledger.start_run({}, ["q"])

        def killed() -> None:
            with ledger.together() as step:
                step.event(run, 0, "tick", {})
                with store.engine.execution_options(transaction="none", isolation_level="AUTOCOMMIT").begin() as other:
                    other.exec_driver_sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                    )
                step.event(run, 0, "tock", {})

        with pytest.raises(StoreError, match="cannot be reached"):
            killed()
        assert [one.kind for one in ledger.events(run)] == ["run"]


def test_a_ledger_that_is_held_is_named_after_the_wait(path: Path) -> None:
    with opened(path, wait=0.2) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        ledger = Ledger(store)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreError, match="another process holds it"):
            ledger.start_run({}, ["q"])
        assert 0.2 <= time.monotonic() - began < 5
        assert ledger.runs() == []
        other.execute("COMMIT")
        ledger.start_run({}, ["q"])


@pytest.mark.parametrize("content", [b"not a database, whatever its name says" * 100, b"SQLite format 3\x00" + b"\xff" * 4080])
def test_what_is_no_database_is_said_to_be_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=f"{path}: it is damaged, or no database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == content


def test_a_damaged_page_is_a_named_error(path: Path) -> None:
    with opened(path) as store:
        ledger = Ledger(store)
        for _ in range(20):
            ledger.start_run({"words": "x" * 3000}, ["q"])
    size = path.stat().st_size
    with path.open("r+b") as stream:
        for page in range(4096 * 2, size, 4096):
            stream.seek(page)
            stream.write(b"\xff" * 64)

    def read_all() -> None:
        with opened(path) as store:
            Ledger(store).runs(limit=100)

    with pytest.raises(StoreError, match="damaged"):
        read_all()


@pytest.mark.parametrize("place", ["folder", "file/below", "nul\0name"])
def test_a_path_that_cannot_be_a_file_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(FathomError, match="cannot be opened"):
        Store.open(f"sqlite:///{tmp_path / place}")


READER = """
import os, sys
import alembic, sqlalchemy.dialects.sqlite
from agent.entries.faults import StoreError
from agent.ledger import Ledger
from agent.store import Store
if len(sys.argv) > 2:
    os.setgroups([]), os.setgid(int(sys.argv[3])), os.setuid(int(sys.argv[2]))
ledger = Ledger(Store.open(sys.argv[1]))
print([row.title for row in ledger.runs()])
try:
    ledger.start_run({}, ["another"])
except StoreError as error:
    print(error)
"""


def test_a_ledger_that_may_not_be_written_can_be_read() -> None:
    """Where the tests run as root, whom permissions do not bind, the reader becomes somebody else first."""
    who = unprivileged()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        url = f"sqlite:///{folder / 'ledger.db'}"
        with opened(url) as store:
            Ledger(store).start_run({}, ["q"])
        (folder / "ledger.db").chmod(0o444)
        folder.chmod(0o555)
        command = [sys.executable, "-c", READER, url, *(str(who[name]) for name in ("user", "group") if who)]
        child = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        folder.chmod(0o755)
    assert child.returncode == 0, child.stderr
    titles, error = child.stdout.splitlines()
    assert titles == "['q']"
    assert "this process may not write it" in error


def test_a_full_database_is_named_and_loses_nothing(path: Path) -> None:
    """SQLite's own limit stands for the disk's: the same error, at a place that a test can choose."""
    with opened(path) as store:
        pages: list[int] = [60]

        @event.listens_for(store.engine, "begin")
        def limited(connection: Any) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages[0]}")

        ledger = Ledger(store)
        kept: list[str] = []

        def fill() -> None:
            while True:
                kept.append(ledger.start_run({"words": "x" * 5000}, ["q"]))

        with pytest.raises(StoreError, match=r"the disk is full \(SQLITE_FULL\).*free some space"):
            fill()
        assert kept
        assert [row.id for row in ledger.runs(limit=1000)] == sorted(kept, reverse=True)
        pages[0] = 1_000_000
        kept.append(ledger.start_run({"words": "x" * 5000}, ["q"]))
    with opened(path) as store:
        assert len(Ledger(store).runs(limit=1000)) == len(kept)


def test_what_is_forgotten_is_gone_from_the_file(path: Path) -> None:
    canary = "canary-forget-me-8812"
    with opened(path) as store:
        for user in ("ada", "bob"):
            ledger = Ledger(store, user)
            run = ledger.start_run({"note": f"{user} {canary}" * 300}, [f"{user} {canary}"])
            ledger.event(run, 0, "note", {"text": f"{user} {canary}"})
        Admin(store).forget("ada")
    content = b"".join(part.read_bytes() for part in path.parent.iterdir())
    assert f"ada {canary}".encode() not in content
    assert f"bob {canary}".encode() in content


def test_a_backup_is_whole_while_others_write(path: Path, full: bool) -> None:
    with opened(path) as store:
        ledger = Ledger(store)
        ended = threading.Event()

        def write() -> None:
            while not ended.is_set():
                ledger.start_run({}, ["one", "two"])

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(50 if full else 4):
                copy = path.parent / "backups" / f"{number}.db"
                copy.parent.mkdir(exist_ok=True)
                before = len(ledger.runs(limit=100_000))
                Admin(store).backup(copy)
                after = len(ledger.runs(limit=100_000))
                assert stat.S_IMODE(copy.stat().st_mode) == 0o600
                with closing(sqlite3.connect(copy)) as connection:
                    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                with opened(copy) as other:
                    runs = Ledger(other).runs(limit=100_000)
                    assert before <= len(runs) <= after
                    assert all(len(Ledger(other).questions(row.id)) == row.size == 2 for row in runs[:3])
        finally:
            ended.set()
            writer.join()
        with pytest.raises(StoreError, match="exists already"):
            Admin(store).backup(copy)
        with pytest.raises(StoreError, match="cannot be written"):
            Admin(store).backup(path / "below")
        assert [one.name for one in copy.parent.iterdir() if one.name.startswith(".")] == []


def test_escaping_is_undone_exactly() -> None:
    assert escape("a\0b") == "a\x1a0000b"
    assert escape("\x1a\ud800") == "\x1a001a\x1ad800"
    assert escape("plain é 😀") == "plain é 😀"
    for text in ("a\0b", "\x1a0000", "\x1a\x1a001a", "\ud83d\ude00", "\x1aXYZW"):
        assert restore(escape(text)) == text
        escape(text).encode()


def test_a_mistake_of_ours_is_not_blamed_on_the_disk() -> None:
    error = sqlite3.OperationalError("no such table: x")
    error.sqlite_errorname = "SQLITE_ERROR"  # type: ignore[misc]
    assert in_words(error, "here") is None
    assert in_words(error, "here", lost=True) is None
    assert in_words(ValueError("x"), "here") is None

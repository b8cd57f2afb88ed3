"""The ledger under kill -9, many processes and a full disk: what was reported as committed is there, and nothing is torn."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.entries.sqlite import journal_for
from agent.ledger import Ledger
from agent.store import Store

ROOT = Path(__file__).resolve().parents[2]


def child(mode: str, url: str, *rest: object, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A child that is ready to begin."""
    command = [*before, sys.executable, "-m", "tests.faults.ledger_child", mode, url, *map(str, rest)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def killed(mode: str, url: str, seconds: float) -> list[tuple[str, str]]:
    """What a child told before it was killed, `seconds` after it began: (run, step)."""
    process = child(mode, url)
    go(process)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    told, _ = process.communicate(timeout=60)
    return [(line.split()[0], line.split()[1]) for line in told.splitlines() if line.count(" ") == 1]


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()


def lost(ledger: Ledger, told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was told and is not there."""
    runs = {row.id for row in ledger.runs(limit=1_000_000)}
    steps = {run: {event.kind for event in ledger.events(run)} for run in {run for run, _ in told} & runs}
    return [(run, step) for run, step in told if step not in steps.get(run, set())]


def torn(ledger: Ledger, run: str) -> str:
    """What of a run is not whole, or nothing."""
    row, events = ledger.run(run), ledger.events(run)
    kinds = Counter(event.kind for event in events)
    counted = {
        "run": 1,
        "turn": len(ledger.turns(run, 1)),
        "action": len(ledger.done(run, 1)),
        "shown": sum(ledger.was_read(run, 1, turn.number) for turn in ledger.turns(run, 1)),
        "answer": int(ledger.question(run, 1).answer is not None),
    }
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        return f"{run}: the events have gaps"
    if len(ledger.questions(run)) != row.size:
        return f"{run}: a question is missing"
    if any(kinds[kind] != number for kind, number in counted.items()):
        return f"{run}: rows and events differ, {kinds} {counted}"
    if any(len(ledger.candidates(run, 1, done.number)) != 2 for done in ledger.done(run, 1)):
        return f"{run}: a stage's candidates are missing"
    return ""


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder that waits for no disk, where there is one: what kill -9 leaves behind does not depend on it."""
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="fathom-", dir=place if os.access(place, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.mark.timeout(3000)
def test_a_killed_writer_loses_nothing_that_it_was_told_is_committed(memory: Path, full: bool) -> None:
    """The child is killed at a random time within 20 to 200 ms of writing, over and over on one ledger."""
    path = memory / "ledger.db"
    url, dice = f"sqlite:///{path}", random.Random(20261124)
    told: list[tuple[str, str]] = []
    cycle = 0
    while cycle < (200 if full else 6) or (full and len(told) < 5000):
        cycle += 1
        new = killed("whole" if cycle % 2 else "bare", url, dice.uniform(0.02, 0.2))
        told += new
        with opened(url) as store:
            ledger = Ledger(store)
            assert lost(ledger, new) == [], f"cycle {cycle}"
            last = [row.id for row in ledger.runs(limit=3)]
            assert [torn(ledger, run) for run in last] == [""] * len(last), f"cycle {cycle}"
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], f"cycle {cycle}"
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == [], f"cycle {cycle}"
    with opened(url) as store:
        assert lost(Ledger(store), told) == []
    print(f"{len(told)} commits of {len({run for run, _ in told})} runs in {cycle} kills, none lost")  # noqa: T201
    assert len(told) >= cycle


def test_the_negative_control_loses_what_it_tells_too_early(memory: Path) -> None:
    """The same harness over a writer that tells before it commits: if this lost nothing, the test above would prove nothing."""
    url = f"sqlite:///{memory / 'ledger.db'}"
    missing = 0
    for cycle in range(3):
        told = killed("early", url, 0.1 + cycle * 0.003)
        with opened(url) as store:
            missing += len(lost(Ledger(store), told))
    assert missing > 0


def race(mode: str, url: str, processes: int, times: int) -> tuple[int, int, float]:
    """(commits, refusals, worst seconds) of processes that append to one run at once."""
    with opened(url) as store:
        run = Ledger(store).start_run({}, ["q"])
    children = [child(mode, url, run, times) for _ in range(processes)]
    for one in children:
        go(one)
    told = [one.communicate(timeout=500)[0].split() for one in children]
    if mode == "wal":  # bytes 18 and 19 of the header say which journal the file is written with: 2 is the log
        assert Path(url.removeprefix("sqlite:///")).read_bytes()[18:20] == b"\2\2"
    with opened(url) as store:
        seqs = [event.seq for event in Ledger(store).events(run)]
    commits = sum(int(one[0]) for one in told)
    assert seqs == list(range(1, 1 + commits + 1))
    return commits, sum(int(one[1]) for one in told), max(float(one[2]) for one in told)


def test_processes_that_write_at_once_lose_no_update(ledger_url: str, full: bool) -> None:
    """Each reads the last event's number and writes the next: a lost update would show as a number used twice."""
    processes, times = (8, 200) if full else (4, 25)
    commits, refused, worst = race("appended", ledger_url, processes, times)
    print(f"{commits} commits, {refused} refused, worst {worst:.2f} s")  # noqa: T201
    assert (commits, refused) == (processes * times, 0)


def test_processes_with_a_write_ahead_log_lose_no_update(memory: Path, full: bool) -> None:
    """The other journal mode, into which the processes switch the ledger at once."""
    processes, times = (8, 200) if full else (3, 25)
    commits, refused, _ = race("wal", f"sqlite:///{memory / 'ledger.db'}", processes, times)
    assert (commits, refused) == (processes * times, 0)


def test_writers_that_begin_as_readers_are_refused(memory: Path) -> None:
    """The negative control: with a deferred BEGIN the same race cannot be won by all."""
    _, refused, _ = race("deferred", f"sqlite:///{memory / 'ledger.db'}", 3, 200)
    assert refused > 0


@pytest.mark.parametrize("kilobytes", [300, 421])
def test_a_full_disk_is_named_and_harms_nothing(tmp_path: Path, kilobytes: int, full: bool) -> None:
    """The limit on the size of a file stands for a disk's end; with room again, the same process goes on."""
    path = tmp_path / "ledger.db"
    for most in range(kilobytes * 1024, kilobytes * 1024 + (25 * 4096 if full else 1), 4096):
        path.unlink(missing_ok=True)
        began = time.monotonic()
        process = child("until_full", f"sqlite:///{path}", most)
        go(process)
        lines = process.communicate(timeout=120)[0].splitlines()
        assert process.returncode == 0
        (error,) = [line for line in lines if line.startswith("full ")]
        assert re.search(r"disk is full|a read or write failed", error)
        assert "what was committed is intact" in error
        told = [line.split()[0] for line in lines if line.endswith(" run")]
        with opened(f"sqlite:///{path}") as store:
            ledger = Ledger(store)
            assert sorted(row.id for row in ledger.runs(limit=100_000)) == sorted(told)
            assert [torn(ledger, run) for run in told[-3:]] == [""] * 3
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert time.monotonic() - began < 60


def test_a_disk_that_is_full_from_the_start_is_named(tmp_path: Path) -> None:
    script = (
        "import resource, sys\n"
        "from agent.store import Store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "Store.open(sys.argv[1])\n"
    )
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    failed = subprocess.run(
        [sys.executable, "-c", script, url], capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )
    assert failed.returncode == 1
    assert "agent.entries.faults.StoreError: the ledger" in failed.stderr
    with opened(url) as store:
        Ledger(store).start_run({}, ["q"])


def test_a_commit_is_on_the_disk_before_it_is_told(tmp_path: Path) -> None:
    """Each told commit has a sync before it, since the one told before: of the journal, the file and, for a journal that is
    deleted, of the folder."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    log, path = tmp_path / "strace", tmp_path / "home" / "ledger.db"
    tracing = (strace, "-f", "-y", "-s", "64", "-o", str(log), "-e", "trace=fsync,fdatasync,write,unlink")
    try:
        process = child("few", f"sqlite:///{path}", 5, before=tracing)
    except AssertionError:
        pytest.skip("strace may not trace here")
    go(process)
    process.communicate(timeout=120)
    lines = log.read_text("utf-8", "replace").splitlines()
    parts = "\n".join(lines).split(' run\\n"')
    assert len(parts) == 6
    for part in parts[1:-1]:
        synced = re.findall(r"f(?:data)?sync\(\d+<([^>]*)>", part)
        assert any(name.endswith(("ledger.db", "ledger.db-wal")) for name in synced)
        if journal_for(sqlite3.sqlite_version_info)[0] == "DELETE":
            assert any("ledger.db-journal" in name for name in synced)
            assert synced[-1] == str(path.parent)

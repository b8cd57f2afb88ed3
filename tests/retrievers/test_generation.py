"""A build is seen whole or not at all, and damage is found before it is served: kills, full disks, flipped bits."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from retrievers.build import BuildSettings, build
from retrievers.errors import FathomError
from retrievers.generation import builder
from retrievers.index import Index
from retrievers.lexical import BM25

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("parse", "lexical", "self-test", "seal", "publish", "collect")
PLAIN = BuildSettings(encoder=None)

CHILD = """
import os, resource, signal, sys
from pathlib import Path
from retrievers.build import BuildSettings, build
from retrievers.errors import FathomError
source, out, die, limit = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
def progress(step, done, total):
    if step == die:
        os.kill(os.getpid(), signal.SIGKILL)
try:
    print(build([source], out, BuildSettings(encoder=None), progress=progress).identity, flush=True)
except FathomError as error:
    print("named:", error, flush=True)
"""


def child(source: Path, out: Path, die: str = "", limit: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(source), str(out), die, str(limit)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.txt").write_text(f"Star number {number} is old. " * 30, "utf-8")
    return folder


def renew(docs: Path) -> None:
    for path in docs.iterdir():
        path.write_text(path.read_text("utf-8").replace("old", "new"), "utf-8")


def state(out: Path) -> str:
    """What a reader sees: old or new; anything else fails here."""
    index = Index.open(out)
    old, new = len(BM25(index).search("old", k=100)), len(BM25(index).search("new", k=100))
    assert sorted((old, new)) == [0, 40]
    return "old" if old else "new"


@pytest.mark.parametrize("step", STEPS)
def test_a_builder_killed_at_a_step_leaves_the_old_or_the_new(step: str, docs: Path, tmp_path: Path) -> None:
    out = tmp_path / "i"
    build([docs], out, PLAIN)
    renew(docs)
    assert child(docs, out, die=step).wait(60) == -signal.SIGKILL
    assert state(out) == ("new" if step == "collect" else "old")
    build([docs], out, PLAIN)
    assert state(out) == "new"
    assert not list(out.glob(".building-*"))
    assert len(list(out.glob("gen-*"))) == 1


def test_a_builder_killed_at_any_time_leaves_the_old_or_the_new(docs: Path, tmp_path: Path, full: bool) -> None:
    out = tmp_path / "i"
    build([docs], out, PLAIN)
    dice = random.Random(7)
    seen = []
    for _ in range(100 if full else 6):
        renew(docs) if seen and seen[-1] == "new" else None
        process = child(docs, out)
        time.sleep(dice.uniform(0.2, 1.6))
        process.kill()
        process.wait(60)
        seen.append(state(out))
        for path in docs.iterdir():
            path.write_text(
                path.read_text("utf-8").replace("new", "old")
                if seen[-1] == "new"
                else path.read_text("utf-8").replace("old", "new")
            )
    assert len(seen) == (100 if full else 6)


def test_a_second_builder_is_refused_by_name(docs: Path, tmp_path: Path) -> None:
    with builder(tmp_path / "i"), pytest.raises(FathomError, match=f"is being built by process {os.getpid()}"):
        build([docs], tmp_path / "i", PLAIN)


def test_a_reader_in_a_loop_never_sees_a_mix(docs: Path, tmp_path: Path) -> None:
    out = tmp_path / "i"
    build([docs], out, PLAIN)
    renew(docs)
    process = child(docs, out)
    seen = [state(out)]
    while process.poll() is None:
        seen.append(state(out))
    seen.append(state(out))
    assert (seen[0], seen[-1]) == ("old", "new")
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("limit", [100, 2_000, 10_000, 20_000])
def test_a_full_disk_is_named_and_the_old_index_stays(limit: int, docs: Path, tmp_path: Path) -> None:
    out = tmp_path / "i"
    build([docs], out, PLAIN)
    renew(docs)
    process = child(docs, out, limit=limit)
    said = process.communicate(timeout=60)[0]
    assert said.startswith("named: the index could not be written")
    assert state(out) == "old"
    process = child(docs, out)
    process.communicate(timeout=60)
    assert state(out) == "new"


def damage(path: Path, others: list[Path], dice: random.Random) -> str:
    kind = dice.choice(["flip", "truncate", "swap", "delete"])
    content = path.read_bytes()
    if kind == "swap":
        other = dice.choice([one for one in others if one.read_bytes() != content])
        path.write_bytes(other.read_bytes())
    elif kind == "flip" and content:
        place = dice.randrange(len(content))
        path.write_bytes(content[:place] + bytes([content[place] ^ (1 << dice.randrange(8))]) + content[place + 1 :])
    elif kind == "truncate" and content:
        path.write_bytes(content[: dice.randrange(len(content))])
    else:
        path.unlink()
    return f"{kind} {path.name}"


def test_every_damage_is_a_named_error(docs: Path, tmp_path: Path, full: bool) -> None:
    whole = tmp_path / "whole"
    build([docs], whole, BuildSettings(encoder=None, units=("passage", "sentence")))
    dice = random.Random(11)
    for _ in range(500 if full else 60):
        hurt = tmp_path / "hurt"
        shutil.copytree(whole, hurt)
        files = sorted(path for path in hurt.rglob("*") if path.is_file() and path.name != "building")
        path = dice.choice(files)
        what = damage(path, files, dice)
        with pytest.raises(FathomError) as caught:
            Index.open(hurt)
        assert caught.value.next, what
        shutil.rmtree(hurt)


def test_a_pickle_in_any_file_never_runs(docs: Path, tmp_path: Path) -> None:
    import pickle

    class Canary:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    whole = tmp_path / "whole"
    build([docs], whole, PLAIN)
    for name in sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.name != "building"):
        hurt = tmp_path / "hurt"
        shutil.copytree(whole, hurt)
        (hurt / name).write_bytes(pickle.dumps(Canary()))
        with pytest.raises(FathomError):
            Index.open(hurt)
        shutil.rmtree(hurt)
    assert not (tmp_path / "ran").exists()

"""Builds in the server: seen by their user alone, one a corpus, nothing left behind; and the names of uploads."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.build import BuildReport, BuildSettings, Progress
from retrievers.errors import FathomError
from retrievers.extend import create, extend
from retrievers.index import Index
from ui.builds import Build, Builds
from ui.corpora import Corpus
from ui.incoming import Incoming, plain_name
from ui.memo import Memo
from ui.parts.building import how_far
from ui.terminal.meter import Mark

PLAIN = BuildSettings(encoder=None)


def ended(builds: Builds, user: str) -> Build:
    for _ in range(600):
        (one,) = builds.of(user)
        if one.state != "running":
            return one
        time.sleep(0.05)
    raise AssertionError("the build did not end")


def working(corpus: Corpus, incoming: Incoming, owner: str | None = None) -> Callable[[Progress], BuildReport]:
    def work(progress: Progress) -> BuildReport:
        if corpus.built:
            return extend(corpus.path, incoming.files, owner, progress)
        return create(corpus.path, incoming.files, owner, PLAIN, progress=progress)

    return work


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus("notes", tmp_path / "notes")


def test_a_build_makes_the_corpus_and_removes_what_was_uploaded(tmp_path: Path, corpus: Corpus) -> None:
    builds, incoming = Builds(), Incoming.take(tmp_path, [("mars.txt", b"Mars is red."), ("empty.txt", b"")])
    builds.start("alice", corpus, list(incoming.files), "alice", working(corpus, incoming, "alice"), incoming.clear)
    done = ended(builds, "alice")
    assert (done.state, done.error) == ("ready", None)
    assert [(one.path, one.reason) for one in done.skipped] == [("empty.txt", "is empty")]
    assert Index.open(corpus.path).document("mars.txt", "alice").text == "Mars is red."
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_a_user_sees_and_dismisses_their_own_builds_alone(tmp_path: Path, corpus: Corpus) -> None:
    builds, incoming = Builds(), Incoming.take(tmp_path, [("mars.txt", b"Mars is red.")])
    id = builds.start("alice", corpus, list(incoming.files), None, working(corpus, incoming), incoming.clear)
    ended(builds, "alice")
    assert builds.of("bob") == []
    builds.dismiss("bob", id)
    assert [one.id for one in builds.of("alice")] == [id]
    builds.dismiss("alice", id)
    assert builds.of("alice") == []


def test_what_was_skipped_of_others_is_not_told(tmp_path: Path, corpus: Corpus) -> None:
    create(corpus.path, Incoming.take(tmp_path, [("mars.txt", b"Mars."), ("secret.mp3", b"x")]).files, "bob", PLAIN)
    builds, incoming = Builds(), Incoming.take(tmp_path, [("moon.txt", b"Moon."), ("song.mp3", b"x")])
    builds.start("alice", corpus, list(incoming.files), "alice", working(corpus, incoming, "alice"), incoming.clear)
    assert [one.path for one in ended(builds, "alice").skipped] == ["song.mp3"]


def test_a_second_build_of_a_corpus_is_refused_and_its_files_are_removed(tmp_path: Path, corpus: Corpus) -> None:
    builds, hold = Builds(), threading.Event()
    first, second = (Incoming.take(tmp_path, [(f"{n}.txt", b"Mars.")]) for n in range(2))

    def slow(progress: Progress) -> BuildReport:
        progress("encode", 10, 40)
        hold.wait(20)
        return working(corpus, first)(progress)

    builds.start("alice", corpus, list(first.files), None, slow, first.clear)
    try:
        with pytest.raises(FathomError, match="the corpus notes is being built just now"):
            builds.start("bob", corpus, list(second.files), None, working(corpus, second), second.clear)
        assert not second.folder.exists()
        assert builds.of("bob") == []
        (one,) = builds.of("alice")
        builds.dismiss("alice", one.id)
        assert builds.of("alice")[0].part == 0.25  # still under way: it cannot be dismissed
    finally:
        hold.set()
    assert ended(builds, "alice").state == "ready"


def test_a_failed_build_leaves_the_corpus_as_it_was_and_says_why_without_its_place(tmp_path: Path, corpus: Corpus) -> None:
    create(corpus.path, Incoming.take(tmp_path, [("mars.txt", b"Mars.")]).files, None, BuildSettings(encoder=None, keep=False))
    before = Index.open(corpus.path).identity
    builds, incoming = Builds(), Incoming.take(tmp_path, [("moon.txt", b"Moon.")])
    builds.start("alice", corpus, list(incoming.files), None, working(corpus, incoming), incoming.clear)
    failed = ended(builds, "alice")
    assert failed.state == "failed"
    assert failed.error is not None
    assert "does not keep its files' bytes" in failed.error.happened
    assert str(tmp_path) not in str(failed.error)
    assert Index.open(corpus.path).identity == before


def test_files_of_which_none_can_be_read_make_no_corpus(tmp_path: Path, corpus: Corpus) -> None:
    builds, incoming = Builds(), Incoming.take(tmp_path, [("empty.txt", b"")])
    builds.start("alice", corpus, list(incoming.files), "alice", working(corpus, incoming, "alice"), incoming.clear)
    failed = ended(builds, "alice")
    assert (failed.state, [one.path for one in failed.skipped]) == ("failed", ["empty.txt"])
    assert not corpus.path.exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_ends_a_build_as_failed(tmp_path: Path, corpus: Corpus) -> None:
    def broken(progress: Progress) -> BuildReport:
        raise ZeroDivisionError

    builds, incoming = Builds(), Incoming.take(tmp_path, [("a.txt", b"Mars.")])
    builds.start("alice", corpus, list(incoming.files), None, broken, incoming.clear)
    assert ended(builds, "alice").state == "failed"
    assert not incoming.folder.exists()


def test_uploads_lie_in_a_folder_of_this_account_alone_under_numbers(tmp_path: Path) -> None:
    incoming = Incoming.take(tmp_path, [("../../etc/passwd.txt", b"a"), ("passwd.txt", b"b"), ("x.tar.JSONL.gz", b"c")])
    assert list(incoming.files) == ["passwd.txt", "passwd (2).txt", "x.tar.JSONL.gz"]
    assert [path.name for path in incoming.files.values()] == ["0.txt", "1.txt", "2.jsonl.gz"]
    assert incoming.folder.stat().st_mode & 0o777 == 0o700
    assert (incoming.folder.parent.stat().st_mode & 0o777) == 0o700


def test_what_a_dead_server_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    living = Incoming.take(tmp_path, [("a.txt", b"a")])
    dead = tmp_path / ".incoming" / "dead"
    dead.mkdir()
    (dead / "lock").touch()
    for folder in (living.folder, dead):
        os.utime(folder, (0, 0))
    Incoming.take(tmp_path, [("b.txt", b"b")])
    assert (living.folder.exists(), dead.exists()) == (True, False)
    with (living.folder / "lock").open("rb") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


@given(st.text(max_size=400))
def test_a_name_is_never_a_path(name: str) -> None:
    made = plain_name(name)
    assert made
    assert "/" not in made
    assert "\\" not in made
    assert not made.startswith(".")
    assert len(made) <= 150
    assert made == " ".join(made.split())


def test_how_far_a_build_is_tells_amounts_to_a_single_user_alone() -> None:
    mark = Mark("making vectors", "passages", 100, 400, 50.0)
    assert how_far(mark, amounts=True) == "making vectors: 100 of 400 passages, 50/s, 0:06 left"
    assert how_far(mark, amounts=False) == "making vectors: 25 %, 0:06 left"
    assert how_far(Mark("sealing", ""), amounts=False) == "sealing"


def test_a_memo_keeps_the_last_values_by_key() -> None:
    made: list[str] = []

    def value(key: str) -> str:
        return memo.value(key, lambda: made.append(key) or key)

    memo = Memo(most=2)
    assert [value(key) for key in ("a", "b", "a", "c", "a", "b")] == ["a", "b", "a", "c", "a", "b"]
    assert made == ["a", "b", "c", "b"]

"""Builds of indexes in the server: a thread each, seen by whoever asked for it alone; the old generation serves meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import uuid4

from retrievers.build import BuildReport, Progress
from retrievers.document import Skipped
from retrievers.errors import FathomError
from retrievers.source import NothingToIndex
from ui.corpora import Corpus
from ui.terminal.meter import BUILD, Mark, Meter

State = Literal["running", "ready", "failed"]
Work = Callable[[Progress], BuildReport]
_KEPT = 20
_log = logging.getLogger("fathom.chat")


@dataclass(frozen=True)
class Build:
    """One build as it stands: of which corpus, asked by whom, of which files, how far, and what came of it.

    `owner` is whose the files become, None where everybody sees them; `skipped` and `warnings` are of these files alone.
    """

    id: str
    user: str
    corpus: Corpus
    files: tuple[str, ...]
    owner: str | None
    began: float
    state: State = "running"
    mark: Mark = field(default_factory=lambda: Mark("starting", ""))
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    error: FathomError | None = None
    seconds: float = 0.0

    @property
    def part(self) -> float | None:
        """How much of the step is done, 0 to 1; None where nobody knows how much there is."""
        return min(1.0, self.mark.done / self.mark.total) if self.mark.total else None


@dataclass
class Builds:
    """The builds of this process. They are kept until their user dismisses them.

    >>> builds.start("alice", corpus, files, "alice", partial(extend, corpus.path, files, "alice"), incoming.clear)
    """

    _held: dict[str, Build] = field(default_factory=dict[str, Build])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(
        self, user: str, corpus: Corpus, files: Sequence[str], owner: str | None, work: Work, tidy: Callable[[], None]
    ) -> str:
        """Begin, and return the build's id; `tidy` is called when it has ended, whatever came of it, and where it is refused.

        Raises `FathomError` where the corpus is being built already.
        """
        build = Build(uuid4().hex, user, corpus, tuple(files), owner, time.monotonic())
        with self._lock:
            busy = any(
                one.state == "running" and one.corpus.path.resolve() == corpus.path.resolve() for one in self._held.values()
            )
            if not busy:
                self._held[build.id] = build
                self._trim(user)
        if busy:
            tidy()
            raise FathomError(
                f"the corpus {corpus.name} is being built just now", "one build at a time", "wait for it to end, and try again"
            )
        threading.Thread(target=self._run, args=(build, work, tidy), name=f"build-{build.id[:8]}", daemon=True).start()
        return build.id

    def of(self, user: str) -> list[Build]:
        """A user's builds, the newest first."""
        with self._lock:
            return [one for one in reversed(self._held.values()) if one.user == user]

    def dismiss(self, user: str, id: str) -> None:
        """Forget a build that has ended; nothing happens where this user has none of that id."""
        with self._lock:
            one = self._held.get(id)
            if one is not None and one.user == user and one.state != "running":
                del self._held[id]

    def _trim(self, user: str) -> None:
        ended = [one.id for one in self._held.values() if one.user == user and one.state != "running"]
        for id in ended[: max(0, len(ended) - _KEPT)]:
            del self._held[id]

    def _run(self, build: Build, work: Work, tidy: Callable[[], None]) -> None:
        error: FathomError | None = FathomError(
            "the build failed", "no such failure: it is a defect", "look into the server's log"
        )
        report: BuildReport | None = None
        try:
            with _Heard(lambda mark: self._update(build.id, mark=mark)) as progress:
                report = work(progress)
            error = None
        except FathomError as failed:
            _log.warning("the build of %s failed: %s", build.corpus.name, failed.happened)
            error = _worded(failed, build.corpus)
        finally:
            tidy()
            self._end(build, report, error)

    def _end(self, build: Build, report: BuildReport | None, error: FathomError | None) -> None:
        told = report.skipped if report else error.skipped if isinstance(error, NothingToIndex) else ()  # each with its owner
        own = tuple(one for one in told if one.path in build.files and one.owner == build.owner)
        notes = tuple(
            one for one in (report.warnings if report else ()) if any(one.startswith(f"{name}: ") for name in build.files)
        )
        state: State = "failed" if error else "ready"
        seconds = time.monotonic() - build.began
        self._update(build.id, state=state, skipped=own, warnings=notes, error=error, seconds=seconds)

    def _update(self, id: str, **changed: object) -> None:
        with self._lock:
            self._held[id] = replace(self._held[id], **changed)  # pyright: ignore[reportArgumentType]


def _worded(error: FathomError, corpus: Corpus) -> FathomError:
    """The failure without the place of the corpus on the server, which is nobody's to know behind a proxy."""
    if isinstance(error, NothingToIndex):
        return error
    places = (str(corpus.path.resolve()), str(corpus.path))
    words = [error.happened, error.expected, error.next]
    for place in places:
        words = [text.replace(place, corpus.name) for text in words]
    return FathomError(*words)


class _Heard(Meter):
    """Passes each step's mark on."""

    def __init__(self, tell: Callable[[Mark], None]) -> None:
        super().__init__(BUILD, "", time.monotonic)
        self._tell = tell

    def _show(self, mark: Mark) -> None:
        self._tell(mark)

    def _end(self) -> None:
        pass

"""What a page asks of builds: files into a corpus, the demo, and files taken out again. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import evals
from retrievers.build import BuildReport, Progress
from retrievers.corpus import ReadOptions
from retrievers.errors import UsageError
from retrievers.extend import create, extend, remove
from retrievers.owners import PUBLIC
from ui.corpora import Corpus
from ui.incoming import Incoming
from ui.visit import Visit

ARTICLES = Path(evals.__file__).parent / "demo" / "articles"
DEMO = "demo"
MOST = 200


def add(visit: Visit, given: Sequence[tuple[str, bytes]], into: Corpus | None, name: str) -> str:
    """Index uploads, (name, content) each, in a corpus that there is, or in a new one of this name; the build's id.

    Behind a header they are the visitor's own, whatever they say; for a single user they are for all who open this server.
    Raises `FathomError` for a name that is taken or no name, and where the corpus is being built.

    >>> add(visit, [("notes.md", b"Mars")], None, "my notes")
    """
    if not given or len(given) > MOST:
        raise UsageError(
            f"{len(given)} files" if given else "no files yet", f"1 to {MOST} at a time", "choose files, then add them"
        )
    corpus = into or visit.corpora.place(name)
    incoming = Incoming.take(visit.service.settings.home, given)
    files, owner = dict(incoming.files), visit.reader

    def work(progress: Progress) -> BuildReport:
        if into is not None:
            return extend(corpus.path, files, owner, progress)
        return create(corpus.path, files, owner, options=ReadOptions(owner_field=PUBLIC), progress=progress)

    return visit.service.builds.start(visit.user, corpus, list(files), owner, work, incoming.clear)


def demo(visit: Visit) -> str:
    """Index the demo's articles as a corpus that everybody may ask; the build's id."""
    corpus = Corpus(DEMO, visit.service.settings.home / DEMO)
    files = {path.name: path for path in sorted(ARTICLES.iterdir())}
    work = partial(_create, corpus, files)
    return visit.service.builds.start(visit.user, corpus, list(files), None, work, _nothing)


def take_out(visit: Visit, corpus: Corpus, names: Sequence[str]) -> str:
    """Remove the visitor's files of these names: behind a header their own alone, else public ones; the build's id."""
    work = partial(remove, corpus.path, list(names), visit.reader)
    return visit.service.builds.start(visit.user, corpus, [], visit.reader, work, _nothing)


def _create(corpus: Corpus, files: dict[str, Path], progress: Progress) -> BuildReport:
    return create(corpus.path, files, progress=progress)


def _nothing() -> None:
    """There are no files of ours to remove."""

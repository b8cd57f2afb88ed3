"""An index that grows and shrinks by files: each change is a new generation, made of kept bytes and of the new ones.

What the generation in force holds is read again from the bytes that it keeps, so that a change gives what building all the files
at once would have given; texts that were encoded before are not encoded again. Readers go on with the old generation meanwhile.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from retrievers.build import BuildReport, BuildSettings, Job, Progress, silent, writing
from retrievers.corpus import ReadOptions, Skipped, SourceFile, named
from retrievers.errors import FathomError, UsageError
from retrievers.generation import CURRENT, Generation, current
from retrievers.index import Index
from retrievers.owners import PUBLIC
from retrievers.source import Source
from retrievers.storable import is_storable


def extend(
    root: str | Path, files: Mapping[str, Path], owner: str | None = None, progress: Progress | None = None
) -> BuildReport:
    """A new generation of the index at `root`: what the current one holds, and these files, by the names that they are given.

    Files of an `owner` go to that owner's part whatever their records say; without one the index's own rule says whose records
    are. A file of a name that is there already in the same part replaces it; other parts are not touched. Raises `FathomError`
    where there is no index, where it keeps no bytes (`--no-keep`), or where another process builds it, and `NothingToIndex` where
    none of the files could be read: the old generation then stays.

    >>> extend("papers.index", {"notes.md": Path("/tmp/notes.md")}, owner="alice").skipped
    ()
    """
    root = _built(root)
    fresh = _sources(files, owner)
    names = {source.key for source in fresh}
    with writing(root) as stage:
        job, held = _job(root, progress)
        job.wanted = frozenset(names)
        return job.run(_ordered([one for one in held if one.key not in names] + fresh), ", ".join(sorted(files)), stage)


def remove(root: str | Path, names: Sequence[str], owner: str | None = None, progress: Progress | None = None) -> BuildReport:
    """A new generation without the files of these names, of the public part or of `owner`'s alone.

    Raises `FathomError` for a name that is not there, and as `extend` does; an index cannot lose its last document.

    >>> remove("papers.index", ["notes.md"], owner="alice")
    """
    root = _built(root)
    with writing(root) as stage:
        job, held = _job(root, progress)
        gone = {(name, owner) for name in names}
        missing = sorted(name for name, _ in gone - {one.key for one in held})
        if missing:
            raise FathomError(f"no file {missing[0]!r} to remove", "the name of a file of yours", "see the list of sources")
        return job.run(_ordered([one for one in held if one.key not in gone]), f"what is left of {root.name}", stage)


def create(
    root: str | Path,
    files: Mapping[str, Path],
    owner: str | None = None,
    settings: BuildSettings | None = None,
    options: ReadOptions | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """The first generation of an index at `root`, of these files by their names; all of it is `owner`'s where there is one.

    Raises `FathomError` where there is an index already, and `NothingToIndex`; a folder that it made is then taken away again.

    >>> create("notes.index", {"notes.md": Path("/tmp/notes.md")}, owner="alice")
    """
    root = Path(root)
    if (root / CURRENT).exists():
        raise UsageError(f"there is an index at {root} already", "a new folder", "add the files to it, or choose another name")
    fresh = _sources(files, owner)
    made = not root.exists()
    try:
        with writing(root) as stage:
            job = Job(root, settings or BuildSettings(), options or ReadOptions(), progress or silent, None)
            job.wanted = frozenset(source.key for source in fresh)
            return job.run(_ordered(fresh), ", ".join(sorted(files)), stage)
    finally:
        if made and not (root / CURRENT).exists():
            shutil.rmtree(root, ignore_errors=True)


def _built(root: str | Path) -> Path:
    root = Path(root)
    if not (root / CURRENT).is_file():
        current(root)  # says what is wrong, before a builder makes a folder there
    return root


def _job(root: Path, progress: Progress | None) -> tuple[Job, list[Source]]:
    """The build that goes on from the current generation, and the files that this one holds."""
    previous = current(root)
    settings = Index(previous).settings
    if not settings.keep:
        raise FathomError(
            f"{root.name} does not keep its files' bytes, and cannot be changed file by file",
            "an index built without --no-keep",
            "build it again with all files: fathom index FOLDER --out INDEX",
        )
    options = ReadOptions(**previous.manifest["read"])
    return Job(root, settings, options, progress or silent, previous), _held(previous, options)


def _held(previous: Generation, options: ReadOptions) -> list[Source]:
    """The files of a generation, as they lie in it; those that could not be read, as what was said of them."""
    told = [Skipped(*one[:3], owner=one[3] if len(one) > 3 else None) for one in previous.manifest["skipped"]]
    held: list[Source] = []
    for name, digest, size, *owner in previous.manifest["sources"]:
        whose = owner[0] if owner else None
        path = previous.folder / "sources" / digest[:2] / digest
        notices = () if path.is_file() else tuple(one for one in told if (one.path, one.owner) == (name, whose))
        held.append(Source(SourceFile(name, path, digest, size), whose, notices))
    known = {one.key for one in held}
    shared = options.owner_field not in (None, PUBLIC)  # then what is told of one owner's record may stand in a file of all
    lost = [one for one in told if (one.path, one.owner) not in known and not (shared and (one.path, None) in known)]
    return held + [Source(one, one.owner) for one in lost]


def _sources(files: Mapping[str, Path], owner: str | None) -> list[Source]:
    if owner is not None and (not owner.strip() or not is_storable(owner)):
        raise UsageError(f"the owner {owner!r}", "a name", "leave the owner out for public files")
    if not files:
        raise UsageError("no files to add", "one at least", "choose files")
    found = list(named(files))
    return [Source(replace(one, owner=owner) if isinstance(one, Skipped) else one, owner) for one in found]


def _ordered(sources: Sequence[Source]) -> list[Source]:
    """The public files first, then each owner's, by name: the same files in whatever order they came give the same generation."""
    return sorted(sources, key=lambda one: (one.owner or "", one.key[0]))

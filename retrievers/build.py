"""Builds a generation of an index from files: parse, split, count, encode what is new, seal, publish."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from retrievers.conversation import UNITS as SPOKEN
from retrievers.conversation import Dialogue
from retrievers.corpus import Document, ReadOptions, Skipped, SourceFile, read, walk
from retrievers.encoder import Encoder
from retrievers.errors import FathomError, UsageError
from retrievers.generation import Generation, builder, collect, current, publish, seal
from retrievers.known import owner_folder
from retrievers.owners import PUBLIC
from retrievers.parsers.worker import Parsers
from retrievers.partition import Partition
from retrievers.postings import Analyzer, Postings, Tuning, write_postings
from retrievers.selftest import questions
from retrievers.source import NothingToIndex, Source
from retrievers.vectors import Progress, write_vectors
from retrievers.writer import PartitionWriter

UNITS = ("passage", "document", "sentence", *SPOKEN)


@dataclass(frozen=True)
class BuildSettings:
    """All that is baked into an index.

    `units` are the ways to cut documents; `words` the budget of a passage; `encoder` None leaves vectors out; `keep` keeps
    each source file's bytes; `tuning` and `analyzer` are BM25's; `dialogue` shapes the units turn and window.
    """

    units: tuple[str, ...] = ("passage",)
    words: int = 200
    encoder: Encoder | None = field(default_factory=Encoder)
    analyzer: Analyzer = field(default_factory=Analyzer)
    tuning: Tuning = field(default_factory=Tuning)
    keep: bool = True
    dialogue: Dialogue = field(default_factory=Dialogue)

    def __post_init__(self) -> None:
        wrong = [unit for unit in self.units if unit not in UNITS]
        if wrong or not self.units:
            raise UsageError(f"the unit {wrong[0] if wrong else ''!r}", f"one of {', '.join(UNITS)}", "--units passage")
        if self.words < 1:
            raise UsageError(f"passages of {self.words} words", "at least 1", "--words 200")


@dataclass(frozen=True)
class BuildReport:
    """What a build did: the generation, counts by partition, what was skipped, and how many vectors were new."""

    path: str
    identity: str
    counts: dict[str, int]
    owners: int
    skipped: tuple[Skipped, ...]
    encoded: int
    reused: int
    collected: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def build(
    paths: Sequence[str | Path],
    out: str | Path,
    settings: BuildSettings | None = None,
    options: ReadOptions | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Index files and folders into a new generation at `out`, reusing the vectors of the generation before.

    Readers go on with the old generation until the new one is whole. `progress(step, done, total)` is called as it goes.
    Raises `FathomError` when nothing could be indexed, when another process builds here, or when the disk is full.

    >>> build(["papers/"], "papers.index").counts["passage"]
    """
    root = Path(out)
    with writing(root) as stage:
        job = Job(root, settings or BuildSettings(), options or ReadOptions(), progress or silent, _previous(root))
        return job.run((Source(file) for file in walk(paths)), ", ".join(map(str, paths)), stage)


@contextmanager
def writing(root: Path) -> Generator[Path]:
    """Hold the index for building; yields an empty folder to write in. A disk that is full, or closed, is a named error."""
    try:
        with builder(root) as stage:
            yield stage
    except OSError as error:
        raise FathomError(
            f"the index could not be written: {error.strerror or error}",
            "room and permission to write",
            f"free some space at {root}",
        ) from error


class Job:
    """One build. Steps in order: parse, lexical, encode, self-test, seal, publish, collect.

    `previous` is the generation whose vectors and bytes are used again; `wanted` are files (`Source.key`) of which one at
    least has to give a document.
    """

    def __init__(
        self, root: Path, settings: BuildSettings, options: ReadOptions, progress: Progress, previous: Generation | None
    ) -> None:
        self.root, self.settings, self.options, self.progress = root, settings, options, progress
        self.skipped: list[Skipped] = []
        self.warnings: dict[str, None] = {}  # in the order in which they came, each once
        self.writers: dict[str | None, PartitionWriter] = {}
        self.encoded = self.reused = 0
        self.previous = previous
        self.wanted: frozenset[tuple[str, str | None]] = frozenset()

    def run(self, sources: Iterable[Source], where: str, stage: Path) -> BuildReport:
        """Build in `stage`, and publish. Raises `NothingToIndex`, naming `where` the files came from."""
        files = self._parse(sources, where, stage)
        partitions = self._partitions(stage)
        self._lexical(partitions)
        if self.settings.encoder is not None:
            self._vectors(partitions, self.settings.encoder)
        self.progress("self-test", 0, None)
        facts = self._facts(files, partitions)
        self.progress("seal", 0, None)
        identity = seal(stage, self.root, facts)
        self.progress("publish", 0, None)
        publish(self.root, identity)
        self.previous = None  # let go of it, so that it can be collected
        self.progress("collect", 0, None)
        collected = tuple(collect(self.root, identity))
        counts = self.writers[None].counts if None in self.writers else {}
        for owner, writer in self.writers.items():
            if owner is not None:
                counts = {name: counts.get(name, 0) + n for name, n in writer.counts.items()}
        owners = len([owner for owner in self.writers if owner is not None])
        return BuildReport(
            str(self.root),
            identity,
            counts,
            owners,
            tuple(self.skipped),
            self.encoded,
            self.reused,
            collected,
            tuple(self.warnings),
        )

    def _parse(self, sources: Iterable[Source], where: str, stage: Path) -> list[Source]:
        files: list[Source] = []
        given: set[tuple[str, str | None]] = set()
        done = 0
        self._writer(stage, None)
        for document, source, file in self._documents(sources, files):
            if self._take(document, stage):
                given.add(source.key)
            done += 1
            if done % 100 == 1:
                self.progress("parse", done, None)
            if self.settings.keep:
                _keep(file, stage, self.previous)
        for writer in self.writers.values():
            writer.close()
        if not given or (self.wanted and not self.wanted & given):
            mine = [one for one in self.skipped if (one.path, one.owner) in self.wanted or not (self.wanted or one.owner)]
            raise NothingToIndex(where, mine)
        self.progress("parse", done, done)
        return files

    def _take(self, document: Document, stage: Path) -> bool:
        """Whether the document was new."""
        skipped = self._writer(stage, document.owner).add(document)
        if skipped is not None:
            self.skipped.append(replace(skipped, owner=document.owner))
        for note in document.notes:
            self.warnings.setdefault(f"{document.path}: {note}")
        return skipped is None

    def _documents(self, sources: Iterable[Source], files: list[Source]) -> Iterator[tuple[Document, Source, SourceFile]]:
        theirs = replace(self.options, owner_field=PUBLIC)  # whose these are is known: no field of theirs is asked
        with ExitStack() as stack:
            readers = [stack.enter_context(Parsers(options)) for options in (self.options, theirs)]
            for source in sources:
                if isinstance(source.file, Skipped):
                    self.skipped.append(source.file)
                    continue
                files.append(source)
                self.skipped += source.notices
                parsers = readers[source.owner is not None]
                for document in () if source.notices else read(source.file, parsers.options, parsers):
                    if source.owner is not None:
                        document = replace(document, owner=source.owner)
                    if isinstance(document, Skipped):
                        self.skipped.append(document)
                    else:
                        yield document, source, source.file

    def _writer(self, stage: Path, owner: str | None) -> PartitionWriter:
        if owner not in self.writers:
            folder = stage / "public" if owner is None else stage / "owners" / owner_folder(owner)
            settings = self.settings
            self.writers[owner] = PartitionWriter(
                folder, owner, settings.units, settings.words, settings.analyzer.language, settings.dialogue
            )
        return self.writers[owner]

    def _partitions(self, stage: Path) -> list[Partition]:
        public = Partition(self.writers[None].folder, None)
        owned = [Partition(self.writers[owner].folder, owner, public) for owner in sorted(filter(None, self.writers))]
        return [public, *owned]

    def _lexical(self, partitions: Sequence[Partition]) -> None:
        units = [unit for part in partitions for unit in part.units.values() if unit.size]
        for done, unit in enumerate(units):
            self.progress("lexical", done, len(units))
            public = None
            if unit.partition.owner is not None and partitions[0].units[unit.name].size:
                public = Postings(partitions[0].units[unit.name].folder / "bm25")
            write_postings(unit, public, self.settings.analyzer, self.settings.tuning, unit.folder / "bm25")

    def _vectors(self, partitions: Sequence[Partition], encoder: Encoder) -> None:
        warning = unsupported_language(self.settings.analyzer.language, encoder)
        if warning:
            self.warnings.setdefault(warning)
        written = write_vectors(
            [unit for part in partitions for unit in part.units.values()], encoder, self.previous, self.progress
        )
        self.encoded, self.reused = written.encoded, written.reused

    def _facts(self, files: Sequence[Source], partitions: Sequence[Partition]) -> dict[str, Any]:
        settings = self.settings
        sources = [row for source in files if (row := source.row)]
        corpus = hashlib.sha256("\n".join(sorted(" ".join((row[0], row[1], *row[3:])) for row in sources)).encode()).hexdigest()
        return {
            "corpus": corpus,
            "sources": sources,
            "settings": _plain(settings),
            "read": asdict(self.options),
            "encoder": None
            if settings.encoder is None
            else {"identity": settings.encoder.identity, "dimension": settings.encoder.dimension},
            "owners": {owner: owner_folder(owner) for owner in sorted(filter(None, self.writers))},
            "counts": {owner or "": writer.counts for owner, writer in self.writers.items()},
            "skipped": [[one.path, one.reason, one.next, *([one.owner] if one.owner else [])] for one in self.skipped],
            "self_test": {name: questions(partitions[0].units[name], settings) for name in settings.units},
        }


def _previous(root: Path) -> Generation | None:
    """The generation in force, or None: there is none yet, or it is damaged and nothing of it is used."""
    try:
        return current(root)
    except FathomError:
        return None


def unsupported_language(language: str, encoder: Encoder) -> str:
    """A warning where the encoder is known not to cover the language, else an empty string."""
    if language != "en" and not encoder.path:
        return f"the default encoder was trained on English; for {language!r} give a multilingual one: --encoder FOLDER"
    return ""


def _keep(file: SourceFile, stage: Path, previous: Generation | None) -> None:
    """Keep a source file's bytes; those that the generation before has are linked, not copied."""
    home = stage / "sources" / file.sha256[:2] / file.sha256
    if home.exists():
        return
    home.parent.mkdir(parents=True, exist_ok=True)
    old = previous.folder / home.relative_to(stage) if previous is not None else home
    if old.is_file():
        home.hardlink_to(old)
    else:
        shutil.copyfile(file.path, home)


def _plain(settings: BuildSettings) -> dict[str, Any]:
    encoder = settings.encoder and replace(settings.encoder, dtype=settings.encoder.precision, device="auto")
    return asdict(replace(settings, encoder=encoder))


def silent(step: str, done: int, total: int | None) -> None:
    """No progress shown."""

"""Builds a generation of an index from files: parse, split, count, encode what is new, seal, publish."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import write_array_header_1_0
from numpy.typing import NDArray

from retrievers.corpus import Document, ReadOptions, Skipped, SourceFile, read, walk
from retrievers.encoder import Encoder
from retrievers.errors import FathomError, UsageError
from retrievers.generation import Generation, builder, collect, current, publish, seal
from retrievers.known import Known, owner_folder
from retrievers.parsers.worker import Parsers
from retrievers.partition import Partition, Unit
from retrievers.postings import Analyzer, Postings, Tuning, write_postings
from retrievers.selftest import questions
from retrievers.writer import PartitionWriter

Progress = Callable[[str, int, int | None], None]
UNITS = ("passage", "document", "sentence")
_CHUNK, _CHARACTERS = 512, 16 << 20


@dataclass(frozen=True)
class BuildSettings:
    """All that is baked into an index.

    `units` are the ways to cut documents; `words` the budget of a passage; `encoder` None leaves vectors out; `keep` keeps
    each source file's bytes; `tuning` and `analyzer` are BM25's.
    """

    units: tuple[str, ...] = ("passage",)
    words: int = 200
    encoder: Encoder | None = field(default_factory=Encoder)
    analyzer: Analyzer = field(default_factory=Analyzer)
    tuning: Tuning = field(default_factory=Tuning)
    keep: bool = True

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
    job = _Job(root, settings or BuildSettings(), options or ReadOptions(), progress or _silent)
    try:
        with builder(root) as stage:
            return job.run([Path(path) for path in paths], stage)
    except OSError as error:
        raise FathomError(
            f"the index could not be written: {error.strerror or error}",
            "room and permission to write",
            f"free some space at {root}",
        ) from error


class _Job:
    """One build. Steps in order: parse, lexical, encode, self-test, seal, publish, collect."""

    def __init__(self, root: Path, settings: BuildSettings, options: ReadOptions, progress: Progress) -> None:
        self.root, self.settings, self.options, self.progress = root, settings, options, progress
        self.skipped: list[Skipped] = []
        self.warnings: dict[str, None] = {}  # in the order in which they came, each once
        self.writers: dict[str | None, PartitionWriter] = {}
        self.encoded = self.reused = 0
        self.previous = _previous(root)

    def run(self, paths: Sequence[Path], stage: Path) -> BuildReport:
        files = self._parse(paths, stage)
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

    def _parse(self, paths: Sequence[Path], stage: Path) -> list[SourceFile]:
        files: list[SourceFile] = []
        done = 0
        self._writer(stage, None)
        with Parsers(self.options) as parsers:
            for document, file in self._documents(paths, files, parsers):
                self._take(document, stage)
                done += 1
                if done % 100 == 1:
                    self.progress("parse", done, None)
                if self.settings.keep:
                    _keep(file, stage, self.previous)
        for writer in self.writers.values():
            writer.close()
        if not any(writer.counts["documents"] for writer in self.writers.values()):
            reasons = "; ".join(f"{one.path}: {one.reason}" for one in self.skipped[:5])
            raise FathomError(
                f"nothing to index in {', '.join(map(str, paths))}" + (f" ({reasons})" if reasons else ""),
                "at least one document with text",
                "fathom index FOLDER --out INDEX",
            )
        self.progress("parse", done, done)
        return files

    def _take(self, document: Document, stage: Path) -> None:
        skipped = self._writer(stage, document.owner).add(document)
        if skipped is not None:
            self.skipped.append(skipped)
        for note in document.notes:
            self.warnings.setdefault(f"{document.path}: {note}")

    def _documents(
        self, paths: Sequence[Path], files: list[SourceFile], parsers: Parsers
    ) -> Iterator[tuple[Document, SourceFile]]:
        for file in walk(paths):
            if isinstance(file, Skipped):
                self.skipped.append(file)
                continue
            files.append(file)
            for document in read(file, self.options, parsers):
                if isinstance(document, Skipped):
                    self.skipped.append(document)
                else:
                    yield document, file

    def _writer(self, stage: Path, owner: str | None) -> PartitionWriter:
        if owner not in self.writers:
            folder = stage / "public" if owner is None else stage / "owners" / owner_folder(owner)
            self.writers[owner] = PartitionWriter(
                folder, owner, self.settings.units, self.settings.words, self.settings.analyzer.language
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
        known = Known(self.previous, encoder)
        units = [unit for part in partitions for unit in part.units.values()]
        total, done = sum(unit.size for unit in units), 0
        warning = unsupported_language(self.settings.analyzer.language, encoder)
        if warning:
            self.warnings.setdefault(warning)
        self.progress("encode", 0, total)
        for unit in units:
            with (unit.folder / "vectors.npy").open("wb") as out:
                write_array_header_1_0(out, {"descr": "<f4", "fortran_order": False, "shape": (unit.size, encoder.dimension)})
                for texts in _chunks(unit):
                    out.write(self._encode(texts, known, unit, encoder).astype("<f4").tobytes())
                    done += len(texts)
                    self.progress("encode", done, total)

    def _encode(self, texts: list[str], known: Known, unit: Unit, encoder: Encoder) -> NDArray[np.float32]:
        """Vectors of consecutive rows: those of the generation before where the text is the same, else encoded."""
        old = [known.vector(unit, text) for text in texts]
        new = [place for place, vector in enumerate(old) if vector is None]
        fresh = dict(zip(new, encoder.encode_passages([texts[place] for place in new]), strict=True)) if new else {}
        self.encoded += len(new)
        self.reused += len(texts) - len(new)
        return np.stack([fresh[place] if vector is None else vector for place, vector in enumerate(old)])

    def _facts(self, files: Sequence[SourceFile], partitions: Sequence[Partition]) -> dict[str, Any]:
        settings = self.settings
        corpus = hashlib.sha256("\n".join(sorted(f"{file.name} {file.sha256}" for file in files)).encode()).hexdigest()
        return {
            "corpus": corpus,
            "sources": [[file.name, file.sha256, file.size] for file in files],
            "settings": _plain(settings),
            "read": asdict(self.options),
            "encoder": None
            if settings.encoder is None
            else {"identity": settings.encoder.identity, "dimension": settings.encoder.dimension},
            "owners": {owner: owner_folder(owner) for owner in sorted(filter(None, self.writers))},
            "counts": {owner or "": writer.counts for owner, writer in self.writers.items()},
            "skipped": [[one.path, one.reason, one.next] for one in self.skipped],
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


def _chunks(unit: Unit) -> Iterator[list[str]]:
    """The rows' texts, some at a time: so many, or so many characters where they are long."""
    held: list[str] = []
    size = 0
    for text in unit.texts():
        held.append(text)
        size += len(text)
        if len(held) == _CHUNK or size > _CHARACTERS:
            yield held
            held, size = [], 0
    if held:
        yield held


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


def _silent(step: str, done: int, total: int | None) -> None:
    """No progress shown."""

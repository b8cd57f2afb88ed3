"""A corpus on disk: finds the files, and reads each into documents, telling what was skipped and why."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrievers.document import Document, Mark, ReadOptions, Skipped, SourceFile
from retrievers.errors import FathomError, UsageError
from retrievers.generation import sha256
from retrievers.parsers.draft import Parsed, Unreadable
from retrievers.parsers.worker import Parsers
from retrievers.records import records
from retrievers.storable import storable

__all__ = ["FORMATS", "Document", "Mark", "ReadOptions", "Skipped", "SourceFile", "format_of", "named", "read", "walk"]

FORMATS = {
    ".txt": "txt", ".md": "md", ".markdown": "md", ".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx",
    ".xlsx": "xlsx", ".pptx": "pptx", ".eml": "eml", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".jsonl.gz": "jsonl",
}  # fmt: skip
_QUESTIONS = re.compile(r"queries.*\.jsonl(\.gz)?")


def walk(paths: Sequence[str | Path]) -> Iterator[SourceFile | Skipped]:
    """The files that can be read below `paths`, sorted by name, each once, and what is left out.

    A file is named by its path inside the folder that was given; where two folders have the same, the second's begins with
    the folder's name. Hidden files and folders, and indexes, are passed over; links that leave the folder are not followed.
    The questions of a data set (`queries*.jsonl`, as `fathom eval` reads them) are skipped where a folder holds them, and read
    where they are named themselves. Raises `UsageError` for a path that does not exist.

    >>> [file.name for file in walk(["papers"])]
    ['kepler.pdf', 'notes/mars.md']
    """
    tree = _Tree()
    for path in map(Path, paths):
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}", "what is to be indexed", "fathom index FOLDER --out INDEX")
        tree.add(path)
    asked = [_questions(name, path) for path, name in tree.questions.items() if path not in tree.names]
    yield from sorted([*tree.skipped, *asked], key=lambda one: (one.path, one.reason))
    for name, path in sorted((name, path) for path, name in tree.names.items()):
        yield _source(name, path)


def named(files: Mapping[str, Path]) -> Iterator[SourceFile | Skipped]:
    """Files under names of their own, wherever they lie: a name is data, and says only what it is called and its format.

    >>> [file.name for file in named({"mars.pdf": Path("/tmp/upload-0")})]
    ['mars.pdf']
    """
    for name, path in sorted(files.items()):
        yield _source(storable(name), path)


def read(file: SourceFile, options: ReadOptions | None = None, parsers: Parsers | None = None) -> Iterator[Document | Skipped]:
    """The documents of a file, one at a time, and what of it was skipped.

    JSON lines give a document a record, tables one an owner, other files one. `parsers` is the child process to use; without
    it one is started for this file. Raises `UsageError` where records' owners are not plain, `FathomError` where the file
    changed since it was found.

    >>> [document.title for file in walk(["papers"]) for document in read(file)]
    """
    options = options or ReadOptions()
    if format_of(file.name) == "jsonl":
        yield from records(file, options)
    elif parsers is not None:
        yield from _parsed(file, parsers)
    else:
        with Parsers(options) as parsers:
            yield from _parsed(file, parsers)
    _unchanged(file)


def format_of(name: str) -> str:
    """The format that a file's name says, or an empty string."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes[-2:]]
    return FORMATS.get("".join(suffixes)) or FORMATS.get(suffixes[-1] if suffixes else "") or ""


def _parsed(file: SourceFile, parsers: Parsers) -> Iterator[Document | Skipped]:
    most = parsers.options.megabytes
    try:
        if file.size > most << 20:
            raise Unreadable(f"has {file.size >> 20} MB, more than {most}", "split it into smaller files")
        documents = [one for one in parsers.parse(file, format_of(file.name)) if one.text.strip()]
    except Unreadable as error:
        yield Skipped(file.name, error.reason, error.next)
        return
    for document in documents:
        yield _document(file, document)
    if not documents:
        yield Skipped(file.name, "holds no text", "leave it out")


def _document(file: SourceFile, parsed: Parsed) -> Document:
    name = Path(file.name).name
    return Document(
        id=file.name,
        title=parsed.title or Path(name).stem.replace("_", " "),
        text=parsed.text,
        type=format_of(name),
        path=file.name,
        source=file.sha256,
        date=parsed.date,
        owner=parsed.owner,
        marks=parsed.marks,
        fields=parsed.fields,
        notes=parsed.notes,
    )


def _source(name: str, path: Path) -> SourceFile | Skipped:
    if not format_of(name):
        known = " ".join(sorted({suffix.lstrip(".") for suffix in FORMATS}))
        return Skipped(
            name, f"files like {Path(name).suffix or Path(name).name!r} are not read", f"convert it to one of: {known}"
        )
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            return Skipped(name, "is no ordinary file", "leave it out")
        if not facts.st_size:
            return Skipped(name, "is empty", "leave it out")
        return SourceFile(name, path, sha256(path), facts.st_size, facts.st_mtime_ns)
    except OSError as error:
        return Skipped(name, f"cannot be read: {error.strerror}", "give yourself the right to read it")


def _questions(name: str, path: Path) -> Skipped:
    named = f"to index it all the same, name the file itself: fathom index {shlex.quote(storable(str(path)))} --out INDEX"
    return Skipped(name, "questions of a data set, not documents", named)


def _unchanged(file: SourceFile) -> None:
    """Stop where a file was written while it was read: its hash and its documents would belong to different bytes."""
    try:
        facts = file.path.stat()
        same = not file.modified or (facts.st_size, facts.st_mtime_ns) == (file.size, file.modified)
    except FileNotFoundError:
        same = False
    if not same:
        raise FathomError(
            f"{file.name} changed while it was read", "files that stay as they are until the index is built", "run it again"
        )


@dataclass
class _Tree:
    """Files found so far: name by real path; `questions` are those of data sets that no one named."""

    names: dict[Path, str] = field(default_factory=dict[Path, str])
    questions: dict[Path, str] = field(default_factory=dict[Path, str])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    _taken: set[str] = field(default_factory=set[str])

    def add(self, path: Path) -> None:
        """Add a file, or all files below a folder."""
        root = path.resolve()
        if not path.is_dir():
            self._file(root, path.name, root.parent)
            return
        links: list[Path] = []
        for folder, folders, files in os.walk(root, onerror=lambda error: self._closed(error, root)):
            here = Path(folder)
            inner = [here / name for name in sorted(folders) if not _hidden(name)]
            links += [one for one in inner if one.is_symlink()]
            folders[:] = [one.name for one in inner if not _is_index(one)]
            found = [here / name for name in sorted(files) if not _hidden(name)]
            links += [one for one in found if one.is_symlink()]
            for one in found:
                if not one.is_symlink():
                    self._found(one, one.relative_to(root).as_posix(), root)
        for link in links:
            self._link(link, root)

    def _link(self, link: Path, root: Path) -> None:
        """A link to a file inside the folder is that file, under the link's name if it has no other; one to a folder inside
        adds nothing."""
        name, target = link.relative_to(root).as_posix(), link.resolve()
        if not target.exists():
            self.skipped.append(Skipped(storable(name), "is a link to nothing", "mend the link"))
        elif not target.is_relative_to(root):
            self.skipped.append(
                Skipped(storable(name), "is a link that leaves the folder", "give its target as a path of its own")
            )
        elif not target.is_dir():
            self._found(target, name, root)

    def _found(self, path: Path, name: str, root: Path) -> None:
        """A file of a folder."""
        if _QUESTIONS.fullmatch(path.name):
            self.questions.setdefault(path, storable(name))
        else:
            self._file(path, name, root)

    def _file(self, path: Path, name: str, root: Path) -> None:
        if path in self.names:
            return
        name = storable(name)
        while name in self._taken:
            name = f"{storable(root.name)}/{name}"
        self._taken.add(name)
        self.names[path] = name

    def _closed(self, error: OSError, root: Path) -> None:
        name = Path(os.fsdecode(error.filename)).relative_to(root).as_posix()
        self.skipped.append(Skipped(storable(name), f"cannot be read: {error.strerror}", "give yourself the right to read it"))


def _hidden(name: str) -> bool:
    """Whether a name is hidden, or Office's lock file of an opened document."""
    return name.startswith((".", "~$"))


def _is_index(folder: Path) -> bool:
    """Whether a folder is an index of Fathom, built or being built."""
    return (folder / "building").is_file() and ((folder / "CURRENT").is_file() or any(folder.glob(".building-*")))

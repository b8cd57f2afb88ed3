"""What a reader's part of an index holds: counts, types, lengths, files, what was skipped; and its documents as a list."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow.compute as pc

from retrievers.index import Index
from retrievers.owners import PUBLIC
from retrievers.partition import Partition

_BARS = 10


@dataclass(frozen=True)
class Bar:
    """So many documents have a length from `low` to `high`, both counted in; `high` None is open."""

    low: int
    high: int | None
    documents: int


@dataclass(frozen=True)
class File:
    """An indexed file; `size` in bytes, None where it holds records of others too; `mine` where only its reader sees it."""

    name: str
    size: int | None
    documents: int
    mine: bool


@dataclass(frozen=True)
class Notice:
    """A file or records that were not read."""

    path: str
    reason: str
    next: str
    mine: bool


@dataclass(frozen=True)
class Holdings:
    """What one reader sees of an index: the public part and their own, counted together; `own` counts their own documents."""

    documents: int
    own: int
    units: Mapping[str, int]
    types: Mapping[str, int]
    lengths: tuple[Bar, ...]
    characters: int
    files: tuple[File, ...]
    skipped: tuple[Notice, ...]
    encoder: str
    language: str
    keeps: bool


@dataclass(frozen=True)
class Entry:
    """A document in a list: `length` in code points, `mine` where only its reader sees it; `words` is what a filter looks at."""

    id: str
    title: str
    path: str
    type: str
    date: str
    length: int
    mine: bool
    words: str


def holdings(index: Index, reader: str | None) -> Holdings:
    """Count what `reader` may see; nothing of anybody else's is counted or named.

    >>> holdings(Index.open("demo.index"), None).documents
    55
    """
    entries = listing(index, reader)
    parts = index.partitions(reader)
    settings = index.settings
    return Holdings(
        documents=len(entries),
        own=sum(entry.mine for entry in entries),
        units={name: sum(len(part.units[name].rows) for part in parts if name in part.units) for name in index.units},
        types=dict(Counter(entry.type for entry in entries).most_common()),
        lengths=histogram([entry.length for entry in entries]),
        characters=sum(entry.length for entry in entries),
        files=_files(index.generation.manifest, reader, entries),
        skipped=_skipped(index.generation.manifest, reader),
        encoder=index.encoder_name,
        language=settings.analyzer.language,
        keeps=settings.keep,
    )


def histogram(lengths: Sequence[int]) -> tuple[Bar, ...]:
    """Bars of one width (1, 2 or 5 times a power of ten), at most about ten; what is longer than 98 of 100 is in the last.

    >>> histogram([10, 12, 25])
    (Bar(low=10, high=11, documents=1), Bar(low=12, high=13, documents=1), ..., Bar(low=24, high=25, documents=1))
    """
    if not lengths:
        return ()
    ordered = sorted(lengths)
    first, most = ordered[0], ordered[(49 * len(ordered) + 49) // 50 - 1]
    step = _step(max(1, most - first + 1))
    start = first // step * step
    bounds = list(range(start, most + 1, step))
    top = bounds[-1] + step
    counts = Counter(min(bisect_right(bounds, length) - 1 if length < top else len(bounds), len(bounds)) for length in ordered)
    bars = [Bar(low, low + step - 1, counts[place]) for place, low in enumerate(bounds)]
    return (*bars, Bar(top, None, counts[len(bounds)])) if counts[len(bounds)] else tuple(bars)


def _step(width: int) -> int:
    """The least of 1, 2, 5, 10, ... of which `_BARS` cover `width`."""
    step = 1
    while step * _BARS < width:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step


def listing(index: Index, reader: str | None) -> tuple[Entry, ...]:
    """The documents that `reader` sees, their own first, then in the order of the index."""
    return tuple(entry for part in reversed(index.partitions(reader)) for entry in _entries(part))


def matching(entries: Sequence[Entry], words: str) -> Sequence[Entry]:
    """Those whose title, name or type holds every word, in any case.

    >>> [entry.id for entry in matching(entries, "hale telescope")]
    ['hale-telescope.md']
    """
    wanted = words.casefold().split()
    return [entry for entry in entries if all(word in entry.words for word in wanted)] if wanted else entries


def _entries(part: Partition) -> list[Entry]:
    columns = [cast("list[Any]", part.documents.column(name).to_pylist()) for name in ("title", "path", "type", "date")]
    lengths = cast("list[int]", pc.utf8_length(part.documents.column("text")).to_pylist())
    mine = part.owner is not None
    return [
        Entry(id, title, path, type, date, length, mine, f"{title} {path} {id} {type}".casefold())
        for id, title, path, type, date, length in zip(part.document_ids, *columns, lengths, strict=True)
    ]


def _files(manifest: Mapping[str, Any], reader: str | None, entries: Sequence[Entry]) -> tuple[File, ...]:
    """The files that gave a document which the reader sees: no other file is named."""
    count = Counter((entry.path, entry.mine) for entry in entries)
    mixed = manifest["read"]["owner_field"] not in (None, PUBLIC)
    found: list[File] = []
    for name, _, size, *owner in manifest["sources"]:
        mine = bool(owner)
        if mine and owner[0] != reader:
            continue
        documents = count[name, True] if mine else count[name, False] + (count[name, True] if mixed else 0)
        if documents:
            found.append(File(name, None if mixed and not mine and reader is not None else size, documents, mine))
    return tuple(sorted(found, key=lambda file: (not file.mine, file.name)))


def _skipped(manifest: Mapping[str, Any], reader: str | None) -> tuple[Notice, ...]:
    """What was skipped of the reader's files and of public ones. Where records have owners, what is told of a public file may be
    of somebody's record: then only a single user, whose all of it is, is told."""
    mixed = manifest["read"]["owner_field"] not in (None, PUBLIC)
    found: list[Notice] = []
    for path, reason, next, *owner in manifest["skipped"]:
        if owner and owner[0] != reader:
            continue
        if owner or reader is None or not mixed:
            found.append(Notice(path, reason, next, bool(owner)))
    return tuple(found)

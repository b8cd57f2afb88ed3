"""One front for data sets in any known format: what is not native is converted once, into a folder of the cache."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from evals.datasets import Dataset, folder_of, load
from evals.formats import beir, hipporag, trec
from evals.formats.irds import PREFIX, Irds
from retrievers.errors import FathomError, Unavailable, UsageError
from retrievers.generation import sha256, sync

VERSION = 1
_MAKING, _DAY = ".making-", 86_400.0


class Source(Protocol):
    """A data set in another format: its rows as the native ones, each read as a stream."""

    def documents(self) -> Iterator[dict[str, Any]]:
        """The rows of the corpus."""
        ...

    def questions(self, known: set[str]) -> Iterator[dict[str, Any]]:
        """The rows of the questions; `known` are the ids of the corpus."""
        ...


def read(
    dataset: str | Path,
    cache: str | Path,
    *,
    data: str | Path | None = None,
    queries: str | None = None,
    owner_field: str | None = None,
    allow_download: bool = False,
) -> Dataset:
    """The data set in whatever format: a folder, the name of one in `data`, or `irds:NAME`.

    `queries` picks one of several files, splits or parts of questions. Raises what `folder_of`, `native` and `load` raise.

    >>> read("irds:vaswani", "~/.cache/fathom", allow_download=True).questions[0].id
    '1'
    """
    source = dataset if str(dataset).startswith(PREFIX) else folder_of(dataset, data)
    home = native(source, cache, split=queries, allow_download=allow_download)
    return load(home, queries=queries if home == source else None, owner_field=owner_field)


def native(dataset: str | Path, cache: str | Path, *, split: str | None = None, allow_download: bool = False) -> Path:
    """The native folder of a data set: `dataset` itself, or what it was converted into under `cache`.

    A folder in the format of BEIR, TREC or HippoRAG is keyed by the bytes of its inputs; `irds:NAME` is fetched by ir_datasets,
    once and only with `allow_download`. A converted folder appears whole or not at all. `split` names one of several splits
    (BEIR), files of topics and judgements (TREC) or data sets (HippoRAG). Raises `UsageError` for a split that is not clear,
    `Unavailable` for what must not be fetched, `FathomError` for a line that cannot be meant.

    >>> native(Path("beir/scifact"), "~/.cache/fathom", split="test")
    """
    home = Path(cache).expanduser() / "datasets"
    if str(dataset).startswith(PREFIX):
        return _fetched(str(dataset).removeprefix(PREFIX), home, split, allow_download)
    folder = Path(dataset)
    if beir.splits(folder):
        source = beir.Beir.open(folder, split)
    elif any(path for kind in ("queries", "questions") for path in folder.glob(f"{kind}*.jsonl*")):
        return folder
    elif trec.recognised(folder):
        source = trec.Trec.open(folder, split)
    elif hipporag.names(folder):
        source = hipporag.HippoRag.open(folder, split)
    else:
        return folder
    name = source.name if isinstance(source, hipporag.HippoRag) else folder.resolve().name
    return _kept(source, home / _key(name, *map(sha256, source.inputs)), name)


def _fetched(dataset: str, home: Path, split: str | None, allow_download: bool) -> Path:
    if split is not None:
        raise UsageError(f"--queries {split} beside {PREFIX}{dataset}", "a name that says the part", f"{PREFIX}{dataset}/{split}")
    name, place = dataset.replace("/", "-"), home / _key(f"{PREFIX}{dataset}")
    if not (place / name).is_dir() and not allow_download:
        happened = f"{PREFIX}{dataset} would have to be fetched from the network"
        allowed = f"let it be fetched: fathom eval {PREFIX}{dataset} --allow-download"
        raise Unavailable(happened, "a data set that is on this machine, or your leave", allowed)
    return place / name if (place / name).is_dir() else _kept(Irds.open(dataset), place, name)


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps([VERSION, *parts]).encode()).hexdigest()[:16]


def _kept(source: Source, place: Path, name: str) -> Path:
    """The folder that the source was converted into, now or before."""
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        _convert(source, place, name)
    return place / name


def _convert(source: Source, place: Path, name: str) -> None:
    _sweep(place.parent)
    made = Path(tempfile.mkdtemp(prefix=_MAKING, dir=place.parent))
    try:
        (made / name).mkdir()
        known = set[str]()
        _write(made / name / "corpus.jsonl.gz", _noting(source.documents(), known))
        _write(made / name / "queries.jsonl", source.questions(known))
        _publish(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Take away what a process that was killed had begun to convert: nothing is under work for a day."""
    for left in home.glob(f"{_MAKING}*"):
        if left.stat().st_mtime < time.time() - _DAY:
            shutil.rmtree(left, ignore_errors=True)


def _publish(made: Path, place: Path) -> None:
    try:
        sync(made)
        made.rename(place)
        sync(place.parent)
    except OSError as error:
        if not place.is_dir():  # another process may have made the same one meanwhile
            raise FathomError(f"{place} cannot be written: {error}", "a cache that can be written", "--cache DIR") from error


def _noting(rows: Iterable[Mapping[str, Any]], known: set[str]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        known.add(row["id"])
        yield row


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """JSON lines; the same rows give the same bytes, so that an index of them is found again."""
    lines = (json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
    with path.open("wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed:
                packed.writelines(lines)
        else:
            raw.writelines(lines)
    sync(path)

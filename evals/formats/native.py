"""One front for data sets in any known format: what is not native is converted once, into a folder of the cache."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.formats.beir import Beir, splits
from retrievers.errors import FathomError
from retrievers.generation import sha256, sync

VERSION = 1


def native(dataset: Path, cache: str | Path, *, split: str | None = None) -> Path:
    """The native folder of a data set: `dataset` itself, or what a BEIR folder was converted into under `cache`.

    The converted folder is keyed by the bytes of its inputs, and appears whole or not at all. `split` names the judgements of
    a BEIR folder. Raises `UsageError` for a split that is not clear, `FathomError` for a line that cannot be meant.

    >>> native(Path("beir/scifact"), "~/.cache/fathom", split="test")
    """
    if not splits(dataset):
        return dataset
    source = Beir.open(dataset, split)
    name = dataset.resolve().name
    key = hashlib.sha256(json.dumps([VERSION, name, *map(sha256, source.inputs)]).encode()).hexdigest()[:16]
    home = Path(cache).expanduser() / "datasets"
    if not (home / key).is_dir():
        home.mkdir(parents=True, exist_ok=True)
        _convert(source, home / key, name)
    return home / key / name


def _convert(source: Beir, place: Path, name: str) -> None:
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        (made / name).mkdir()
        known = set[str]()
        _write(made / name / "corpus.jsonl.gz", _noting(source.documents(), known))
        _write(made / name / "queries.jsonl", source.questions(known))
        _publish(made, place)
    finally:
        shutil.rmtree(made, ignore_errors=True)


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

"""The indexes of data sets: built once for a corpus and the settings of the build, kept in a cache folder, reused after."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from evals.datasets import Dataset
from retrievers.build import BuildSettings, Progress, build
from retrievers.conversation import UNITS as SPOKEN
from retrievers.corpus import ReadOptions
from retrievers.errors import FathomError, IndexCorrupt
from retrievers.generation import CURRENT, SCHEMA, sha256
from retrievers.index import Index

SETTINGS = BuildSettings(keep=False)


def index_of(
    dataset: Dataset,
    cache: str | Path,
    settings: BuildSettings = SETTINGS,
    options: ReadOptions | None = None,
    progress: Progress | None = None,
) -> Index:
    """The index of a data set's corpus, from `cache`; built there first where it is missing or damaged.

    Its folder is named by the corpus's bytes and by all that is baked into an index (the encoder's identity, the field that
    names owners), so any change of these makes another; building is atomic, and two processes cannot build the same one.
    `dataset.owner_field` takes the place of that of `options`. Raises what `build` and `Index.open` raise, and `FathomError` for
    a question that names a document which the index does not have.

    >>> index_of(load("scifact", data="shared/data", queries="queries_test.jsonl"), "~/.cache/fathom")
    >>> index_of(load("locomo5", owner_field="user"), "~/.cache/fathom", replace(SETTINGS, units=("turn", "window")))
    """
    read = replace(options or ReadOptions(), owner_field=dataset.owner_field)
    home = place(dataset, cache, settings, read)
    if (home / CURRENT).is_file():
        with suppress(IndexCorrupt):  # a cache is there to be made again
            return _holding(dataset, Index.open(home))
    build([dataset.corpus], home, settings, read, progress)
    return _holding(dataset, Index.open(home))


def place(dataset: Dataset, cache: str | Path, settings: BuildSettings, options: ReadOptions) -> Path:
    """The folder of this corpus's index under these settings."""
    encoder = settings.encoder
    shape = asdict(replace(settings, encoder=None))
    if not set(settings.units) & set(SPOKEN):
        del shape["dialogue"]  # nothing that it shapes is in the index
    baked = {
        "schema": SCHEMA,
        "corpus": _digest(dataset.corpus),
        "name": dataset.corpus.name,
        "settings": shape,
        "encoder": encoder.identity if encoder is not None else None,
        "read": asdict(options),
    }
    key = hashlib.sha256(json.dumps(baked, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return Path(cache).expanduser() / f"{dataset.name}-{key}"


def _digest(corpus: Path) -> str:
    """A hash of a file, or of all files of a folder with their names."""
    if corpus.is_file():
        return sha256(corpus)
    files = sorted(path for path in corpus.rglob("*") if path.is_file())
    told = [[path.relative_to(corpus).as_posix(), sha256(path)] for path in files]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _holding(dataset: Dataset, index: Index) -> Index:
    """The index, if it has every document that a question names: of a folder that is known only now."""
    for question in dataset.answerable if dataset.corpus.is_dir() else ():
        for id in question.relevant:
            if all(part.document(id) is None for part in index.partitions(question.user)):
                raise FathomError(
                    f"question {question.id!r} names {id!r} in supporting_ids, which is no document of {dataset.corpus}",
                    "the path of a document in that folder",
                    f"fathom doctor --index {index.path} lists what was skipped",
                )
    return index

"""The indexes of data sets: built once for a corpus and the settings of the build, kept in a cache folder, reused after."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

from evals.datasets import Dataset
from retrievers.build import BuildSettings, Progress, build
from retrievers.corpus import ReadOptions
from retrievers.errors import IndexCorrupt
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
    `dataset.owner_field` takes the place of that of `options`. Raises what `build` and `Index.open` raise.

    >>> index_of(load("scifact", data="shared/data", queries="queries_test.jsonl"), "~/.cache/fathom")
    """
    read = replace(options or ReadOptions(), owner_field=dataset.owner_field)
    home = place(dataset, cache, settings, read)
    if (home / CURRENT).is_file():
        try:
            return Index.open(home)
        except IndexCorrupt:
            pass  # a cache is there to be made again
    build([dataset.corpus], home, settings, read, progress)
    return Index.open(home)


def place(dataset: Dataset, cache: str | Path, settings: BuildSettings, options: ReadOptions) -> Path:
    """The folder of this corpus's index under these settings."""
    encoder = settings.encoder
    baked = {
        "schema": SCHEMA,
        "corpus": sha256(dataset.corpus),
        "name": dataset.corpus.name,
        "settings": asdict(replace(settings, encoder=None)),
        "encoder": encoder.identity if encoder is not None else None,
        "read": asdict(options),
    }
    key = hashlib.sha256(json.dumps(baked, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return Path(cache).expanduser() / f"{dataset.name}-{key}"

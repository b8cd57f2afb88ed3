"""Vectors that a build need not compute again: those of the generation before."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrievers.encoder import Encoder
from retrievers.generation import Generation
from retrievers.partition import Unit


class Known:
    """Vectors of the generation before, by the hash of their text and within their own partition: nothing of one owner's
    is looked up for another."""

    def __init__(self, previous: Generation | None, encoder: Encoder) -> None:
        fits = previous is not None and (previous.manifest["encoder"] or {}).get("identity") == encoder.identity
        self._folder = previous.folder if previous is not None and fits else None
        self._tables: dict[Path, tuple[dict[bytes, int], NDArray[np.float32]]] = {}

    def vector(self, unit: Unit, text: str) -> NDArray[np.float32] | None:
        """The vector that this text had, or None."""
        owner = unit.partition.owner
        if self._folder is None:
            return None
        folder = self._folder / ("public" if owner is None else f"owners/{owner_folder(owner)}") / unit.name
        if not (folder / "vectors.npy").is_file():
            return None
        if folder not in self._tables:
            hashes = np.load(folder / "hashes.npy", allow_pickle=False)
            rows = {digest.tobytes(): row for row, digest in enumerate(hashes)}
            self._tables[folder] = rows, np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        rows, vectors = self._tables[folder]
        row = rows.get(hashlib.sha256(text.encode()).digest())
        return None if row is None else vectors[row]


def owner_folder(owner: str) -> str:
    """The folder of an owner's partition: a hash, for an owner's name is data and names no file."""
    return hashlib.sha256(owner.encode()).hexdigest()[:16]

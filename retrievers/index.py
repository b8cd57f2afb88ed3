"""An opened index: one verified generation, its partitions, units and items, and the side indexes of other settings."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from retrievers import selftest
from retrievers.build import BuildSettings
from retrievers.conversation import Dialogue
from retrievers.encoder import Encoder
from retrievers.errors import FathomError, IndexCorrupt
from retrievers.generation import Generation, current, sha256, sync
from retrievers.known import owner_folder
from retrievers.partition import DocumentView, Item, Partition, Unit
from retrievers.postings import Analyzer, Postings, Tuning, write_postings
from retrievers.scope import Scope


@dataclass(frozen=True)
class Index:
    """One generation of an index, every file checked when it was opened.

    `user` arguments say who asks: the public part is always seen, an owner's part by that owner alone.

    >>> index = Index.open("papers.index"); index.item("kepler.md#2").text
    """

    generation: Generation

    @classmethod
    def open(cls, path: str | Path) -> Index:
        """Open the current generation. Raises `FathomError` where there is none, `IndexCorrupt` where a file is damaged."""
        return cls(current(Path(path)))

    @property
    def path(self) -> Path:
        """The index's folder."""
        return self.generation.root

    @property
    def identity(self) -> str:
        """The hash of the generation's manifest, and so of every file in it."""
        return self.generation.identity

    @cached_property
    def settings(self) -> BuildSettings:
        """What the index was built with."""
        stored = self.generation.manifest["settings"]
        return BuildSettings(
            units=tuple(stored["units"]),
            words=stored["words"],
            encoder=Encoder(**stored["encoder"]) if stored["encoder"] else None,
            analyzer=Analyzer(**stored["analyzer"]),
            tuning=Tuning(**stored["tuning"]),
            keep=stored["keep"],
            dialogue=Dialogue(**stored.get("dialogue", {})),  # indexes of passages alone were once built without one
        )

    @property
    def units(self) -> tuple[str, ...]:
        """The names of the units."""
        return self.settings.units

    def visible(self, user: str | None, unit: str) -> list[Unit]:
        """The unit in the partitions that `user` may see: the public one first, then the user's own."""
        return [partition.unit(unit) for partition in self.partitions(user)]

    def partitions(self, user: str | None) -> list[Partition]:
        """The public partition, and the user's own where there is one."""
        owned = self._owned(user) if user is not None and user in self.generation.manifest["owners"] else None
        return [self._public] if owned is None else [self._public, owned]

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder that the vectors came from; raises `FathomError` where there is none or it is no longer the same."""
        built = self.settings.encoder
        if built is None:
            raise FathomError(
                f"{self.path} was built without an encoder",
                "an index with vectors",
                "fathom index DOCS --encoder default --out INDEX",
            )
        if built.identity != self.generation.manifest["encoder"]["identity"]:
            raise IndexCorrupt(
                f"the vectors of {self.path} come from another encoder than {built.folder.name}",
                "the encoder that the index was built with",
                "build it again: fathom index DOCS --out INDEX",
            )
        return built

    @property
    def encoder_name(self) -> str:
        """How the encoder of the vectors stands in results, by what the manifest says; empty where there is none."""
        built, stored = self.settings.encoder, self.generation.manifest["encoder"]
        return built.named(stored["identity"]) if built is not None else ""

    def item(self, id: str, user: str | None = None) -> Item:
        """The item of this id, of any unit; raises `FathomError` where this user sees none."""
        return self.find([id], user)[0]

    def find(self, ids: Sequence[str], user: str | None = None) -> list[Item]:
        """The items of these ids, in their order."""
        units = [part.units[name] for part in self.partitions(user) for name in self.units if name in part.units]
        return [self._item(id, units) for id in ids]

    def following(self, id: str, user: str | None = None) -> list[Item]:
        """The items of the same unit that come after this one in its document, in their order."""
        for partition in self.partitions(user):
            for unit in (partition.units[name] for name in self.units if name in partition.units):
                if id in unit.places:
                    return unit.following(unit.places[id])
        raise self._missing(id)

    def document(self, id: str, user: str | None = None) -> DocumentView:
        """The document of this id; raises `FathomError` where this user sees none."""
        for partition in self.partitions(user):
            document = partition.document(id)
            if document is not None:
                return document
        raise self._no_document(id)

    def text(self, document: str, start: int, end: int, user: str | None = None) -> str:
        """The document's text[start:end] in code points, at the cost of that piece; raises `FathomError` as `document` does."""
        for partition in self.partitions(user):
            place = partition.place_of(document)
            if place is not None:
                return partition.texts.piece(place, start, end)
        raise self._no_document(document)

    def postings(self, unit: Unit, analyzer: Analyzer, tuning: Tuning) -> Postings:
        """The unit's inverted index under these settings: the built one, or a side index that is made once."""
        key = (unit.partition.owner, unit.name, analyzer, tuning)
        if key not in self._postings:
            built = (analyzer, tuning) == (self.settings.analyzer, self.settings.tuning)
            opened = Postings(unit.folder / "bm25") if built else self._side(unit, analyzer, tuning)
            if built and unit.partition.owner is None:
                stored = self.generation.manifest["self_test"][unit.name]
                terms = [analyzer.terms(text) for text in selftest.asks(stored, "lexical")]
                found = [selftest.best(unit, opened.scores(each), 1, Scope())[0][0] for each in terms]
                selftest.run(unit, "lexical", stored, found)
            self._postings[key] = opened
        return self._postings[key]

    def source(self, document: DocumentView) -> bytes:
        """The kept bytes of the file that a document came from; raises `FathomError` where they were not kept."""
        path = self.generation.folder / "sources" / document.source[:2] / document.source
        if not path.is_file():
            raise FathomError(
                f"the bytes of {document.path} were not kept", "an index built without --no-keep", "fathom index DOCS --out INDEX"
            )
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != document.source:
            raise IndexCorrupt(
                f"{path} is damaged", "the bytes that were indexed", "build it again: fathom index DOCS --out INDEX"
            )
        return content

    def summary(self) -> dict[str, Any]:
        """Counts and settings, for people and for JSON."""
        manifest = self.generation.manifest
        public = manifest["counts"].get("", {})
        return {
            "path": str(self.path),
            "identity": self.identity,
            "units": list(self.units),
            "documents": public.get("documents", 0),
            "items": {unit: public.get(unit, 0) for unit in self.units},
            "owners": len(manifest["owners"]),
            "sources": len(manifest["sources"]),
            "skipped": [dict(zip(("path", "reason", "next"), one[:3], strict=True)) for one in manifest["skipped"]],
            "encoder": manifest["encoder"],
            "settings": manifest["settings"],
            "bytes": sum(facts["size"] for facts in manifest["files"].values()),
        }

    def __repr__(self) -> str:
        return f"Index({self.identity[:16]})"

    @cached_property
    def _public(self) -> Partition:
        return Partition(self.generation.folder / "public", None)

    def _owned(self, user: str) -> Partition:
        if user not in self._private:
            self._private[user] = Partition(self.generation.folder / "owners" / owner_folder(user), user, self._public)
        return self._private[user]

    @cached_property
    def _private(self) -> dict[str, Partition]:
        return {}

    @cached_property
    def _postings(self) -> dict[tuple[str | None, str, Analyzer, Tuning], Postings]:
        return {}

    def _item(self, id: str, units: Sequence[Unit]) -> Item:
        for unit in units:
            place = unit.places.get(id)
            if place is not None:
                return unit.item(place)
        raise self._missing(id)

    def _missing(self, id: str) -> FathomError:
        return FathomError(f"no item {id!r} in {self.path}", "the id of a visible item", "fathom search WORDS --index INDEX")

    def _no_document(self, id: str) -> FathomError:
        return FathomError(
            f"no document {id!r} in {self.path}", "the id of a visible document", "fathom search WORDS --index INDEX"
        )

    def _side(self, unit: Unit, analyzer: Analyzer, tuning: Tuning) -> Postings:
        """An inverted index beside the generation, keyed by its settings, checked when opened and made anew if damaged."""
        key = hashlib.sha256(json.dumps([asdict(analyzer), asdict(tuning)], sort_keys=True).encode()).hexdigest()[:16]
        owner = "public" if unit.partition.owner is None else owner_folder(unit.partition.owner)
        home = self.path / "side" / f"{self.identity[:16]}-{owner}-{unit.name}-{key}"
        if not _whole(home):
            self._make_side(unit, analyzer, tuning, home)
        return Postings(home)

    def _make_side(self, unit: Unit, analyzer: Analyzer, tuning: Tuning, home: Path) -> None:
        aside = home.with_name(f".{home.name}.{os.getpid()}")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        public = None
        if unit.partition.owner is not None and self._public.units[unit.name].size:
            public = self.postings(self._public.units[unit.name], analyzer, tuning)
        write_postings(unit, public, analyzer, tuning, aside)
        sums = {path.name: sha256(path) for path in sorted(aside.iterdir())}
        (aside / "sums.json").write_text(json.dumps(sums), "utf-8")
        for path in aside.iterdir():
            sync(path)
        shutil.rmtree(home, ignore_errors=True)
        aside.rename(home)


def _whole(home: Path) -> bool:
    """Whether a side index is there, and as it was written."""
    try:
        sums: dict[str, str] = json.loads((home / "sums.json").read_text("utf-8"))
        return all(sha256(home / name) == digest for name, digest in sums.items()) and len(sums) > 1
    except (FileNotFoundError, ValueError):
        return False

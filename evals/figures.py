"""Figures of benchmarks: a value and its bound, timings taken side by side, and the files under evals/results/."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Spread:
    """The least, the middle and the greatest of n readings."""

    low: float
    median: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one reading."""
        return cls(min(values), statistics.median(values), max(values), len(values))

    def __str__(self) -> str:
        return f"{self.median:.4g} ({self.low:.4g} to {self.high:.4g}, n={self.n})"


@dataclass(frozen=True)
class Figure:
    """One measured value, what it must reach (`at_least`, `at_most`), and how it came about."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def met(self) -> bool:
        """Whether the value is within its bounds; one without bounds is."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    @property
    def bound(self) -> str:
        """The bounds in words."""
        parts = [("at least", self.at_least), ("at most", self.at_most)]
        return ", ".join(f"{word} {bound:g}" for word, bound in parts if bound is not None)

    def as_json(self) -> dict[str, Any]:
        """All of it, and whether the bound is met."""
        return {**asdict(self), "detail": dict(self.detail), "met": self.met}


def side_by_side(ours: Callable[[int], object], theirs: Callable[[int], object], repeats: int) -> tuple[list[float], list[float]]:
    """Seconds of both, called in turns with 0, 1, ... so that a busy moment of the machine falls on both."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(repeats):
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        for side in order:
            started = time.perf_counter()
            (ours, theirs)[side](turn)
            times[side].append(time.perf_counter() - started)
    return times


def machine() -> dict[str, Any]:
    """What the figures were taken on: processor, cores, memory, versions; no name and no path of the machine."""
    packages = ("torch", "transformers", "bm25s", "rank-bm25", "numpy", "ir-measures")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "one a core"),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
    }


def write(name: str, figures: Mapping[str, Any], folder: Path = RESULTS) -> Path:
    """Write `NAME.json`: the machine, then the figures.

    >>> write("speed", {"figures": [figure.as_json()]})
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), **figures}, indent=1, ensure_ascii=True) + "\n", "utf-8")
    return path


def show(title: str, figures: Sequence[Figure], console: Console) -> None:
    """Print figures as a table, their bounds beside them."""
    table = Table(title=title, title_justify="left")
    for column in ("figure", "value", "bound", "", "detail"):
        table.add_column(column)
    for one in figures:
        verdict = "" if not one.bound else "met" if one.met else "NOT MET"
        detail = ", ".join(f"{name} {value}" for name, value in one.detail.items())
        table.add_row(one.name, f"{one.value:.4g} {one.unit}".strip(), one.bound, verdict, detail)
    console.print(table)


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text("utf-8", "replace").splitlines() if facts.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()

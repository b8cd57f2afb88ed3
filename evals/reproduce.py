"""Measures what evals/expected.yaml expects, row by row, and says whether it came out: `fathom reproduce`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.answers import named
from evals.bootstrap import Difference
from evals.datasets import load
from evals.expected import Expected
from evals.indexes import SETTINGS, index_of
from evals.means import Mean, Means
from evals.retrieval import Progress, evaluate
from retrievers.base import Sources
from retrievers.recipes import recipe
from retrievers.units import units_of

_ROUNDED = 1e-4  # the rows have four digits
STYLES = {"OK": "green", "near": "yellow", "FAIL": "red", "SKIPPED": "dim"}
Verdict = Literal["OK", "near", "FAIL", "SKIPPED"]


@dataclass(frozen=True)
class Reproduced:
    """A row and what was measured: None, and why, where the data set is not on this machine."""

    expected: Expected
    found: Mean | None
    differences: Mapping[str, Difference]
    why: str = ""

    @property
    def verdict(self) -> Verdict:
        """OK: within the tolerance (a published figure may be passed by any amount). near: outside it, and within the interval
        of what was measured, then or now. FAIL: neither, or a recipe that must have less has not."""
        row, found = self.expected, self.found
        if found is None or found.value is None:
            return "SKIPPED"
        if any(one.value <= 0 for one in self.differences.values()):
            return "FAIL"
        gap = found.value - row.value
        if abs(gap) <= row.tolerance + _ROUNDED or (row.kind == "published" and gap > 0):
            return "OK"
        low, high = (row.low, row.high) if row.kind == "regression" else (found.low, found.high)
        inside = found.value if row.kind == "regression" else row.value
        return "near" if low is not None and high is not None and low <= inside <= high else "FAIL"

    def as_json(self) -> dict[str, Any]:
        """The row, what was measured, the paired differences, and the verdict."""
        return {
            **asdict(self.expected),
            "command": self.expected.command,
            "found": self.found and self.found.as_json(),
            "over": {name: asdict(one) for name, one in self.differences.items()},
            "verdict": self.verdict,
            "why": self.why,
        }


def reproduce(rows: Sequence[Expected], data: Path | None, cache: Path, progress: Progress) -> Iterator[Reproduced]:
    """Measure the rows, those of one data set together: its index is built once. A data set that is not in `data` is skipped.

    >>> [one.verdict for one in reproduce(read(), Path("data"), Path("~/.cache/fathom"), progress)]
    """
    for (name, *_), same in groupby(sorted(rows, key=lambda row: row.files), key=lambda row: row.files):
        group = list(same)
        if data is None or not (data / name).is_dir():
            why = f"no folder {name} in {data}" if data is not None else "no folder of data sets: --data DIR, or FATHOM_DATA"
            yield from (Reproduced(row, None, {}, why) for row in group)
            continue
        found = _measured(group, data, cache, progress)
        yield from (_reproduced(row, found) for row in group)


def show(found: Sequence[Reproduced], console: Console) -> None:
    """Print each row's verdict, what it expects, what was measured and whose figure that is; then which recipes had to be above
    others, and how many rows there are of each verdict."""
    grid = Table(box=None, pad_edge=False)
    for column in ("", "row", "expected", "measured", "95 % interval", "n", "figure of"):
        grid.add_column(column)
    for one in found:
        row, mean = one.expected, one.found
        told = (f"{mean.value:.4f}", f"{mean.low:.3f} to {mean.high:.3f}", str(mean.n)) if mean else (one.why, "", "")
        verdict = Text(one.verdict, style=STYLES[one.verdict])
        grid.add_row(verdict, row.id, f"{row.value:.4f} ± {row.tolerance:g}", *told, row.source or "here, before")
    console.print(grid)
    for one in found:
        for other, gap in one.differences.items():
            name = f"{one.expected.dataset} {one.expected.measure}: {one.expected.recipe} over {other}"
            console.print(f"{name} {gap.value:+.4f}, {gap.low:+.4f} to {gap.high:+.4f}, p {gap.p:.4f}, n {gap.n}")
    console.print(", ".join(f"{sum(one.verdict == verdict for one in found)} {verdict}" for verdict in STYLES))


def _measured(rows: Sequence[Expected], data: Path, cache: Path, progress: Progress) -> Means:
    """Every recipe of the rows, with those that must have less, by every measure."""
    first = rows[0]
    dataset = load(first.dataset, data=data, queries=first.queries, owner_field=first.owner_field)
    settings = replace(SETTINGS, units=units_of([first.units] if first.units else ["passage"]))
    settings = settings if any(row.vectors for row in rows) else replace(settings, encoder=None)
    index = index_of(dataset, cache, settings, progress=_named(first.dataset, progress))
    names = dict.fromkeys(name for row in rows for name in (row.recipe, *row.above))
    stages = {name: recipe(name)(Sources(index)) for name in names}
    measures = named([row.measure for row in rows])
    return evaluate(dataset, stages, measures, index=index, progress=_named(first.dataset, progress))


def _reproduced(row: Expected, found: Means) -> Reproduced:
    part = found.over(np.array([not row.users or one.user in row.users for one in found.asked]))
    over = {other: part.difference(row.recipe, other, row.measure) for other in row.above}
    return Reproduced(row, part.recipes[row.recipe][row.measure], over)


def _named(dataset: str, progress: Progress) -> Progress:
    return lambda step, done, total: progress(f"{dataset}: {step}", done, total)

"""Retrieval quality on public data sets: what evals/expected.yaml expects against what is measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from evals.bootstrap import Difference, Estimate
from evals.datasets import load
from evals.indexes import SETTINGS, index_of
from evals.means import Means
from evals.measures import parse
from evals.retrieval import Progress, evaluate
from retrievers.base import Sources
from retrievers.errors import FathomError
from retrievers.recipes import recipe

EXPECTED = Path(__file__).with_name("expected.yaml")


@dataclass(frozen=True)
class Expected:
    """One row: `value` is what was measured when the row was written, `tolerance` how far another machine may be from it,
    `minimum` what must be reached; `above` names recipes that must have less. `source` says whose figure stands behind it,
    `command` how to get it. Without `vectors` the index is built without an encoder: lexical recipes need none."""

    dataset: str
    recipe: str
    measure: str
    value: float
    tolerance: float
    minimum: float
    source: str
    command: str
    queries: str | None = None
    owner_field: str | None = None
    above: tuple[str, ...] = ()
    vectors: bool = True

    @property
    def files(self) -> tuple[str, str, str]:
        """What is read: rows of the same files are measured together."""
        return self.dataset, self.queries or "", self.owner_field or ""


@dataclass(frozen=True)
class Outcome:
    """A row and what was measured: None where the data set is not on this machine."""

    expected: Expected
    found: Estimate | None
    differences: Mapping[str, Difference]

    @property
    def passed(self) -> bool:
        """Whether the minimum is reached, and every recipe of `above` has less."""
        if self.found is None:
            return True
        return (self.found.value or 0.0) >= self.expected.minimum and all(one.value > 0 for one in self.differences.values())

    @property
    def verdict(self) -> str:
        """In words."""
        if self.found is None:
            return "not measured: the data set is not here"
        if not self.passed:
            return "BELOW"
        near = abs((self.found.value or 0.0) - self.expected.value) <= self.expected.tolerance
        return "as expected" if near else "moved, above the minimum"

    def as_json(self) -> dict[str, Any]:
        """The row, the estimate, the paired differences, and the verdict."""
        return {
            **asdict(self.expected),
            "found": self.found and self.found.as_json(),
            "over": {name: asdict(one) for name, one in self.differences.items()},
            "verdict": self.verdict,
        }


def read(path: Path = EXPECTED) -> tuple[Expected, ...]:
    """The rows of a file of expectations; raises `FathomError` naming the row and the field that is wrong."""
    import yaml

    known = {field.name for field in fields(Expected)}
    rows: list[Expected] = []
    for number, row in enumerate(cast("list[dict[str, Any]]", yaml.safe_load(path.read_text("utf-8"))), start=1):
        unknown = sorted(set(row) - known)
        needed = sorted({"dataset", "recipe", "measure", "value", "tolerance", "minimum", "source", "command"} - set(row))
        if unknown or needed:
            what = f"has the field {unknown[0]!r}" if unknown else f"lacks the field {needed[0]!r}"
            raise FathomError(f"row {number} of {path} {what}", f"the fields {', '.join(sorted(known))}", "mend the row")
        above = tuple(cast("list[str]", row.get("above", [])))
        rows.append(replace(Expected(**{name: value for name, value in row.items() if name != "above"}), above=above))
    return tuple(rows)


def run(rows: Sequence[Expected], data: Path, cache: Path, progress: Progress) -> tuple[list[Outcome], list[Means]]:
    """Measure the rows, those of one data set together: its index is built once. Returns outcomes in the rows' order, and a
    report for each data set. Raises `FathomError` where none of them is in `data`."""
    ordered = sorted(rows, key=lambda row: row.files)
    outcomes: dict[int, Outcome] = {}
    reports: list[Means] = []
    for (name, _, _), same in groupby(ordered, key=lambda row: row.files):
        group = list(same)
        report = _report(group, data, cache, progress) if (data / name).is_dir() else None
        reports += [report] if report is not None else []
        outcomes.update({rows.index(row): _outcome(row, report) for row in group})
    if not reports:
        names = ", ".join(sorted({row.dataset for row in rows}))
        raise FathomError(f"{data} holds none of the data sets {names}", "at least one of them", "--data DIR, or FATHOM_DATA=DIR")
    return [outcomes[place] for place in range(len(rows))], reports


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print expected against measured."""
    table = Table(title="retrieval: expected against measured", title_justify="left")
    for column in ("data set", "recipe", "measure", "minimum", "expected", "measured", "95 % interval", "n", "", "source"):
        table.add_column(column)
    for one in outcomes:
        row, found = one.expected, one.found
        measured = ("-", "-", "-") if found is None else _figures(found)
        numbers = (f"{row.minimum:.3f}", f"{row.value:.4f} ± {row.tolerance:g}")
        table.add_row(row.dataset, row.recipe, row.measure, *numbers, *measured, one.verdict, row.source)
    console.print(table)
    for one in outcomes:
        for other, gap in one.differences.items():
            interval = f"{gap.value:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}], p = {gap.p:.4f}, n = {gap.n}"
            console.print(f"{one.expected.dataset} {one.expected.measure}: {one.expected.recipe} over {other} {interval}")


def _report(rows: Sequence[Expected], data: Path, cache: Path, progress: Progress) -> Means:
    first = rows[0]
    dataset = load(first.dataset, data=data, queries=first.queries, owner_field=first.owner_field)
    settings = SETTINGS if any(row.vectors for row in rows) else replace(SETTINGS, encoder=None)
    index = index_of(dataset, cache, settings, progress=_named(first.dataset, progress))
    names = dict.fromkeys(name for row in rows for name in (row.recipe, *row.above))
    stages = {name: recipe(name)(Sources(index)) for name in names}
    measures = parse([row.measure for row in rows])
    return evaluate(dataset, stages, measures, index=index, progress=_named(first.dataset, progress))


def _named(dataset: str, progress: Progress) -> Progress:
    return lambda step, done, total: progress(f"{dataset}: {step}", done, total)


def _outcome(row: Expected, report: Means | None) -> Outcome:
    if report is None:
        return Outcome(row, None, {})
    over = {other: report.difference(row.recipe, other, row.measure) for other in row.above}
    return Outcome(row, report.recipes[row.recipe][row.measure], over)


def _figures(found: Estimate) -> tuple[str, str, str]:
    return f"{found.value:.4f}", f"{found.low:.4f} to {found.high:.4f}", str(found.n)

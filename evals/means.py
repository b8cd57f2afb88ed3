"""What an evaluation found: for each system and measure a mean with its interval, by groups, and against the first system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.bootstrap import Difference, Estimate, intervals, paired, ratio
from evals.compare import compared, holm
from evals.datasets import Question
from evals.measures import Values
from evals.scores import Scores
from evals.tasks import GIVEN
from retrievers.errors import UsageError

Mask = NDArray[np.bool_]
ANSWERED = ("ExactMatch", "TokenF1", "Hits@1", "SetF1", "ExactSet")


@dataclass(frozen=True)
class Mean(Estimate):
    """A mean with its interval; `errors` of its questions failed, and `without_errors` is the mean of the others."""

    errors: int = 0
    without_errors: float | None = None

    def as_json(self) -> dict[str, float | int | None]:
        """`{value, low, high, n, errors, value_without_errors}`."""
        return {**super().as_json(), "errors": self.errors, "value_without_errors": self.without_errors}


BySystem = Mapping[str, Mapping[str, Mean]]


@dataclass(frozen=True)
class Means:
    """For each system and measure one value a question of `asked`, in its order; not a number where it does not apply.

    `total` counts the questions that could not be measured too. `names` tells what each system is, `failed` which of its
    questions came to nothing, `seconds` what they took together.
    """

    dataset: str
    total: int
    asked: tuple[Question, ...]
    values: Mapping[str, Mapping[str, Values]]
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    failed: Mapping[str, Mask] = field(default_factory=dict[str, Mask])

    @cached_property
    def recipes(self) -> BySystem:
        """System -> measure -> mean over the questions, with its bootstrap interval."""
        return self._means(np.arange(len(self.asked)))

    @cached_property
    def groups(self) -> Mapping[str, BySystem]:
        """`field=value` -> system -> measure -> mean over that group's questions."""
        held = [_groups(question) for question in self.asked]
        names = sorted({name for one in held for name in one})
        return {name: self._means(np.array([row for row, one in enumerate(held) if name in one])) for name in names}

    def over(self, chosen: Mask) -> Means:
        """The same over some of the questions.

        >>> found.over(np.array([one.user == "ann" for one in found.asked]))
        """
        asked = tuple(one for one, kept in zip(self.asked, chosen, strict=True) if kept)
        values = {system: {name: one[chosen] for name, one in each.items()} for system, each in self.values.items()}
        failed = {system: one[chosen] for system, one in self.failed.items()}
        return replace(self, total=len(asked), asked=asked, values=values, failed=failed)

    def difference(self, first: str, second: str, measure: str) -> Difference:
        """The system `first` less `second`, paired by question.

        >>> means.difference("hybrid", "bm25", "nDCG@10").p
        """
        a, b = self.values[first][measure], self.values[second][measure]
        both = ~(np.isnan(a) | np.isnan(b))
        return paired(a[both], b[both])

    @cached_property
    def differences(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """System -> measure -> what it gains over the first system, as in a comparison; `p_holm` is corrected for all of them."""
        first, *rest = self.values
        found = {
            (name, measure): compared(values, self.values[name][measure])
            for name in rest
            for measure, values in self.values[first].items()
            if not np.isnan(values + self.values[name][measure]).all()
        }
        corrected = holm([float(one["p"]) for one in found.values()])
        told: dict[str, dict[str, Mapping[str, Any]]] = {name: {} for name in rest}
        for ((name, measure), one), p in zip(found.items(), corrected, strict=True):
            told[name][measure] = {**one, "p_holm": p}
        return told

    @cached_property
    def relative(self) -> Mapping[str, Mapping[str, Estimate]]:
        """System -> `RelativeMax(measure)` -> its mean over that of the same reader given the gold documents alone, where that
        was measured beside it: what retrieval left of the reader's best (see evals/answering/relative.py)."""
        return {
            system: {f"RelativeMax({name})": _over(found[name], best[name]) for name in found if name in ANSWERED}
            for system, found in self.values.items()
            if (best := self.values.get(system + GIVEN)) is not None
        }

    def as_json(self) -> dict[str, Any]:
        """`{dataset, n, recipes: {R: {measure: mean}}, groups: {group: {R: ...}}, differences: {R: {measure: ...}}}`, and
        `relative` where a reader was given the gold."""
        relative = {system: {name: one.as_json() for name, one in found.items()} for system, found in self.relative.items()}
        return {
            "dataset": self.dataset,
            "n": self.total,
            "recipes": _plain(self.recipes),
            "groups": {name: _plain(found) for name, found in self.groups.items()},
            "differences": self.differences,
            **({"relative": relative} if relative else {}),
        }

    def _means(self, rows: NDArray[np.intp]) -> BySystem:
        keys = [(system, measure) for system, found in self.values.items() for measure in found]
        table = np.stack([self.values[system][measure][rows] for system, measure in keys])
        told: dict[str, dict[str, Mean]] = {system: {} for system in self.values}
        for (system, measure), values, estimate in zip(keys, table, _intervals(table), strict=True):
            told[system][measure] = _mean(values, estimate, self._failed(system)[rows])
        return told

    def _failed(self, system: str) -> Mask:
        return self.failed.get(system, np.zeros(len(self.asked), dtype=np.bool_))


def means(found: Sequence[Scores], total: int | None = None) -> Means:
    """The figures of some systems of one evaluation. Raises `UsageError` for none.

    >>> means([one.scores(named(["ExactMatch"])) for one in systems(ledger, "first")]).recipes
    """
    if not found:
        raise UsageError("figures of no system", "one at least", "fathom runs")
    first = found[0]
    return Means(
        first.spec.dataset,
        total or len(first.questions),
        first.questions,
        {one.system: one.along(first.ids).values for one in found},
        {one.system: one.spec.stage for one in found},
        {one.system: one.seconds for one in found},
        {one.system: one.along(first.ids).failed for one in found},
    )


def _over(system: Values, best: Values) -> Estimate:
    both = ~(np.isnan(system) | np.isnan(best))
    return ratio(system[both], best[both])


def _intervals(table: Values) -> list[Estimate]:
    """An interval a row, over the questions that it has a value for; rows that have the same are resampled together."""
    found: dict[int, Estimate] = {}
    patterns: dict[bytes, list[int]] = {}
    for row, values in enumerate(table):
        patterns.setdefault(np.isnan(values).tobytes(), []).append(row)
    for alike in patterns.values():
        told = ~np.isnan(table[alike[0]])
        found.update(zip(alike, intervals(table[alike][:, told]), strict=True))
    return [found[row] for row in range(len(table))]


def _mean(values: Values, estimate: Estimate, failed: Mask) -> Mean:
    told = ~np.isnan(values)
    errors, rest = int((failed & told).sum()), values[told & ~failed]
    without = float(rest.mean()) if len(rest) else None
    return Mean(estimate.value, estimate.low, estimate.high, estimate.n, errors, without)


def _groups(question: Question) -> set[str]:
    return {f"{name}={value}" for name, value in question.groups.items()}


def _plain(found: BySystem) -> dict[str, dict[str, dict[str, float | int | None]]]:
    return {system: {name: one.as_json() for name, one in each.items()} for system, each in found.items()}

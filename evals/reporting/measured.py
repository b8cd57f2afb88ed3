"""What a report is made of: systems over the same questions, their means, and each against the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from evals.compare import Comparison, compare, holm
from evals.means import Means, means
from evals.scores import Kept, Scores
from retrievers.errors import FathomError

Counts = Mapping[str, int]


@dataclass(frozen=True)
class System:
    """A system of a report: what the report calls it, how it was read, and its values."""

    name: str
    kept: Kept
    scores: Scores


@dataclass(frozen=True)
class Measured:
    """Some systems over the same questions, the first of which the others are compared with.

    `better` are the measures of which more is better. `causes` has the count of each cause by agent, or why there is none.
    `command` is what was typed.
    """

    systems: tuple[System, ...]
    better: frozenset[str]
    causes: Mapping[str, Counts | FathomError] = field(default_factory=dict[str, Counts | FathomError])
    command: str = ""

    @property
    def agents(self) -> tuple[System, ...]:
        """Those that answer."""
        return tuple(one for one in self.systems if not one.kept.spec.alone)

    @property
    def alone(self) -> tuple[System, ...]:
        """Those of retrieval alone."""
        return tuple(one for one in self.systems if one.kept.spec.alone)

    @cached_property
    def means(self) -> Means:
        """The figures of all systems, by the names of the report."""
        return means([replace(one.scores, spec=replace(one.scores.spec, label=one.name)) for one in self.systems])

    @cached_property
    def comparisons(self) -> Mapping[str, Comparison]:
        """Each other system against the first; Holm's correction is for all tests of the report together.

        Raises `FathomError` naming the difference where their questions are not the same.
        """
        first, *rest = self.systems
        found = {one.name: compare(first.scores, one.scores) for one in rest}
        tests = [(name, measure, one.p) for name, each in found.items() for measure, one in each.measures.items()]
        corrected = holm([p for *_, p in tests])
        whole = {(name, measure): p for (name, measure, _), p in zip(tests, corrected, strict=True)}
        return {
            name: replace(
                each, measures={measure: replace(one, p_holm=whole[name, measure]) for measure, one in each.measures.items()}
            )
            for name, each in found.items()
        }

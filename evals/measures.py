"""Retrieval measures under the names that ir_measures gives them, one value a question, and `All@k` beside them.

Judgements are binary. Places count by rank: equal scores are no ties here, for a ranking has already ordered them by id.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrievers.errors import UsageError

Values = NDArray[np.float64]

_ALL = re.compile(r"All@([1-9][0-9]*)")
_PROVIDERS = ("pytrec_eval", "msmarco", "judged", "accuracy")  # those that compute in this process
_EXAMPLE = "--measure nDCG@10 --measure R@100 --measure All@8"


class Measure(Protocol):
    """One figure a question. `str(measure)` is its name; `cutoff` how deep it looks, None for the whole ranking.

    `values(found, relevant)`: ids found for each question, best first, and ids that are relevant to it; one value each.
    """

    @property
    def cutoff(self) -> int | None: ...
    def values(self, found: Sequence[Sequence[str]], relevant: Sequence[Collection[str]]) -> Values: ...


@dataclass(frozen=True)
class All:
    """1 where every relevant id is in the first k, else 0: what a question of several hops needs.

    >>> All(2).values([["a", "c", "b"]], [{"a", "b"}])
    array([0.])
    """

    cutoff: int

    def values(self, found: Sequence[Sequence[str]], relevant: Sequence[Collection[str]]) -> Values:
        """One value a question."""
        pairs = zip(found, relevant, strict=True)
        return np.array([set(wanted) <= set(ids[: self.cutoff]) for ids, wanted in pairs], dtype=np.float64)

    def __str__(self) -> str:
        return f"All@{self.cutoff}"


@dataclass(frozen=True)
class IrMeasure:
    """A measure of ir_measures (MacAvaney et al., ECIR 2022): nDCG@10, AP@1000, R@100, RR@10, P@5, Success@1, ...

    A question for which nothing was found counts 0. Raises `UsageError` for a name that ir_measures does not know, or
    would compute by starting another program.

    >>> IrMeasure("P@2").values([["a", "b"]], [{"a"}])
    array([0.5])
    """

    name: str

    def __post_init__(self) -> None:
        cutoff = self._measure.params.get("cutoff")
        if cutoff is not None and (type(cutoff) is not int or cutoff < 1):
            raise UsageError(f"the measure {self.name!r}", "a cut-off of at least 1", _EXAMPLE)
        if self._provider is None:
            raise UsageError(f"the measure {self.name!r} needs another program", "one that is computed in this process", _EXAMPLE)

    @property
    def cutoff(self) -> int | None:
        """How many places count, or None for all."""
        return self._measure.params.get("cutoff")

    def values(self, found: Sequence[Sequence[str]], relevant: Sequence[Collection[str]]) -> Values:
        """One value a question."""
        run = {str(row): {str(rank): -float(rank) for rank in range(len(ids))} for row, ids in enumerate(found)}
        gold = {str(row): _judged(*pair) for row, pair in enumerate(zip(found, relevant, strict=True))}
        values = np.zeros(len(found), dtype=np.float64)
        for one in self._provider.iter_calc([self._measure], gold, run) if len(found) else ():
            values[int(one.query_id)] = one.value
        return values

    def __str__(self) -> str:
        return str(self._measure)

    @cached_property
    def _measure(self) -> Any:
        import ir_measures

        try:
            measure = ir_measures.parse_measure(self.name)
            measure.validate_params()
        except (ValueError, NameError, TypeError, AssertionError) as error:
            meant = _meant(self.name, [*ir_measures.measures.registry, "All"])
            raise UsageError(
                f"the measure {self.name!r} ({error})", "All@k or a name of ir_measures, like nDCG@10", meant
            ) from error
        return measure

    @cached_property
    def _provider(self) -> Any:
        from ir_measures import providers

        able = (providers.registry[name] for name in _PROVIDERS)
        return next((one for one in able if one.is_available() and one.supports(self._measure)), None)


def _meant(name: str, known: Sequence[str]) -> str:
    """The nearest name that there is, else an example."""
    word = re.split(r"[@(]", name)[0]
    by_case = {one.casefold(): one for one in reversed(known)}  # of two spellings the first: nDCG, not NDCG
    near = get_close_matches(word.casefold(), by_case, n=1)
    found = by_case[near[0]] if near else word
    return f"did you mean {name.replace(word, found)}?" if found != word else _EXAMPLE


def _judged(found: Sequence[str], relevant: Collection[str]) -> Mapping[str, int]:
    """The relevant ids under the names that a run of ranks gives them; those not found keep a name that no rank has."""
    places = {id: str(rank) for rank, id in enumerate(found)}
    return {places.get(id, f"missed-{number}"): 1 for number, id in enumerate(sorted(relevant))}


def parse(names: Sequence[str]) -> tuple[Measure, ...]:
    """The measures of these names, in their order, each once; raises `UsageError` for a name that means none.

    >>> [str(measure) for measure in parse(["nDCG@10", "All@8"])]
    ['nDCG@10', 'All@8']
    """
    if not names:
        raise UsageError("no measure was named", "at least one", _EXAMPLE)
    found: dict[str, Measure] = {}
    for name in names:
        match = _ALL.fullmatch(name)
        measure: Measure = All(int(match[1])) if match else IrMeasure(name)
        found.setdefault(str(measure), measure)
    return tuple(found.values())

"""What each retriever of a fusion adds to the evidence that is shown: left out, and over every subset (Shapley)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from math import comb, fsum
from typing import Any

from agent.tools import Tools
from evals.replaying.arms import Arms
from evals.replaying.issued import Issued, carried_out, hands, judged, recall
from retrievers.errors import UsageError

MOST_ARMS = 6
Subset = frozenset[int]
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Share:
    """What an arm adds to the evidence recall: `alone` is what it reaches with no other, `leave_one_out` what is lost without it,
    and `shapley` its mean gain over every order in which the arms could come (Shapley, 1953)."""

    arm: str
    alone: float
    leave_one_out: float
    shapley: float


@dataclass(frozen=True)
class Contribution:
    """The evidence `recall` of the whole fusion, and each arm's share, whose Shapley values sum to it."""

    recall: float
    shares: tuple[Share, ...]

    def as_json(self) -> dict[str, Any]:
        """`{recall, arms: [{arm, alone, leave_one_out, shapley}]}`."""
        return {"recall": self.recall, "arms": [asdict(one) for one in self.shares]}


def contribution(issued: Sequence[Issued], tools: Tools, progress: Progress = lambda step, done, total: None) -> Contribution:
    """What each arm of the fusion in `tools.stage` adds to the mean evidence recall of these queries.

    Every arm searches a query once; for each subset of arms they are fused anew, an arm alone as well, and what stands behind the
    fusion is done again. No arm at all counts as 0. Raises `UsageError` for a recipe without a fusion, or of more than six arms.

    >>> [(one.arm, one.shapley) for one in contribution(issued, tools).shares]
    [('BM25', 0.625), ('Dense', 0.125)]
    """
    arms = Arms.of(tools.stage)
    count = len(arms.names)
    if count > MOST_ARMS:
        raise UsageError(
            f"the recipe fuses {count} arms", f"at most {MOST_ARMS}: their subsets are all tried", "--recipe with fewer arms"
        )
    asked = judged(issued)
    users = hands(asked, tools)
    recalls: list[Mapping[Subset, float]] = []
    for done, one in enumerate(asked):
        progress("contribution", done, len(asked))
        recalls.append(_recalls(one, users[one.question.user], arms.once()))
    progress("contribution", len(asked), len(asked))
    worth = {subset: fsum(one[subset] for one in recalls) / len(asked) for subset in recalls[0]}
    return _shared(arms.names, worth)


def shapley(worth: Mapping[Subset, float], count: int) -> list[float]:
    """Each player's Shapley value in a game of `count` players: the mean of what it adds, over every order of them.

    `worth` is the value of each subset of 0..count-1; that of none must be among them.

    >>> shapley({frozenset(): 0, frozenset({0}): 1, frozenset({1}): 0, frozenset({0, 1}): 2}, 2)
    [1.5, 0.5]
    """
    return [
        fsum(
            (worth[without | {one}] - worth[without]) / (count * comb(count - 1, len(without))) for without in _others(one, count)
        )
        for one in range(count)
    ]


def _recalls(issued: Issued, tools: Tools, arms: Arms) -> dict[Subset, float]:
    """A question's evidence recall with each subset of the arms."""
    return {subset: _recall(issued, tools, arms, subset) for subset in subsets(range(len(arms.names)))}


def _recall(issued: Issued, tools: Tools, arms: Arms, chosen: Subset) -> float:
    stage = arms.only(sorted(chosen))
    if stage is None:
        return 0.0
    return recall(issued, {one.document for one in carried_out(issued, tools, stage)})


def _shared(names: Sequence[str], worth: Mapping[Subset, float]) -> Contribution:
    every = frozenset(range(len(names)))
    values = shapley(worth, len(names))
    shares = [
        Share(name, worth[frozenset({place})], worth[every] - worth[every - {place}], values[place])
        for place, name in enumerate(names)
    ]
    return Contribution(worth[every], tuple(shares))


def _others(one: int, count: int) -> list[Subset]:
    """The subsets of the others."""
    return subsets([other for other in range(count) if other != one])


def subsets(players: Sequence[int]) -> list[Subset]:
    """All subsets, the empty one first."""
    return [frozenset(chosen) for size in range(len(players) + 1) for chosen in combinations(players, size)]

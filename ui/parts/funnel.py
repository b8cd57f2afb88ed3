"""The funnel of a question: how many passages each stage gave, and how many of them were shown and cited."""

from __future__ import annotations

from dataclasses import dataclass

from agent.reports.wording import counted
from retrievers.printable import one_line
from ui.parts.gathered import Gathered, Given, Kind


@dataclass(frozen=True)
class Level:
    """One level: `count` distinct passages, of `places` that the searches gave together.

    The ledger keeps the first places of a long ranking alone: where several are merged, `count` may then be too low, and is not
    `exact`.
    """

    name: str
    count: int
    places: int
    exact: bool = True

    @property
    def told(self) -> str:
        """The count in words.

        >>> Level("Fused", 412, 900, exact=False).told
        'at least 412'
        """
        return f"{self.count:,}" if self.exact else f"at least {self.count:,}"


def funnel(gathered: Gathered, search: int | None = None) -> tuple[Level, ...]:
    """The levels from the first retriever to what was cited: of one search, or of all, each passage counted once.

    >>> [level.count for level in funnel(gathered)]
    [49, 165, 165, 12, 3]
    """
    stages: dict[str, list[Given]] = {}
    for searched in gathered.only(search):
        for given in searched.stages:
            stages.setdefault(given.stage, []).append(given)
    levels = [_level(name, several) for name, several in stages.items()]
    shown = [one for one in gathered.shown if search is None or one.action == search]
    cited = [one for one in shown if one.number in gathered.cited]
    return (
        *levels,
        Level("Shown", len({one.item for one in shown}), len(shown)),
        Level("Cited", len({one.item for one in cited}), len(cited)),
    )


def _level(name: str, several: list[Given]) -> Level:
    rankings = [one for given in several for one in given.rankings]
    places = sum(one.total for one in rankings)
    if len(rankings) == 1:
        return Level(_named(name, several[0].kind), places, places)
    kept = {id for one in rankings for id in one.ids}
    whole = all(one.total == len(one) for one in rankings)
    return Level(_named(name, several[0].kind), max(len(kept), *(one.total for one in rankings)), places, whole)


def _named(stage: str, kind: Kind) -> str:
    stage = one_line(stage)
    inner, _, rest = stage.partition("(")
    match kind:
        case "fused":
            return "Fused" if inner == "Fuse" else f"Fused by {stage}"
        case "reranked":
            return f"Reranked by {rest.removesuffix(')')}" if rest.endswith(")") else f"Reranked by {stage}"
        case "cut":
            return "First {1} of {0}".format(*stage.rsplit(" % ", 1))
        case "rolled":
            return "Rolled up to documents"
        case "opened":
            return "Opened to read on"
        case "retrieved":
            return f"Retrieved by {stage}"


def told(levels: tuple[Level, ...]) -> str:
    """The funnel in one sentence, for whoever does not see the picture."""
    return "; ".join(f"{level.name}: {level.told} {'passage' if level.count == 1 else 'passages'}" for level in levels)


def carried(gathered: Gathered) -> str:
    """A sentence where some of what was shown came from an earlier answer of the conversation; else nothing."""
    number = sum(one.action == 0 for one in gathered.shown)
    return f"Of what was shown, {counted(number, 'passage')} came from an earlier answer of the conversation." if number else ""

"""What the page Compare shows of two runs, worked out once and kept small: figures, curves, changed questions, causes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from agent.entries.faults import StoreError
from agent.entries.rows import RunRow
from retrievers.errors import FathomError
from ui.parts.evaluations import only_own
from ui.parts.run_head import closed
from ui.visit import Visit

if TYPE_CHECKING:
    from evals.answering.evidence import Point
    from evals.compare import Compared, Comparison, Flip
    from evals.scores import Kept, Scores

T = TypeVar("T")
Unit = Literal["searches", "tokens", "places"]
Curves = Mapping[str, Sequence["Point"]]
FLIPS = 20


@dataclass(frozen=True)
class Turned:
    """A question that changed: its values in words, what to type to see why, and its number in both runs."""

    id: str
    text: str
    values: str
    why: str
    a: int
    b: int


@dataclass(frozen=True)
class Finding:
    """Two runs compared. `a` and `b` say what they are; `curves` are by unit, then by `A` and `B`; `users` ask the questions."""

    a: str
    b: str
    dataset: str
    questions: int
    same_index: bool
    measures: Mapping[str, Compared]
    flips: tuple[Turned, ...] = ()
    curves: Mapping[Unit, Curves] = field(default_factory=dict[Unit, Curves])
    users: frozenset[str | None] = frozenset()


def finding(visit: Visit, a: RunRow, b: RunRow) -> Finding | FathomError:
    """The comparison of two of the visitor's runs, or why there is none; worked out once for each pair.

    >>> finding(visit, a, b).measures["ExactMatch"].p_holm
    """
    return _once(visit, ("comparison", visit.user, a.id, b.id), partial(_finding, visit, a.id, b.id))


def causes(visit: Visit, run: RunRow, users: frozenset[str | None]) -> Mapping[str, int] | FathomError:
    """How many of an agent's questions have each cause, or why that cannot be told here; worked out once for each run.

    >>> causes(visit, run, finding.users)["right"]
    7
    """
    from evals.attribution import attribute

    if reason := closed(visit, run):
        return FathomError(reason.rstrip("."), "an index that is as it was when the run was made", "make a new run on it")
    try:
        only_own(visit, users)
    except FathomError as error:
        return error
    return _once(
        visit,
        ("causes", visit.user, run.id),
        lambda: attribute(visit.ledger, visit.service.workshop, run.id).counts(),
    )


def _once(visit: Visit, key: tuple[str, ...], make: Callable[[], T]) -> T | FathomError:
    """A value that does not change, or the error that will be the same again; a ledger that was busy is asked anew."""

    def made() -> T | FathomError:
        try:
            return make()
        except StoreError:
            raise
        except FathomError as error:
            return error.with_traceback(None)

    return visit.service.memo.value(key, made)


def _finding(visit: Visit, a: str, b: str) -> Finding:
    from evals.answers import named
    from evals.compare import compare
    from evals.scores import kept
    from evals.usual import better, usual

    first, second = (kept(visit.ledger, run) for run in (a, b))
    measures = named(usual((first, second)))
    one, other = first.scores(measures), second.scores(measures)
    found = compare(one, other)
    return Finding(
        one.about,
        other.about,
        one.spec.dataset,
        len(one.ids),
        one.spec.identity == other.spec.identity,
        found.measures,
        _turned(found, better(measures), one, other),
        _curves(first, second),
        frozenset(each.user for each in one.questions),
    )


def _turned(found: Comparison, counts: Collection[str], a: Scores, b: Scores) -> tuple[Turned, ...]:
    numbers, others = ({id: number for number, id in enumerate(one.ids, start=1)} for one in (a, b))
    return tuple(
        Turned(flip.id, flip.text, _values(flip), flip.why, numbers[flip.id], others[flip.id])
        for flip in found.flips(FLIPS, counts)
    )


def _values(flip: Flip) -> str:
    from evals.reporting.wording import figure

    return ", ".join(f"{name} {figure(flip.a[name])} to {figure(flip.b[name])}" for name in flip.a)


def _curves(a: Kept, b: Kept) -> dict[Unit, Curves]:
    """Of agents recall by searches and by tokens, of recipes alone by places; a curve without points is none."""
    from evals.answering.evidence import recall_curve
    from evals.reporting.curves import depth_curve

    sides = {"A": a, "B": b}
    agents = {name: one for name, one in sides.items() if not one.spec.alone}
    alone = {name: one for name, one in sides.items() if one.spec.alone}
    deep = min((one.depth for one in alone.values()), default=0)
    longest = max((len(each.ranking) for one in alone.values() for each in one.outcomes), default=0)
    found: dict[Unit, Curves] = {
        "searches": {name: recall_curve(one.outcomes, "searches") for name, one in agents.items()},
        "tokens": {name: recall_curve(one.outcomes, "tokens") for name, one in agents.items()},
        "places": {name: depth_curve(one.outcomes, min(deep, longest)) for name, one in alone.items()},
    }
    drawn: dict[Unit, Curves] = {unit: {name: one for name, one in each.items() if one} for unit, each in found.items()}
    return {unit: each for unit, each in drawn.items() if each}

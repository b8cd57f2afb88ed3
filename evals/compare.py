"""Compares two evaluations over the same questions: differences, how sure they are, and the questions that changed most.

Every difference is b - a: what the second gains over the first.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.bootstrap import LEVEL, TIE, paired
from evals.measures import Values
from evals.scores import Scores
from retrievers.errors import FathomError, UsageError

POWER = 0.8
_NAMED = 3


@dataclass(frozen=True)
class Compared:
    """One measure: the means of a and b over the `n` questions that it applies to in both, and their `difference` b - a with its
    interval (bootstrap, 95 %).

    `p` is two-sided: McNemar's exact test where every value is 0 or 1, else paired randomisation; `p_holm` is corrected for the
    number of measures. `detectable` is the smallest difference that so many questions can show. `wins` counts the questions on
    which b is better, `losses` those on which a is.
    """

    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    detectable: float | None
    n: int
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True)
class Flip:
    """A question whose values changed: those that did, by measure, in a and in b, and what to type to see `why`."""

    id: str
    text: str
    a: Mapping[str, float]
    b: Mapping[str, float]
    why: str


@dataclass(frozen=True)
class Comparison:
    """Two evaluations, their questions in the order of `a`, and what was found by measure."""

    a: Scores
    b: Scores
    measures: Mapping[str, Compared]

    def flips(self, most: int = 10, of: Collection[str] | None = None) -> list[Flip]:
        """The questions that changed most: by the first measure, where that is even by the next; among equals in their order.

        `of` are the measures that count, where any of them was compared: what a question took is nearly always another.

        >>> [one.why for one in compare(a, b).flips(1)]
        ['fathom why second --question q7']
        """
        names = [name for name in self.measures if of is None or name in of] or list(self.measures)
        gaps = np.nan_to_num(np.stack([self.b.values[name] - self.a.values[name] for name in names]))
        sizes = np.round(np.abs(gaps), 12)  # equal but for rounding is equal
        order = np.lexsort(-sizes[::-1])  # its last key counts first; it keeps equals in their order
        changed = order[(sizes[:, order] > TIE).any(axis=0)]
        return [self._flip(int(row), names, gaps[:, row]) for row in changed[:most]]

    def as_json(self) -> dict[str, dict[str, Any]]:
        """`{measure: {a, b, difference, low, high, p, p_holm, detectable, n, wins, losses, ties}}`."""
        return {name: asdict(found) for name, found in self.measures.items()}

    def _flip(self, row: int, names: Sequence[str], gaps: Values) -> Flip:
        """The question's story is told by the run in which it fares worse, or by both where they are of one evaluation."""
        first = next(float(gap) for gap in gaps if abs(gap) > TIE)
        worse, id = self.a if first > 0 else self.b, self.a.ids[row]
        told = [name for name, gap in zip(names, gaps, strict=True) if abs(gap) > TIE]
        a, b = ({name: float(one.values[name][row]) for name in told} for one in (self.a, self.b))
        every = self.a.evaluation == self.b.evaluation and worse.spec.alone
        return Flip(id, self.a.questions[row].text, a, b, worse.why(id, every=every))


def compare(a: Scores, b: Scores) -> Comparison:
    """What `b` gains over `a`, question by question.

    Raises `FathomError` naming the difference where the data sets, the questions or what is relevant to them are not the
    same, `UsageError` where the measures are not.

    >>> compare(scores(ledger, "first", measures), scores(ledger, "second", measures)).measures["nDCG@10"].p_holm
    """
    _check(a, b)
    b = b.along(a.ids)
    found = {name: compared(a.values[name], b.values[name]) for name in a.values if _both(a, b, name).any()}
    if not found:
        raise UsageError(f"no measure applies to the same question in {a.name} and {b.name}", "one that does", "--measure R@10")
    corrected = holm([float(one["p"]) for one in found.values()])
    both = zip(found.items(), corrected, strict=True)
    return Comparison(a, b, {name: Compared(**one, p_holm=p) for (name, one), p in both})


def mcnemar(wins: int, losses: int) -> float:
    """McNemar's exact test: the two-sided chance that questions which differ fall so unevenly on either side, each as likely.

    The binomial tail with one half, in whole numbers (McNemar, Psychometrika 1947).

    >>> mcnemar(5, 0)
    0.0625
    """
    total, term, tail = wins + losses, 1, 0
    for place in range(min(wins, losses) + 1):
        tail += term
        term = term * (total - place) // (place + 1)
    return min(1.0, 2 * tail / 2**total)


def holm(chances: Sequence[float]) -> list[float]:
    """Each p corrected for how many there are, so that at 5 % any false finding among them has 5 % (Holm, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    corrected, least = [0.0] * len(chances), 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        least = max(least, min(1.0, chances[place] * (len(chances) - rank)))
        corrected[place] = least
    return corrected


def detectable(gaps: Values) -> float | None:
    """The smallest true difference that so many questions show with 80 % power at 5 %, two-sided.

    The normal approximation (z(0.975) + z(0.8)) * s / sqrt(n), s the standard deviation of the paired differences with n - 1:
    the usual reckoning for a paired z-test. It is 0 where all differ alike, which says nothing; None for a single question.
    """
    if len(gaps) < 2:
        return None
    normal = NormalDist()
    reach = normal.inv_cdf((1 + LEVEL) / 2) + normal.inv_cdf(POWER)
    return reach * float(gaps.std(ddof=1)) / math.sqrt(len(gaps))


def compared(a: Values, b: Values) -> dict[str, Any]:
    """One measure's row but for Holm's correction, over the questions that have a value in both."""
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    gap = paired(b, a)
    hits = bool(np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all())
    return {
        "a": float(a.mean()),
        "b": float(b.mean()),
        "difference": gap.value,
        "low": gap.low,
        "high": gap.high,
        "p": mcnemar(gap.wins, gap.losses) if hits else gap.p,
        "detectable": detectable(b - a),
        "n": gap.n,
        "wins": gap.wins,
        "losses": gap.losses,
        "ties": gap.n - gap.wins - gap.losses,
    }


def _check(a: Scores, b: Scores) -> None:
    """Only what asks the same can be compared."""
    first, second = a.spec.dataset, b.spec.dataset
    if first != second:
        raise _refused(a, f"{a.name} asked the data set {first!r}, {b.name} the data set {second!r}")
    if set(a.ids) != set(b.ids):
        sides = "; ".join(part for part in (_alone(a, b), _alone(b, a)) if part)
        raise _refused(a, f"{a.name} and {b.name} asked different questions: {sides}")
    other = b.along(a.ids)
    for one, two in zip(a.questions, other.questions, strict=True):
        for what, differs in (
            ("another text", one.text != two.text),
            ("other relevant passages", set(one.relevant) != set(two.relevant)),
            ("other right answers", set(one.answers) != set(two.answers)),
            ("another user", one.user != two.user),
        ):
            if differs:
                raise _refused(a, f"the question {one.id!r} has {what} in {b.name} than in {a.name}")
    if set(a.values) != set(b.values) or not a.values:
        named = f"{', '.join(a.values) or 'nothing'} of {a.name}, {', '.join(b.values) or 'nothing'} of {b.name}"
        raise UsageError(f"different measures: {named}", "the same measures of both", "--measure nDCG@10")


def _both(a: Scores, b: Scores, name: str) -> NDArray[np.bool_]:
    return ~(np.isnan(a.values[name]) | np.isnan(b.values[name]))


def _alone(one: Scores, other: Scores) -> str:
    """`2 in first alone (q1, q2)`, or nothing."""
    there = set(other.ids)
    alone = [id for id in one.ids if id not in there]
    more = ", ..." if len(alone) > _NAMED else ""
    return f"{len(alone)} in {one.name} alone ({', '.join(alone[:_NAMED])}{more})" if alone else ""


def _refused(a: Scores, happened: str) -> FathomError:
    expected = "two evaluations of the same questions of one data set"
    return FathomError(happened, expected, f"fathom eval {a.spec.dataset or 'DATASET'} --recipe RECIPE --run NEW-NAME")

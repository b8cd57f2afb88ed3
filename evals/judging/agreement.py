"""How far two judges agree on the same answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Of the answers that two judges both decided: how many `both` call right, only the `first`, only the `second`, `neither`.

    >>> Agreement(20, 5, 10, 15).kappa
    0.4
    """

    both: int
    first: int
    second: int
    neither: int

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]]) -> Agreement:
        """From the values (1 right, 0 wrong) that the first and the second judge gave each answer."""
        return cls(*(sum(pair == seen for pair in pairs) for seen in ((1, 1), (1, 0), (0, 1), (0, 0))))

    @property
    def n(self) -> int:
        """How many answers both decided."""
        return self.both + self.first + self.second + self.neither

    @property
    def share(self) -> float | None:
        """The share on which they agree; None of no answer."""
        return (self.both + self.neither) / self.n if self.n else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (1960): agreement beyond what their shares of right answers bring about by chance, 1 at most.

        None of no answer, and where chance alone makes them agree on all: both call everything right, or everything wrong.
        """
        if not self.n:
            return None
        right = (self.both + self.first) * (self.both + self.second)
        wrong = (self.second + self.neither) * (self.first + self.neither)
        by_chance, square = right + wrong, self.n**2
        return None if by_chance == square else ((self.both + self.neither) * self.n - by_chance) / (square - by_chance)

    def as_json(self) -> dict[str, float | int | None]:
        """The four counts, the share and kappa, by name."""
        counts = {"both_correct": self.both, "judge_only": self.first, "match_only": self.second, "neither": self.neither}
        return {**counts, "n": self.n, "agreement": self.share, "kappa": self.kappa}

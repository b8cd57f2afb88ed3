"""What an answer cites against the evidence, in whole documents."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from evals.answering.base import Judged
from evals.outcomes import Outcome


@dataclass(frozen=True, repr=False)
class _Among(Judged):
    """Over the answers that cite; with `every`, over all, where one that cites nothing counts 0. Print coverage beside either."""

    every: bool = False

    def applies(self, one: Outcome) -> bool:
        """Where the data set names relevant documents and, unless `every`, the answer cites."""
        return super().applies(one) and (self.every or (bool(one.cited) and not one.failed))

    def quality(self, one: Outcome) -> float:
        """0 to 1."""
        cited = {each.document for each in one.cited}
        held = {each.document for each in one.cited if each.held}
        relevant = set(one.question.relevant)
        return len(held & relevant) / self._whole(cited, relevant) if cited else 0.0

    @abstractmethod
    def _whole(self, cited: set[str], relevant: set[str]) -> int:
        """Of how many."""

    def __repr__(self) -> str:
        return super().__repr__() + ("(all)" if self.every else "")


@dataclass(frozen=True, repr=False)
class CitationPrecision(_Among):
    """The share of the documents cited that are relevant and cited by a claim that holds; ids are compared whole.

    A document that only claims without support cite counts as cited and not as right.

    >>> CitationPrecision().values(outcomes).mean()
    """

    def _whole(self, cited: set[str], relevant: set[str]) -> int:
        return len(cited)


@dataclass(frozen=True, repr=False)
class CitationRecall(_Among):
    """The share of the relevant documents that a claim that holds cites.

    >>> CitationRecall(every=True).values(outcomes).mean()
    """

    def _whole(self, cited: set[str], relevant: set[str]) -> int:
        return len(relevant)


@dataclass(frozen=True, repr=False)
class CitationCoverage(Judged):
    """1 where the answer cites anything.

    >>> CitationCoverage().values(outcomes).mean()
    """

    def quality(self, one: Outcome) -> float:
        """1 or 0."""
        return float(bool(one.cited))

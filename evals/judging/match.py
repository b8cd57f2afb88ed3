"""The judge that needs no model: whether an answer has the words of a right one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.answering.base import normal
from evals.judging.verdict import Case, Verdict
from retrievers.base import Query

NORMALISED = "NormalisedMatch"


@dataclass(frozen=True)
class NormalisedMatch:
    """Correct where the answer is one of the right ones, both normalised as in SQuAD (Rajpurkar et al., EMNLP 2016).

    It is never unsure. What it calls wrong may be right in other words: that is what a model is asked for.

    >>> NormalisedMatch().judge(Case("Who?", ("The Beatles",), "beatles"), Query("")).said
    'correct'
    """

    @property
    def identity(self) -> str:
        """It has no settings."""
        return NORMALISED

    @property
    def settings(self) -> Mapping[str, Any]:
        """None."""
        return {}

    def judge(self, case: Case, cause: Query) -> Verdict:
        """Its verdict, with the right answer that it matched."""
        said = normal(case.answer)
        same = next((right for right in case.right if normal(right) == said), None)
        return Verdict("incorrect", "no right answer has its words") if same is None or not said else Verdict("correct", same)

    def stop(self) -> None:
        """Nothing is under way."""

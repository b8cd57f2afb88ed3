"""What a judge is shown of an answer, what it may say, and what needs no judge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from evals.outcomes import Outcome
from retrievers.base import Query, Usage
from retrievers.errors import ReplyError

Said = Literal["correct", "incorrect", "cannot_tell"]
NOTHING = Usage(cost=0.0)
_VALUES = {"correct": 1.0, "incorrect": 0.0, "cannot_tell": None}


@dataclass(frozen=True)
class Verdict:
    """What a judge says of an answer, why, and what that took."""

    said: Said
    reason: str = ""
    usage: Usage = field(default=NOTHING, compare=False)

    @property
    def value(self) -> float | None:
        """1 for a right answer, 0 for a wrong one, None where the judge cannot tell."""
        return _VALUES[self.said]


class Nonsense(ReplyError):
    """A judge gave no verdict, even when it was told what was wrong with its reply: the answer is neither right nor wrong.

    `usage` is what its replies took.
    """

    def __init__(self, happened: str, expected: str = "", next: str = "", *, usage: Usage = NOTHING) -> None:
        super().__init__(happened, expected, next)
        self.usage = usage


@dataclass(frozen=True)
class Case:
    """An answer to be judged: the question, its right answers, and what was answered in the fewest words.

    >>> Case("Who found Neptune?", ("Johann Galle",), "Galle")
    """

    question: str
    right: tuple[str, ...]
    answer: str

    @classmethod
    def of(cls, one: Outcome) -> Case:
        """The case of what came of a question: its short answer, or the whole where it has none."""
        said = "" if one.answer is None else one.answer.short.strip() or one.answer.text.strip()
        return cls(one.question.text, one.question.answers, said)

    def key(self, judge: str) -> str:
        """A hash of all that decides what the judge of this identity says."""
        told = json.dumps([judge, self.question, self.right, self.answer])
        return hashlib.sha256(told.encode()).hexdigest()


class Judge(Protocol):
    """Says whether answers are right; it is asked from several threads. `identity` names all that decides its verdicts, and
    `settings` are recorded beside each of them."""

    @property
    def identity(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, Any]: ...
    def judge(self, case: Case, cause: Query) -> Verdict:
        """Its verdict. Raises `Nonsense` where there is none, `EndpointError` where nobody could be asked."""
        ...

    def stop(self) -> None:
        """End what is under way."""
        ...


def known(one: Outcome) -> Verdict | None:
    """The verdict that needs no judge: a question with a right answer that failed, was refused, or got no words is wrong."""
    if one.failed:
        return Verdict("incorrect", f"the question failed: {one.reason}")
    if one.refused:
        return Verdict("incorrect", "the question was refused")
    return None if Case.of(one).answer else Verdict("incorrect", "the answer has no words")

"""Arms of an agent benchmark: the same questions asked of several agents, or of one search, and what each had shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from agent.ledger import Ledger
from agent.runs import Runs
from agent.spec import Spec
from agent.state import Effort, Spent
from agent.workshop import Workshop
from evals.datasets import Question
from evals.outcomes import Outcome, outcomes
from retrievers.base import Stage
from retrievers.index import Index

Progress = Callable[[str, int, int | None], None]


def searched(stage: Stage, index: Index, questions: Sequence[Question], k: int) -> list[Outcome]:
    """One search a question, its first `k` passages: the baseline that an agent has to beat."""
    found = [stage.search(question.text, k).ids for question in questions]
    return [
        Outcome(question, tuple(item.document for item in index.find(ids)), spent=Spent(searches=1))
        for question, ids in zip(questions, found, strict=True)
    ]


@dataclass(frozen=True)
class Bench:
    """Asks questions through the run service, one run an arm, and reads from the ledger what came of them.

    >>> Bench(Runs(ledger, workshop)).ask(questions, Spec(index="an.index"))
    """

    runs: Runs = field(repr=False)
    progress: Progress = lambda step, done, total: None

    @classmethod
    def on(cls, ledger: Ledger, workshop: Workshop, progress: Progress) -> Bench:
        """A benchmark whose runs are kept in `ledger`."""
        return cls(Runs(ledger, workshop), progress)

    def ask(self, questions: Sequence[Question], spec: Spec, name: str = "") -> list[Outcome]:
        """The outcomes in the order of the questions; raises what ended the run."""
        texts, gold = [question.text for question in questions], [question.gold for question in questions]
        run = self.runs.start(texts, spec, purpose="eval", gold=gold)
        done = 0
        for _, kind, _ in self.runs.events(run):
            done += kind == "answer"
            if kind == "answer":
                self.progress(name or spec.effort.name, done, len(questions))
        self.runs.wait(run)
        return outcomes(self.runs.ledger, run)


def showing(effort: Effort, shown: int) -> Effort:
    """The same effort with so many passages at most: arms that show alike differ in what they search."""
    return replace(effort, shown=shown)

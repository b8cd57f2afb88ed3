"""What came of a question: what was searched and shown, the answer, what it cites, and what it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from agent.entries.packing import Candidates
from agent.entries.rows import QuestionRow
from agent.entries.trajectories import Trajectory
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Answer, Done, Search, Spent
from evals.datasets import Question
from retrievers.errors import FathomError

Documents = Callable[[Sequence[str]], Sequence[str]]
Status = Literal["answered", "failed"]


@dataclass(frozen=True)
class Step:
    """One search of a question, the repeats left out.

    `found` are the ids that its last stage gave, best first, each once: None where it is not known which documents they are.
    `shown` are the documents of the passages that it was the first to show, `tokens` those of all passages shown up to it.
    """

    shown: tuple[str, ...] = ()
    tokens: int = 0
    found: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Cited:
    """A document that a claim of the answer cites, and whether verification found that the claim holds."""

    document: str
    held: bool


@dataclass(frozen=True)
class Outcome:
    """What came of one question: the documents shown, in order and each once; the answer (None for a plain search); what it took.

    A question is `failed` where nothing came of it, and `reason` says why.
    """

    question: Question
    shown: tuple[str, ...]
    answer: Answer | None = None
    stop: str = ""
    spent: Spent = field(default_factory=Spent)
    steps: tuple[Step, ...] = ()
    status: Status = "answered"
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether nothing came of the question."""
        return self.status == "failed"

    @property
    def searches(self) -> int:
        """How many searches were made."""
        return self.spent.searches

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.spent.seconds

    @property
    def all_gold(self) -> bool:
        """Whether every gold document was among what was shown."""
        return bool(self.question.relevant) and set(self.question.relevant) <= set(self.shown)

    @property
    def refused(self) -> bool:
        """Whether the answer is that the corpus has none; a failure is no refusal."""
        return not self.failed and self.answer is not None and self.answer.kind == "not_found"

    @property
    def cited(self) -> tuple[Cited, ...]:
        """What the answer's claims cite, those of its conflicts after its own; a document once for each claim."""
        if self.answer is None:
            return ()
        claims = (*self.answer.claims, *(claim for conflict in self.answer.conflicts for claim in conflict.claims))
        return tuple(
            Cited(document, claim.supported)
            for claim in claims
            for document in dict.fromkeys(citation.document for citation in claim.citations)
        )


def outcomes(ledger: Ledger, run: str, *, documents: Documents | None = None) -> list[Outcome]:
    """What came of each question of a run, in the run's order; every question counts, one that was never reached as failed.

    `documents` gives the documents of items: without it, what an agent's searches found beyond what was shown is not known. Of a
    recipe that was measured alone, what it found has the ids that it was measured by, and what counts as shown are the places
    that were measured. Raises `FathomError` for a run that is not there, or has a question without a gold answer or document.

    >>> outcomes(ledger, run)[0].shown
    ('halley', 'comets')
    """
    row = ledger.run(run)
    asked = [(one, _question(one)) for one in ledger.questions(row.id)]
    alone = Spec.from_json(row.spec).alone
    done = ledger.trajectories(row.id)
    last = ledger.last_stages(row.id) if alone or documents is not None else {}
    read = _Alone(last) if alone else _Researched(last, documents)
    return [_outcome(ledger, one, question, read, done.get(one.number, Trajectory())) for one, question in asked]


@dataclass(frozen=True)
class _Alone:
    """Of a recipe that was measured alone: what its only search found are the ids that it was measured by."""

    last: Mapping[tuple[int, int], Candidates]

    def steps(self, number: int, did: Trajectory) -> tuple[Step, ...]:
        """The searches of a question."""
        return tuple(self._step(number, done, done.action) for done in did.done if isinstance(done.action, Search))

    def _step(self, number: int, done: Done, search: Search) -> Step:
        stage = self.last.get((number, done.number))
        found = stage.ids if stage is not None else ()
        return Step(found[: search.show or None], 0, found)

    def shown(self, did: Trajectory, steps: Sequence[Step]) -> tuple[str, ...]:
        """The places that were measured."""
        return tuple(dict.fromkeys(document for step in steps for document in step.shown))

    def reason(self, row: QuestionRow, did: Trajectory) -> str:
        """Why nothing came of the question; empty where something did."""
        return "" if did.done else "the question was not searched"


@dataclass(frozen=True)
class _Researched:
    """Of an agent: what it found are items, whose `documents` have to be told."""

    last: Mapping[tuple[int, int], Candidates]
    documents: Documents | None

    def steps(self, number: int, did: Trajectory) -> tuple[Step, ...]:
        """The searches of a question, the repeats left out."""
        searches = [one for one in did.done if isinstance(one.action, Search) and one.repeats is None]
        return tuple(self._step(number, one, did) for one in searches)

    def _step(self, number: int, done: Done, did: Trajectory) -> Step:
        passages = [one for one in did.shown if one.action <= done.number]
        own = dict.fromkeys(one.document for one in passages if one.action == done.number)
        return Step(tuple(own), sum(one.tokens for one in passages), self._found(self.last.get((number, done.number))))

    def _found(self, stage: Candidates | None) -> tuple[str, ...] | None:
        return None if stage is None or self.documents is None else tuple(dict.fromkeys(self.documents(stage.ids)))

    def shown(self, did: Trajectory, steps: Sequence[Step]) -> tuple[str, ...]:
        """The documents of all passages, what was opened among them."""
        return tuple(dict.fromkeys(one.document for one in did.shown))

    def reason(self, row: QuestionRow, did: Trajectory) -> str:
        """Why nothing came of the question; empty where something did."""
        if row.answer is not None and not (row.stop == "failed" and row.answer.kind == "not_found"):
            return ""
        failures = [f"{one.step}: {one.happened}" for one in did.failures]
        return "; ".join(failures) or ("a step failed" if row.stop == "failed" else "no answer was recorded")


def _question(row: QuestionRow) -> Question:
    if row.gold is None:
        raise FathomError(
            f"question {row.number} of run {row.run} has no gold: nothing says what is right",
            "a run of a data set's questions",
            "fathom eval DATASET",
        )
    return Question.of(row.gold, row.asked)


def _outcome(ledger: Ledger, row: QuestionRow, question: Question, read: _Alone | _Researched, did: Trajectory) -> Outcome:
    steps, reason = read.steps(row.number, did), read.reason(row, did)
    spent = row.spent or ledger.spent(row.run, row.number)
    status: Status = "failed" if reason else "answered"
    return Outcome(question, read.shown(did, steps), row.answer, row.stop or "", spent, steps, status, reason)

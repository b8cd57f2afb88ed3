"""What came of a question: what was searched and shown, the answer, what it cites, and what it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from agent.entries.packing import Candidates
from agent.entries.rows import QuestionRow
from agent.entries.trajectories import Trajectory
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Answer, Done, Evidence, Search, Spent
from evals.datasets import Question
from retrievers.errors import FathomError

if TYPE_CHECKING:
    from retrievers.index import Index

Texts = Callable[[int], Sequence[str]]
Status = Literal["answered", "failed", "open"]


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

    A question is `failed` where nothing came of it, and `reason` says why; it is `open` where its run ended before it.
    `texts(k)` gives the first k passages, where the index is at hand. `depth` is how many of the places found were kept, None for
    all.
    """

    question: Question
    shown: tuple[str, ...]
    answer: Answer | None = None
    stop: str = ""
    spent: Spent = field(default_factory=Spent)
    steps: tuple[Step, ...] = ()
    status: Status = "answered"
    reason: str = ""
    texts: Texts | None = field(default=None, compare=False, repr=False)
    depth: int | None = None

    @property
    def failed(self) -> bool:
        """Whether nothing came of the question."""
        return self.status != "answered"

    @property
    def ranking(self) -> tuple[str, ...]:
        """The ids in the order in which a measure of rankings looks at them: as a plain search gave them, else as documents were
        shown."""
        alone = self.answer is None and len(self.steps) == 1
        return (self.steps[0].found or self.shown) if alone else self.shown

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


def outcomes(ledger: Ledger, run: str, *, index: Index | None = None, only: Sequence[int] | None = None) -> list[Outcome]:
    """What came of each question of a run, or of those with the numbers of `only`, in the run's order; every question counts.

    Without the run's `index`, what an agent's searches found beyond what was shown is not known, nor are the texts of passages.
    Of a recipe that was measured alone, what it found has the ids that it was measured by, and what counts as shown are the
    places that were measured. Raises `FathomError` for a run that is not there, or has a question without a gold answer or
    document.

    >>> outcomes(ledger, run)[0].shown
    ('halley', 'comets')
    """
    row = ledger.run(run)
    asked = [(one, _question(one)) for one in ledger.questions(row.id) if only is None or one.number in only]
    alone = Spec.from_json(row.spec).alone
    done = ledger.trajectories(row.id, only)
    last = ledger.last_stages(row.id, only) if alone or index is not None else {}
    read = _Alone(last, index) if alone else _Researched(last, index)
    return [read.outcome(one, question, done.get(one.number, Trajectory())) for one, question in asked]


def plain(question: Question, found: Sequence[str], wanted: int, index: Index | None = None) -> Outcome:
    """What came of one plain search: the ids found, best first, of which `wanted` are measured."""
    ids = tuple(found)
    shown = ids[: wanted or None]
    texts = partial(_texts, index, ids, question.user) if index is not None else None
    return Outcome(question, shown, spent=Spent(searches=1), steps=(Step(shown, 0, ids),), texts=texts)


@dataclass(frozen=True)
class _Alone:
    """Of a recipe that was measured alone: what its only search found are the ids that it was measured by."""

    last: Mapping[tuple[int, int], Candidates]
    index: Index | None

    def outcome(self, row: QuestionRow, question: Question, did: Trajectory) -> Outcome:
        """What came of a question: its search, or what made that fail."""
        done = next((one for one in did.done if isinstance(one.action, Search)), None)
        if done is None:
            reason = "; ".join(one.happened for one in did.failures)
            status: Status = "failed" if reason else "open"
            return Outcome(question, (), spent=did.spent, status=status, reason=reason or "the question was not searched")
        stage = self.last.get((row.number, done.number))
        wanted = done.action.show if isinstance(done.action, Search) else 0
        depth = len(stage) if stage is not None and len(stage) < stage.total else None
        return replace(plain(question, stage.ids if stage is not None else (), wanted, self.index), spent=did.spent, depth=depth)


@dataclass(frozen=True)
class _Researched:
    """Of an agent: what it found are items, whose documents the index tells."""

    last: Mapping[tuple[int, int], Candidates]
    index: Index | None

    def outcome(self, row: QuestionRow, question: Question, did: Trajectory) -> Outcome:
        """What came of a question: the documents of all passages, what was opened among them, and its answer."""
        searches = [one for one in did.done if isinstance(one.action, Search) and one.repeats is None]
        steps = tuple(self._step(row.number, one, did, question.user) for one in searches)
        shown = tuple(dict.fromkeys(one.document for one in did.shown))
        status, reason = _ending(row, did)
        texts = partial(self._texts, did.shown, question.user) if self.index is not None else None
        return Outcome(question, shown, row.answer, row.stop or "", row.spent or did.spent, steps, status, reason, texts)

    def _step(self, number: int, done: Done, did: Trajectory, user: str | None) -> Step:
        passages = [one for one in did.shown if one.action <= done.number]
        own = dict.fromkeys(one.document for one in passages if one.action == done.number)
        found = self._found(self.last.get((number, done.number)), user)
        return Step(tuple(own), sum(one.tokens for one in passages), found)

    def _found(self, stage: Candidates | None, user: str | None) -> tuple[str, ...] | None:
        if stage is None or self.index is None:
            return None
        return tuple(dict.fromkeys(item.document for item in self.index.find(stage.ids, user)))

    def _texts(self, shown: Sequence[Evidence], user: str | None, k: int) -> list[str]:
        index = self.index
        return [index.text(one.document, one.start, one.end, user) for one in shown[:k]] if index is not None else []


def _ending(row: QuestionRow, did: Trajectory) -> tuple[Status, str]:
    """How a question ended, and why nothing came of it. What the embedded writer made of a failed policy is not the policy's."""
    if row.stop == "stopped":
        return "open", "the run was stopped"
    if row.answer is not None and row.stop != "failed":
        return "answered", ""
    failures = "; ".join(f"{one.step}: {one.happened}" for one in did.failures)
    return ("failed", failures or "a step failed") if row.stop == "failed" else ("open", failures or "no answer was recorded")


def _texts(index: Index, ids: Sequence[str], user: str | None, k: int) -> list[str]:
    """The texts of the first `k` of these items, or documents where the measure is by documents."""
    units = [unit for part in index.partitions(user) for unit in part.units.values()]
    return [
        index.item(id, user).text if any(id in unit.places for unit in units) else index.document(id, user).text for id in ids[:k]
    ]


def _question(row: QuestionRow) -> Question:
    if row.gold is None:
        raise FathomError(
            f"question {row.number} of run {row.run} has no gold: nothing says what is right",
            "a run of a data set's questions",
            "fathom eval DATASET",
        )
    return Question.of(row.gold, row.asked)

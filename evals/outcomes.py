"""What came of a question: what was searched and shown, the answer, what it cites, and what it took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.entries.handle import Row
from agent.entries.packing import unpack
from agent.entries.rows import Gold, QuestionRow, RunRow
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Answer, Spent
from evals.datasets import Question
from retrievers.errors import FathomError

Documents = Callable[[Sequence[str]], Sequence[str]]
Status = Literal["answered", "failed"]
_TABLES: Mapping[str, tuple[str, ...]] = {
    "action": ("question", "number", "kind", "repeats", "wanted"),
    "shown": ("question", "number", "action", "document", "tokens"),
    "failure": ("question", "number", "step", "happened"),
}


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
    questions = ledger.questions(row.id)
    golds = [_gold(row, one) for one in questions]
    kept = _Kept.of(ledger, row, documents)
    return [_outcome(ledger, kept, one, gold) for one, gold in zip(questions, golds, strict=True)]


def asked(gold: Gold, text: str) -> Question:
    """The question that a ledger's gold came from."""
    return Question(gold.id, text, gold.relevant, gold.answers, gold.user)


@dataclass(frozen=True)
class _Kept:
    """A run's rows by table and question, and what each search's last stage gave by (question, action)."""

    alone: bool
    tables: Mapping[str, Mapping[int, list[Row]]]
    found: Mapping[tuple[int, int], tuple[str, ...]] = field(default_factory=dict[tuple[int, int], tuple[str, ...]])

    @classmethod
    def of(cls, ledger: Ledger, run: RunRow, documents: Documents | None) -> _Kept:
        """Read in one snapshot; what was found only where its documents can be told."""
        alone = Spec.from_json(run.spec).alone
        with ledger.store.read(ledger.user) as rows:
            tables = {name: _grouped(rows.rows(name, only=only, order=only[:2], run=run.id)) for name, only in _TABLES.items()}
            wanted = alone or documents is not None
            staged = rows.rows("candidates", order=("question", "action", "position"), run=run.id) if wanted else []
        last = {(row["question"], row["action"]): row for row in staged}
        found = {key: unpack(row["packed"], row["stage"], row["query"], row["total"]).ids for key, row in last.items()}
        if documents is not None and not alone:
            found = {key: tuple(dict.fromkeys(documents(ids))) for key, ids in found.items()}
        return cls(alone, tables, found)

    def rows(self, table: str, number: int) -> list[Row]:
        """The rows of a question."""
        return self.tables[table].get(number, [])

    def steps(self, number: int) -> tuple[Step, ...]:
        """The searches of a question."""
        actions = [row for row in self.rows("action", number) if row["kind"] == "search" and row["repeats"] is None]
        return tuple(self._step(number, row) for row in actions)

    def _step(self, number: int, action: Row) -> Step:
        found = self.found.get((number, action["number"]))
        if self.alone:
            return Step((found or ())[: action["wanted"] or None], 0, found or ())
        passages = [row for row in self.rows("shown", number) if row["action"] <= action["number"]]
        own = dict.fromkeys(row["document"] for row in passages if row["action"] == action["number"])
        return Step(tuple(own), sum(row["tokens"] for row in passages), found)


def _grouped(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["question"]].append(row)
    return found


def _gold(run: RunRow, row: QuestionRow) -> Gold:
    if row.gold is None:
        raise FathomError(
            f"question {row.number} of run {run.id} has no gold: nothing says what is right",
            "a run of a data set's questions",
            "fathom eval DATASET",
        )
    return row.gold


def _outcome(ledger: Ledger, kept: _Kept, row: QuestionRow, gold: Gold) -> Outcome:
    steps = kept.steps(row.number)
    by_search = (document for step in steps for document in step.shown)
    shown = by_search if kept.alone else (one["document"] for one in kept.rows("shown", row.number))
    spent = row.spent or ledger.spent(row.run, row.number)
    reason = _reason(kept, row, steps)
    state: dict[str, Any] = {"status": "failed" if reason else "answered", "reason": reason}
    return Outcome(asked(gold, row.asked), tuple(dict.fromkeys(shown)), row.answer, row.stop or "", spent, steps, **state)


def _reason(kept: _Kept, row: QuestionRow, steps: Sequence[Step]) -> str:
    """Why nothing came of the question, in words; empty where something did."""
    if kept.alone:
        return "" if steps else "the question was not searched"
    if row.answer is not None and not (row.stop == "failed" and row.answer.kind == "not_found"):
        return ""
    failures = [f"{one['step']}: {one['happened']}" for one in kept.rows("failure", row.number)]
    return "; ".join(failures) or ("a step failed" if row.stop == "failed" else "no answer was recorded")

"""What the ledger's rows are outside the database, and the way from one to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, cast

from agent.state import Action, Answer, Citation, Claim, Conflict, Done, Evidence, Open, Search, Spent, Stop, Turn

T = TypeVar("T")
Row = Mapping[str, Any]
Status = Literal["running", "done", "stopped", "failed"]


@dataclass(frozen=True)
class RunRow:
    """A run: `title` is the first of its `size` questions, times are seconds since 1970, and a lease until 0 is nobody's."""

    id: str
    conversation: str
    parent: str | None
    parent_turn: int | None
    purpose: str
    spec: Mapping[str, Any]
    title: str
    size: int
    status: Status
    lease_owner: str
    lease_until: float
    stop_asked: bool
    created: float
    ended: float | None


@dataclass(frozen=True)
class Gold:
    """What a data set says of a question: its `id` there, who asks, the ids that are relevant (documents or items), the
    right answers, and the `groups` by which results are also told apart (type, level, hops, ...)."""

    id: str
    relevant: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    user: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class QuestionRow:
    """A question: as it was `asked`, and the self-contained `text` that is researched.

    `draft` is the policy's answer before verification, with the `stop`; `answer` and `spent` are what was verified and recorded.
    `gold` is what a data set says of it; a question that a person asked has none.
    """

    run: str
    number: int
    asked: str
    text: str
    parts: tuple[str, ...] = ()
    stop: Stop | None = None
    draft: Answer | None = None
    answer: Answer | None = None
    spent: Spent | None = None
    gold: Gold | None = None


@dataclass(frozen=True)
class CallRow:
    """One call of a language model and what it took; `action` is the action that caused it, 0 for the policy itself."""

    number: int
    cause: str
    action: int
    purpose: str
    model: str
    tokens_in: int
    tokens_out: int
    seconds: float
    cost: float | None
    attempts: int
    failure: str | None


@dataclass(frozen=True)
class Conversation:
    """A conversation: its title is its first question."""

    id: str
    title: str
    created: float


@dataclass(frozen=True)
class Feedback:
    """What a person said of an answer, or of one of its claims (1-based), or of a citation of that claim (1-based)."""

    verdict: str
    note: str = ""
    claim: int | None = None
    citation: int | None = None
    at: float = 0.0


@dataclass(frozen=True)
class Judgement:
    """What a measure or a model said of an answer: `value` is None where there is none, and `detail` says why."""

    what: str
    judge: str
    value: float | None
    detail: str = ""
    at: float = 0.0


def made(kind: type[T], row: Row) -> T:
    """The dataclass `kind` from the columns that are named like its fields."""
    names = [one.name for one in fields(cast("Any", kind))]
    return kind(**{name: row[name] for name in names if name in row})


def gold_of(stored: Row) -> Gold:
    """What a data set says, from plain values as `dataclasses.asdict` gives them."""
    return made(Gold, {**stored, "relevant": tuple(stored["relevant"]), "answers": tuple(stored["answers"])})


def action_json(action: Action) -> dict[str, Any]:
    """A search or an opening as plain values."""
    return {"kind": "open" if isinstance(action, Open) else "search", **asdict(action)}


def action_of(stored: Row) -> Action:
    """What `action_json` was given."""
    return made(Open, stored) if stored["kind"] == "open" else made(Search, stored)


def turn_json(turn: Turn) -> dict[str, Any]:
    """A turn's columns."""
    actions = [action_json(action) for action in turn.actions]
    return {"number": turn.number, "reasoning": turn.reasoning, "actions": actions, "draft": turn.draft}


def turn_of(row: Row) -> Turn:
    """What `turn_json` was given."""
    return Turn(row["number"], row["reasoning"], tuple(map(action_of, row["actions"])), row["draft"])


def done_json(done: Done) -> dict[str, Any]:
    """The columns of an action that was carried out; what it showed stands in the rows of what was shown."""
    action = done.action
    search = action if isinstance(action, Search) else Search("")
    return {
        "number": done.number,
        "turn": done.turn,
        "kind": "open" if isinstance(action, Open) else "search",
        "query": search.text,
        "item": action.item if isinstance(action, Open) else "",
        "part": search.part,
        "wanted": search.show,
        "reason": action.reason,
        "rewritten": done.rewritten,
        "hits": done.hits,
        "repeats": done.repeats,
        "failure": done.failure,
    }


def done_of(row: Row, shown: Sequence[Row]) -> Done:
    """What `done_json` was given, with the numbers of what it `shown` first."""
    opened, reason = row["kind"] == "open", row["reason"]
    action = Open(row["item"], reason) if opened else Search(row["query"], reason, row["part"], row["wanted"])
    numbers = tuple(one["number"] for one in shown if one["action"] == row["number"])
    return Done(row["number"], row["turn"], action, row["rewritten"], row["hits"], numbers, row["repeats"], row["failure"])


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """The columns of what was shown: where it lies, never its text."""
    stored = asdict(evidence)
    del stored["text"]
    return {"span_start": stored.pop("start"), "span_end": stored.pop("end"), **stored}


def evidence_of(row: Row) -> Evidence:
    """What `evidence_json` was given, with an empty text: the index has it."""
    return made(Evidence, {**row, "start": row["span_start"], "end": row["span_end"], "text": ""})


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation's columns."""
    stored = asdict(citation)
    return {"span_start": stored.pop("start"), "span_end": stored.pop("end"), **stored}


def citation_of(row: Row) -> Citation:
    """What `citation_json` was given."""
    return made(Citation, {**row, "start": row["span_start"], "end": row["span_end"], "path": tuple(row["path"])})


def answer_of(stored: Row) -> Answer:
    """An answer from plain values, as `dataclasses.asdict` gives them."""
    conflicts = tuple(made(Conflict, {**one, "claims": _claims(one)}) for one in stored["conflicts"])
    return made(Answer, {**stored, "claims": _claims(stored), "entities": tuple(stored["entities"]), "conflicts": conflicts})


def _claims(stored: Row) -> tuple[Claim, ...]:
    return tuple(made(Claim, {**one, "citations": _citations(one)}) for one in stored["claims"])


def _citations(stored: Row) -> tuple[Citation, ...]:
    return tuple(made(Citation, {**one, "path": tuple(one["path"])}) for one in stored["citations"])

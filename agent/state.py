"""The researcher's vocabulary: what a policy may look at, what it may ask for, and what comes of a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from retrievers.errors import UsageError

Stop = Literal["answered", "saturated", "budget", "stopped", "failed"]
Kind = Literal["found", "not_found", "conflict"]


@dataclass(frozen=True)
class Effort:
    """What one question may spend: searches, passages shown, model tokens, seconds, and money (None: no limit).

    `turns` bounds how often the policy is asked what to do next; `per_search` is how many new passages of one search are shown
    when the policy does not say. Any of them spent ends the search in an answer, never in an abort.

    >>> replace(EFFORTS["standard"], shown=8)
    """

    name: str
    searches: int
    shown: int
    turns: int
    tokens: int
    seconds: float
    cost: float | None = None
    per_search: int = 5

    def __post_init__(self) -> None:
        if min(self.searches, self.shown, self.turns, self.tokens, self.per_search) < 1 or self.seconds <= 0:
            raise UsageError(f"the effort {self}", "at least one search, passage, turn and token, and some seconds")


EFFORTS: Mapping[str, Effort] = {
    effort.name: effort
    for effort in (
        Effort("quick", searches=3, shown=8, turns=2, tokens=20_000, seconds=30),
        Effort("standard", searches=12, shown=12, turns=4, tokens=80_000, seconds=120),
        Effort("deep", searches=40, shown=24, turns=10, tokens=400_000, seconds=900),
    )
}


@dataclass(frozen=True)
class Search:
    """A search that a policy wants: the query as issued, why (rewriters read it), which sub-question it serves (0-based), and how
    many new passages to show of it (0: the effort's `per_search`)."""

    text: str
    reason: str = ""
    part: int = 0
    show: int = 0


@dataclass(frozen=True)
class Open:
    """More of a document that a passage came from: what follows the passage of this item id."""

    item: str
    reason: str = ""


Action = Search | Open


@dataclass(frozen=True)
class Evidence:
    """One passage as it was shown: `text` is the parsed document's [start:end] in code points.

    `number` counts what was shown in this question, from 1. `action` is the number of the search or opening that brought it first
    (0: an earlier answer of the conversation), `rank` and `score` its place there. `cut` says that the passage goes on after
    `end`. `tokens` are counted by `tokenizer`.
    """

    number: int
    item: str
    document: str
    title: str
    start: int
    end: int
    text: str
    heading: str = ""
    tokens: int = 0
    tokenizer: str = ""
    cut: bool = False
    action: int = 0
    rank: int = 0
    score: float = 0.0


@dataclass(frozen=True)
class Done:
    """An action that was carried out: `number` counts a question's actions from 1 in the order that they were asked for.

    `hits` is how many the retriever gave, `shown` the numbers of the evidence that it added. A normalised repeat is not
    searched again: `repeats` is the number of the first. A failed one has a `failure` (its kind) and no hits.
    """

    number: int
    turn: int
    action: Action
    rewritten: str = ""
    hits: int = 0
    shown: tuple[int, ...] = ()
    repeats: int | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Turn:
    """One decision of the policy: its reasoning, what it asked for, or the draft of an answer in its own words."""

    number: int
    reasoning: str = ""
    actions: tuple[Action, ...] = ()
    draft: str = ""


@dataclass(frozen=True)
class Left:
    """What remains of the effort."""

    searches: int
    shown: int
    turns: int
    tokens: int
    seconds: float


@dataclass(frozen=True)
class Exchange:
    """An earlier question of the conversation, and its answer."""

    question: str
    short: str
    text: str


@dataclass(frozen=True)
class View:
    """All that a policy may look at: nothing else reaches it.

    `question` is self-contained (a follow-up was rewritten). `parts` are its sub-questions, empty before the plan. `evidence`
    holds what was shown so far, in order; `turns` and `done` what was decided and carried out.
    """

    question: str
    left: Left
    parts: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    done: tuple[Done, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    history: tuple[Exchange, ...] = ()
    cause: str = ""


@dataclass(frozen=True)
class Decision:
    """What a policy says when asked: `actions` to go on, or none and a `stop`. `parts` is set by the plan alone; `draft` by a
    policy whose model writes its answer in the same breath."""

    actions: tuple[Action, ...] = ()
    stop: Literal["", "answered", "saturated"] = ""
    reasoning: str = ""
    parts: tuple[str, ...] = ()
    draft: str = ""


@dataclass(frozen=True)
class Citation:
    """A span that is said to support a claim: [start, end) of the parsed document in code points, and its words.

    `path` is the chain of graph edges behind it, where there is one.
    """

    document: str
    item: str
    start: int
    end: int
    quote: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """One sentence of an answer and what it cites. `supported` and `reason` are set by verification alone."""

    text: str
    citations: tuple[Citation, ...] = ()
    supported: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Conflict:
    """Two or more claims that give different values for the same thing, each with its own source."""

    about: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Answer:
    """What came of a question. A policy writes it; verification decides `kind`, what is `supported`, and whether `short` stands.

    `confidence` is in [0, 1], or None where the policy has none to give.
    """

    kind: Kind
    short: str = ""
    text: str = ""
    claims: tuple[Claim, ...] = ()
    entities: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True)
class Failure:
    """A step that failed: where, what kind (an error's class or an endpoint's kind), in words, and what to do."""

    step: str
    kind: str
    happened: str
    remedy: str = ""


@dataclass(frozen=True)
class Spent:
    """What was spent; `cost` is None as soon as one call's price is unknown."""

    searches: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: float | None = 0.0


@dataclass(frozen=True)
class Event:
    """One line of what happens in a run, in order: a page or a terminal that attaches reads on from `seq`. `at` is seconds since
    1970."""

    seq: int
    run: str
    question: int
    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: float = 0.0

"""A policy that plays a script, and the desk of a small real question: index, recipe, SQLite ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.desk import Desk
from agent.ledger import Ledger
from agent.policy import OnToken
from agent.state import Answer, Citation, Claim, Decision, Effort, Search, View
from agent.tools import Tools
from retrievers.base import Ranking, Stage
from retrievers.build import BuildSettings, build
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.lexical import BM25

EFFORT = Effort("test", searches=6, shown=6, turns=5, tokens=10_000, seconds=60, per_search=2)
DOCUMENTS: Mapping[str, str] = {
    "uranus": "William Herschel discovered Uranus in 1781 from his garden in Bath.",
    "neptune": "Galle found Neptune in 1846 in Berlin, where Le Verrier had computed it.",
    "ceres": "Piazzi came upon Ceres in 1801 from Palermo.",
    "pluto": "Tombaugh discovered Pluto in 1930 at Flagstaff.",
    "bath": "Bath is a city in Somerset, known for its hot springs.",
    "palermo": "Palermo is the capital of Sicily.",
}


def small_index(home: Path, documents: Mapping[str, str] = DOCUMENTS) -> Index:
    """A lexical index of these documents."""
    source = home / "docs.jsonl"
    rows = [json.dumps({"id": id, "title": id.title(), "text": text}) for id, text in documents.items()]
    source.write_text("\n".join(rows) + "\n", "utf-8")
    build([source], home / "small.index", BuildSettings(encoder=None))
    return Index.open(home / "small.index")


def quoting(view: View) -> Answer:
    """An answer that cites the first sentence of everything that was shown."""
    claims = [
        Claim(one.text, (Citation(one.document, one.item, one.start, one.end, one.text),)) for one in view.evidence if not one.cut
    ]
    return Answer("found" if claims else "not_found", text=" ".join(claim.text for claim in claims), claims=tuple(claims))


@dataclass
class ScriptedPolicy:
    """Decides by its script: one entry a call of `plan` or `reflect`, then stops. An error is raised, a function is called."""

    script: Sequence[Decision | BaseException | Callable[[], Decision]]
    writes: Callable[[View], Answer] = quoting
    asked: int = 0
    views: list[View] = field(default_factory=list[View])

    @property
    def name(self) -> str:
        return "scripted"

    def standalone(self, view: View) -> str:
        return f"{view.question} ({view.history[-1].question})"

    def plan(self, view: View, on_token: OnToken) -> Decision:
        return self._next(view)

    def reflect(self, view: View, on_token: OnToken) -> Decision:
        return self._next(view)

    def write(self, view: View, on_token: OnToken) -> Answer:
        return self.writes(view)

    def _next(self, view: View) -> Decision:
        """What comes next depends on the turns alone, so a policy that is asked again after a crash says the same."""
        self.asked += 1
        self.views.append(view)
        entry = self.script[len(view.turns)] if len(view.turns) < len(self.script) else Decision(stop="answered")
        if isinstance(entry, BaseException):
            raise entry
        return entry if isinstance(entry, Decision) else entry()


@dataclass(frozen=True)
class Counting(Stage):
    """Passes on to `inner` and counts what it was asked; a query that holds `bad` fails."""

    inner: Stage
    bad: str = ""
    counts: dict[str, int] = field(default_factory=dict[str, int], repr=False, compare=False)

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        for ranking in batch:
            text = ranking.query.text
            self.counts[text] = self.counts.get(text, 0) + 1
            if self.bad and self.bad in text:
                raise FathomError(f"the searcher of {text!r} is down", "a searcher that works", "try again")
        return self.inner(batch)


def searches(*texts: str, parts: tuple[str, ...] = (), **fields: Any) -> Decision:
    """A decision to search these texts."""
    return Decision(actions=tuple(Search(text, **fields) for text in texts), parts=parts)


def desk_of(ledger: Ledger, index: Index, policy: ScriptedPolicy, *, bad: str = "", effort: Effort = EFFORT) -> Desk:
    """The desk of a new run of one question."""
    run = ledger.start_run({"recipe": "bm25", "identity": index.identity}, ["Where was Uranus found?"])
    tools = Tools(index, Counting(BM25(index), bad))
    return Desk(ledger, run, 1, tools, policy, ScriptedPolicy([]), effort)


def again(desk: Desk, **changes: Any) -> Desk:
    """The same question at a desk of another process: nothing is shared but the ledger."""
    return replace(desk, **changes)

"""The protocol of text ranking inside deep research, over any corpus: an agent with one search tool, or its queries alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from agent.nodes import failure_of
from agent.spec import Spec
from agent.state import Effort, Evidence, Search, Spent
from agent.tools import Cutter, Tools
from evals.agentic import cells
from evals.agentic.cell import DEPTH, RERANKERS, RETRIEVERS, REWRITES, UNITS, Cell
from evals.outcomes import Outcome, Step
from evals.replaying.issued import Issued
from retrievers.base import Chat, Sources, Stage
from retrievers.errors import FathomError, UsageError
from retrievers.index import Index
from retrievers.vary import Setting, vary

Progress = Callable[[str, int, int | None], None]
_CHOICES = {"retriever": RETRIEVERS, "unit": UNITS, "rewrite": REWRITES, "reranker": RERANKERS}


@dataclass(frozen=True)
class Protocol:
    """How an agent searches in the agentic-ranking study (Meng et al., 2026), on BrowseComp-Plus (Chen et al., 2025).

    A search shows its first `k` hits, each cut to `tokens` of the index's encoder where the tool hands it over. Candidates down
    to `depth` are reranked `against` the text that was searched (as published) or the query as asked. `rewrite` is one of
    `REWRITES`; the reasoning that a rewriter reads travels with its own query.

    What is capped: `turns` are the model's decisions, the first among them; `searches` are counted apart, repeats left out; so
    are the model's tokens and the seconds. A turn without a tool call ends the research, so reasoning alone cannot go on; a
    request that is made again is no turn; the answer that is asked for at a cap is one call more.

    Raises `UsageError` for a value that is none of these.

    >>> Protocol("dense", rewrite="q2q", reranker="maxsim", depth=20)
    """

    retriever: str = "bm25"
    unit: str = "passage"
    rewrite: str = "none"
    reranker: str = "none"
    depth: int = DEPTH
    against: Literal["text", "asked"] = "text"
    k: int = 5
    tokens: int = Cutter.limit
    turns: int = 100
    searches: int = 100
    model_tokens: int = 4_000_000
    seconds: float = 7200.0

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            if (value := getattr(self, name)) not in known:
                raise UsageError(f"the {name} {value!r}", f"one of {', '.join(known)}", f"Protocol({name}={known[0]!r})")
        if min(self.depth, self.k, self.tokens) < 1:
            raise UsageError(f"the protocol {self}", "a depth, k and tokens of at least 1", "Protocol(depth=50, k=5, tokens=512)")
        if self.against not in ("text", "asked"):
            raise UsageError(f"reranking against {self.against!r}", "text or asked", 'Protocol(against="text")')

    @property
    def cell(self) -> Cell:
        """The recipe that it is a setting of."""
        return Cell(self.retriever, self.unit, self.rewrite, self.reranker)

    @property
    def varied(self) -> tuple[tuple[str, Setting], ...]:
        """The settings of the recipe, by their paths."""
        return () if self.reranker == "none" else (("second.depth", self.depth), ("second.against", self.against))

    @property
    def effort(self) -> Effort:
        """What the caps are for our agent: as many passages as its searches can show."""
        spend = (self.searches, self.searches * self.k, self.turns, self.model_tokens, self.seconds)
        return Effort("agentic", *spend, per_search=self.k)

    def spec(self, index: str | Path, endpoint: str, model: str, **fields: str | int) -> Spec:
        """A run of the chat policy under this protocol: start it with `Runs`, or ask a data set's questions with `Bench`.

        It departs from the published loop in this: the agent is shown new passages alone, and may open what follows one. Raises
        `UsageError` for another length of snippet than the agent's tool has.

        >>> Bench.on(ledger, workshop, progress).ask(questions, Protocol().spec("an.index", url, "gpt-oss-20b"))
        """
        if self.tokens != Cutter.limit:
            happened = f"snippets of {self.tokens} tokens for an agent, whose tool cuts at {Cutter.limit}"
            raise UsageError(happened, f"tokens={Cutter.limit}, or issued queries alone", f"Protocol(tokens={Cutter.limit})")
        return Spec(
            str(index),
            recipe=self.cell.name,
            recipes=cells.__file__,
            policy="chat",
            effort=self.effort,
            endpoint=endpoint,
            model=model,
            varied=self.varied,
            **fields,  # type: ignore[arg-type]
        )

    def stage(self, index: Index, chat: Chat | None = None) -> Stage:
        """What a query goes through. Raises `MissingSource` where the rewriter has no model."""
        made = self.cell(Sources(index, chat))
        for path, value in self.varied:
            made = vary(made, path, value)
        return made

    def tools(self, index: Index, chat: Chat | None = None) -> Tools:
        """The search tool, with snippets of `tokens`."""
        return Snippets(index, self.stage(index, chat), limit=self.tokens)

    def retrieve(
        self, issued: Sequence[Issued], tools: Tools, progress: Progress = lambda step, done, total: None
    ) -> list[Outcome]:
        """What the searches of these questions show, without an agent: each its first `k`, whatever was shown before.

        Openings are left out: the study's recall counts searches alone. Raises `FathomError` for a search that fails.

        >>> protocol.retrieve([issue(question)], protocol.tools(index))[0].shown
        ('johannes-kepler.md',)
        """
        found: list[Outcome] = []
        for one in issued:
            progress(self.cell.name, len(found), len(issued))
            found.append(self._outcome(one, tools))
        progress(self.cell.name, len(found), len(issued))
        return found

    def _outcome(self, issued: Issued, tools: Tools) -> Outcome:
        steps: list[Step] = []
        seen: dict[str, None] = {}
        tokens = 0
        for place, search in enumerate(searches(issued), start=1):
            passages = self._searched(issued, place, search, tools)
            tokens += sum(one.tokens for one in passages)
            new = tuple(dict.fromkeys(one.document for one in passages if one.document not in seen))
            seen.update(dict.fromkeys(new))
            steps.append(Step(new, tokens))
        return Outcome(issued.question, tuple(seen), spent=Spent(searches=len(steps)), steps=tuple(steps))

    def _searched(self, issued: Issued, place: int, search: Search, tools: Tools) -> list[Evidence]:
        try:
            found = tools.search(search, f"agentic/{issued.question.id}/{place}")
        except Exception as error:  # a recipe may be anybody's code
            told = failure_of("search", error)
            happened = f"search {place} of question {issued.question.id}, {search.text!r}, failed: {told.happened}"
            raise FathomError(happened, getattr(error, "expected", ""), told.remedy) from error
        return tools.show(found.ids, (), self.k)


@dataclass(frozen=True)
class Snippets(Tools):
    """The agent's tools, with passages cut to another number of tokens."""

    limit: int = Cutter.limit

    @cached_property
    def cutter(self) -> Cutter:
        """What cuts and counts."""
        return Cutter(self.index, self.limit)


def searches(issued: Issued) -> list[Search]:
    """The searches among what was issued."""
    return [one.action for one in issued.queries if isinstance(one.action, Search)]

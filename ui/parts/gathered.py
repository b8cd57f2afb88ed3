"""What the ledger holds of a question's evidence: every stage's output in every search, what was shown, and what was cited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from agent.entries.packing import Candidates
from agent.ledger import Ledger
from agent.state import Answer, Citation, Done, Evidence, Search

Kind = Literal["retrieved", "fused", "reranked", "rolled", "cut", "opened"]
_KINDS: Mapping[str, Kind] = {"Fuse": "fused", "Expand": "fused", "Rerank": "reranked", "MaxP": "rolled", "Open": "opened"}
_REWRITES = "Rewrite"


@dataclass(frozen=True)
class Given:
    """What one stage gave in one search: one ranking, or several where the query was searched in several wordings."""

    stage: str
    kind: Kind
    rankings: tuple[Candidates, ...]

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The passages that the ledger kept of it, each once."""
        return tuple(dict.fromkeys(id for one in self.rankings for id in one.ids))

    @property
    def total(self) -> int:
        """How many places it gave, kept or not."""
        return sum(one.total for one in self.rankings)


@dataclass(frozen=True)
class Searched:
    """A search or an opening that was carried out: its number, the words as issued, why, and what each stage gave, in order."""

    number: int
    query: str
    reason: str
    stages: tuple[Given, ...]

    @property
    def final(self) -> Candidates | None:
        """What its last stage gave: what passages were shown from."""
        return self.stages[-1].rankings[-1] if self.stages else None


@dataclass(frozen=True)
class Gathered:
    """A question's evidence. `cited` and `vain` are numbers of what was shown: cited by a claim that holds, or by none.

    >>> Gathered.of(ledger, run, 1).searches[0].stages[-1].stage
    'Fuse'
    """

    searches: tuple[Searched, ...]
    shown: tuple[Evidence, ...]
    cited: frozenset[int] = frozenset()
    vain: frozenset[int] = frozenset()
    answered: bool = True

    @classmethod
    def of(cls, ledger: Ledger, run: str, number: int) -> Gathered:
        """Read it. Searches that failed, or were made before, gave nothing and are left out."""
        question = ledger.question(run, number)
        made = [one for one in ledger.done(run, number) if one.repeats is None and one.failure is None]
        searches = tuple(searched(one, ledger.candidates(run, number, one.number)) for one in made)
        shown = ledger.shown(run, number)
        cited, vain = citing(question.answer, shown)
        return cls(searches, shown, cited, vain, question.answer is not None)

    def only(self, search: int | None) -> tuple[Searched, ...]:
        """The search of this number, or all of them."""
        return tuple(one for one in self.searches if search is None or one.number == search)

    def shown_as(self, passage: str) -> Evidence | None:
        """The passage as it was shown first."""
        return next((one for one in self.shown if one.item == passage), None)


def searched(done: Done, candidates: Iterable[Candidates]) -> Searched:
    """One action with its candidates, grouped by stage.

    A stage that ran on several wordings is one; two stages of one name on the same wording are two: the second is called so.
    """
    groups: dict[str, list[Candidates]] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for one in candidates:
        if one.stage.startswith(_REWRITES):
            continue
        seen[one.stage, one.query] += 1
        place = seen[one.stage, one.query]
        groups.setdefault(one.stage if place == 1 else f"{one.stage} {place}", []).append(one)
    stages = tuple(Given(name, kind(ranks[0].stage), tuple(ranks)) for name, ranks in groups.items())
    action = done.action
    words = action.text if isinstance(action, Search) else f"more of {action.item}"
    return Searched(done.number, words, action.reason, stages)


def kind(stage: str) -> Kind:
    """What a stage of this name does; one that is not known retrieves.

    >>> kind("Fuse % 100")
    'cut'
    """
    if " % " in stage:
        return "cut"
    return _KINDS.get(stage.partition("(")[0], "retrieved")


def citing(answer: Answer | None, shown: Sequence[Evidence]) -> tuple[frozenset[int], frozenset[int]]:
    """Numbers of what was shown: (cited by a claim that it supports, cited by claims that do not hold alone)."""
    if answer is None:
        return frozenset(), frozenset()
    claims = [*answer.claims, *(claim for conflict in answer.conflicts for claim in conflict.claims)]
    held = _cited((one for claim in claims if claim.supported for one in claim.citations), shown)
    return held, _cited((one for claim in claims if not claim.supported for one in claim.citations), shown) - held


def _cited(citations: Iterable[Citation], shown: Sequence[Evidence]) -> frozenset[int]:
    return frozenset(one.number for citation in citations for one in shown if _within(citation, one))


def _within(citation: Citation, one: Evidence) -> bool:
    return citation.document == one.document and one.start <= citation.start and citation.end <= one.end

"""What the agent can do, search and open, and the one place that decides what of a passage is shown.

Both tools only read. Their set is fixed before anything is retrieved, and nothing that a passage says changes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agent.entries.packing import Candidates
from agent.state import Action, Evidence, Open, Search
from retrievers.base import Query, Ranking, Stage, Then, watching
from retrievers.scope import Scope

if TYPE_CHECKING:
    from retrievers.index import Index
    from retrievers.partition import Item

DEPTH = 100
LOGGED = 200


@dataclass(frozen=True)
class Found:
    """What an action brought: the item ids best first with their scores, the query as the retrievers saw it, and the first places
    of every stage's output."""

    ids: tuple[str, ...]
    scores: tuple[float, ...]
    rewritten: str = ""
    stages: tuple[Candidates, ...] = ()


@dataclass(frozen=True)
class Cutter:
    """Cuts a text to `limit` tokens of the index's encoder (of words, where the index has none) and counts them."""

    index: Index = field(repr=False)
    limit: int = 512

    @property
    def name(self) -> str:
        """How the counting is recorded beside what was shown."""
        return self.index.encoder_name or "words"

    def cut(self, text: str) -> tuple[int, int]:
        """(how many characters of `text` are shown, how many tokens they have)."""
        ends = self._ends(text)
        return (len(text), len(ends)) if len(ends) <= self.limit else (ends[self.limit - 1], self.limit)

    def _ends(self, text: str) -> list[int]:
        if self._tokenizer is None:
            return [place for place in range(1, len(text) + 1) if _ends_word(text, place)]
        return [end for _, end in self._tokenizer.encode(text, add_special_tokens=False).offsets]

    @cached_property
    def _tokenizer(self) -> Any:
        encoder = self.index.settings.encoder
        if encoder is None:
            return None
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(encoder.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer


@dataclass(frozen=True)
class Tools:
    """The agent's hands: a recipe over an index, for one user and scope.

    >>> Tools(index, hybrid(Sources(index))).search(Search("rings of Saturn"), cause="demo").ids[:3]
    """

    index: Index
    stage: Stage
    user: str | None = None
    scope: Scope = field(default_factory=Scope)
    depth: int = DEPTH

    def run(self, action: Action, cause: str) -> Found:
        """Carry an action out; `cause` names it, so that a model asked on the way is charged to it. Raises `FathomError`."""
        return self.search(action, cause) if isinstance(action, Search) else self.open(action)

    def search(self, action: Search, cause: str, logged: int | None = LOGGED) -> Found:
        """The first `depth` of what the recipe finds, and the first `logged` of what each of its stages gave (None: all)."""
        query = Query(action.text, id=cause, user=self.user, context=action.reason, scope=self.scope)
        stages: list[Candidates] = []
        with watching(lambda stage, rankings: stages.extend(log(stage, rankings, logged))):
            ranking = self.stage([Ranking(query)])[0].top(self.depth)
        texts = dict.fromkeys(one.query for one in stages if one.query != action.text)
        return Found(ranking.ids, tuple(map(float, ranking.scores)), " | ".join(texts), tuple(stages))

    def open(self, action: Open) -> Found:
        """The items that follow this one in its document, in their order."""
        ids = tuple(item.id for item in self.index.following(action.item, self.user))
        scores = tuple(-float(place) for place, _ in enumerate(ids))
        stage = Candidates("Open", action.item, ids[:LOGGED], scores[:LOGGED], ("",) * min(len(ids), LOGGED), len(ids))
        return Found(ids, scores, stages=(stage,))

    def items(self, passage: str) -> list[str]:
        """The ids of the items that `passage` names: itself, or a document's; none where this user sees no such thing."""
        units = [unit for part in self.index.partitions(self.user) for unit in part.units.values()]
        itself = [passage] if any(passage in unit.places for unit in units) else []
        return list(dict.fromkeys([*itself, *(item.id for unit in units for item in unit.of_document(passage))]))

    def sees(self, document: str) -> bool:
        """Whether this user and this scope admit a document."""
        found = (partition.document(document) for partition in self.index.partitions(self.user))
        seen = next((one for one in found if one is not None), None)
        return seen is not None and self.scope.admits(seen.id, seen.type, seen.path, seen.date)

    def show(self, ids: Sequence[str], seen: Sequence[Evidence], most: int) -> list[Evidence]:
        """The first `most` of `ids` that say something new beside what was `seen`, cut to the limit, numbered on."""
        shown: list[Evidence] = []
        for rank, id in enumerate(ids, start=1):
            if len(shown) == most:
                break
            item = self.index.item(id, self.user)
            if item.text.strip() and not any(_covers(one, item) for one in [*seen, *shown]):
                shown.append(self._evidence(item, len(seen) + len(shown) + 1, rank))
        return shown

    def again(self, one: Evidence) -> Evidence:
        """The same evidence with its text, read from the index: the ledger holds offsets alone."""
        return replace(one, text=self.index.text(one.document, one.start, one.end, self.user))

    @cached_property
    def cutter(self) -> Cutter:
        """What cuts and counts."""
        return Cutter(self.index)

    def _evidence(self, item: Item, number: int, rank: int) -> Evidence:
        length, tokens = self.cutter.cut(item.text)
        return Evidence(
            number=number,
            item=item.id,
            document=item.document,
            title=item.title,
            start=item.start,
            end=item.start + length,
            text=item.text[:length],
            heading=item.heading,
            tokens=tokens,
            tokenizer=self.cutter.name,
            cut=length < len(item.text),
            rank=rank,
        )


def log(stage: Stage, rankings: Sequence[Ranking], most: int | None = LOGGED) -> list[Candidates]:
    """The first `most` places of what a stage gave, as the ledger keeps them; for `watching`.

    A composition gives what its last stage gave: it is not logged twice.
    """
    if isinstance(stage, Then):
        return []
    return [
        Candidates(
            stage.label,
            ranking.query.text,
            ranking.ids[:most],
            tuple(map(float, ranking.scores[:most])),
            tuple(trail[-1].detail if trail else "" for trail in ranking.trails[:most]),
            len(ranking),
        )
        for ranking in rankings
    ]


def _covers(one: Evidence, item: Item) -> bool:
    """Whether an item adds nothing: it was shown, lies within what was shown, or says the same word for word."""
    inside = one.document == item.document and one.start <= item.start and item.end <= one.end
    return one.item == item.id or inside or one.text == item.text


def _ends_word(text: str, place: int) -> bool:
    return not text[place - 1].isspace() and (place == len(text) or text[place].isspace())

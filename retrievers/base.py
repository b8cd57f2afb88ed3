"""The algebra: a `Ranking` travels, and a `Stage` turns rankings into rankings.

>>> recipe = bm25 % 100 >> Rerank(MaxSim(index))
>>> recipe.search("who built the first refracting telescope?", k=5)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from retrievers.errors import MissingSource, UsageError
from retrievers.lazy import Lazy
from retrievers.scope import Scope

if TYPE_CHECKING:
    from torch import Tensor

    from retrievers.index import Index

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Query:
    """What is searched, for whom, and why.

    `text` is what to search now: a rewriter changes only this. `asked` is the query as it was issued, before any stage
    rewrote it (it defaults to `text`). `context` says why it was issued: the reasoning of an agent's turn, else empty.
    `user` decides what may be seen; none means the public part alone. `scope` filters before scoring.
    """

    text: str
    id: str = ""
    user: str | None = None
    asked: str = ""
    context: str = ""
    scope: Scope = field(default_factory=Scope)

    def __post_init__(self) -> None:
        if not self.asked:
            object.__setattr__(self, "asked", self.text)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a hit's trail: the stage, the 1-based rank and the score that it gave, and a detail in words."""

    stage: str
    rank: int
    score: float
    detail: str = ""


Trail = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A view of one place of a ranking: item id, score, and the trail that says why it is here."""

    id: str
    score: float
    trail: Trail


@dataclass(frozen=True, eq=False)
class Ranking:
    """A query's items, best first: `ids` (the corpus's strings), `scores` (float32, read-only) and one trail an item.

    Build one with `Ranking.ranked`, which sorts (ties by ascending id), refuses a repeated id and appends the step.
    """

    query: Query
    ids: tuple[str, ...] = ()
    scores: Scores = field(default_factory=lambda: np.zeros(0, np.float32))
    trails: Sequence[Trail] = ()

    @classmethod
    def ranked(
        cls,
        query: Query,
        ids: Sequence[str],
        scores: Sequence[float] | NDArray[Any],
        stage: str,
        *,
        trails: Sequence[Trail] | None = None,
        details: Sequence[str] | None = None,
    ) -> Ranking:
        """Sort `ids` by `scores` (descending, then by id) and add `stage` to each trail; `trails` and `details` follow `ids`.

        Raises `UsageError` where an id comes twice, a score is missing, or a score is not a number.
        """
        values = np.asarray(scores, dtype=np.float32)
        _check(ids, values, stage)
        order = [place for _, _, place in sorted(zip((-values).tolist(), ids, range(len(ids)), strict=True))]
        values = values[order]
        values.setflags(write=False)

        def trail(place: int) -> Trail:
            before = order[place]
            step = Step(stage, place + 1, float(values[place]), details[before] if details else "")
            return (*trails[before], step) if trails else (step,)

        return cls(query, tuple([ids[i] for i in order]), values, Lazy(len(order), trail))

    def top(self, k: int) -> Ranking:
        """The first `k` places, trails as they are."""
        return self if k >= len(self) else Ranking(self.query, self.ids[:k], self.scores[:k], self.trails[:k])

    def asking(self, query: Query) -> Ranking:
        """The same places under another query."""
        return replace(self, query=query)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Hit]:
        for id, score, trail in zip(self.ids, self.scores, self.trails, strict=True):
            yield Hit(id, float(score), trail)


def _check(ids: Sequence[str], values: Scores, stage: str) -> None:
    if len(set(ids)) != len(ids):
        raise UsageError(f"the stage {stage} gave one id twice", "every id at most once in a ranking")
    if values.shape != (len(ids),):
        raise UsageError(f"the stage {stage} gave {values.size} scores for {len(ids)} items", "one score an item")
    if np.isnan(values).any():
        raise UsageError(f"the stage {stage} gave a score that is not a number", "a number for every item")


Seen = Callable[["Stage", Sequence[Ranking]], None]
_watcher: ContextVar[Seen | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(see: Seen) -> Generator[None]:
    """While this is open, `see(stage, rankings)` is told what each stage gives, innermost first: so what a later stage drops
    is known.

    >>> with watching(lambda stage, rankings: print(stage.label, len(rankings[0]))): recipe.search("rings of Saturn")
    """
    token = _watcher.set(see)
    try:
        yield
    finally:
        _watcher.reset(token)


class Stage(ABC):
    """Turns a batch of rankings into as many rankings, in the same order.

    A stage is a frozen dataclass whose fields are its whole configuration, so `repr(stage)` is its name in every result,
    and `dataclasses.replace` is an ablation. It keeps nothing of a query.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" in cls.__dict__:
            cls.__call__ = _watched(cls.__call__)

    @abstractmethod
    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        """One ranking for each of `batch`."""

    @property
    def label(self) -> str:
        """The short name that stands in trails."""
        return type(self).__name__

    def __rshift__(self, then: Stage) -> Stage:
        """`a >> b`: what `a` gives is what `b` is given."""
        return Then(self, then)

    def __mod__(self, k: int) -> Stage:
        """`a % k`: the first `k` of what `a` gives."""
        return Cut(self, k)

    def search(self, query: str | Query, k: int = 10) -> Ranking:
        """Run one query and return its first `k`. A string is asked without a user: it sees the public part alone."""
        asked = query if isinstance(query, Query) else Query(query)
        return self([Ranking(asked)])[0].top(k)


_Call = TypeVar("_Call", bound=Callable[..., list[Ranking]])


def _watched(call: _Call) -> _Call:
    @wraps(call)
    def told(stage: Stage, batch: Sequence[Ranking]) -> list[Ranking]:
        rankings = call(stage, batch)
        see = _watcher.get()
        if see is not None:
            see(stage, rankings)
        return rankings

    return cast("_Call", told)


@dataclass(frozen=True, repr=False)
class Then(Stage):
    """`first >> second`."""

    first: Stage
    second: Stage

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return self.second(self.first(batch))

    @property
    def label(self) -> str:
        """The name of what comes last: its scores are the ranking's."""
        return self.second.label

    def __repr__(self) -> str:
        return f"{self.first!r} >> {self.second!r}"


@dataclass(frozen=True, repr=False)
class Cut(Stage):
    """`inner % k`: the first `k` of each ranking."""

    inner: Stage
    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise UsageError(f"a cut of {self.k}", "at least 1", "stage % 10")

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [ranking.top(self.k) for ranking in self.inner(batch)]

    @property
    def label(self) -> str:
        """The name of what is cut, and where."""
        return f"{self.inner.label} % {self.k}"

    def __repr__(self) -> str:
        return f"({self.inner!r}) % {self.k}" if isinstance(self.inner, Then) else f"{self.inner!r} % {self.k}"


@dataclass(frozen=True)
class Scored:
    """What a scorer gives: one score an id, in the order of the ids, and where it has something to say a detail an id."""

    scores: Sequence[float] | NDArray[Any]
    details: Sequence[str] = ()


class Scorer(Protocol):
    """Scores items against a text for `Rerank`; higher is better. `ids` come as they are ranked now, best first."""

    def __call__(self, text: str, ids: Sequence[str], query: Query) -> Scored: ...


class Rewriter(Protocol):
    """Turns one query into one or more texts to search, for `Expand` and `Rewrite`."""

    def __call__(self, query: Query) -> Sequence[str]: ...


class VectorSpace(Protocol):
    """What a retriever over vectors also offers: training and feedback methods work in its space. Dimension d.

    `encode` gives n x d; `score(q, ids)` gives one score an id, differentiable in q (d); `vectors(ids)` gives n x d;
    `nearest(q, k)` gives (ids, scores), best first. `user` bounds what may be seen, as in a query.
    """

    def encode(self, texts: Sequence[str]) -> Tensor: ...
    def score(self, q: Tensor, ids: Sequence[str], user: str | None = None) -> Tensor: ...
    def vectors(self, ids: Sequence[str], user: str | None = None) -> Tensor: ...
    def nearest(self, q: Tensor, k: int, user: str | None = None) -> tuple[tuple[str, ...], Scores]: ...


@dataclass(frozen=True)
class Usage:
    """What one call of a language model took; `cost` is None where the price is not known."""

    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    cost: float | None = None


@dataclass(frozen=True)
class Reply:
    """A language model's text, and what it took. With a schema, `text` is JSON that satisfies it."""

    text: str
    usage: Usage = Usage()


Message = Mapping[str, Any]


class Chat(Protocol):
    """A language model as stages see it: every call names the query that caused it, and is charged to that query's run."""

    def chat(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, cause: Query) -> Reply: ...


class Histories(Protocol):
    """Who read what, consent and forgetting applied at each call. `version` is part of a result's identity."""

    @property
    def version(self) -> str: ...
    def items(self, user: str) -> Sequence[str]: ...


@dataclass(frozen=True)
class Sources:
    """All that a recipe may draw on; nothing of it is global."""

    index: Index | None = None
    chat: Chat | None = None
    histories: Histories | None = None

    def need_index(self) -> Index:
        """The index, or `MissingSource`."""
        if self.index is None:
            raise MissingSource("this recipe searches an index and was given none", "an index", "fathom index DOCS --out INDEX")
        return self.index

    def need_chat(self) -> Chat:
        """The language model, or `MissingSource`."""
        if self.chat is None:
            raise MissingSource(
                "this recipe asks a language model and was given none",
                "an OpenAI-compatible endpoint",
                "add --endpoint URL --model NAME",
            )
        return self.chat


Recipe = Callable[[Sources], Stage]

"""The arms of a recipe's fusion, and the same recipe with some of them only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from retrievers.base import Query, Ranking, Stage
from retrievers.errors import UsageError
from retrievers.fusion import Fuse, Fusion

T = TypeVar("T")
Key = tuple[Query, tuple[str, ...]]


@dataclass(frozen=True)
class Once(Stage):
    """What `inner` gives, found once for each query: after that it is given again.

    >>> Once(bm25).search("rings of Saturn", k=3)
    """

    inner: Stage
    _given: dict[Key, Ranking] = field(default_factory=dict[Key, Ranking], repr=False, compare=False)

    @property
    def label(self) -> str:
        """The name of what is kept."""
        return self.inner.label

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        new = [one for one in batch if (one.query, one.ids) not in self._given]
        if new:
            self._given.update(zip([(one.query, one.ids) for one in new], self.inner(new), strict=True))
        return [self._given[one.query, one.ids] for one in batch]


@dataclass(frozen=True)
class Arms:
    """A recipe's `stage`, and the outermost fusion in it.

    >>> Arms.of(Fuse((bm25, dense)) % 100 >> Rerank(MaxSim(index))).names
    ('BM25', 'Dense')
    """

    stage: Stage
    fuse: Fuse

    @classmethod
    def of(cls, stage: Stage) -> Arms:
        """The arms of a stage. Raises `UsageError` for one that fuses nothing, or has several fusions side by side."""
        found = list(_fusions(stage))
        if len(found) != 1:
            happened = f"the recipe has {len(found)} fusions side by side" if found else f"the recipe fuses nothing: {stage!r}"
            raise UsageError(happened, "a recipe with one fusion, whose retrievers share its evidence", "--recipe hybrid")
        return cls(stage, found[0])

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each arm: its label, or in full where others are called the same."""
        labels = [one.label for one in self.fuse.stages]
        return tuple(
            label if labels.count(label) == 1 else repr(one) for label, one in zip(labels, self.fuse.stages, strict=True)
        )

    def once(self) -> Arms:
        """The same, with each arm searched once a query however often it is fused."""
        kept = replace(self.fuse, stages=tuple(Once(one) for one in self.fuse.stages))
        return Arms(_swapped(self.stage, self.fuse, kept), kept)

    def only(self, chosen: Sequence[int]) -> Stage | None:
        """The stage with the arms at these places alone, and their weights; None where they are none, or have no weight."""
        weights: tuple[float, ...] = getattr(self.fuse.method, "weights", ())
        own = tuple(weights[place] for place in chosen) if weights else ()
        if not chosen or (own and not any(own)):
            return None
        method = cast("Fusion", replace(cast("Any", self.fuse.method), weights=own)) if own else self.fuse.method
        arms = replace(self.fuse, stages=tuple(self.fuse.stages[place] for place in chosen), method=method)
        return _swapped(self.stage, self.fuse, arms)


def _fusions(value: object) -> Iterator[Fuse]:
    """The fusions that stand in no other."""
    if isinstance(value, Fuse):
        yield value
        return
    for _, inner in _held(value):
        yield from _fusions(inner)


def _swapped(value: T, old: Fuse, new: Fuse) -> T:
    """The same stage with `new` in the place of `old`."""
    if value is old:
        return cast("T", new)
    if isinstance(value, tuple):
        held = cast("tuple[object, ...]", value)
        made = tuple(_swapped(one, old, new) for one in held)
        return cast("T", made) if any(one is not before for one, before in zip(made, held, strict=True)) else value
    changed = {name: made for name, inner in _held(value) if (made := _swapped(inner, old, new)) is not inner}
    return cast("T", replace(cast("Any", value), **changed)) if changed else value


def _held(value: object) -> Iterator[tuple[str, object]]:
    """The stages that a stage, or a tuple of them, holds, each with the name of its field."""
    if isinstance(value, tuple):
        for place, inner in enumerate(cast("tuple[object, ...]", value)):
            yield str(place), inner
    elif isinstance(value, Stage) and is_dataclass(value):
        for one in fields(value):
            inner = getattr(value, one.name)
            if one.init and isinstance(inner, Stage | tuple):
                yield one.name, inner

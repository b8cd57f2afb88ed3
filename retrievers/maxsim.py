"""MaxSim: late interaction of token vectors."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from retrievers.base import Query, Scored
from retrievers.encoder import Encoder
from retrievers.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from retrievers.index import Index


@dataclass(frozen=True, repr=False)
class MaxSim:
    """For every token of the query the cosine of the nearest token of the item, summed (ColBERT; Khattab and Zaharia, SIGIR
    2020), over the token vectors of any encoder: None takes the one that the index was built with.

    Rewards items that hold something close to each part of the query. Vectors are computed when they are needed, offline;
    the last `keep` MiB of them stay in memory, for the searches of one question meet the same items again. Each item is
    multiplied apart, without padding, so its score does not depend on the company. Texts are cut at the encoder's length.

    >>> bm25 % 100 >> Rerank(MaxSim(index))
    """

    index: Index = field(repr=False)
    encoder: Encoder | None = None
    keep: int = 256

    def __post_init__(self) -> None:
        if self.keep < 0:
            raise UsageError(f"{self.keep} MiB of token vectors to keep", "at least 0", "MaxSim(index, keep=256)")

    def __repr__(self) -> str:
        return f"MaxSim({self._encoder.name!r}, {self._encoder.precision})"

    def __call__(self, text: str, ids: Sequence[str], query: Query) -> Scored:
        return Scored(self.compare(text, [item.searchable for item in self.index.find(ids, query.user)]))

    def compare(self, text: str, passages: Sequence[str]) -> list[float]:
        """One score a passage: at most the number of the text's tokens. A text or passage without a token scores 0."""
        (query,) = self._encoder.tokens([text], query=True)
        return [_maxsim(query, passage) for passage in self._tokens(passages)]

    @cached_property
    def _encoder(self) -> Encoder:
        return self.encoder or self.index.encoder

    @cached_property
    def _kept(self) -> _Kept:
        return _Kept(self.keep << 20)

    def _tokens(self, passages: Sequence[str]) -> list[Tensor]:
        known = {text: vectors for text in passages if (vectors := self._kept.get(text)) is not None}
        new = [text for text in dict.fromkeys(passages) if text not in known]
        known.update(zip(new, self._encoder.tokens(new), strict=True))
        for text in new:
            self._kept.put(text, known[text])
        return [known[text] for text in passages]


class _Kept:
    """The token vectors that were used last, by their text: at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size, self._lock = limit, 0, Lock()
        self._held: OrderedDict[str, Tensor] = OrderedDict()

    def get(self, text: str) -> Tensor | None:
        with self._lock:
            if text in self._held:
                self._held.move_to_end(text)
            return self._held.get(text)

    def put(self, text: str, vectors: Tensor) -> None:
        with self._lock:
            if text not in self._held:
                self._held[text] = vectors
                self._size += vectors.nbytes
            while self._size > self._limit:
                self._size -= self._held.popitem(last=False)[1].nbytes


def _maxsim(query: Tensor, passage: Tensor) -> float:
    """Of query (m x d) and passage (n x d): the sum over m of the greatest inner product over n."""
    if not len(query) or not len(passage):
        return 0.0
    return float((query @ passage.T).amax(dim=1).double().sum())

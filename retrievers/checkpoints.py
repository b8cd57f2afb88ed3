"""Local model folders: found, told apart by their files, and loaded without running anything that came with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from retrievers.errors import Unavailable, UsageError

DTYPES = ("auto", "float32", "bfloat16")
_PROBE = 1 << 20


@dataclass(frozen=True)
class Checkpoint:
    """A model with its head (a class of transformers), where it runs and in which dtype; loaded when first used.

    >>> Checkpoint("/models/monot5-base-msmarco", "AutoModelForSeq2SeqLM").model
    """

    path: str
    head: str
    dtype: str = "auto"
    device: str = "auto"
    allow_download: bool = False

    @cached_property
    def folder(self) -> Path:
        """Where the model lies; raises `Unavailable` where there is none."""
        return located(self.path, self.allow_download, "give a folder, or let it be fetched: allow_download=True")

    @cached_property
    def name(self) -> str:
        """The model's folder and the start of a hash of its files: how it stands in a result."""
        return f"{self.path.rstrip('/').rpartition('/')[2]}:{fingerprint(self.folder)[:8]}"

    @cached_property
    def place(self) -> str:
        """The device that `auto` stands for."""
        return device(self.device)

    @cached_property
    def precision(self) -> str:
        """The dtype that `auto` stands for."""
        return precision(self.dtype, self.place)

    @property
    def batch(self) -> int:
        """The rows of a batch, whatever there is to compute."""
        return 64 if self.place == "cuda" else 4

    @cached_property
    def tokenizer(self) -> Any:
        """The model's tokenizer; raises `Unavailable` where there is none, or none that can pad."""
        found = tokenizer(self.folder)
        if found.pad_token_id is None:
            raise Unavailable(
                f"{self.folder} has no padding token", "a tokenizer with one", "name pad_token in tokenizer_config.json"
            )
        return found

    @cached_property
    def model(self) -> Any:
        """The model, ready to run."""
        return load(self.head, self.folder, self.precision, self.place)


def located(path: str, allow_download: bool, next: str) -> Path:
    """The folder of a model: `path` itself, or where a download of that name lies.

    Raises `Unavailable`, with `next` as its advice, where there is no such folder and no leave to download, or the download
    failed.
    """
    if path and (Path(path) / "config.json").is_file():
        return Path(path)
    expected = "a local folder with config.json, a tokenizer and safetensors weights"
    if not allow_download or not path:
        raise Unavailable(f"no model at {path!r}", expected, next)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(path, allow_patterns=["*.json", "*.safetensors", "*.txt", "*.model"]))
    except (OSError, ValueError) as error:
        raise Unavailable(f"the model {path!r} could not be downloaded: {error}", expected, next) from error


def fingerprint(folder: Path, *settings: object) -> str:
    """A hash of a model's files and of every setting that changes its numbers."""
    digest = hashlib.sha256(repr(settings).encode())
    for path in sorted(folder.glob("*.json")) + sorted(folder.glob("*.safetensors")):
        digest.update(f"{path.name}:{path.stat().st_size}".encode())
        digest.update(_ends(path))
    return digest.hexdigest()


def device(asked: str) -> str:
    """`auto` is cuda where there is one, else cpu."""
    if asked != "auto":
        return asked
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def precision(asked: str, device: str) -> str:
    """The dtype that is meant: `auto` is bfloat16 where the hardware has it, else float32."""
    if asked not in DTYPES:
        raise UsageError(f"the dtype {asked!r}", "auto, float32 or bfloat16", "--dtype auto")
    if asked != "auto":
        return asked
    return "bfloat16" if _has_bfloat16(device) else "float32"


def load(head: str, folder: Path, dtype: str, device: str) -> Any:
    """The model in `folder` by transformers' class `head` (`AutoModel`), ready to run on `device`.

    Only safetensors are read and no code of the checkpoint is run. Raises `Unavailable` where the folder holds no such
    model, or lacks weights that the head needs: transformers would make those up.
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    try:
        model, report = getattr(transformers, head).from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=getattr(torch, dtype), output_loading_info=True
        )
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"{folder} is no model for {head}: {error}", "a checkpoint in safetensors", "give another folder"
        ) from error
    missing = [name for name in report["missing_keys"] if "pooler" not in name or head != "AutoModel"]
    if missing:
        raise Unavailable(
            f"{folder} lacks the weights {', '.join(sorted(missing)[:3])} of {head}",
            "a checkpoint trained for this",
            "give another folder",
        )
    return model.eval().to(device)


def tokenizer(folder: Path) -> Any:
    """The tokenizer in `folder`, by transformers; raises `Unavailable` where there is none."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise Unavailable(f"{folder} has no tokenizer: {error}", "a folder with tokenizer.json", "give another folder") from error


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
        return torch.cuda.is_bf16_supported(including_emulation=False)
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and "avx512_bf16" in flags.read_text("utf-8", "replace")

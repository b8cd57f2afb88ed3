"""`make bench-gpu`: the same models on a GPU against the CPU, in tokens a second and in the rankings that come out.

    python -m evals.gpu

Writes evals/results/gpu.json with the device's name. Where there is no CUDA device it says so and exits with 1.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from evals.agreement import agreements
from evals.bench_memory import short_words
from evals.figures import Figure, Spread, show, write
from evals.synthetic import passages
from retrievers.build import BuildSettings, build
from retrievers.crossencoder import CrossEncoder
from retrievers.encoder import Encoder
from retrievers.errors import FathomError, Unavailable
from retrievers.index import Index
from retrievers.maxsim import MaxSim

DEMO = Path(__file__).with_name("demo")


@dataclass(frozen=True)
class Load:
    """How much is computed: `count` passages of `tokens` tokens, `repeats` times; the shape of the random cross-encoder."""

    count: int = 100
    tokens: int = 256
    repeats: int = 10
    layers: int = 12
    width: int = 768
    matrix: int = 8192


def main() -> int:
    """Measure, print and write; 0 where every bound is met, else 1."""
    console = Console(width=200 if not sys.stdout.isatty() else None)
    try:
        figures = measure(needed(), Load())
    except FathomError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        return 1
    name = device_name()
    show(f"GPU: {name}", figures, console)
    console.print(f"written: {write('gpu', {'device': name, 'figures': [one.as_json() for one in figures]}).name}")
    return 0 if all(one.met for one in figures) else 1


def needed() -> str:
    """`cuda`; raises `Unavailable` where torch finds no such device."""
    import torch

    if not torch.cuda.is_available():
        raise Unavailable(
            f"torch {torch.__version__} finds no CUDA device",
            "an NVIDIA GPU, its driver, and a CUDA build of torch",
            "install torch as the README says for CUDA, then: make bench-gpu",
        )
    return "cuda"


def device_name() -> str:
    """The name of the GPU in use."""
    import torch

    return torch.cuda.get_device_name()


def measure(device: str, load: Load) -> list[Figure]:
    """Rates and agreement of the encoder, MaxSim and a cross-encoder with random weights from a seed, on `device`."""
    with TemporaryDirectory() as folder:
        build([DEMO / "articles"], Path(folder) / "demo.index", BuildSettings(encoder=None, keep=False))
        index = Index.open(Path(folder) / "demo.index")
        checkpoint = cross_encoder(Path(folder) / "bert", load)
        lines = (DEMO / "questions.jsonl").read_text("utf-8").splitlines()
        asked = [json.loads(line)["question"] for line in lines]
        return [*rates(device, load, index, checkpoint), *agreements(device, index, checkpoint, asked)]


def rates(device: str, load: Load, index: Index, checkpoint: Path) -> list[Figure]:
    """Tokens a second in bfloat16, tokenization included, and the share of the device's measured bf16 matrix rate."""
    peak = matrix_rate(device, load)
    names = short_words()
    query = next(passages(1, 14, names, seed=1))
    long = list(passages(load.count, load.tokens - 2, names))
    paired = list(passages(load.count, load.tokens - 14 - 3, names))
    encoder = Encoder(dtype="bfloat16", device=device, max_length=load.tokens)
    late = MaxSim(index, encoder, keep=0)
    cross = CrossEncoder(index, str(checkpoint), max_length=load.tokens, dtype="bfloat16", device=device)
    works: list[tuple[str, Callable[[], object], Path]] = [
        ("encoding", lambda: encoder.encode_passages(long), encoder.folder),
        ("MaxSim", lambda: late.compare(query, long), encoder.folder),
        ("cross-encoder, base size", lambda: cross.compare(query, paired), checkpoint),
    ]
    found = [Figure("bf16 matrix product", peak / 1e12, "Tflop/s", detail={"size": load.matrix})]
    return found + [_rate(name, work, model, load, peak, device) for name, work, model in works]


def matrix_rate(device: str, load: Load) -> float:
    """The flop/s of a square bf16 product, the best of the repeats: what this device can do at all."""
    import torch

    left, right = (torch.randn(load.matrix, load.matrix, device=device, dtype=torch.bfloat16) for _ in range(2))
    seconds = _timed(lambda: left @ right, load.repeats, device)
    return 2 * load.matrix**3 / min(seconds)


def cross_encoder(folder: Path, load: Load) -> Path:
    """Write a BERT of base size with random weights from a seed, and the default encoder's tokenizer, to `folder`."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(0)
    tokenizer: Any = AutoTokenizer.from_pretrained(Encoder().folder, local_files_only=True)
    heads = max(load.width // 64, 1)
    shape: dict[str, Any] = {
        "num_labels": 1,
        "num_hidden_layers": load.layers,
        "hidden_size": load.width,
        "intermediate_size": 4 * load.width,
    }
    config = BertConfig(vocab_size=len(tokenizer), num_attention_heads=heads, **shape)
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _rate(name: str, work: Callable[[], object], model: Path, load: Load, peak: float, device: str) -> Figure:
    seconds = _timed(work, load.repeats, device)
    tokens = load.count * load.tokens
    rate = tokens / Spread.of(seconds).median
    share = rate * flops_a_token(model, load.tokens) / peak
    spread = Spread.of([tokens / one for one in seconds])
    return Figure(name, round(rate), "tokens/s", detail={"share of the bf16 rate": f"{share:.1%}", "spread": str(spread)})


def flops_a_token(path: Path, length: int) -> float:
    """What one token of a text of `length` tokens costs a transformer encoder: a product and a sum for each weight of its
    layers (four matrices of attention, two of the feed-forward part), and attention's two products over the text."""
    from transformers import AutoConfig

    config: Any = AutoConfig.from_pretrained(path, local_files_only=True)
    width, inner = config.hidden_size, config.intermediate_size
    return config.num_hidden_layers * (2 * (4 * width**2 + 2 * width * inner) + 4 * length * width)


def _timed(work: Callable[[], object], repeats: int, device: str) -> list[float]:
    """Seconds of each repeat after one that does not count, the device's queue empty before and after."""
    work()
    found: list[float] = []
    for _ in range(repeats):
        _settle(device)
        started = time.perf_counter()
        work()
        _settle(device)
        found.append(time.perf_counter() - started)
    return found


def _settle(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    sys.exit(main())

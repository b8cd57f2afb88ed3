"""The same models on a GPU: rankings as on the CPU in float32, nearly so in bfloat16. Skipped where there is no GPU."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evals.agreement import overlap, same_top
from evals.gpu import DEMO, Load, cross_encoder
from retrievers.build import BuildSettings, build
from retrievers.crossencoder import CrossEncoder
from retrievers.dense import Dense
from retrievers.encoder import Encoder
from retrievers.index import Index
from retrievers.maxsim import MaxSim

pytestmark = pytest.mark.gpu
TINY = Load(layers=2, width=128)


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture(scope="module")
def gpu() -> str:
    if not _has_gpu():
        pytest.skip("needs a CUDA device (make bench-gpu runs the same on one)")
    return "cuda"


@pytest.fixture(scope="module")
def index(gpu: str, tmp_path_factory: pytest.TempPathFactory) -> Index:
    out = tmp_path_factory.mktemp("gpu") / "demo.index"
    build([DEMO / "articles"], out, BuildSettings(encoder=Encoder(dtype="float32", device="cpu"), keep=False))
    return Index.open(out)


@pytest.fixture(scope="module")
def texts(index: Index) -> list[str]:
    return list(index.visible(None, "passage")[0].texts())


@pytest.fixture(scope="module")
def questions() -> list[str]:
    return [json.loads(line)["question"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(cross_encoder(tmp_path_factory.mktemp("bert"), TINY))


Score = Callable[[str, str], list[Any]]


@pytest.fixture(scope="module", params=["encoding", "maxsim", "cross-encoder"])
def score(request: pytest.FixtureRequest, index: Index, texts: list[str], questions: list[str], checkpoint: str) -> Score:
    """Scores of every passage for every question, on a device in a dtype."""

    def dense(device: str, dtype: str) -> list[Any]:
        encoder = Encoder(dtype=dtype, device=device)
        rows = encoder.encode_passages(texts).astype(np.float64)
        return [rows @ vector for vector in encoder.encode_queries(questions)]

    def late(device: str, dtype: str) -> list[Any]:
        scorer = MaxSim(index, Encoder(dtype=dtype, device=device))
        return [scorer.compare(question, texts) for question in questions]

    def cross(device: str, dtype: str) -> list[Any]:
        scorer = CrossEncoder(index, checkpoint, dtype=dtype, device=device)
        return [scorer.compare(question, texts[:50]) for question in questions[:4]]

    return {"encoding": dense, "maxsim": late, "cross-encoder": cross}[request.param]


def test_the_top_10_in_float32_is_the_cpus(gpu: str, score: Score) -> None:
    assert same_top(score("cpu", "float32"), score(gpu, "float32")) == 1.0


def test_bfloat16_keeps_nearly_all_of_the_top_10(gpu: str, score: Score, request: pytest.FixtureRequest) -> None:
    if "cross-encoder" in request.node.name:
        pytest.skip("random weights give scores that lie too close together")
    assert overlap(score(gpu, "float32"), score(gpu, "bfloat16")) >= 0.99


def test_a_text_gives_the_same_bits_alone_and_in_company(gpu: str, texts: list[str]) -> None:
    encoder = Encoder(dtype="bfloat16", device=gpu)
    together = encoder.encode_passages(texts)
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts[:20]])
    reverse = encoder.encode_passages(texts[::-1])[::-1]
    assert together[:20].tobytes() == alone.tobytes()
    assert together.tobytes() == np.ascontiguousarray(reverse).tobytes()


def test_an_index_made_on_the_cpu_is_searched_from_the_gpu(gpu: str, index: Index, questions: list[str]) -> None:
    vectors = index.visible(None, "passage")[0].vectors
    asked = {device: Encoder(dtype="float32", device=device).encode_queries(questions) for device in ("cpu", gpu)}
    assert same_top([vectors @ query for query in asked["cpu"]], [vectors @ query for query in asked[gpu]]) == 1.0
    assert len(Dense(index).search(questions[0], 10)) == 10  # its self-test, made on the CPU, holds on the GPU


def test_auto_takes_the_gpu_and_bfloat16(gpu: str) -> None:
    assert Encoder().precision == "bfloat16"
    assert Encoder().tokens(["a star"])[0].device.type == gpu

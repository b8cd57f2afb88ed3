"""The encoder: equal to plain transformers, the same bits in any company, and named failures."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrievers.batches import batches, filled, padded, tensors
from retrievers.encoder import Encoder
from retrievers.errors import Unavailable, UsageError

CPU = {"dtype": "float32", "device": "cpu"}
TEXTS = ["Saturn has rings.", "Galileo saw four moons of Jupiter in January 1610 through his telescope in Padua.", "Io", ""]
Made = Callable[[int], Path]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(**CPU)


def many() -> list[str]:
    """Sixty-four different texts of 1 to 64 words."""
    words = " ".join(TEXTS).split()
    return [" ".join([*(words * 4)[n : 2 * n], f"number {n}"]) for n in range(64)]


def plain(folder: Path, text: str) -> Any:
    """The last states of one plain transformers call, without padding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    with torch.no_grad():
        inputs = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
        return AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state[0]


def unit(vector: Any) -> Any:
    return vector / vector.norm()


def test_a_vector_is_the_mean_of_the_states_at_unit_length(encoder: Encoder) -> None:
    found = encoder.encode_passages(TEXTS)
    assert (found.shape, found.dtype) == ((4, 384), np.float32)
    for text, vector in zip(TEXTS, found, strict=True):
        np.testing.assert_allclose(vector, unit(plain(encoder.folder, text).mean(0)), atol=1e-6)


@pytest.mark.parametrize(("pooling", "place"), [("class", 0), ("last", -1)])
def test_other_poolings_take_the_first_or_the_last_token(classifier: Made, pooling: Any, place: int) -> None:
    folder = classifier(1)
    tiny = Encoder(str(folder), pooling=pooling, max_length=96, **CPU)
    for text, vector in zip(TEXTS, tiny.encode_passages(TEXTS), strict=True):
        np.testing.assert_allclose(vector, unit(plain(folder, text)[place]), atol=1e-5)


@pytest.mark.parametrize("kind", ["encode_queries", "encode_passages"])
def test_a_text_has_the_same_bits_alone_and_in_company(encoder: Encoder, kind: str) -> None:
    encode, texts = getattr(encoder, kind), many()
    together = encode(texts)
    assert encode(texts[::-1])[::-1].tobytes() == together.tobytes()
    assert encode(texts[:7]).tobytes() == together[:7].tobytes()
    assert np.concatenate([encode([text]) for text in texts[::9]]).tobytes() == together[::9].tobytes()


def test_token_vectors_leave_out_padding_and_special_tokens(encoder: Encoder) -> None:
    found = encoder.tokens(TEXTS)
    assert [len(one) for one in found] == [len(encoder.tokenizer.encode(text, add_special_tokens=False).ids) for text in TEXTS]
    for text, vectors in zip(TEXTS[:3], found, strict=False):
        states = plain(encoder.folder, text)[1:-1]
        np.testing.assert_allclose(vectors, states / states.norm(dim=1, keepdim=True), atol=1e-5)
    (alone,) = encoder.tokens(TEXTS[:1])
    assert alone.equal(found[0])


def test_prefixes_are_put_before_queries_and_passages(encoder: Encoder) -> None:
    prefixed = Encoder(query_prefix="query: ", passage_prefix="passage: ", **CPU)
    assert prefixed.encode_queries(["rings"]).tobytes() == encoder.encode_queries(["query: rings"]).tobytes()
    assert prefixed.encode_passages(["rings"]).tobytes() == encoder.encode_passages(["passage: rings"]).tobytes()
    assert prefixed.identity != encoder.identity


def test_a_text_is_cut_at_the_length(encoder: Encoder) -> None:
    short = Encoder(max_length=16, **CPU)
    long = "moon " * 40
    assert short.encode_passages([long]).tobytes() == short.encode_passages([long + "of Jupiter"]).tobytes()
    assert encoder.encode_passages([long]).tobytes() != encoder.encode_passages([long + "of Jupiter"]).tobytes()
    assert len(short.tokens([long])[0]) == 14


def test_batches_are_of_one_width_and_hold_every_place_once() -> None:
    found = list(batches([3, 40, 5, 300, 1, 33, 32], size=2, limit=256))
    assert found == [([3], 256), ([1, 5], 64), ([0, 2], 32), ([4, 6], 32)]
    assert list(batches([], 4, 256)) == []
    assert [padded(n, 100) for n in (0, 1, 32, 33, 99)] == [32, 32, 32, 64, 100]
    assert filled([1, 2], 4) == [1, 2, 2, 2]
    ids, mask = tensors([[5, 6], [7]], 3, pad=9)
    assert (ids.tolist(), mask.tolist()) == ([[5, 6, 9], [7, 9, 9]], [[1, 1, 0], [1, 0, 0]])


def test_wrong_settings_are_usage_errors(classifier: Made) -> None:
    for wrong in ({"pooling": "max"}, {"dtype": "int8"}, {"max_length": 0}):
        with pytest.raises(UsageError):
            Encoder(**wrong)
    with pytest.raises(UsageError, match="at most its 96"):
        Encoder(str(classifier(1)), max_length=200).encode_queries(["a"])


def test_a_name_that_would_be_downloaded_is_refused_with_the_way_to_a_local_path() -> None:
    with pytest.raises(Unavailable, match=r"no model at 'intfloat/e5-small'.*--encoder /models/NAME.*--allow-download"):
        Encoder("intfloat/e5-small").encode_queries(["a"])


def test_bfloat16_is_taken_only_where_the_processor_has_it() -> None:
    flags = Path("/proc/cpuinfo")
    has = flags.is_file() and "avx512_bf16" in flags.read_text("utf-8")
    assert Encoder(device="cpu").precision == ("bfloat16" if has else "float32")
    assert Encoder(device="cpu", dtype="bfloat16").identity != Encoder(device="cpu", dtype="float32").identity


def test_bfloat16_vectors_are_near_the_float32_ones(encoder: Encoder) -> None:
    coarse = Encoder(dtype="bfloat16", device="cpu").encode_queries(TEXTS[:2])
    cosines = (coarse * encoder.encode_queries(TEXTS[:2])).sum(axis=1)
    assert (cosines > 0.999).all()
    assert (cosines < 1).any()


def test_pickled_weights_and_broken_folders_are_refused(classifier: Made, tmp_path: Path) -> None:
    import torch

    folder = tmp_path / "pickled"
    shutil.copytree(classifier(1), folder)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(Unavailable, match="is no model"):
        Encoder(str(folder), max_length=96).encode_queries(["a"])
    (folder / "config.json").write_text(json.dumps({"model_type": "no such"}), "utf-8")
    with pytest.raises(Unavailable, match="is no model"):
        Encoder(str(folder), max_length=96).encode_queries(["a"])


def test_a_folder_with_a_word_list_instead_of_a_tokenizer_file_works(tmp_path: Path, encoder: Encoder) -> None:
    folder = tmp_path / "words"
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "vocab.txt"):
        shutil.copyfile(encoder.folder / name, folder / name)
    settings = json.loads((encoder.folder / "tokenizer_config.json").read_text("utf-8"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": settings["tokenizer_class"]}), "utf-8")
    assert Encoder(str(folder), **CPU).encode_queries(TEXTS).tobytes() == encoder.encode_queries(TEXTS).tobytes()


@pytest.mark.gpu
def test_a_gpu_gives_the_same_bits_in_any_company_and_near_the_cpus() -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    gpu, texts = Encoder(dtype="float32", device="cuda"), many()
    together = gpu.encode_passages(texts)
    assert gpu.encode_passages(texts[::-1])[::-1].tobytes() == together.tobytes()
    assert gpu.encode_passages(texts[:7]).tobytes() == together[:7].tobytes()
    np.testing.assert_allclose(together, Encoder(**CPU).encode_passages(texts), atol=1e-5)

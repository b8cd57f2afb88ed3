"""The benchmarks' own parts: bounds, timings side by side, synthetic text, peaks of memory, agreement of rankings."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import bench, bench_memory, bench_speed, gpu
from evals.agreement import agreements, overlap, same_top, top
from evals.datasets import load
from evals.figures import Figure, Spread, side_by_side, write
from evals.indexes import SETTINGS, place
from evals.synthetic import passages, questions, vocabulary, write_corpus
from retrievers.build import BuildSettings, build
from retrievers.document import ReadOptions
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.postings import Analyzer


@pytest.mark.parametrize(
    ("value", "low", "high", "met"),
    [(2.0, None, None, True), (2.0, 2.0, None, True), (1.9, 2.0, None, False), (2.0, None, 2.0, True), (2.1, 1.0, 2.0, False)],
)
def test_a_figure_knows_whether_its_bound_is_met(value: float, low: float | None, high: float | None, met: bool) -> None:
    assert Figure("x", value, at_least=low, at_most=high).met == met


def test_a_spread_is_the_least_the_middle_and_the_greatest() -> None:
    assert Spread.of([3.0, 1.0, 10.0]) == Spread(1.0, 3.0, 10.0, 3)


def test_both_sides_are_timed_in_turns() -> None:
    calls = list[str]()
    ours, theirs = side_by_side(lambda n: calls.append(f"a{n}"), lambda n: calls.append(f"b{n}"), 3)
    assert calls == ["a0", "b0", "b1", "a1", "a2", "b2"]
    assert len(ours) == len(theirs) == 3


def test_results_name_the_machines_parts_and_none_of_its_paths(tmp_path: Path) -> None:
    path = write("speed", {"figures": [Figure("x", 1.0, "s", at_most=2.0).as_json()]}, tmp_path)
    found = json.loads(path.read_text("utf-8"))
    assert found["figures"][0]["met"] is True
    assert {"processor", "cores", "memory_gib", "python", "packages"} <= set(found["machine"])
    assert str(tmp_path) not in path.read_text("utf-8")
    assert str(Path.home()) not in path.read_text("utf-8")


def test_synthetic_words_are_as_many_stems() -> None:
    words = vocabulary(5000)
    assert len(set(Analyzer().terms(" ".join(words)))) == len(words) == 5000


def test_synthetic_passages_follow_zipfs_law_and_their_seed() -> None:
    """Of 20 words, the first has a share of 1 / H(20) = 0.278, the second half of that."""
    names = vocabulary(20)
    texts = list(passages(2000, 10, names, seed=3))
    assert texts == list(passages(2000, 10, names, seed=3)) != list(passages(2000, 10, names, seed=4))
    counts = Counter(word for text in texts for word in text.split())
    assert counts[names[0]] / 20_000 == pytest.approx(0.278, abs=0.02)
    assert counts[names[1]] / 20_000 == pytest.approx(0.139, abs=0.02)


def test_synthetic_questions_leave_out_the_commonest_words() -> None:
    names = vocabulary(1000)
    assert not set(" ".join(questions(50, 6, names)).split()) & set(names[:100])


def test_short_words_are_one_token_each() -> None:
    from retrievers.encoder import Encoder

    text = next(passages(1, 12, bench_memory.short_words()))
    assert len(Encoder().tokenizer.encode(text, add_special_tokens=False).ids) == 12


def test_the_peak_of_a_child_process_is_seen_though_it_is_given_back() -> None:
    big = "import time; block = bytearray(300 << 20); block[::4096] = b'x' * len(block[::4096]); del block; time.sleep(0.2)"
    peak, told = bench_memory.peak_of([sys.executable, "-c", big])
    plain, _ = bench_memory.peak_of([sys.executable, "-c", "import time; time.sleep(0.2)"])
    assert 295 < peak - plain < 340
    assert told == {}


def test_a_failed_child_is_a_named_error() -> None:
    with pytest.raises(FathomError, match=r"the child process failed: .*no such thing"):
        bench_memory.peak_of([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_imports_are_timed_in_a_fresh_process() -> None:
    (found,) = bench_memory.imports(["json"], repeats=1)
    assert 0 < found.value < 10


def test_the_memory_bench_indexes_in_a_child(tmp_path: Path) -> None:
    found = bench_memory.measure(40, tmp_path / "short.index", tmp_path)
    assert (found.detail["passages"], found.detail["encoded"]) == (40, 40)
    assert found.detail["imports alone MiB"] < found.value
    assert Index.open(tmp_path / "short.index").visible(None, "passage")[0].size == 40


def test_the_speed_benches_compare_the_same_work(tmp_path: Path) -> None:
    """Small sizes: what is compared is checked, the ratio is only there."""
    figures = bench_speed.lexical(300, tmp_path, 3)
    assert [figure.at_least for figure in figures] == [50.0, None]
    assert all(figure.value > 0 for figure in figures)


def test_indexing_is_timed_against_the_bare_loop_over_the_same_texts(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    write_corpus(folder / "corpus.jsonl", passages(12, 8, vocabulary(500)))
    (folder / "queries.jsonl").write_text('{"id": "1", "question": "x", "supporting_ids": ["p0"]}\n', "utf-8")
    dataset = load(folder)
    found = bench_speed.indexing(dataset, tmp_path / "cache", tmp_path)
    assert found.detail["passages"] == 12
    assert found.value > 0
    kept = Index.open(place(dataset, tmp_path / "cache", SETTINGS, ReadOptions()))  # what was timed is the cached index
    assert len(kept.visible(None, "passage")[0].vectors) == 12
    assert bench_speed.exact_scan(kept, 3).value > 0


def test_the_top_is_ordered_by_score_then_place() -> None:
    assert top([0.1, 0.9, 0.5, 0.9], k=3) == [1, 3, 2]


def test_two_tops_are_the_same_but_for_scores_that_are_close() -> None:
    assert same_top([[0.9, 0.5, 0.1]], [[0.8, 0.4, 0.2]], k=2) == 1.0
    assert same_top([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1]], [[0.5, 0.9, 0.1], [0.9, 0.5, 0.1]], k=2) == 0.5
    assert same_top([[0.50004, 0.5, 0.1]], [[0.5, 0.50004, 0.1]], k=2) == 1.0
    assert same_top([[0.9, 0.50004, 0.5]], [[0.9, 0.5, 0.50004]], k=2) == 1.0  # the tenth place, all but tied


def test_overlap_counts_what_both_have() -> None:
    assert overlap([[0.9, 0.5, 0.1]], [[0.5, 0.9, 0.1]], k=2) == 1.0
    assert overlap([[0.9, 0.5, 0.1, 0.0]], [[0.9, 0.0, 0.1, 0.5]], k=2) == 0.5


@given(st.lists(st.lists(st.floats(0, 1), min_size=12, max_size=12), min_size=1, max_size=5))
def test_a_ranking_agrees_with_itself(scores: list[list[float]]) -> None:
    assert same_top(scores, scores) == overlap(scores, scores) == 1.0


def test_without_a_gpu_the_gpu_bench_says_so_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    assert gpu.main() == 1
    assert "no CUDA device" in capsys.readouterr().err.replace("\n", " ")


def test_the_gpu_bench_runs_on_any_device_in_small(tmp_path: Path) -> None:
    write_corpus(tmp_path / "c.jsonl", ["The moons of Jupiter.", "The rings of Saturn.", "A comet that came back.", "A star."])
    build([tmp_path / "c.jsonl"], tmp_path / "i", BuildSettings(encoder=None))
    index, load = Index.open(tmp_path / "i"), gpu.Load(count=2, tokens=32, repeats=1, layers=1, width=64, matrix=64)
    checkpoint = gpu.cross_encoder(tmp_path / "bert", load)
    rates = gpu.rates("cpu", load, index, checkpoint)
    assert [figure.unit for figure in rates] == ["Tflop/s", "tokens/s", "tokens/s", "tokens/s"]
    assert all(figure.value > 0 for figure in rates)
    found = {figure.name: figure.value for figure in agreements("cpu", index, checkpoint, ["Which planet has rings?"])}
    assert {value for name, value in found.items() if "fp32" in name} == {1.0}


def test_a_tokens_cost_is_its_weights_and_attention(tmp_path: Path) -> None:
    """One layer of width 64: 4 * 64^2 + 2 * 64 * 256 weights, twice; and 4 * 32 * 64 for a text of 32 tokens."""
    folder = gpu.cross_encoder(tmp_path / "bert", gpu.Load(layers=1, width=64))
    assert gpu.flops_a_token(folder, 32) == 2 * (4 * 64**2 + 2 * 64 * 256) + 4 * 32 * 64


@pytest.mark.parametrize("arguments", [["retrieval", "--data", "/nothing/here"]])
def test_a_benchmark_that_cannot_run_is_a_named_failure(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main([*arguments, "--cache", str(tmp_path)]) == 1
    assert "holds none of the data sets" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize(("value", "verdict", "code"), [(0.2965, "OK", 0), (0.35, "FAIL", 1)])
def test_the_retrieval_bench_fails_where_a_row_does(
    value: float, verdict: str, code: int, data: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, rows = data("vaswani").parent, tmp_path / "rows.yaml"
    facts = {"dataset": "vaswani", "recipe": "bm25", "measure": "AP@1000", "tolerance": 0.01, "kind": "published", "source": "x"}
    rows.write_text(json.dumps([{**facts, "value": value}]), "utf-8")
    options = ["--data", str(home), "--cache", str(tmp_path), "--results", str(tmp_path), "--expected", str(rows)]
    assert bench.main(["retrieval", *options]) == code
    found = json.loads((tmp_path / "retrieval.json").read_text("utf-8"))
    assert found["rows"][0]["found"]["value"] == pytest.approx(0.2928, abs=0.002)
    assert found["rows"][0]["verdict"] == verdict
    assert str(tmp_path) not in json.dumps(found)
    assert f"1 {verdict}" in capsys.readouterr().out

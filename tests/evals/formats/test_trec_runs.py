"""TREC's run files: read back as written, ordered by score, scored the same by others, and refused where they are wrong."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.formats.trec_runs import read_run, write_run
from retrievers.errors import FathomError, UsageError

WORDS = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8)
RANKINGS = st.dictionaries(WORDS, st.lists(WORDS, unique=True, max_size=5).map(tuple), min_size=1).filter(
    lambda rankings: any(rankings.values())
)


@given(RANKINGS, st.sampled_from(["a.run", "a.run.gz"]))
def test_a_run_is_read_back_as_it_was_written(rankings: dict[str, tuple[str, ...]], name: str) -> None:
    with TemporaryDirectory() as home:
        write_run(Path(home) / name, "bm25", rankings)
        assert read_run(Path(home) / name, list(rankings)) == rankings
        assert read_run(Path(home) / name) == {id: found for id, found in rankings.items() if found}
        assert [path.name for path in Path(home).iterdir()] == [name]


def test_the_form_of_a_line(tmp_path: Path) -> None:
    write_run(tmp_path / "a.run", "bm25", {"q1": ["d7", "d2"]})
    assert (tmp_path / "a.run").read_text() == "q1 Q0 d7 1 2 bm25\nq1 Q0 d2 2 1 bm25\n"


def test_results_are_ordered_by_score_and_then_by_rank(tmp_path: Path) -> None:
    lines = ["q1 Q0 d1 1 -2.5 x", "q1 Q0 d2 3 1e1 x", "q2\t0\td1\t1\t3\tx", "q1 Q0 d3 2 10 x"]
    (tmp_path / "a.run").write_text("\n".join(lines))
    assert read_run(tmp_path / "a.run") == {"q1": ("d3", "d2", "d1"), "q2": ("d1",)}


def test_a_written_run_has_the_same_measures(tmp_path: Path) -> None:
    chance = random.Random(7)
    documents = [f"d{number}" for number in range(40)]
    qrels = {f"q{number}": {id: chance.choice([0, 1, 2]) for id in chance.sample(documents, 12)} for number in range(25)}
    scores = {question: {id: chance.random() for id in chance.sample(documents, 30)} for question in qrels}
    ranked = {question: sorted(found, key=found.__getitem__, reverse=True) for question, found in scores.items()}
    write_run(tmp_path / "a.run", "x", ranked)
    measures = [ir_measures.parse_measure(name) for name in ("nDCG@10", "AP", "RR", "R@5")]
    written = ir_measures.calc_aggregate(measures, qrels, ir_measures.read_trec_run(str(tmp_path / "a.run")))
    assert written == pytest.approx(ir_measures.calc_aggregate(measures, qrels, scores), abs=1e-12)
    assert {question: tuple(found) for question, found in ranked.items()} == read_run(tmp_path / "a.run", qrels)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("q1 Q0 d2 2 1", "line 2 of .*a.run has 5 columns"),
        ("q1 Q0 d2 2 high x", "line 2 of .*a.run has the score 'high'"),
        ("q1 Q0 d2 2 nan x", "line 2 of .*a.run has the score 'nan'"),
        ("q1 Q0 d2 two 1 x", "line 2 of .*a.run has the rank 'two'"),
        ("q1 Q0 d1 2 1 x", "line 2 of .*a.run finds 'd1' for 'q1' a second time"),
        ("q9 Q0 d2 1 1 x", "line 2 of .*a.run answers 'q9', which is not a question"),
    ],
)
def test_a_line_that_is_no_result_is_named(line: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "a.run").write_text(f"q1 Q0 d1 1 2 x\n{line}\n")
    with pytest.raises(FathomError, match=what):
        read_run(tmp_path / "a.run", ["q1", "q2"])


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_run_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.run").write_text(text)
    with pytest.raises(FathomError, match="has no results"):
        read_run(tmp_path / "a.run", ["q1"])


@pytest.mark.parametrize(
    ("tag", "rankings", "what"),
    [
        ("two words", {"q1": ["d1"]}, "the tag 'two words' cannot stand"),
        ("x", {"q 1": ["d1"]}, "the question 'q 1' cannot stand"),
        ("x", {"q1": ["d1", ""]}, "the document '' cannot stand"),
        ("x", {"q1": ["d1", "d2", "d1"]}, "'d1' is found for 'q1' a second time"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_and_the_old_file_stays(
    tag: str, rankings: dict[str, list[str]], what: str, tmp_path: Path
) -> None:
    (tmp_path / "a.run").write_text("old")
    with pytest.raises(UsageError, match=what):
        write_run(tmp_path / "a.run", tag, rankings)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]

"""BEIR folders: which split, what is relevant, and every line that cannot be meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.datasets import load
from evals.formats.native import native
from retrievers.errors import FathomError, UsageError

CORPUS = '{"_id": "d1", "title": "One", "text": "First."}\n{"_id": "d2", "text": "Second."}\n'
QUERIES = '{"_id": "q1", "text": "Which is first?"}\n{"_id": "q2", "text": "Not judged here."}\n'
HEADER = "query-id\tcorpus-id\tscore\n"


def beir(folder: Path, corpus: str = CORPUS, queries: str = QUERIES, **qrels: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(corpus)
    (folder / "queries.jsonl").write_text(queries)
    for split, lines in (qrels or {"test": "q1\td1\t2\nq1\td2\t0\n"}).items():
        (folder / "qrels" / f"{split}.tsv").write_text(HEADER + lines)
    return folder


def test_only_judged_questions_are_asked_and_a_score_of_zero_is_not_relevant(tmp_path: Path) -> None:
    read = load(native(beir(tmp_path / "tiny"), tmp_path / "cache"))
    assert [(one.id, one.text, one.relevant) for one in read.questions] == [("q1", "Which is first?", ("d1",))]
    assert read.name == "tiny"


def test_of_several_splits_one_must_be_chosen(tmp_path: Path) -> None:
    folder = beir(tmp_path / "tiny", test="q1\td1\t1\n", train="q2\td2\t1\n")
    with pytest.raises(UsageError, match="one of test, train") as caught:
        native(folder, tmp_path / "cache")
    assert caught.value.next == "--queries test"
    assert load(native(folder, tmp_path / "cache", split="train")).questions[0].id == "q2"
    with pytest.raises(UsageError, match="no split 'dev'"):
        native(folder, tmp_path / "cache", split="dev")


def test_a_conversion_is_made_once_and_anew_when_an_input_changes(tmp_path: Path) -> None:
    folder = beir(tmp_path / "tiny")
    first = native(folder, tmp_path / "cache")
    made = (first / "corpus.jsonl.gz").stat().st_mtime_ns
    assert native(folder, tmp_path / "cache") == first
    assert (first / "corpus.jsonl.gz").stat().st_mtime_ns == made
    (folder / "corpus.jsonl").write_text(CORPUS + '{"_id": "d3", "text": "Third."}\n')
    assert native(folder, tmp_path / "cache") != first


def test_a_native_folder_is_returned_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"id": "d1", "text": "x"}))
    assert native(tmp_path, tmp_path / "cache") == tmp_path
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("part", "text", "what"),
    [
        ("corpus", CORPUS + "{\n", "line 3 of .*corpus.jsonl is not JSON"),
        ("corpus", CORPUS + "[]\n", "line 3 of .*corpus.jsonl is not an object"),
        ("corpus", CORPUS + '{"_id": "d1", "text": ""}\n', "line 3 of .*corpus.jsonl has the id 'd1' a second time"),
        ("corpus", CORPUS + '{"text": ""}\n', "line 3 of .*corpus.jsonl has no field '_id'"),
        ("corpus", CORPUS + '{"_id": "d3"}\n', "line 3 of .*corpus.jsonl has no field 'text'"),
        ("corpus", CORPUS + '{"_id": "d3", "title": 3, "text": ""}\n', "line 3 of .*title that is not a string"),
        ("queries", QUERIES + '{"_id": "q1", "text": "again"}\n', "line 3 of .*queries.jsonl has the id 'q1'"),
        ("test", "q1\td9\t1\n", "line 2 of .*test.tsv judges the document 'd9', which is not in the corpus"),
        ("test", "q1\td1\t1\nq9\td1\t1\n", "judges the question 'q9', which is not in"),
        ("test", "q1\td1\t1\nq1\td1\t1\n", "line 3 of .*test.tsv judges 'd1' for 'q1' a second time"),
        ("test", "q1 d1 1\n", "line 2 of .*test.tsv is not a judgement"),
        ("test", "q1\td1\tmuch\n", "line 2 of .*test.tsv is not a judgement"),
        ("test", "q1\td1\t0\n", "no relevant document for the question 'q1'"),
    ],
)
def test_what_cannot_be_meant_is_named_and_leaves_nothing_behind(part: str, text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(FathomError, match=what):
        native(beir(tmp_path / "tiny", **{part: text}), tmp_path / "cache")
    assert list((tmp_path / "cache" / "datasets").iterdir()) == []


def test_judgements_without_their_header_are_refused(tmp_path: Path) -> None:
    folder = beir(tmp_path / "tiny")
    (folder / "qrels" / "test.tsv").write_text("q1\td1\t1\n")
    with pytest.raises(FathomError, match=r"line 1 of .*test.tsv is not the header"):
        native(folder, tmp_path / "cache")


def test_a_folder_without_questions_is_a_usage_error(tmp_path: Path) -> None:
    folder = beir(tmp_path / "tiny")
    (folder / "queries.jsonl").unlink()
    with pytest.raises(UsageError, match=r"has no queries\.jsonl or"):
        native(folder, tmp_path / "cache")

"""`fathom eval`: figures that were worked out by hand, as JSON and as a table."""

from __future__ import annotations

import json
from math import log2
from pathlib import Path

import pytest

from tests.ui.conftest import Fathom

CORPUS = [
    {"id": "d1", "title": "Neptune", "text": "Galle found Neptune in Berlin."},
    {"id": "d2", "title": "Uranus", "text": "Herschel found Uranus in Bath. Uranus, Uranus."},
    {"id": "d3", "title": "Rings", "text": "Rings surround Uranus as they do Saturn."},
]
QUERIES = [
    {"id": "q1", "question": "Neptune", "supporting_ids": ["d1"], "kind": "easy"},
    {"id": "q2", "question": "Uranus", "supporting_ids": ["d3"], "kind": "hard"},
    {"id": "q3", "question": "Neptune Saturn", "supporting_ids": ["d1", "d3"], "kind": "hard"},
    {"id": "q4", "question": "Who found Vulcan?", "supporting_ids": [], "kind": "easy"},
]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "sets" / "small"
    folder.mkdir(parents=True)
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)), "utf-8")
    return folder


BM25 = ("--encoder", "none", "--recipe", "bm25")


def test_the_figures_are_those_worked_out_by_hand(fathom: Fathom, dataset: Path) -> None:
    ran = fathom("eval", str(dataset), *BM25, "--measure", "nDCG@10", "--measure", "All@2", "--json")
    assert (ran.code, ran.err) == (0, "")
    told = ran.json
    assert set(told) == {"dataset", "n", "recipes", "groups", "differences"}
    assert (told["dataset"], told["n"]) == ("small", 4)
    figures = told["recipes"]["bm25"]
    # d2 says Uranus more often than d3: the second place is worth 1 / log2(3); the two others are right. q4 has no answer.
    assert figures["nDCG@10"]["value"] == pytest.approx((1 + 1 / log2(3) + 1) / 3)
    assert figures["All@2"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 3, "errors": 0, "value_without_errors": 1.0}
    assert told["groups"]["kind=easy"]["bm25"]["All@2"]["n"] == 1
    assert told["groups"]["kind=hard"]["bm25"]["nDCG@10"]["value"] == pytest.approx((1 / log2(3) + 1) / 2)


def test_a_name_is_looked_up_in_the_data_folder_and_the_index_is_used_again(
    fathom: Fathom, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FATHOM_DATA", str(dataset.parent))
    first = fathom("eval", "small", *BM25, "--json")
    assert len(list((tmp_path / "cache").iterdir())) == 1
    monkeypatch.setattr("retrievers.build.Job.run", None)
    assert fathom("eval", "small", *BM25, "--json").json == first.json


def test_people_see_a_table_and_how_a_recipe_does_against_the_first(fathom: Fathom, dataset: Path) -> None:
    ran = fathom("eval", str(dataset), *BM25, "--recipe", "okapi", "--measure", "nDCG@10", "--groups")
    assert ran.code == 0
    assert "small: 3 questions, 1 unanswerable left out" in ran.out
    assert "okapi less bm25" in ran.out
    assert "kind=hard  2 questions" in ran.out


def test_conditions_confine_what_is_found(fathom: Fathom, dataset: Path) -> None:
    ran = fathom("eval", str(dataset), *BM25, "--where", "document=d1", "--measure", "Success@1", "--json")
    assert ran.json["recipes"]["bm25"]["Success@1"]["value"] == pytest.approx(2 / 3)


def test_a_depth_that_is_too_small_for_a_measure_is_named(fathom: Fathom, dataset: Path) -> None:
    ran = fathom("eval", str(dataset), *BM25, "--measure", "nDCG@10", "--depth", "5", "--json")
    assert (ran.code, ran.error["next"]) == (2, "--depth 10")


def test_several_files_of_questions_need_a_choice(fathom: Fathom, dataset: Path) -> None:
    (dataset / "queries_more.jsonl").write_text(json.dumps(QUERIES[0]), "utf-8")
    ran = fathom("eval", str(dataset), *BM25, "--json")
    assert (ran.code, ran.error["next"]) == (2, "--queries queries.jsonl")
    assert fathom("eval", str(dataset), *BM25, "--queries", "queries_more.jsonl", "--json").json["n"] == 1


def test_a_data_set_without_judgements_is_refused_by_name(fathom: Fathom, dataset: Path) -> None:
    (dataset / "queries.jsonl").write_text(json.dumps(QUERIES[3]), "utf-8")
    ran = fathom("eval", str(dataset), *BM25, "--json")
    assert ran.code == 1
    assert "no judgements" in ran.error["error"]


def test_a_corpus_of_which_a_part_was_skipped_has_exit_code_3(fathom: Fathom, dataset: Path) -> None:
    with (dataset / "corpus.jsonl").open("a") as stream:
        stream.write('\n{"id": "d4", "text": ""}\n')
    ran = fathom("eval", str(dataset), *BM25)
    assert ran.code == 3
    assert "1 input of the corpus was skipped" in ran.err


def test_owners_of_records_need_to_be_named(fathom: Fathom, dataset: Path) -> None:
    rows = [{**row, "user": "ada"} for row in CORPUS]
    (dataset / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert fathom("eval", str(dataset), *BM25, "--json").code in (1, 2)
    asked = [{**row, "user": "ada"} for row in QUERIES]
    (dataset / "queries.jsonl").write_text("\n".join(map(json.dumps, asked)), "utf-8")
    ran = fathom("eval", str(dataset), *BM25, "--owner-field", "user", "--measure", "All@2", "--json")
    assert ran.json["recipes"]["bm25"]["All@2"]["value"] == 1.0

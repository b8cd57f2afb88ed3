"""`fathom eval --run` and what is told of it afterwards: `why`, `runs`, `show`, and what refuses it by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ui.conftest import Fathom

CORPUS = [
    {"id": "d1", "title": "Neptune", "text": "Galle found Neptune in Berlin."},
    {"id": "d2", "title": "Uranus", "text": "Herschel found Uranus in Bath. Uranus, Uranus."},
    {"id": "d3", "title": "Rings", "text": "Rings surround Uranus as they do Saturn."},
]
QUERIES: list[dict[str, Any]] = [
    {"id": "q1", "question": "Neptune", "supporting_ids": ["d1"]},
    {"id": "q2", "question": "Uranus", "supporting_ids": ["d3"]},
    {"id": "1", "question": "Neptune Saturn", "supporting_ids": ["d1", "d2"]},
    {"id": "q4", "question": "Who found Vulcan?", "supporting_ids": []},
]


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)), "utf-8")
    return str(folder)


@pytest.fixture
def evaluated(fathom: Fathom, dataset: str) -> Fathom:
    """An evaluation named `first`, of two recipes, that looks at one place."""
    recipes = ("--encoder", "none", "--recipe", "bm25", "--recipe", "okapi", "--measure", "Success@1")
    ran = fathom("eval", dataset, *recipes, "--run", "first")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "next  fathom why first --question q1")
    return fathom


def told(evaluated: Fathom, *options: str) -> list[tuple[str, str, str]]:
    return [(one["recipe"], one["passage"], one["cause"]) for one in evaluated("why", "first", *options, "--json").json]


def test_each_relevant_passage_is_told_of_for_every_recipe(evaluated: Fathom) -> None:
    assert told(evaluated, "--question", "q2") == [("bm25", "d3", "rank_miss"), ("okapi", "d3", "rank_miss")]
    found = evaluated("why", "first", "--question", "q2", "--recipe", "bm25", "--json").json
    assert [(one["document"], one["place"]) for one in found] == [
        ("d3", "in search 1 'Uranus': rank 2 of 2 by BM25; below the one place that was measured")
    ]
    (place,) = found[0]["searches"][0]["places"]
    assert (place["stage"], place["rank"], place["of"]) == ("BM25", 2, 2)


def test_a_question_is_known_by_its_id_its_number_or_its_words(evaluated: Fathom) -> None:
    both = [("bm25", "d1", "found"), ("bm25", "d2", "retrieval_miss")]
    assert told(evaluated, "--question", "1", "--recipe", "bm25") == both  # its id, and not the first question
    assert told(evaluated, "--question", "3", "--recipe", "bm25") == both
    assert told(evaluated, "--question", "saturn", "--recipe", "bm25") == both
    ran = evaluated("why", "first", "--json")
    assert (ran.code, "3 questions" in ran.error["error"]) == (2, True)


def test_any_passage_can_be_asked_about(evaluated: Fathom) -> None:
    assert told(evaluated, "--question", "q2", "--passage", "d2", "--recipe", "bm25") == [("bm25", "d2", "found")]
    assert told(evaluated, "--question", "q1", "--passage", "d3", "--recipe", "bm25") == [("bm25", "d3", "retrieval_miss")]
    assert told(evaluated, "--question", "q1", "--passage", "d9", "--recipe", "bm25") == [("bm25", "d9", "corpus_miss")]


def test_people_see_a_line_for_each_recipe_and_passage_or_one_passage_whole(evaluated: Fathom) -> None:
    ran = evaluated("why", "first", "--question", "q2")
    assert ran.code == 0
    assert "ranked too low" in ran.out
    assert "2 of 2 by BM25" in ran.out
    assert "next  fathom why first --question q2 --recipe bm25 --passage d3" in ran.out
    one = evaluated("why", "first", "--question", "q2", "--recipe", "bm25", "--passage", "d3")
    assert (one.code, "Rings surround Uranus" in one.out, "below the one place" in one.out) == (0, True, True)


def test_a_recipe_that_was_not_measured_is_named_with_those_that_were(evaluated: Fathom) -> None:
    ran = evaluated("why", "first", "--question", "q2", "--recipe", "bm52", "--json")
    assert (ran.code, ran.error["expected"], ran.error["next"]) == (2, "one of bm25, okapi", "--recipe bm25")


def test_runs_and_show_know_an_evaluation(evaluated: Fathom) -> None:
    rows = evaluated("runs", "--json").json
    assert {(row["purpose"], row["status"], row["size"], row["spec"]["recipe"]) for row in rows} == {
        ("first", "done", 3, "bm25"),
        ("first", "done", 3, "okapi"),
    }
    assert "evaluation first: bm25" in evaluated("runs").out
    shown = evaluated("show", "first")
    assert (shown.code, "data set small" in shown.out, "Neptune Saturn" in shown.out) == (0, True, True)
    records = evaluated("show", "first", "--json").json
    assert [(one["dataset"], one["gold"]["id"], one["gold"]["relevant"]) for one in records] == [
        ("small", "q1", ["d1"]),
        ("small", "q2", ["d3"]),
        ("small", "1", ["d1", "d2"]),
    ]
    assert [one["query"] for one in evaluated("show", "first", "--question", "q2", "--json").json["searches"]] == ["Uranus"]
    assert "searched “Uranus”" in evaluated("show", "first", "--question", "q2").out
    by_id = evaluated("why", rows[0]["id"], "--question", "q2", "--json").json
    assert [one["run"] for one in by_id] == [rows[0]["id"]]


def test_the_same_again_is_told_and_not_searched_again(evaluated: Fathom, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.batch.Batch.all", None)
    options = ("--encoder", "none", "--recipe", "bm25", "--measure", "Success@1", "--run", "first", "--json")
    ran = evaluated("eval", dataset, *options)
    assert ran.err == ""
    assert (ran.code, ran.json["run"], list(ran.json["recipes"])) == (0, "first", ["bm25"])
    assert len(evaluated("runs", "--json").json) == 2


def test_other_settings_under_a_name_that_is_taken_are_refused_and_named(evaluated: Fathom, dataset: str) -> None:
    given = ("--encoder", "none", "--recipe", "bm25", "--run", "first", "--where", "type=pdf", "--json")
    ran = evaluated("eval", dataset, *given)
    assert (ran.code, ran.out, ran.error["next"]) == (1, "", "give it a new name: --run NEW-NAME")
    assert "first (bm25) was begun with other settings: scope was" in ran.error["error"]
    assert len(evaluated("runs", "--json").json) == 2


def test_without_a_name_nothing_is_written(fathom: Fathom, dataset: str, tmp_path: Path) -> None:
    assert fathom("eval", dataset, "--encoder", "none", "--recipe", "bm25", "--json").code == 0
    assert not (tmp_path / "ledger.db").exists()


def test_an_evaluation_goes_to_the_ledger_that_is_named(fathom: Fathom, dataset: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.db'}"
    options = ("--encoder", "none", "--recipe", "bm25", "--run", "erste Messung", "--ledger", url)
    assert fathom("eval", dataset, *options, "--json").json["n"] == 4
    assert fathom("why", "erste Messung", "--question", "q1", "--ledger", url, "--json").json[0]["cause"] == "found"
    assert fathom("why", "erste Messung", "--question", "q1", "--json").code == 1


@pytest.mark.parametrize(
    "command", [("ask", "--resume", "first"), ("ask", "And Pluto?", "--continue", "first"), ("export", "first")]
)
def test_what_needs_an_answer_refuses_an_evaluation_by_name(evaluated: Fathom, command: tuple[str, ...]) -> None:
    ran = evaluated(*command, "--json")
    assert ran.code == 1
    assert "evaluation" in ran.error["error"] or "is done" in ran.error["error"]
    assert len(evaluated("runs", "--json").json) == 2


def test_a_question_that_a_person_asked_is_told_of_as_before(fathom: Fathom, index: str) -> None:
    asked = fathom("ask", "Who discovered Triton?", "--index", index, "--recipe", "bm25", "--json").json
    whole = fathom("why", "last", "--json").json
    assert [one["passage"] for one in whole] == [one["item"] for one in asked["shown"]]
    one = fathom("why", asked["run"], "--passage", whole[0]["passage"], "--json").json
    assert one == whole[0]
    assert fathom("why", asked["run"], "--recipe", "dense", "--json").code == 2

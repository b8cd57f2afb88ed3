"""`fathom compare`: two kept evaluations, as JSON and for people, and what it refuses."""

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
    {"id": "q 3", "question": "Neptune Saturn", "supporting_ids": ["d1", "d2"]},
]
RECIPES = """
from retrievers.lexical import BM25

RECIPES = {"first-only": lambda sources: BM25(sources.index) % 1}
"""


def written(folder: Path, queries: list[dict[str, Any]]) -> str:
    folder.mkdir()
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)), "utf-8")
    return str(folder)


@pytest.fixture
def evaluated(fathom: Fathom, tmp_path: Path) -> Fathom:
    """`first` and `second` of one recipe each, the second of which keeps one place; `both` of the two."""
    dataset, own = written(tmp_path / "small", QUERIES), tmp_path / "own.py"
    own.write_text(RECIPES, "utf-8")
    options = ("--encoder", "none", "--recipes", str(own), "--json")
    for name, recipes in (("first", ["bm25"]), ("second", ["first-only"]), ("both", ["bm25", "first-only"])):
        given = [part for recipe in recipes for part in ("--recipe", recipe)]
        assert fathom("eval", dataset, *options, *given, "--run", name).code == 0
    return fathom


def test_json_is_what_was_agreed_and_a_difference_is_b_less_a(evaluated: Fathom) -> None:
    ran = evaluated("compare", "first", "second", "--measure", "R@2", "--measure", "Success@1", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    # R@2: q2 finds d3 at place 2, which the second has no more; d2 of the third question is found by neither
    expected = {"a": 2.5 / 3, "b": 1.5 / 3, "difference": -1 / 3, "n": 3, "wins": 0, "losses": 1, "ties": 2}
    assert {name: found["R@2"][name] for name in expected} == pytest.approx(expected)
    assert found["R@2"]["p"] == found["R@2"]["p_holm"] == 1.0
    keys = ["a", "b", "difference", "low", "high", "p", "p_holm", "detectable", "n", "wins", "losses", "ties"]
    assert [list(one) for one in found.values()] == [keys, keys]
    assert (found["Success@1"]["difference"], found["Success@1"]["ties"]) == (0.0, 3)


def test_without_a_measure_ndcg_and_recall_at_ten_are_compared(evaluated: Fathom) -> None:
    assert list(evaluated("compare", "first", "second", "--json").json) == ["nDCG@10", "R@10"]


def test_where_less_was_logged_as_much_is_compared(fathom: Fathom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.batch.LOGGED", 1)
    dataset = written(tmp_path / "small", QUERIES)
    for name in ("first", "second"):
        fathom("eval", dataset, "--encoder", "none", "--recipe", "bm25", "--measure", "Success@1", "--run", name)
    assert list(fathom("compare", "first", "second", "--json").json) == ["nDCG@1", "R@1"]
    ran = fathom("compare", "first", "second", "--measure", "R@10", "--json")
    assert (ran.code, ran.error["next"]) == (1, "--measure R@1")


def test_people_see_both_a_table_and_the_questions_that_changed(evaluated: Fathom) -> None:
    ran = evaluated("compare", "first", "second")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[:3] == ["A first recipe bm25", "B second recipe first-only", "small: 3 questions; difference is B less A"]
    (row,) = [line for line in lines if line.startswith("R@10")]
    assert row.startswith("R@10 0.8333 0.5000 -0.3333 -1.000 to 0.000 1.000 1.000 ")
    assert row.endswith(" 0 1")
    assert "q2 Uranus nDCG@10 0.631 to 0.000, R@10 1.000 to 0.000" in lines
    assert lines[-1] == "fathom why second --question q2"
    why = evaluated("why", "second", "--question", "q2", "--json")
    assert (why.code, why.json[0]["cause"]) == (0, "rank_miss")


def test_recipes_of_one_evaluation_are_compared_by_its_name_and_theirs(evaluated: Fathom) -> None:
    ran = evaluated("compare", "both:bm25", "both:first-only", "--flips", "1")
    assert (ran.code, ran.out.splitlines()[-1].strip()) == (0, "fathom why both --question q2")
    across = evaluated("compare", "both:first-only", "first", "--json").json
    assert across["R@10"]["difference"] == pytest.approx(1 / 3)
    ran = evaluated("compare", "both", "first", "--json")
    assert (ran.code, ran.error["expected"]) == (2, "one of both:bm25, both:first-only")


def test_how_many_changed_questions_are_listed_can_be_chosen(evaluated: Fathom) -> None:
    assert "fathom why" not in evaluated("compare", "first", "second", "--flips", "0").out
    assert "No question changed." in evaluated("compare", "first", "both:bm25").out


def test_a_run_is_known_by_its_id_and_by_the_ledger_that_is_named(
    evaluated: Fathom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {row["purpose"]: row["id"] for row in evaluated("runs", "--json").json}
    by_name = evaluated("compare", "first", "second", "--json").json
    monkeypatch.setenv("FATHOM_LEDGER", f"sqlite:///{tmp_path / 'other.db'}")
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    assert evaluated("compare", ids["first"], ids["second"], "--ledger", url, "--json").json == by_name
    assert evaluated("compare", "first", "second", "--json").code == 1


def test_evaluations_of_other_questions_or_data_are_refused(evaluated: Fathom, tmp_path: Path) -> None:
    for folder, queries in (("large", QUERIES), ("part/small", QUERIES[:2])):
        (tmp_path / folder).parent.mkdir(exist_ok=True)
        dataset = written(tmp_path / folder, queries)
        evaluated("eval", dataset, "--encoder", "none", "--recipe", "bm25", "--run", folder)
    ran = evaluated("compare", "first", "large", "--json")
    assert (ran.code, ran.error["error"]) == (1, "first asked the data set 'small', large the data set 'large'")
    ran = evaluated("compare", "first", "part/small", "--json")
    assert ran.error["error"] == "first and part/small asked different questions: 1 in first alone (q 3)"
    assert ran.error["next"] == "fathom eval small --recipe RECIPE --run NEW-NAME"


def test_what_is_no_measure_or_no_evaluation_is_named(evaluated: Fathom) -> None:
    ran = evaluated("compare", "first", "second", "--measure", "nDGC@10", "--json")
    assert (ran.code, ran.error["next"]) == (2, "did you mean nDCG@10?")
    ran = evaluated("compare", "first", "frist", "--json")
    assert (ran.code, ran.error["error"]) == (1, "no run 'frist'")

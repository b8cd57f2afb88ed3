"""`fathom attribute`, and the story that `fathom why` tells of a question with gold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import Ledger
from agent.store import Store
from evals.causes import CAUSES
from tests.ui.conftest import Fathom

CORPUS = [
    {"id": "d1", "title": "Neptune", "text": "Johann Galle found Neptune in Berlin in 1846."},
    {"id": "d2", "title": "Uranus", "text": "William Herschel found Uranus in Bath in 1781."},
    {"id": "d3", "title": "Rings", "text": "Rings surround Uranus as they do Saturn."},
]
QUERIES: list[dict[str, Any]] = [
    {"id": "q1", "question": "Who found Neptune?", "supporting_ids": ["d1"], "answers": ["Johann Galle"]},
    {"id": "q2", "question": "In which year was Uranus found?", "supporting_ids": ["d2"], "answers": ["in his garden"]},
    {"id": "q 3", "question": "Who found Neptune in Berlin?", "supporting_ids": ["d3"], "answers": ["Saturn"]},
    {"id": "q4", "question": "Who invented the zeppelin?", "supporting_ids": []},
]
EMPTY = dict.fromkeys(CAUSES, 0)


def counted(**causes: int) -> dict[str, int]:
    return {**EMPTY, **causes}


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)), "utf-8")
    return str(folder)


@pytest.fixture
def evaluated(fathom: Fathom, dataset: str) -> Fathom:
    """`agent`, researched without a model, and `alone`, a recipe of which one place is measured."""
    options = ("--encoder", "none", "--recipe", "bm25", "--json")
    assert fathom("eval", dataset, *options, "--policy", "extractive", "--run", "agent").code == 0
    assert fathom("eval", dataset, *options, "--measure", "R@1", "--run", "alone").code == 0
    return fathom


def test_json_is_a_count_for_every_cause(evaluated: Fathom) -> None:
    ran = evaluated("attribute", "agent", "--json")
    assert (ran.code, ran.err) == (0, "")
    # q2 has the year for an answer; the search for q3 gives no passage about rings; q4 is rightly refused
    assert ran.json == counted(right=2, wrong_answer=1, retrieval_miss=1)
    assert list(ran.json) == list(CAUSES)


def test_of_retrieval_alone_the_relevant_documents_decide(evaluated: Fathom) -> None:
    # q4 is not asked; d3 has no word of q3
    assert evaluated("attribute", "alone", "--json").json == counted(right=2, retrieval_miss=1)


def test_people_see_a_table_and_examples_with_what_to_type_next(evaluated: Fathom) -> None:
    run = evaluated("runs", "--json").json[1]["id"]
    ran = evaluated("attribute", "agent")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == f"agent 4 questions, run {run}"
    assert any(line.startswith("right right 2 50.0% █") for line in lines)
    assert any(line.startswith("wrong_answer used and answered wrong 1 25.0% █") for line in lines)
    assert not any(line.startswith("cut ") for line in lines)
    assert f"fathom why {run} --question q2" in lines
    assert f"fathom why {run} --question 'q 3'" in lines


def test_the_questions_of_a_cause_are_listed(evaluated: Fathom) -> None:
    (one,) = evaluated("attribute", "agent", "--list", "retrieval_miss", "--json").json
    assert (one["id"], one["question"], one["cause"], one["document"]) == (
        "q 3",
        "Who found Neptune in Berlin?",
        "retrieval_miss",
        "d3",
    )
    assert "not among the" in one["words"]
    ran = evaluated("attribute", "agent", "--list", "retrieval_miss")
    assert ("Who found Neptune in Berlin?" in ran.out, "Uranus" in ran.out) == (True, False)
    assert evaluated("attribute", "agent", "--list", "cut").out == "no question of agent is cut\n"


def test_two_runs_are_set_against_each_other(evaluated: Fathom, dataset: str) -> None:
    options = ("--encoder", "none", "--recipe", "bm25", "--json")
    assert evaluated("eval", dataset, *options, "--policy", "extractive", "--effort", "quick", "--run", "quick").code == 0
    found = evaluated("attribute", "agent", "--against", "quick", "--json").json
    assert found == {"a": found["b"], "b": counted(right=2, wrong_answer=1, retrieval_miss=1), "moved": []}
    ran = evaluated("attribute", "agent", "--against", "quick")
    assert (ran.code, "No question moved." in ran.out) == (0, True)


def test_a_question_that_moved_is_named_with_the_run_in_which_it_was_missed(evaluated: Fathom, dataset: str) -> None:
    options = ("--encoder", "none", "--recipe", "bm25", "--json", "--measure", "R@2")
    changed = [{**one, "question": "Uranus" if one["id"] == "q 3" else one["question"]} for one in QUERIES]
    Path(dataset, "queries.jsonl").write_text("\n".join(map(json.dumps, changed)), "utf-8")
    for name, depth in (("one", "1"), ("two", "2")):
        places = ("--measure", f"R@{depth}", *options[:-2], "--depth", depth)
        assert evaluated("eval", dataset, *places, "--run", name).code == 0
    ran = evaluated("attribute", "one", "--against", "two", "--json").json
    assert ran["moved"] == [{"id": "q 3", "question": "Uranus", "from": "rank_miss", "to": "right"}]
    run = next(row["id"] for row in evaluated("runs", "--json").json if row["purpose"] == "one")
    told = evaluated("attribute", "one", "--against", "two", "--list", "rank_miss")
    assert ("rank_miss to right" in told.out, f"fathom why {run} --question 'q 3'" in told.out) == (True, True)
    assert evaluated("attribute", "one", "--against", "two", "--list", "cut", "--json").json == []


def test_what_it_refuses(evaluated: Fathom, dataset: str) -> None:
    ran = evaluated("attribute", "agent", "--list", "rank_mis", "--json")
    assert (ran.code, ran.error["next"]) == (2, "--list rank_miss")
    ran = evaluated("attribute", "nobody", "--json")
    assert (ran.code, "no run 'nobody'" in ran.error["error"]) == (1, True)
    ran = evaluated("attribute", "agent", "--against", "alone", "--json")
    assert (ran.code, "1 questions of run" in ran.error["error"], "first: q4" in ran.error["error"]) == (1, True, True)
    both = ("--encoder", "none", "--recipe", "bm25", "--recipe", "okapi", "--run", "both", "--json")
    assert evaluated("eval", dataset, *both).code == 0
    ran = evaluated("attribute", "both", "--json")
    assert (ran.code, ran.error["expected"]) == (2, "one of both:bm25, both:okapi")
    assert evaluated("attribute", "both:okapi", "--json").json["right"] == 2


def test_why_tells_the_story_of_a_question_before_what_was_shown(evaluated: Fathom) -> None:
    run = evaluated("runs", "--json").json[1]["id"]
    ran = evaluated("why", run, "--question", "q2")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == "q2 In which year was Uranus found?"
    assert "right answer in his garden" in lines
    assert any(line.startswith("cause used and answered wrong; d2: shown as [1] and cited") for line in lines)
    assert "d2 Uranus cited" in lines
    assert "1 In which year was Uranus found? 1 of 3 by BM25 [1], cited" in lines
    shown = next(place for place, line in enumerate(lines) if line.endswith("what became of it"))
    assert shown > lines.index("d2 Uranus cited")
    assert lines[shown + 2].startswith("[1] Uranus d2")


def test_the_story_of_a_document_that_no_search_gave_says_where_it_is_missing(evaluated: Fathom) -> None:
    run = evaluated("runs", "--json").json[1]["id"]
    out = " ".join(evaluated("why", run, "--question", "q 3").out.split())
    assert "cause not retrieved; d3: in search 1" in out
    assert "d3 Rings not retrieved" in out
    assert "not among 2 of BM25 no" in out


def test_json_of_why_is_what_was_shown_as_for_any_run(evaluated: Fathom) -> None:
    run = evaluated("runs", "--json").json[1]["id"]
    told = evaluated("why", run, "--question", "q2", "--json").json
    assert told[0]["passage"] == "d2"
    assert set(told[0]) == {"passage", "document", "cause", "place", "searches"}


def test_an_evaluation_that_was_cut_off_is_refused_with_what_goes_on(evaluated: Fathom, tmp_path: Path) -> None:
    ledger = Ledger(Store.open(f"sqlite:///{tmp_path / 'ledger.db'}"))
    row = ledger.runs(purpose="agent")[0]
    gold = [one.gold for one in ledger.questions(row.id) if one.gold is not None]
    ledger.start_run(row.spec, [one.asked for one in ledger.questions(row.id)], purpose="begun", gold=gold)
    ran = evaluated("attribute", "begun", "--json")
    assert (ran.code, ran.error["next"]) == (1, "fathom eval --resume begun")

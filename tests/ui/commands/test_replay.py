"""`fathom replay`: an agent's own queries with another recipe, as JSON and for people, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.state import Search
from evals.datasets import Question
from evals.replay import Replay
from evals.replaying.issued import Asked, Issued
from tests.ui.conftest import Fathom
from ui.terminal.replay import Heading, replay

CORPUS = [
    {"id": "d1", "title": "Neptune", "text": "Galle found Neptune in Berlin in 1846."},
    {"id": "d2", "title": "Uranus", "text": "Herschel found Uranus in Bath in 1781."},
    {"id": "d3", "title": "Rings", "text": "Huygens explained the rings of Saturn."},
]
QUERIES: list[dict[str, Any]] = [
    {"id": "q 1", "question": "Who found Neptune in Berlin?", "supporting_ids": ["d1"], "answers": ["Galle"]},
    {"id": "q2", "question": "Who found Uranus in Bath?", "supporting_ids": ["d2"], "answers": ["Herschel"]},
    {"id": "q3", "question": "Who lives on Pluto?", "supporting_ids": [], "answers": []},
]
RECIPES = """
from dataclasses import dataclass
from retrievers.base import Ranking, Stage
from retrievers.fusion import Fuse
from retrievers.lexical import BM25
from retrievers.multiquery import MultiQuery
from retrievers.rewrite import Expand

@dataclass(frozen=True)
class Always(Stage):
    id: str

    def __call__(self, batch):
        return [Ranking.ranked(one.query, [self.id], [1.0], self.label) for one in batch]

RECIPES = {
    "rings": lambda sources: Always("d3"),
    "both": lambda sources: Fuse((BM25(sources.index), Always("d3"))),
    "asking": lambda sources: Expand(MultiQuery(sources.need_chat()), BM25(sources.index)),
}
"""


def written(folder: Path) -> str:
    folder.mkdir()
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)), "utf-8")
    return str(folder)


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "own.py").write_text(RECIPES, "utf-8")
    return str(tmp_path / "own.py")


@pytest.fixture
def researched(fathom: Fathom, tmp_path: Path, own: str) -> Fathom:
    """`first`: an agent's evaluation with bm25."""
    given = ("--encoder", "none", "--policy", "extractive", "--recipes", own, "--json")
    assert fathom("eval", written(tmp_path / "small"), *given, "--recipe", "bm25", "--run", "first").code == 0
    return fathom


def test_json_is_what_was_agreed_and_the_runs_own_recipe_changes_nothing(researched: Fathom) -> None:
    ran = researched("replay", "first", "--recipe", "bm25", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.json) == ["queries", "evidence_recall", "gained", "lost"]
    assert ran.json["queries"] >= 2
    told = ran.json["evidence_recall"]
    assert {name: told[name] for name in ("logged", "replayed", "difference", "p", "n")} == {
        "logged": 1.0,
        "replayed": 1.0,
        "difference": 0.0,
        "p": 1.0,
        "n": 2,
    }
    assert (ran.json["gained"], ran.json["lost"]) == ([], [])
    assert researched("replay", "first", "--json").json == ran.json


def test_another_recipe_says_what_each_query_would_have_missed(researched: Fathom) -> None:
    found = researched("replay", "first", "--recipe", "rings", "--json").json
    assert (found["evidence_recall"]["logged"], found["evidence_recall"]["replayed"]) == (1.0, 0.0)
    assert found["lost"] == [
        {"question": "q 1", "query": "Who found Neptune in Berlin?", "document": "d1"},
        {"question": "q2", "query": "Who found Uranus in Bath?", "document": "d2"},
    ]


def test_people_see_a_table_and_the_queries_that_changed_most(researched: Fathom) -> None:
    ran = researched("replay", "first", "--recipe", "rings")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert "logged bm25 1.0000 1.000 to 1.000" in lines
    (row,) = [line for line in lines if line.startswith("replayed rings")]
    assert row == "replayed rings 0.0000 0.000 to 0.000 -1.0000 -1.000 to -1.000 0.500 0 2"
    assert "q 1 Who found Neptune in Berlin? -d1" in lines
    run = lines[0].split()[0]
    assert lines[-1] == f"next fathom why {run} --question 'q 1' --passage d1"
    why = researched("why", run, "--question", "q 1", "--passage", "d1", "--json")
    assert (why.code, why.json["cause"]) == (0, "cited")


def test_how_many_changed_queries_are_listed_can_be_chosen(researched: Fathom) -> None:
    assert "fathom why" not in researched("replay", "first", "--recipe", "rings", "--changes", "0").out
    assert researched("replay", "first", "--recipe", "rings", "--changes", "1").out.count("-d") == 1
    assert "No query changed." in researched("replay", "first").out


def test_the_query_that_changed_most_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (Asked(Search(text), shown=ids) for text, ids in (("moons", ("d1",)), ("rings", ("d2", "d3"))))
    asked = (Issued(Question("q1", "?", ("d1",)), (one,)), Issued(Question("q2", "?", ("d2", "d3")), (two,)))
    replay(Replay(asked, ((), ())), None, Heading("r1", "bm25", "dense"), 5)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[-3:] == ["q2 rings -d2 -d3", "q1 moons -d1", "next fathom why r1 --question q2 --passage d2"]


def test_each_retrievers_share_is_told_on_request(researched: Fathom) -> None:
    found = researched("replay", "first", "--recipe", "both", "--contribution", "--json").json
    assert found["contribution"] == {
        "recall": 1.0,
        "arms": [
            {"arm": "BM25", "alone": 1.0, "leave_one_out": 1.0, "shapley": 1.0},
            {"arm": "Always", "alone": 0.0, "leave_one_out": 0.0, "shapley": 0.0},
        ],
    }
    lines = [
        " ".join(line.split()) for line in researched("replay", "last", "--recipe", "both", "--contribution").out.splitlines()
    ]
    assert "BM25 1.0000 +1.0000 +1.0000" in lines


def test_a_recipe_that_fuses_nothing_has_no_shares(researched: Fathom) -> None:
    ran = researched("replay", "first", "--contribution", "--json")
    assert (ran.code, ran.error["error"].startswith("the recipe fuses nothing")) == (2, True)


def test_a_recipe_that_asks_a_model_needs_one(researched: Fathom) -> None:
    ran = researched("replay", "first", "--recipe", "asking", "--json")
    assert (ran.code, ran.error["next"]) == (1, "add --endpoint URL --model NAME")


def test_of_several_systems_one_is_named(researched: Fathom, tmp_path: Path) -> None:
    given = ("--encoder", "none", "--policy", "extractive", "--recipe", "bm25", "--recipe", "okapi", "--run", "two", "--json")
    assert researched("eval", str(tmp_path / "small"), *given).code == 0
    ran = researched("replay", "two", "--recipe", "bm25", "--json")
    assert (ran.code, ran.error["expected"]) == (2, "one of two:bm25, two:okapi")
    assert researched("replay", "two:okapi", "--recipe", "bm25", "--json").json["evidence_recall"]["n"] == 2


def test_what_has_no_agents_queries_or_no_gold_is_refused(researched: Fathom, tmp_path: Path, index: str) -> None:
    researched("eval", str(tmp_path / "small"), "--encoder", "none", "--recipe", "bm25", "--run", "alone")
    ran = researched("replay", "alone", "--json")
    assert (ran.code, ran.error["next"]) == (1, "fathom eval small --recipe RECIPE measures another recipe on its questions")
    researched("ask", "Who found Neptune?", "--index", index, "--recipe", "bm25")
    ran = researched("replay", "last", "--json")
    assert (ran.code, "none of the 1 questions" in ran.error["error"]) == (1, True)
    ran = researched("replay", "frist", "--json")
    assert (ran.code, ran.error["error"]) == (1, "no run 'frist'")

"""Values computed again from the ledger: the same as were measured, and each reason for having none by its name."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.runs import Runs
from agent.settings import Settings
from agent.spec import NONE, Spec
from agent.state import Done, Search
from agent.store import Store
from agent.workshop import Workshop
from evals.datasets import load
from evals.indexes import SETTINGS, index_of
from evals.measures import parse
from evals.retrieval import evaluate
from evals.runner import Runner
from evals.scores import kept, scores
from retrievers.errors import FathomError, UsageError
from retrievers.lexical import BM25
from tests.evals.synthetic import record, staged
from tests.faults.databases import ledger_url, postgres  # noqa: F401

GOLD = {"q1": ["d1"], "q2": ["d2", "d3"], "q3": ["d4"]}
FOUND = {"q1": ["d9", "d1"], "q2": ["d2", "d8", "d3"], "q3": ["d5"]}
MEASURES = parse(["nDCG@10", "R@2", "All@2"])


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:  # noqa: F811
    store = Store.open(ledger_url)
    yield Ledger(store)
    store.close()


def test_each_question_has_the_value_that_its_last_stage_earns(ledger: Ledger) -> None:
    run = record(ledger, "first", FOUND, GOLD)
    found = scores(ledger, "first", MEASURES)
    ideal = 1 + 1 / math.log2(3)  # q2: two relevant at the first two places
    assert found.values["nDCG@10"].tolist() == pytest.approx([1 / math.log2(3), (1 + 1 / math.log2(4)) / ideal, 0.0], abs=1e-12)
    assert found.values["R@2"].tolist() == [1.0, 0.5, 0.0]
    assert found.values["All@2"].tolist() == [1.0, 0.0, 0.0]
    assert list(found.values) == ["nDCG@10", "R@2", "All@2"]
    asked = [("q1", "what is q1?"), ("q2", "what is q2?"), ("q3", "what is q3?")]
    assert [(one.id, one.text) for one in found.questions] == asked
    assert found.questions[1].gold == Gold("q2", ("d2", "d3"))
    about = (found.name, found.run, found.spec.dataset, found.system, found.spec.stage, found.spec.identity)
    assert about == ("first", run, "small", "bm25", "BM25()", "g1")


def test_they_are_the_values_that_the_evaluation_measured(ledger: Ledger, tmp_path: Path) -> None:
    corpus = [{"id": f"d{n}", "title": "", "text": f"planet {'moon ' * n} comet{n % 3}"} for n in range(1, 8)]
    queries = [{"id": f"q{n}", "question": f"moon comet{n}", "supporting_ids": [f"d{n + 1}", f"d{n + 4}"]} for n in range(3)]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    dataset = load(tmp_path)
    index = index_of(dataset, tmp_path / "cache", replace(SETTINGS, encoder=None))
    measures = parse(["nDCG@10", "AP", "RR@3", "All@4"])
    runner = Runner(Runs(ledger, Workshop(Settings())), "first")
    runner.begin(dataset, [Spec(str(index.path), "bm25", policy=NONE, dataset=dataset.name, depth=10)])
    runner.run()
    report = evaluate(dataset, {"bm25": BM25(index)}, measures, index=index)
    found = scores(ledger, "first", measures)
    assert {name: list(values) for name, values in found.values.items()} == {
        name: list(values) for name, values in report.values["bm25"].items()
    }
    assert 0 < found.values["AP"].mean() < 1


def test_a_run_is_meant_by_name_by_name_and_recipe_or_by_id(ledger: Ledger) -> None:
    one = record(ledger, "first", FOUND, GOLD, recipe="bm25")
    other = record(ledger, "first", FOUND, GOLD, recipe="my:own")
    alone = record(ledger, "a:b", FOUND, GOLD)
    named = {name: scores(ledger, name, MEASURES) for name in ("first:bm25", "first:my:own", one, "a:b", "a:b:bm25", alone)}
    assert [found.run for found in named.values()] == [one, other, one, alone, alone, alone]
    assert [found.name for found in named.values()] == ["first:bm25", "first:my:own", "first:bm25", "a:b", "a:b", "a:b"]


def test_what_to_type_for_a_question_names_evaluation_and_recipe(ledger: Ledger) -> None:
    record(ledger, "my run", FOUND, GOLD, recipe="bm25")
    assert scores(ledger, "my run", MEASURES).why("q 1") == "fathom why 'my run' --question 'q 1'"
    record(ledger, "my run", FOUND, GOLD, recipe="dense")
    found = scores(ledger, "my run:dense", MEASURES)
    assert found.why("q1") == "fathom why 'my run' --question q1 --recipe dense"
    assert found.why("q1", every=True) == "fathom why 'my run' --question q1"


def test_a_name_that_leaves_open_which_recipe_is_meant_is_answered_with_all_of_them(ledger: Ledger) -> None:
    for recipe in ("bm25", "dense"):
        record(ledger, "first", FOUND, GOLD, recipe=recipe)
    for name in ("first", "first:bm52"):
        with pytest.raises(UsageError) as caught:
            scores(ledger, name, MEASURES)
        assert (caught.value.expected, caught.value.next) == ("one of first:bm25, first:dense", "first:bm25")


def test_a_measure_that_looks_deeper_than_was_logged_is_refused_with_one_that_does_not(ledger: Ledger) -> None:
    record(ledger, "first", FOUND, {**GOLD, "q3": ["d4"]}, total=700)  # of q3's ranking one place was logged
    assert kept(ledger, "first").depth == 1
    assert scores(ledger, "first", parse(["nDCG@1"])).values["nDCG@1"].tolist() == [0.0, 1.0, 0.0]
    for name, meant in (("R@2", "R@1"), ("AP", "nDCG@1")):
        with pytest.raises(FathomError, match="the ledger keeps the first 1 of a question of first") as caught:
            scores(ledger, "first", parse(["nDCG@1", name]))
        assert caught.value.next == f"--measure {meant}"


def test_a_ranking_that_was_logged_whole_can_be_looked_at_as_deep_as_one_likes(ledger: Ledger) -> None:
    record(ledger, "first", FOUND, GOLD)
    assert kept(ledger, "first").depth == 1000
    assert scores(ledger, "first", parse(["R@100", "AP"])).values["AP"].tolist() == pytest.approx([1 / 2, (1 + 2 / 3) / 2, 0])


def test_a_run_that_cannot_be_scored_says_why_and_what_helps(ledger: Ledger) -> None:
    record(ledger, "cut", FOUND, GOLD, searched=2, status="stopped")
    under_way = record(ledger, "going", FOUND, GOLD, searched=0, status="running")
    emptied = record(ledger, "nothing", FOUND, GOLD)
    with ledger.store.write(ledger.user) as rows:
        rows.remove("question", run=emptied)
    record(ledger, "bare", FOUND, {**GOLD, "q2": []})
    record(ledger, "strange", FOUND, GOLD)
    asked = ledger.start_run(Spec("small.index").as_json(), ["Who?"])
    unjudged = ledger.start_run(Spec("small.index", policy=NONE).as_json(), ["Who?"], purpose="unjudged")
    again = "fathom eval DATASET --recipe RECIPE --run NEW-NAME"
    for name, happened, next in (
        ("cut", "cut came to 2 of its 3 questions (stopped); question 3 was not reached", "fathom eval --resume cut"),
        ("going", "going came to 0 of its 3 questions (running); question 1 was not reached", f"fathom show {under_way}"),
        ("nothing", "nothing has no question", again),
        ("bare", "1 of the 3 questions of bare have no relevant passage", again),
        (unjudged, f"question 1 of run {unjudged} has no gold", "fathom eval DATASET"),
        (asked, f"run {asked} is no evaluation", again),
        ("nowhere", "no run 'nowhere'", "fathom runs"),
    ):
        with pytest.raises(FathomError) as caught:
            scores(ledger, name, MEASURES)
        assert caught.value.happened.startswith(happened)
        assert (caught.value.next, caught.value.expected != "") == (next, True)
    with pytest.raises(UsageError, match="no measure"):
        scores(ledger, "strange", [])


def test_an_id_that_two_questions_have_is_refused(ledger: Ledger) -> None:
    spec = Spec("small.index", policy=NONE, dataset="small")
    ledger.start_run(spec.as_json(), ["a", "b"], purpose="twice", gold=[Gold("q1", ("d1",)), Gold("q1", ("d2",))])
    with pytest.raises(FathomError, match="2 questions of the id 'q1'"):
        scores(ledger, "twice", MEASURES)


def test_the_last_stages_of_a_run_are_read_at_once_whatever_number_each_question_has(ledger: Ledger) -> None:
    run = ledger.start_run({}, ["a", "b", "c"])
    three = [staged("BM25", ["d1"]), staged("Dense", ["d2"]), staged("Fuse", ["d3", "d1"], 9)]
    ledger.record_action(run, 1, Done(1, 1, Search("a")), 0.1, three)
    ledger.record_action(run, 1, Done(2, 1, Search("a again")), 0.1, [staged("Dense", ["d7"])])
    ledger.record_action(run, 3, Done(1, 1, Search("c")), 0.1, three[:1])
    assert ledger.last_stages(run) == {(1, 1): three[2], (1, 2): staged("Dense", ["d7"]), (3, 1): three[0]}
    assert ledger.last_stages(run)[1, 1] == ledger.candidates(run, 1, 1)[-1]
    with pytest.raises(FathomError, match="no run 'nowhere'"):
        ledger.last_stages("nowhere")

"""What came of a run's questions, read from a ledger that its own methods wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.entries.batches import Searched
from agent.entries.packing import Candidates
from agent.entries.rows import Gold
from agent.entries.trajectories import Trajectory
from agent.ledger import Ledger
from agent.model.account import Call
from agent.spec import NONE, Spec
from agent.state import Answer, Citation, Claim, Done, Evidence, Failure, Open, Search, Spent, Turn
from agent.store import Store
from evals.datasets import Question
from evals.outcomes import Cited, Outcome, Step, outcomes
from retrievers.build import BuildSettings, build
from retrievers.document import ReadOptions
from retrievers.errors import FathomError
from retrievers.index import Index

SPEC = Spec("an.index").as_json()
GOLD = (
    Gold("q1", ("mars", "jupiter"), ("two", "2"), "ann"),
    Gold("q2", ("saturn",), ("rings",)),
    Gold("q3", ("halley",)),
    Gold("q4"),
)
TEXTS = ("How many moons has Mars?", "What has Saturn?", "Whose comet?", "How far is Pluto?")
ACTIONS = (Search("moons of Mars"), Open("mars#1", "more"), Search("moons of Jupiter"), Search("Moons of Mars!"), Search("io"))
HELD = Claim("Mars has two.", (Citation("mars", "mars#1", 0, 9, "two moons"), Citation("mars", "mars#2", 9, 12, "two")), True)
LOOSE = Claim("Io is one.", (Citation("io", "io#1", 0, 4, "Io is"),), False, "not there")
ANSWER = Answer("found", "two", "Mars has two.", (HELD, LOOSE), confidence=0.75)
SPENT = Spent(3, 100, 20, 2.5, None)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = Store.open(f"sqlite:///{tmp_path}/ledger.db")
    yield Ledger(store)
    store.close()


def staged(query: str, *stages: tuple[str, ...]) -> tuple[Candidates, ...]:
    names = ("BM25", "MaxSim")
    return tuple(
        Candidates(name, query, ids, tuple(1.0 / rank for rank in range(1, len(ids) + 1)), ("",) * len(ids), len(ids))
        for name, ids in zip(names, stages, strict=False)
    )


def passage(number: int, item: str, action: int, tokens: int) -> Evidence:
    return Evidence(number, item, item.partition("#")[0], "A title", 0, 9, "text", "", tokens, "words", action=action, rank=1)


def researched(ledger: Ledger) -> str:
    """A run of four questions: one answered, one whose policy failed, one that was never reached, one refused."""
    run = ledger.start_run(SPEC, TEXTS, purpose="first", gold=GOLD)
    ledger.record_turn(run, 1, Turn(1, actions=ACTIONS))
    ledger.record_action(run, 1, Done(1, 1, ACTIONS[0], hits=3), 0.5, staged("moons", ("x#1",), ("mars#2", "mars#1", "io#1")))
    ledger.record_action(run, 1, Done(2, 1, ACTIONS[1], hits=1), 0.5, ())
    ledger.record_action(run, 1, Done(3, 1, ACTIONS[2], hits=1), 0.5, staged("jupiter", ("jupiter#4",)))
    ledger.record_action(run, 1, Done(4, 1, ACTIONS[3], repeats=1), 0.0, ())
    ledger.record_action(run, 1, Done(5, 1, ACTIONS[4], failure="Unavailable"), 0.5, ())
    found = (passage(1, "mars#2", 1, 10), passage(2, "mars#1", 1, 20), passage(3, "mars#3", 2, 5), passage(4, "jupiter#4", 3, 7))
    ledger.record_shown(run, 1, 1, found)
    ledger.record_answer(run, 1, ANSWER, "answered", SPENT)
    ledger.record_failure(run, 2, Failure("plan", "timeout", "the model is down", "start it"))
    ledger.charge(run, 2, f"{run}/2", Call("converse", "small", 30, 4, 1.5, 0.25))
    ledger.record_answer(run, 2, Answer("not_found"), "failed", Spent(0, 30, 4, 1.5, 0.25))
    ledger.record_answer(run, 4, Answer("not_found", confidence=0.5), "saturated", Spent(1))
    return run


def test_a_question_has_its_gold_what_was_shown_the_answer_and_what_it_took(ledger: Ledger) -> None:
    one = outcomes(ledger, researched(ledger))[0]
    assert one == Outcome(
        Question("q1", "How many moons has Mars?", ("mars", "jupiter"), ("two", "2"), "ann"),
        ("mars", "jupiter"),
        ANSWER,
        "answered",
        SPENT,
        # what was opened adds tokens before the second search; a repeat is no search, one that failed is
        (Step(("mars",), 10 + 20), Step(("jupiter",), 10 + 20 + 5 + 7), Step((), 10 + 20 + 5 + 7)),
    )
    assert (one.searches, one.seconds, one.all_gold, one.refused, one.failed) == (3, 2.5, True, False, False)
    assert one.cited == (Cited("mars", True), Cited("io", False))


def test_what_searches_found_is_known_where_the_index_is(ledger: Ledger, tmp_path: Path) -> None:
    rows = [
        {"id": id, "text": f"{id} shines. It shines at night. One sees {id} far away. In it is much rock. Nobody has been there."}
        for id in ("mars", "io", "jupiter")
    ]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    build([tmp_path / "corpus.jsonl"], tmp_path / "an.index", BuildSettings(encoder=None, words=4), ReadOptions(split=True))
    one = outcomes(ledger, researched(ledger), index=Index.open(tmp_path / "an.index"))[0]
    assert [step.found for step in one.steps] == [("mars", "io"), ("jupiter",), None]
    assert [step.shown for step in one.steps] == [("mars",), ("jupiter",), ()]


def test_every_question_counts_and_one_of_which_nothing_came_says_why(ledger: Ledger) -> None:
    run = researched(ledger)
    _, failed, unreached, refused = outcomes(ledger, run)
    assert (failed.status, failed.reason, failed.refused) == ("failed", "plan: the model is down", False)
    assert failed.spent == Spent(0, 30, 4, 1.5, 0.25)
    assert (unreached.status, unreached.reason, unreached.failed) == ("open", "no answer was recorded", True)
    assert (unreached.shown, unreached.steps, unreached.spent) == ((), (), Spent())
    assert (refused.status, refused.refused, refused.question.unanswerable) == ("answered", True, True)
    assert [one.question.id for one in outcomes(ledger, run)] == ["q1", "q2", "q3", "q4"]


def test_what_the_embedded_writer_made_of_a_policy_that_failed_is_no_answer_of_the_policy(ledger: Ledger) -> None:
    run = ledger.start_run(SPEC, TEXTS[:1], gold=GOLD[:1])
    ledger.record_failure(run, 1, Failure("write", "timeout", "the model is down"))
    ledger.record_answer(run, 1, ANSWER, "failed", SPENT)
    (one,) = outcomes(ledger, run)
    assert (one.status, one.reason, one.stop) == ("failed", "write: the model is down", "failed")


def test_a_recipe_that_was_measured_alone_shows_the_places_that_were_measured(ledger: Ledger) -> None:
    spec = replace(Spec("an.index"), policy=NONE).as_json()
    run = ledger.start_run(spec, TEXTS[:2], purpose="alone", gold=GOLD[:2])
    stages = staged("moons", ("x", "mars", "io"), ("mars", "jupiter", "io"))
    ledger.record_searches(run, [Searched(1, Search("moons", show=2), 3, 0.25, stages)])
    one, other = outcomes(ledger, run)
    assert (one.shown, one.steps) == (("mars", "jupiter"), (Step(("mars", "jupiter"), 0, ("mars", "jupiter", "io")),))
    assert (one.status, one.answer, one.spent) == ("answered", None, Spent(searches=1, seconds=0.25))
    assert (other.status, other.reason) == ("open", "the question was not searched")


def test_what_all_questions_did_is_what_each_of_them_did(ledger: Ledger) -> None:
    run = researched(ledger)
    together = ledger.trajectories(run)
    assert sorted(together) == [1, 2]
    for number, one in together.items():
        alone = (ledger.done(run, number), ledger.shown(run, number), ledger.failures(run, number), ledger.spent(run, number))
        assert one == Trajectory(*alone)
    with pytest.raises(FathomError, match="no run 'nowhere'"):
        ledger.trajectories("nowhere")


def test_a_run_without_gold_and_one_of_another_user_are_errors(ledger: Ledger) -> None:
    run = ledger.start_run(SPEC, TEXTS[:1])
    with pytest.raises(FathomError, match=r"question 1 of run .* has no gold"):
        outcomes(ledger, run)
    with pytest.raises(FathomError):
        outcomes(Ledger(ledger.store, "ada"), researched(ledger))

"""The page Runs without a browser: listed, found, opened, stopped, gone on with, forked; and what is not there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.entries.batches import Searched
from agent.entries.packing import Candidates
from agent.entries.rows import Gold
from agent.model.account import Call
from agent.settings import Settings
from agent.spec import Spec
from agent.state import Answer, Done, Evidence, Failure, Search, Spent, Turn
from ui.cli import main
from ui.service import Service
from ui.visit import Visit

HANG = 60.0
HOSTILE = "Who? <script>alert(1)</script> [x](http://evil.example) **bold** \u202etxt"
Gone = list[tuple[str, dict[str, str]]]


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    monkeypatch.chdir(tmp_path)
    for name in ("ENDPOINT", "MODEL", "SETTINGS", "USER_HEADER", "INDEX", "HOME"):
        monkeypatch.delenv(f"FATHOM_{name}", raising=False)
    service = Service.open(Settings.load(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", home=tmp_path / "home"))
    yield Visit(service, "ada", None)
    service.store.close()


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> Gone:
    """Where the page was left for."""
    left: Gone = []
    for module in ("fork", "run_head", "run_list"):
        monkeypatch.setattr(f"ui.parts.{module}.go", lambda name, **parameters: left.append((name, parameters)))
    return left


def page(visit: Visit, **parameters: str) -> AppTest:
    def draw(visit):  # type: ignore[no-untyped-def]  # it is run as a script, which knows nothing of this file
        from ui.parts.problem import told
        from ui.runs_page import render

        with told():
            render(visit)

    app = AppTest.from_function(draw, default_timeout=HANG, kwargs={"visit": visit})
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(str(one.value) for one in app.text)


def spec(index: str, visit: Visit, **fields: object) -> Spec:
    made = Spec(str(Path(index).resolve()), "bm25").on(visit.service.workshop.index(index).identity, stage="BM25(k1=0.9)")
    return replace(made, **fields)  # type: ignore[arg-type]


def answered(visit: Visit, index: str, question: str = "Who discovered Titan?") -> str:
    run = visit.runs.start([question], spec(index, visit), purpose="chat")
    assert visit.runs.wait(run, HANG).status == "done"
    return run


def listed(app: AppTest) -> list[str]:
    return [one.key.removeprefix("open-") for one in app.button if one.key.startswith("open-")]


def test_without_a_run_the_page_says_what_it_is_for_and_where_to_begin(visit: Visit, gone: Gone) -> None:
    app = page(visit)
    assert "every step of it is kept" in app.markdown[0].value
    app.button(key="runs-ask").click().run()
    assert gone == [("chat", {})]


def test_a_run_is_listed_with_its_answer_and_opened_by_its_question(visit: Visit, index: str) -> None:
    run = answered(visit, index)
    app = page(visit)
    assert listed(app) == [run]
    assert "Christiaan Huygens" in said(app)
    assert re.search(r"bm25 · standard · extractive · .* · \d+ search", said(app))
    app.button(key=f"open-{run}").click().run()
    assert app.query_params["run"] == run
    assert [tab.label for tab in app.tabs] == ["Timeline", "How it was asked", "Model calls", "Fork"]
    app.button(key="runs-all").click().run()
    assert "run" not in app.query_params
    assert listed(app) == [run]


def test_the_filter_narrows_the_list_and_can_be_cleared(visit: Visit, index: str) -> None:
    ledger = visit.ledger
    moons = ledger.start_run(spec(index, visit).as_json(), ["moons"], purpose="chat")
    rings = ledger.start_run(spec(index, visit, recipe="okapi").as_json(), ["rings"])
    ledger.finish_run(rings, "failed")
    ledger.charge(moons, 1, f"{moons}/1", Call("plan", "m", 1, 1, 0.1, 0.5, 1, None))
    app = page(visit)
    assert listed(app) == [rings, moons]
    steps: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: app.text_input(key="runs-text").set_value("MOON"), [moons]),
        (lambda: app.text_input(key="runs-text").set_value(""), [rings, moons]),
        (lambda: app.selectbox(key="runs-recipe").set_value("okapi"), [rings]),
        (lambda: app.selectbox(key="runs-ended").set_value("running"), []),
    ]
    for choose, left in steps:
        choose()
        app.run()
        assert listed(app) == left
    assert "No run is like that" in app.info[0].value
    app.button(key="runs-clear").click().run()
    assert listed(app) == [rings, moons]
    app.selectbox(key="runs-purpose").set_value("command line").run()
    assert listed(app) == [rings]
    app.selectbox(key="runs-purpose").set_value("any").run()
    app.number_input(key="runs-cost").set_value(0.25).run()
    assert listed(app) == [rings]


def test_twenty_are_shown_at_a_time(visit: Visit, index: str) -> None:
    made = [visit.ledger.start_run(spec(index, visit).as_json(), [f"question {n}"]) for n in range(21)]
    app = page(visit)
    assert listed(app) == made[:0:-1]
    app.session_state["runs-page"] = 2
    assert listed(app.run()) == made[:1]
    app.text_input(key="runs-text").set_value("question 20").run()
    assert listed(app) == made[20:]
    assert app.session_state["runs-page"] == 1
    app.text_input(key="runs-text").set_value("").run()
    app.session_state["runs-page"] = 2
    assert listed(app.run()) == made[:1]
    visit.ledger.delete(visit.ledger.run(made[5]).conversation)
    assert listed(app.run()) == [run for run in made[::-1] if run != made[5]]


def test_a_run_opens_as_its_steps_with_all_that_it_takes_to_ask_again(visit: Visit, index: str, gone: Gone) -> None:
    run = answered(visit, index)
    app = page(visit, run=run)
    text = said(app)
    assert "“Who discovered Titan?”" in text
    assert "BM25 gave" in text
    assert "Saturn" in text
    assert "writing and checking the answer" in text
    turns = [one.value for one in app.markdown if one.value in ("**Turn 1**", "**The answer**")]
    assert turns == ["**Turn 1**", "**The answer**"]
    told = [one.value for one in app.code]
    assert any("BM25(k1=" in one for one in told)
    assert told[-1].startswith(f"fathom ask 'Who discovered Titan?' --index {Path(index).resolve()} --recipe bm25")
    app.button(key=f"chat-{run}").click().run()
    app.button(key=f"evidence-{run}").click().run()
    conversation = visit.ledger.run(run).conversation
    assert gone == [("chat", {"conversation": conversation}), ("evidence", {"run": run, "question": "1"})]


def test_calls_failures_and_an_odd_question_are_shown_as_they_are(visit: Visit, index: str) -> None:
    ledger = visit.ledger
    chat = spec(index, visit, policy="chat", endpoint="http://127.0.0.1:9/v1", model="small")
    run = ledger.start_run(chat.as_json(), [HOSTILE], purpose="chat")
    ledger.record_plan(run, 1, (), Turn(1, HOSTILE, (Search(HOSTILE),)))
    ledger.charge(run, 1, f"{run}/1", Call("plan", "small", 100, 20, 1.5, None, 2, "timeout"))
    ledger.record_failure(run, 1, Failure("search 1", "Unavailable", HOSTILE, "start it"))
    ledger.record_action(run, 1, Done(1, 1, Search(HOSTILE), failure="Unavailable"), 0.5, ())
    ledger.record_shown(run, 1, 1, [Evidence(1, "x#1", "x", HOSTILE, 0, 9, "")])
    ledger.finish_run(run, "failed")
    app = page(visit, run=run)
    seen = HOSTILE.replace("\u202e", "<U+202E>")
    text = said(app)
    assert seen in text
    assert f"search 1: {seen}" in text
    assert "\u202e" not in text + "".join(one.value for one in app.code)
    assert not any("evil.example" in one.value for one in [*app.markdown, *app.caption])
    (calls,) = app.dataframe
    assert calls.value.to_dict("records") == [
        {
            "call": 1, "for": "plan", "model": "small", "tokens in": 100, "tokens out": 20, "seconds": 1.5, "cost": "unknown",
            "attempts": 2, "failed": "timeout",
        }
    ]  # fmt: skip
    assert any(one.value == "In all 120 tokens, cost unknown" for one in app.caption)
    assert "evil" not in "".join(one.label for one in page(visit).button).replace("evil\\.example", "")


def test_a_fork_from_a_turn_with_another_query_is_left_for(visit: Visit, index: str, gone: Gone) -> None:
    run = answered(visit, index)
    app = page(visit, run=run)
    app.text_input(key=f"fork-query-{run}-1-1").set_value("Huygens rings").run()
    app.selectbox(key=f"fork-recipe-{run}-1").set_value("okapi").run()
    app.button(key=f"fork-{run}-1").click().run()
    forked = visit.ledger.runs(limit=1)[0]
    visit.runs.wait(forked.id, HANG)
    assert (forked.parent, forked.parent_turn, forked.spec["recipe"]) == (run, 1, "okapi")
    assert gone == [("chat", {"conversation": forked.conversation})]
    first, *_ = visit.ledger.done(forked.id, 1)
    assert isinstance(first.action, Search)
    assert first.action.text == "Huygens rings"
    app = page(visit, run=forked.id)
    assert "A fork of another run, from turn 1 on." in said(app)
    app.button(key=f"parent-{forked.id}").click().run()
    assert app.query_params["run"] == run


def test_a_run_whose_corpus_was_built_anew_says_so_and_offers_no_fork(visit: Visit, corpus: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.index"
    assert main(["index", str(corpus), "--out", str(own), "--encoder", "none"]) == 0
    run = answered(visit, str(own))
    stopped = visit.ledger.start_run(spec(str(own), visit).as_json(), ["And Triton?"], purpose="chat")
    visit.ledger.finish_run(stopped, "stopped")
    (tmp_path / "other.md").write_text("# Titan\n\nAnother text.\n", "utf-8")
    assert main(["index", str(tmp_path / "other.md"), "--out", str(own), "--encoder", "none"]) == 0
    app = page(visit, run=run)
    assert [one.value for one in app.info] == [
        "The corpus was built anew since this run began: what it found lies in the old one. Ask the question again instead."
    ]
    assert [one.key for one in app.button if one.key.startswith("fork-")] == []
    assert page(visit, run=stopped).button(key=f"resume-run-{stopped}").disabled


def test_a_run_of_a_corpus_that_is_not_the_readers_offers_nothing(visit: Visit, index: str) -> None:
    """Behind a proxy a recorded path opens nothing but the reader's own corpora."""
    run = answered(visit, index)
    app = page(Visit(visit.service, "ada", "ada"), run=run)
    assert "not there any more" in app.info[0].value
    assert [one.key for one in app.button if one.key.startswith("fork-")] == []


def test_a_stopped_run_goes_on(visit: Visit, index: str) -> None:
    run = visit.ledger.start_run(spec(index, visit).as_json(), ["Who discovered Titan?"], purpose="chat")
    visit.ledger.finish_run(run, "stopped")
    app = page(visit, run=run)
    assert "Not answered yet" in said(app)
    app.button(key=f"resume-run-{run}").click().run()
    assert visit.runs.wait(run, HANG).status == "done"
    assert "Christiaan Huygens" in said(page(visit, run=run))


def test_a_live_run_is_stopped_and_one_whose_process_died_is_offered_again(visit: Visit, index: str) -> None:
    ledger = visit.ledger
    run = ledger.start_run(spec(index, visit).as_json(), ["Who discovered Titan?"])
    ledger.lease(run, "another process", 3600)
    app = page(visit, run=run)
    assert [one.key for one in app.button if "resume" in one.key] == []
    app.button(key=f"stop-run-{run}").click().run()
    assert ledger.stop_asked(run)
    assert app.button(key=f"stop-run-{run}").disabled
    ledger.renew(run, "another process", -1)
    app = page(visit, run=run)
    assert "The process that worked on this run is gone" in app.warning[0].value
    assert not app.button(key=f"resume-run-{run}").disabled


def test_an_evaluation_of_retrieval_shows_its_search_and_offers_no_research(visit: Visit, index: str) -> None:
    alone = spec(index, visit, policy="none", dataset="moons")
    gold = (Gold("q1"), Gold("q2"))
    run = visit.ledger.start_run(alone.as_json(), ["Titan", "Triton"], purpose="first", gold=gold)
    stages = (Candidates("BM25", "triton moon", ("a",), (1.0,), ("",), 3),)
    visit.ledger.record_searches(run, [Searched(2, Search("Triton"), 3, 0.125, stages)])
    app = page(visit, run=run)
    assert any(one.value == "This question was not searched yet." for one in app.caption)
    app.number_input(key=f"run-question-{run}").set_value(2).run()
    assert app.query_params["question"] == "2"
    assert "3 hits in 0.125 s" in said(app)
    assert app.dataframe[0].value.to_dict("records") == [{"stage": "BM25", "searched for": "triton moon", "gave": 3}]
    assert [one.key for one in app.button] == ["runs-all", f"evidence-{run}"]
    assert app.code[-1].value == "fathom eval moons --recipe bm25"
    assert "no research can go on" in app.info[0].value


@pytest.mark.parametrize("number", ["0", "3", "x", "-1", "9" * 30, "\u0663"])
def test_a_question_that_the_run_does_not_have_is_said(visit: Visit, index: str, number: str) -> None:
    run = visit.ledger.start_run(spec(index, visit).as_json(), ["a", "b"])
    assert "has no question" in said(page(visit, run=run, question=number))


def test_another_users_run_is_as_missing_as_one_that_never_was(visit: Visit, index: str) -> None:
    run = visit.service.ledger("bob").start_run(spec(index, visit).as_json(), ["a canary"])
    visit.service.ledger("bob").record_answer(run, 1, Answer("found", "a canary"), "answered", Spent())
    told = [said(page(visit, run=id)).replace(id, "ID") for id in (run, "20000101-000000-000abcdef01")]
    assert told[0] == told[1]
    assert "No run 'ID'" in told[0]
    assert "canary" not in told[0] + said(page(visit))

"""The run service with the embedded policy: start, watch, stop, follow up, fork, resume; and what it refuses before it begins."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from agent.entries.leases import LeaseHeld
from agent.ledger import Admin, Ledger
from agent.record import nearest, record
from agent.runs import Runs
from agent.settings import Settings
from agent.spec import Spec, effort
from agent.state import EFFORTS
from agent.store import Store
from agent.workshop import Workshop
from retrievers.build import BuildSettings, build
from retrievers.errors import FathomError, UsageError
from retrievers.scope import Scope
from tests.agent.scripted import DOCUMENTS, small_index

QUESTION = "Where was Uranus discovered?"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    small_index(tmp_path)
    return tmp_path


@pytest.fixture
def runs(home: Path) -> Runs:
    return Runs(Ledger(Store.open(f"sqlite:///{home}/ledger.db")), Workshop(Settings.load()))


def spec(home: Path, **fields: object) -> Spec:
    return replace(Spec(str(home / "small.index"), "bm25"), **fields)  # type: ignore[arg-type]


def ask(runs: Runs, chosen: Spec, *questions: str, **options: str) -> str:
    run = runs.start(questions or (QUESTION,), chosen, **options)
    runs.wait(run, timeout=60)
    return run


def test_a_question_becomes_an_answer_with_a_cited_span(home: Path, runs: Runs) -> None:
    run = ask(runs, spec(home))
    told = record(runs.ledger, run)
    assert runs.ledger.run(run).status == "done"
    assert told["answer"]["kind"] == "found"
    (citation, *_) = told["claims"][0]["citations"]
    assert citation == {
        "document": "uranus",
        "item": "uranus",
        "start": 0,
        "end": len(DOCUMENTS["uranus"]),
        "quote": DOCUMENTS["uranus"],
    }
    assert told["usage"]["searches"] == len(told["searches"])
    assert told["usage"]["cost"] == 0.0
    assert json.loads(json.dumps(told)) == told


def test_the_same_question_gives_the_same_answer(home: Path, runs: Runs) -> None:
    first, second = (record(runs.ledger, ask(runs, spec(home))) for _ in range(2))
    assert {**first, "run": "", "usage": {}} == {**second, "run": "", "usage": {}}


def test_events_are_followed_to_the_end_and_read_on_from_anywhere(home: Path, runs: Runs) -> None:
    run = runs.start([QUESTION], spec(home))
    seen = list(runs.events(run))
    assert [seq for seq, _, _ in seen] == list(range(1, len(seen) + 1))
    assert [kind for _, kind, _ in seen][-1] == "run"
    assert [kind for _, kind, _ in seen].count("answer") == 1
    assert list(runs.events(run, after=3)) == seen[3:]


def test_many_questions_are_one_run(home: Path, runs: Runs) -> None:
    run = ask(runs, spec(home, parallel=2), QUESTION, "Who found Neptune?", "What is the capital of Sicily?")
    answers = [row.answer for row in runs.ledger.questions(run)]
    assert [answer.claims[0].citations[0].document for answer in answers if answer and answer.claims] == [
        "uranus",
        "neptune",
        "palermo",
    ]


def test_nothing_that_bears_on_it_gives_not_found_with_what_was_tried(home: Path, runs: Runs) -> None:
    run = ask(runs, spec(home), "How many violins did Antonio Vivaldi own?")
    told = record(runs.ledger, run)
    assert told["answer"]["kind"] == "not_found"
    assert (told["answer"]["short"], told["claims"]) == ("", [])
    assert told["searches"]
    assert len(nearest(runs.ledger, run, 1)) <= 3


def test_a_follow_up_stays_in_its_conversation(home: Path, runs: Runs) -> None:
    first = ask(runs, spec(home), "Who discovered Uranus?")
    second = ask(runs, spec(home), "And where did he discover it?", following=first)
    assert runs.ledger.run(second).conversation == runs.ledger.run(first).conversation
    assert "Herschel" in runs.ledger.question(second, 1).text
    assert runs.ledger.question(second, 1).asked == "And where did he discover it?"
    assert next(one.action for one in runs.ledger.shown(second, 1)) == 0


def test_a_fork_shares_the_turns_before_it_and_searches_anew(home: Path, runs: Runs) -> None:
    first = ask(runs, spec(home))
    forked = runs.fork(first, 1, query="Neptune Berlin")
    runs.wait(forked, timeout=60)
    assert record(runs.ledger, forked)["searches"][0]["query"] == "Neptune Berlin"
    assert (runs.ledger.run(forked).parent, runs.ledger.run(forked).parent_turn) == (first, 1)
    assert record(runs.ledger, first)["searches"][0]["query"] == QUESTION


def test_a_scope_bounds_what_is_found(home: Path, runs: Runs) -> None:
    run = ask(runs, spec(home, scope=Scope(documents=("pluto", "ceres"))))
    assert {one.document for one in runs.ledger.shown(run, 1)} <= {"pluto", "ceres"}
    assert Spec.from_json(json.loads(json.dumps(spec(home, scope=Scope(dates=((">", "2020"),))).as_json()))).scope.dates == (
        (">", "2020"),
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"recipe": "bm52"}, "did you mean --recipe bm25"),
        ({"index": "nowhere.index"}, "no index at"),
        ({"recipe": "dense"}, "without an encoder"),
    ],
)
def test_what_is_missing_is_said_before_a_run_is_recorded(change: dict[str, str], words: str, home: Path, runs: Runs) -> None:
    with pytest.raises(FathomError, match=words):
        runs.start([QUESTION], spec(home, **change))
    assert runs.ledger.runs() == []


@pytest.mark.parametrize("questions", [[], [""], [QUESTION, "  "]])
def test_an_empty_question_is_refused(questions: list[str], home: Path, runs: Runs) -> None:
    with pytest.raises(UsageError, match="empty question"):
        runs.start(questions, spec(home))


def test_a_policy_or_effort_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="--effort standard"):
        effort("standart")
    with pytest.raises(UsageError, match="one of extractive, chat"):
        Spec("i", policy="magic")
    with pytest.raises(UsageError, match="--endpoint URL"):
        Spec("i", policy="chat")


def test_a_run_that_is_done_is_not_resumed(home: Path, runs: Runs) -> None:
    run = ask(runs, spec(home))
    with pytest.raises(FathomError, match="is done"):
        runs.resume(run)


def test_a_run_in_work_elsewhere_is_not_resumed(home: Path, runs: Runs) -> None:
    run = runs.ledger.start_run(spec(home).on(runs.workshop.index(str(home / "small.index")).identity).as_json(), [QUESTION])
    runs.ledger.lease(run, "another process", 60)
    with pytest.raises(LeaseHeld, match="another process"):
        runs.resume(run)


def test_an_index_built_anew_ends_a_resume_with_its_name(home: Path, runs: Runs) -> None:
    old = runs.workshop.index(str(home / "small.index")).identity
    run = runs.ledger.start_run(spec(home).on(old).as_json(), [QUESTION])
    (home / "docs.jsonl").write_text(json.dumps({"id": "x", "text": "Something else."}) + "\n", "utf-8")
    build([home / "docs.jsonl"], home / "small.index", BuildSettings(encoder=None))
    with pytest.raises(FathomError, match="was built anew"):
        runs.resume(run)


def test_efforts_grow() -> None:
    quick, standard, deep = (EFFORTS[name] for name in ("quick", "standard", "deep"))
    for field in ("searches", "shown", "turns", "tokens", "seconds"):
        assert getattr(quick, field) <= getattr(standard, field) <= getattr(deep, field)


def test_a_run_is_resumed_by_one_worker_at_a_time(home: Path, runs: Runs) -> None:
    run = runs.start([QUESTION], spec(home))
    with pytest.raises(FathomError, match=r"under work in this process|is done"):
        runs.resume(run)
    runs.wait(run, timeout=60)


def test_a_run_that_begins_is_nobody_elses_to_go_on_with(home: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks for runs whose process died must not find one between its record and its first step."""
    found: list[list[tuple[str, str]]] = []
    begin = Runs._begin

    def looked(self: Runs, run: str, spec: Spec) -> None:
        found.append(Admin(runs.ledger.store).expired())
        begin(self, run, spec)

    monkeypatch.setattr(Runs, "_begin", looked)
    first = ask(runs, spec(home))
    runs.wait(runs.fork(first, 1), timeout=60)
    assert found == [[], []]


def test_two_threads_that_resume_a_run_work_on_it_once(home: Path, runs: Runs) -> None:
    chosen = spec(home).on(runs.workshop.index(str(home / "small.index")).identity)
    run = runs.ledger.start_run(chosen.as_json(), [QUESTION])
    together, refused = threading.Barrier(4), list[Exception]()

    def resume() -> None:
        together.wait(60)
        try:
            runs.resume(run)
        except FathomError as error:
            refused.append(error)

    threads = [threading.Thread(target=resume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert runs.wait(run, timeout=60).status == "done"
    assert len(refused) == 3
    assert [event.kind for event in runs.ledger.events(run)].count("plan") == 1


def test_a_stop_that_outlived_its_process_does_not_stop_the_resumed_run(home: Path, runs: Runs) -> None:
    """Killed after it was asked to stop: whoever resumes it wants it to go on."""
    chosen = spec(home).on(runs.workshop.index(str(home / "small.index")).identity)
    run = runs.ledger.start_run(chosen.as_json(), [QUESTION])
    runs.ledger.ask_stop(run)
    runs.resume(run)
    assert runs.wait(run, timeout=60).status == "done"
    assert record(runs.ledger, run)["answer"]["kind"] == "found"


def test_a_fork_over_an_index_built_anew_is_refused(home: Path, runs: Runs) -> None:
    first = ask(runs, spec(home))
    (home / "docs.jsonl").write_text(json.dumps({"id": "x", "text": "Something else."}) + "\n", "utf-8")
    build([home / "docs.jsonl"], home / "small.index", BuildSettings(encoder=None))
    with pytest.raises(FathomError, match="was built anew"):
        runs.fork(first, 1)

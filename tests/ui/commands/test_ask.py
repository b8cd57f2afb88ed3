"""`fathom ask` and what looks back at it: runs, show, why, export. The index, the ledger and the servers are real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent.entries.faults import StoreError
from agent.ledger import Ledger
from agent.spec import Spec
from agent.store import Store
from retrievers.index import Index
from tests.faults.stub_llm import StubServer
from tests.ui.conftest import Fathom, Ran
from ui.commands.watch import Interrupts

QUESTION = "Who discovered Triton?"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def asked(ask: Fathom) -> Ran:
    return ask(QUESTION, "--json")


def test_an_answer_is_one_json_object_of_the_agreed_shape(asked: Ran) -> None:
    assert (asked.code, asked.err) == (0, "")
    told = asked.json
    keys = {"run", "policy", "recipe", "stop", "answer", "claims", "conflicts", "failures", "shown", "searches", "usage"}
    assert keys <= set(told)
    assert (told["policy"], told["recipe"]) == ("extractive", "bm25")
    assert set(told["answer"]) == {"kind", "short", "text", "entities", "confidence"}
    assert set(told["usage"]) == {"searches", "tokens_in", "tokens_out", "seconds", "cost"}
    assert {"document", "item", "start", "end", "tokens", "cut"} <= set(told["shown"][0])
    assert {"query", "rewritten", "recipe", "hits"} <= set(told["searches"][0])
    assert told["answer"]["kind"] == "found"
    assert "Lassell" in told["answer"]["short"]


def test_every_citation_is_verbatim_where_it_says(asked: Ran, index: str) -> None:
    opened = Index.open(index)
    citations = [citation for claim in asked.json["claims"] for citation in claim["citations"]]
    assert citations
    for one in citations:
        assert opened.document(one["document"]).text[one["start"] : one["end"]] == one["quote"]
        assert any(
            one["item"] == shown["item"] and shown["start"] <= one["start"] and one["end"] <= shown["end"]
            for shown in asked.json["shown"]
        )


def test_people_see_the_short_answer_first_and_its_sources_by_number(ask: Fathom) -> None:
    out = ask(QUESTION).out
    assert "Lassell" in out.splitlines()[0]
    assert "[1]" in out
    assert "neptune.md#2" in out
    assert "“William Lassell discovered Triton on 10 October 1846.”" in out
    assert "extractive (no language model: verbatim sentences)" in out
    assert "next  fathom show" in out


def test_a_question_that_the_corpus_cannot_answer_names_what_was_tried(ask: Fathom) -> None:
    ran = ask("Which zebra painted Vladivostok?")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "Not found in this corpus"
    assert "“Which zebra painted Vladivostok?”" in ran.out


def test_what_was_asked_is_listed_and_shown_again(fathom: Fathom, asked: Ran) -> None:
    (row,) = fathom("runs", "--json").json
    assert (row["id"], row["title"], row["status"]) == (asked.json["run"], QUESTION, "done")
    assert fathom("runs", "--text", "triton", "--json").json == [row]
    assert fathom("runs", "--text", "vulcan", "--json").json == []
    assert fathom("show", "last", "--json").json == asked.json
    assert fathom("show", row["id"][:18], "--json").json == asked.json
    listed = fathom("runs").out
    assert row["id"] in listed
    assert "Lassell" in listed
    shown = fathom("show", "last").out
    assert QUESTION in shown
    assert "Steps" in shown
    assert "searched “" in shown


def test_another_user_sees_nothing_of_it(fathom: Fathom, asked: Ran) -> None:
    assert fathom("runs", "--user", "bob", "--json").json == []
    assert fathom("show", asked.json["run"], "--user", "bob", "--json").code == 1


def test_why_a_passage_was_used_or_not(fathom: Fathom, asked: Ran) -> None:
    cited = asked.json["claims"][0]["citations"][0]["item"]
    told = fathom("why", "last", "--passage", cited, "--json").json
    assert told["cause"] == "cited"
    assert told["searches"][0]["places"][0]["rank"] == 1
    assert fathom("why", "last", "--passage", "nowhere.md", "--json").json["cause"] == "corpus_miss"
    every = fathom("why", "last", "--json").json
    assert {one["passage"] for one in every} == {one["item"] for one in asked.json["shown"]}
    assert "rank 1 of" in fathom("why", "last", "--passage", cited).out
    assert "best rank" in fathom("why", "last", "--question", "triton").out


def test_a_question_of_a_run_is_meant_by_number_or_by_words(fathom: Fathom, asked: Ran) -> None:
    assert fathom("show", "last", "--question", "1", "--json").code == 0
    assert fathom("show", "last", "--question", "Who discovered", "--json").code == 0
    ran = fathom("why", "last", "--question", "Who discovered Titan?", "--json")
    assert ran.code == 2
    assert QUESTION in ran.error["next"]


def test_a_run_of_several_questions_wants_to_know_which(fathom: Fathom, index: str, tmp_path: Path) -> None:
    ledger = Ledger(Store.open(f"sqlite:///{tmp_path / 'ledger.db'}"))
    ledger.start_run(Spec(index).as_json(), ["Who found Neptune?", "Who found Uranus?"], purpose="night")
    ran = fathom("why", "night", "--json")
    assert (ran.code, ran.error["next"]) == (2, "--question 1, or --question WORDS")
    assert fathom("why", "night", "--question", "who found", "--json").error["error"].startswith("2 questions of run")
    assert fathom("show", "night", "--question", "uranus", "--json").json["question"] == "Who found Uranus?"
    assert [one["question"] for one in fathom("show", "night", "--json").json] == ["Who found Neptune?", "Who found Uranus?"]
    shown = fathom("show", "night").out
    assert shown.count("Not answered yet") == 2
    assert "not found" not in shown.casefold()
    assert "Not answered yet" in fathom("export", "night", "--question", "1").out


def test_a_run_is_exported_as_markdown_html_and_json(fathom: Fathom, asked: Ran, tmp_path: Path) -> None:
    assert fathom("export", "last").out.startswith(f"# {QUESTION}\n")
    assert fathom("export", "last", "--format", "html", "--out", "a.html").code == 0
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    assert fathom("export", "last", "--format", "json").json == fathom("export", "last", "--json").json == asked.json
    missing = fathom("export", "last", "--out", "nowhere/a.md", "--json")
    assert (missing.code, missing.error["next"]) == (1, "--out FILE")


def test_a_follow_up_has_the_settings_of_the_run_before(fathom: Fathom, asked: Ran) -> None:
    ran = fathom("ask", "Who discovered Titan?", "--continue", asked.json["run"], "--json")
    assert ran.code == 0
    assert ran.json["recipe"] == "bm25"
    first, second = fathom("runs", "--json").json
    assert first["conversation"] == second["conversation"]
    assert first["parent"] == second["id"]


def test_a_run_that_is_done_is_not_resumed(fathom: Fathom, asked: Ran) -> None:
    ran = fathom("ask", "--resume", asked.json["run"], "--json")
    assert ran.code == 1
    assert ran.error["next"] == f"fathom show {asked.json['run']}"


def test_conditions_confine_the_search(ask: Fathom) -> None:
    ran = ask(QUESTION, "--where", "document=lassell.txt", "--json")
    assert {one["document"] for one in ran.json["shown"]} <= {"lassell.txt"}


def test_a_model_that_is_down_is_a_failure_and_the_json_is_still_printed(ask: Fathom) -> None:
    with StubServer() as server:
        url = server.url
    ran = ask(QUESTION, "--endpoint", url, "--model", "stub", "--json")
    assert ran.code == 1
    assert (ran.json["policy"], ran.json["stop"]) == ("chat", "failed")
    assert "could not be reached" in ran.json["failures"][0]["happened"]
    assert "could not be reached" in ran.error["error"]
    assert ran.error["next"]


def test_a_defect_in_a_run_ends_it_and_is_named(ask: Fathom, fathom: Fathom, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("agent.extractive.ExtractivePolicy.plan", broken)
    ran = ask(QUESTION, "--json")
    assert (ran.code, ran.out, ran.error["error"]) == (1, "", "RuntimeError: boom")
    assert "defect" in ran.error["expected"]
    assert fathom("runs", "--json").json[0]["status"] == "failed"


def test_a_ledger_that_fills_up_ends_the_run_by_name(ask: Fathom, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the ledger is full", "room for the ledger", "free some space")

    monkeypatch.setattr(Ledger, "record_plan", full)
    monkeypatch.setattr(Ledger, "finish_run", full)
    ran = ask(QUESTION, "--json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error == {"error": "the ledger is full", "expected": "room for the ledger", "next": "free some space"}


def child(index: str, folder: Path, url: str, *options: str) -> subprocess.Popen[str]:
    code = "import sys; from ui.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "ask", QUESTION, "--index", index, "--recipe", "bm25", *options]
    environment = {**os.environ, "FATHOM_LEDGER": f"sqlite:///{folder}/ledger.db", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*command, "--endpoint", url, "--model", "stub"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment,
    )


def until_asked(server: StubServer) -> None:
    for _ in range(600):
        if server.asked:
            return
        time.sleep(0.1)
    raise TimeoutError("the model was never asked")


def test_ctrl_c_ends_a_run_with_what_it_has_and_the_json_is_still_printed(index: str, tmp_path: Path) -> None:
    with StubServer("silence") as server:
        running = child(index, tmp_path, server.url, "--json")
        until_asked(server)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    told: Any = json.loads(out)
    assert told["stop"] == "stopped"
    assert "Ctrl-C again leaves at once" in err


def test_the_second_ctrl_c_leaves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    stopped: list[str] = []
    monkeypatch.setattr(os, "_exit", left.append)
    before = signal.getsignal(signal.SIGINT)
    with Interrupts(lambda: stopped.append("asked")) as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert interrupts.asked
        assert left == []
        signal.raise_signal(signal.SIGINT)
        assert left == [130]
        for _ in range(100):
            if stopped:
                break
            time.sleep(0.01)
    assert stopped == ["asked"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_ends_by_itself_was_not_stopped() -> None:
    stopped: list[str] = []
    with Interrupts(lambda: stopped.append("asked")) as interrupts:
        pass
    time.sleep(0.05)
    assert not interrupts.asked
    assert stopped == []

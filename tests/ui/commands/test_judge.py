"""`fathom judge`: verdicts by the match of words and by a scripted model, as JSON and for people, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import Ledger
from agent.store import Store
from tests.evals.judged import answers_asked, evaluation, fields, marking
from tests.faults.stub_llm import Reply, StubServer
from tests.ui.conftest import Fathom

NEPTUNE, URANUS, CERES = "Who found Neptune?", "Who found Uranus?", "Who found Ceres?"
FIRST = {NEPTUNE: "Galle", URANUS: "F. W. Herschel", CERES: ""}
SECOND = {NEPTUNE: "Johann Galle", URANUS: "Bode", CERES: "Piazzi or Bode"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """The ledger that the command uses too."""
    store = Store.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield Ledger(store)
    store.close()


@pytest.fixture(autouse=True)
def both(ledger: Ledger) -> list[str]:
    """An evaluation of two systems."""
    return [evaluation(ledger, "both", answers, label) for label, answers in (("quick", FIRST), ("deep", SECOND))]


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_without_an_endpoint_the_match_of_words_judges(fathom: Fathom) -> None:
    ran = fathom("judge", "both:deep", "--json")
    assert (ran.code, ran.err, ran.json["judge"], ran.json["calls"]) == (0, "", "NormalisedMatch", 0)
    found = ran.json["systems"]["both:deep"]
    assert {name: found[name] for name in ("correct", "incorrect", "cannot_tell", "nonsense", "failed")} == {
        "correct": 1,
        "incorrect": 2,
        "cannot_tell": 0,
        "nonsense": 0,
        "failed": 0,
    }
    assert found["accuracy"]["value"] == pytest.approx(1 / 3)
    assert (found["accuracy"]["n"], found["needed_a_judge"], found["agreement"]) == (3, 3, None)


def test_a_model_judges_every_system_and_json_says_what_it_took(fathom: Fathom, tmp_path: Path) -> None:
    (tmp_path / "fathom.toml").write_text("[prices]\nstub = {input = 1.0, output = 10.0}\n", "utf-8")
    with StubServer(marking) as server:
        ran = fathom("judge", "both", "--endpoint", server.url, "--model", "stub", "--json")
        bodies = [one.body for one in server.asked]
    assert (ran.code, ran.err) == (0, "")
    assert answers_asked(bodies) == ["Bode", "F. W. Herschel", "Galle", "Johann Galle", "Piazzi or Bode"]
    assert {body["temperature"] for body in bodies} == {0.0}
    quick, deep = ran.json["systems"]["both:quick"], ran.json["systems"]["both:deep"]
    assert (quick["correct"], quick["incorrect"], quick["cannot_tell"], quick["asked"]) == (2, 1, 0, 2)
    assert (quick["accuracy"]["value"], quick["needed_a_judge"]) == (pytest.approx(2 / 3), 2)
    assert (deep["correct"], deep["incorrect"], deep["cannot_tell"], deep["accuracy"]["n"]) == (1, 1, 1, 2)
    # the model alone calls Galle and F. W. Herschel right: agreed on neither, where by chance 1 x 0 + 0 x 1 would be
    assert quick["agreement"] == {
        "both_correct": 0,
        "judge_only": 2,
        "match_only": 0,
        "neither": 0,
        "n": 2,
        "agreement": 0.0,
        "kappa": 0.0,
    }
    assert (deep["agreement"]["both_correct"], deep["agreement"]["neither"], deep["agreement"]["kappa"]) == (1, 1, 1.0)
    # five calls of 7 tokens read and 3 written
    assert (ran.json["calls"], ran.json["tokens_in"], ran.json["tokens_out"]) == (5, 35, 15)
    assert ran.json["cost"] == pytest.approx((35 * 1 + 15 * 10) / 1e6)


def test_the_same_command_again_asks_nothing(fathom: Fathom) -> None:
    with StubServer(marking) as server:
        told = ("judge", "both", "--endpoint", server.url, "--model", "stub", "--json")
        first = fathom(*told).json
        again = fathom(*told).json
        assert len(server.asked) == 5
    assert (again["calls"], again["tokens_in"]) == (0, 0)
    for name, one in first["systems"].items():
        assert again["systems"][name] == {**one, "asked": 0}


def test_people_see_the_judge_the_counts_the_agreement_and_what_it_took(fathom: Fathom) -> None:
    with StubServer(marking) as server:
        ran = fathom("judge", "both", "--endpoint", server.url, "--model", "stub")
    seen = lines(ran.out)
    assert ran.code == 0
    assert seen[0].startswith("judge stub, temperature 0, prompt ")
    assert [line for line in seen if line.startswith("system")] == ["system accuracy correct incorrect cannot tell nonsense"]
    quick, deep = [line for line in seen if line.startswith("both:")][:2]
    assert (quick.split()[:2], quick.split()[-4:]) == (["both:quick", "0.6667"], ["2", "1", "0", "0"])
    assert deep == "both:deep 0.5000 0.000 to 1.000 1 1 1 0"
    assert "both:quick 0.000 0.000 0 2 0 0" in seen
    assert "both:deep 1.000 1.000 1 0 0 1" in seen
    assert "asked about 5 of 5 answers now: 50 tokens, cost unknown" in seen
    assert "both:deep: 3 answers, " in ran.err


def test_a_run_is_judged_by_its_id(fathom: Fathom, both: list[str]) -> None:
    assert list(fathom("judge", both[1], "--json").json["systems"]) == ["both:deep"]


def test_nonsense_is_counted_told_and_fails_with_the_remedy(fathom: Fathom) -> None:
    with StubServer(Reply("I am not sure.")) as server:
        ran = fathom("judge", "both:deep", "--endpoint", server.url, "--model", "stub")
    assert ran.code == 1
    assert "both:deep none 0 0 0 3" in lines(ran.out)
    assert "both:deep: 3 answers got no verdict" in ran.err
    assert "gave no verdict on 3 of 3 answers of both:deep, first: stub gave no verdict: " in ran.err
    assert "next: judge with another model: fathom judge both:deep --model NAME" in ran.err


def test_a_little_nonsense_is_told_and_does_not_fail(fathom: Fathom, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"{NEPTUNE} {n}": f"answer {n}" for n in range(10)}
    monkeypatch.setattr("tests.evals.judged.RIGHT", dict.fromkeys(many, "Johann Galle"))
    evaluation(ledger, "many", many)

    def odd(body: Any) -> Reply:
        return Reply("hm") if fields(body)["given_answer"] == "answer 3" else marking(body)

    with StubServer(odd) as server:
        ran = fathom("judge", "many", "--endpoint", server.url, "--model", "stub")
    assert ran.code == 0
    assert "many: 1 answer got no verdict, counted neither way" in ran.err


def test_an_endpoint_that_is_not_there_is_named_and_the_same_command_goes_on(fathom: Fathom) -> None:
    with StubServer(marking) as server:
        server.down()
        told = ("judge", "both", "--endpoint", server.url, "--model", "stub", "--json")
        ran = fathom(*told)
        assert (ran.code, ran.out) == (1, "")
        assert "could not be reached" in ran.error["error"]
        assert "(1 of 3 answers of both:quick are judged)" in ran.error["error"]  # the refusal
        assert ran.error["next"].endswith("the same command goes on from there")
        server.up()
        assert fathom(*told).json["systems"]["both:quick"]["correct"] == 2


def test_what_cannot_be_judged_is_wrong_usage_or_a_named_failure(fathom: Fathom) -> None:
    ran = fathom("judge", "neither", "--json")
    assert (ran.code, ran.error["error"]) == (1, "no run 'neither'")
    ran = fathom("judge", "both:deeep", "--json")
    assert (ran.code, ran.error["expected"]) == (2, "one of both:quick, both:deep")
    ran = fathom("judge", "both", "--model", "stub", "--json")
    assert (ran.code, ran.error["error"]) == (1, "no endpoint of a language model is set")
    ran = fathom("judge", "both", "--endpoint", "http://127.0.0.1:9/v1", "--json")
    assert (ran.code, ran.error["error"]) == (1, "no model of a language model is set")


def test_the_answers_of_an_agent_that_really_researched_are_judged(fathom: Fathom, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    texts = {"d1": "Johann Galle found Neptune in Berlin in 1846.", "d2": "William Herschel found Uranus in Bath in 1781."}
    corpus = [json.dumps({"id": id, "title": id, "text": text}) for id, text in texts.items()]
    asked = {"id": "q1", "question": "Who found Neptune?", "supporting_ids": ["d1"], "answers": ["Galle", "Johann Galle"]}
    (folder / "corpus.jsonl").write_text("\n".join(corpus), "utf-8")
    (folder / "queries.jsonl").write_text(json.dumps(asked), "utf-8")
    options = ("--encoder", "none", "--recipe", "bm25", "--policy", "extractive", "--run", "real", "--json")
    assert fathom("eval", str(folder), *options).code == 0
    ran = fathom("judge", "real", "--json")
    assert (ran.code, ran.json["systems"]["real"]["correct"]) == (0, 1)

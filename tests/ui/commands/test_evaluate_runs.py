"""`fathom eval` with agents, grids and names: what is printed, kept, gone on with and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.commands.test_evaluate import CORPUS
from tests.ui.conftest import Fathom

QUERIES = [
    {"id": "q1", "question": "Who found Neptune?", "supporting_ids": ["d1"], "answers": ["Galle"], "kind": "easy"},
    {"id": "q2", "question": "Who found Uranus?", "supporting_ids": ["d2"], "answers": ["Herschel"], "kind": "hard"},
    {"id": "q3", "question": "Who painted the Mona Lisa?", "supporting_ids": [], "kind": "hard"},
    {"id": "q4", "question": "What surrounds Saturn?", "supporting_ids": ["d3"], "answers": ["rings"], "kind": "easy"},
]
AGENT = ("--encoder", "none", "--recipe", "bm25", "--policy", "extractive")


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    folder = tmp_path / "small"
    folder.mkdir()
    for name, rows in (("corpus", CORPUS), ("queries", QUERIES)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(folder)


def test_an_agent_is_measured_on_every_question_with_errors_and_n_of_each_measure(fathom: Fathom, dataset: str) -> None:
    told = fathom("eval", dataset, *AGENT, "--run", "first", "--json").json
    assert (told["run"], told["dataset"], told["n"]) == ("first", "small", 4)
    found = told["recipes"]["bm25"]
    assert {name: found[name]["n"] for name in ("ExactMatch", "EvidenceRecall", "Refusal", "Searches")} == {
        "ExactMatch": 3,
        "EvidenceRecall": 3,
        "Refusal": 1,
        "Searches": 4,
    }
    assert (found["EvidenceRecall"]["value"], found["Completion"]["value"]) == (1.0, 1.0)
    assert {(one["errors"], one["value"] == one["value_without_errors"]) for one in found.values()} == {(0, True)}
    assert told["groups"]["kind=hard"]["bm25"]["Refusal"]["n"] == 1


def test_people_see_each_effort_and_what_one_gains_over_the_first(fathom: Fathom, dataset: str) -> None:
    ran = fathom("eval", dataset, *AGENT, "--effort", "quick", "--effort", "standard", "--run", "first")
    assert ran.code == 0
    assert "bm25 standard less bm25 quick" in ran.out
    assert "ExactMatch" in ran.out
    assert "bm25 standard: 4 questions" in ran.err  # the meter's last line of each
    again = fathom("compare", "first:bm25 quick", "first:bm25 standard", "--json")
    assert list(again.json) == [
        "ExactMatch",
        "TokenF1",
        "EvidenceRecall",
        "CitationPrecision",
        "Refusal",
        "Completion",
        "Searches",
        "Tokens",
        "Seconds",
    ]
    assert fathom("why", "first", "--question", "q1", "--json").error["next"] == "--recipe 'bm25 quick'"
    assert fathom("why", "first", "--question", "q1", "--recipe", "bm25 quick", "--json").code == 0


def test_a_setting_is_measured_at_each_of_its_values(fathom: Fathom, dataset: str) -> None:
    options = ("--encoder", "none", "--recipe", "bm25", "--vary", "bm25.b=0.1,0.9", "--measure", "R@1")
    told = fathom("eval", dataset, *options, "--json").json
    assert list(told["recipes"]) == ["bm25 b=0.1", "bm25 b=0.9"]
    assert list(told["differences"]) == ["bm25 b=0.9"]
    assert {"difference", "low", "high", "p", "p_holm", "detectable", "n"} < set(told["differences"]["bm25 b=0.9"]["R@1"])
    wrong = fathom("eval", dataset, "--encoder", "none", "--recipe", "bm25", "--vary", "bm25.c=1", "--json")
    assert (wrong.code, "no setting 'c'" in wrong.error["error"], "k1=" in wrong.error["expected"]) == (2, True, True)


def test_an_evaluation_is_gone_on_with_by_its_name_alone(fathom: Fathom, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fathom("eval", dataset, "--encoder", "none", "--recipe", "bm25", "--measure", "R@1", "--run", "whole", "--json").json
    with monkeypatch.context() as patch:
        patch.setattr("agent.batch.Batch._searched", None)
        cut = fathom("eval", dataset, "--encoder", "none", "--recipe", "bm25", "--measure", "R@1", "--run", "first", "--json")
        assert (cut.code, cut.error["next"]) == (1, "fathom eval --resume first tries them again")
    gone_on = fathom("eval", "--resume", "first", "--json")
    assert (gone_on.code, list(gone_on.json["recipes"]["bm25"])) == (0, ["nDCG@1"])  # as deep as it was measured
    again = fathom("eval", "--resume", "first", "--measure", "R@1", "--json").json
    assert again["recipes"] == whole["recipes"]


def test_without_a_name_an_agents_evaluation_gets_one_of_its_own(fathom: Fathom, dataset: str) -> None:
    told = fathom("eval", dataset, *AGENT, "--measure", "ExactMatch", "--json").json
    assert told["run"].startswith("eval-small-")
    assert fathom("eval", "--resume", told["run"], "--measure", "ExactMatch", "--json").json["recipes"] == told["recipes"]


@pytest.mark.parametrize(
    ("given", "code", "happened"),
    [
        (("--resume", "first", "DATASET"), 2, "beside a data set"),
        (("--resume", "nowhere"), 1, "no evaluation 'nowhere'"),
        ((), 2, "no data set"),
        (("DATASET", "--effort", "quick", "--run", "x"), 2, "an effort without an agent"),
        (("DATASET", "--policy", "extractive", "--run", "ask"), 2, "with the name 'ask'"),
        (("DATASET", "--recipe", "bm25", "--measure", "ExactMatch"), 2, "looks at answers, and bm25 gave none"),
        (("DATASET", "--units", "turn,window"), 2, "no turn of a conversation"),
    ],
)
def test_what_cannot_be_meant_is_refused(fathom: Fathom, dataset: str, given: tuple[str, ...], code: int, happened: str) -> None:
    ran = fathom("eval", *(dataset if word == "DATASET" else word for word in given), "--encoder", "none", "--json")
    assert (ran.code, ran.out, happened in ran.error["error"]) == (code, "", True), ran.error


def test_a_reader_given_the_gold_alone_says_what_retrieval_left_of_its_best(fathom: Fathom, dataset: str) -> None:
    """Each question is searched in its gold documents alone, one that has none in nothing: it is refused."""
    told = fathom("eval", dataset, *AGENT, "--given-gold", "--run", "first", "--json").json
    assert list(told["recipes"]) == ["bm25", "bm25 given gold"]
    best = told["recipes"]["bm25 given gold"]
    assert (best["Refusal"]["value"], best["EvidenceRecall"]["value"]) == (1.0, 1.0)
    assert list(told["relative"]) == ["bm25"]
    assert {name: one["n"] for name, one in told["relative"]["bm25"].items()} == {
        "RelativeMax(ExactMatch)": 3,
        "RelativeMax(TokenF1)": 3,
    }
    assert "bm25  RelativeMax(ExactMatch)" in fathom("eval", dataset, *AGENT, "--given-gold", "--run", "first").out

"""`fathom agentic`: the table over a small data set, the same each time, from scripted queries or from run files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.formats.browsecomp import write_runs
from evals.formats.trajectory import Entry, Record
from tests.agent.scripted import DOCUMENTS
from ui.cli import main

ROWS = [
    {"id": "q1", "question": "Where did William Herschel find Uranus in 1781?", "supporting_ids": ["uranus"], "answers": []},
    {"id": "q2", "question": "From which city was Ceres seen?", "supporting_ids": ["ceres", "palermo"], "answers": []},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "planets"
    folder.mkdir()
    corpus = [{"id": id, "title": id.title(), "text": text} for id, text in DOCUMENTS.items()]
    for name, rows in (("corpus", corpus), ("queries", ROWS)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def told(capsys: pytest.CaptureFixture[str], home: Path, *options: str) -> tuple[int, Any]:
    code = main(["agentic", str(home), "--cache", str(home.parent / "cache"), "-k", "1", "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def test_it_measures_every_way_of_rewriting_the_same_each_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, first = told(capsys, home)
    assert code == 0
    assert (first["dataset"], first["n"], first["scripted"]) == ("planets", 2, ["queries", "rewriting"])
    assert [row["rewrite"] for row in first["rows"]] == ["none", "operators", "q2q", "q2q-context"]
    assert first["rows"][0]["lexical"]["n"] == 2
    assert told(capsys, home) == (0, first)


def test_it_says_what_is_scripted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agentic", str(home), "--cache", str(home.parent / "cache"), "-k", "1"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "planets 2 questions, 2.50 searches each, k = 1" in out
    assert "queries written by a script from the question; questions made of them by a script, not a language model" in out
    assert "as issued" in out


def test_it_searches_what_run_files_issued(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [_searched("q1", "Herschel Uranus"), _searched("q2", "Palermo Sicily", "Piazzi Ceres")]
    write_runs(runs, tmp_path / "runs")
    code, found = told(capsys, home, "--runs", str(tmp_path / "runs"))
    assert (code, found["scripted"], found["searches"]) == (0, ["rewriting"], 1.5)
    assert found["rows"][0]["lexical"]["value"] == 1.0


def _searched(id: str, *queries: str) -> Record:
    calls = tuple(Entry("tool_call", "[]", "search", json.dumps({"user_query": text})) for text in queries)
    return Record(id, "completed", {"search": len(queries)}, (), calls)


@pytest.mark.parametrize(
    ("options", "code", "happened"),
    [
        (["--runs", "nowhere"], 2, "nowhere holds no run files"),
        (["--reranker", "monot5"], 2, "the reranker 'monot5'"),
        (["--model", "qwen"], 2, "a model without its endpoint, or the other way round"),
    ],
)
def test_what_cannot_be_meant_is_named(
    home: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, happened: str
) -> None:
    assert main(["agentic", str(home), "--cache", str(home.parent / "cache"), *options]) == code
    assert happened in capsys.readouterr().err

"""Tuning the weights of a fusion from the command line, on a data set that fits here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.datasets import load
from evals.measures import IrMeasure
from evals.tune import main, weights
from retrievers.build import BuildSettings, build
from retrievers.fusion import MinMax
from retrievers.index import Index

CORPUS = {
    "moons": "Galileo saw four moons of Jupiter in 1610.",
    "rings": "Huygens explained the rings of Saturn.",
    "comet": "Halley foretold the return of a comet.",
    "planet": "Herschel discovered Uranus from his garden.",
}
QUESTIONS = {
    "Who noticed satellites of the largest planet?": "moons",
    "the rings of Saturn": "rings",
    "Herschel planet": "planet",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("tiny")
    rows = [{"id": id, "title": "", "text": text} for id, text in CORPUS.items()]
    asked = [{"id": str(n), "question": text, "supporting_ids": [id]} for n, (text, id) in enumerate(QUESTIONS.items())]
    (home / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (home / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked), "utf-8")
    build([home / "corpus.jsonl"], home / "index", BuildSettings(keep=False))
    return home


def test_the_best_of_the_grid_is_found(folder: Path) -> None:
    tuned = weights(load(folder), Index.open(folder / "index"), MinMax, IrMeasure("RR@10"), steps=4)
    values = dict(tuned.table)
    assert list(values) == [(0.0, 1.0), (0.25, 0.75), (0.5, 0.5), (0.75, 0.25), (1.0, 0.0)]
    assert tuned.value == max(values.values()) == values[tuned.weights]


def test_every_setting_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = str(folder / "index")
    assert main([str(folder), "--index", index, "--method", "borda", "--measure", "RR@10", "--steps", "2"]) == 0
    printed = capsys.readouterr().out
    assert all(row in printed for row in ("0.00", "0.50", "1.00", "best weights (", "over 3 questions"))


def test_a_data_set_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none"), "--data", str(tmp_path)]) == 2
    assert "no data set" in capsys.readouterr().err

"""The cache of indexes: another way to cut is another index, and what shapes nothing in it is not told apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals.datasets import Dataset, load
from evals.indexes import SETTINGS, index_of, place
from retrievers.conversation import Dialogue
from retrievers.corpus import ReadOptions

SPOKEN = replace(SETTINGS, units=("turn", "window"), encoder=None)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    home = tmp_path / "talk"
    home.mkdir()
    rows = [{"id": str(n), "title": "", "text": f"Word {n}.", "user": "ann", "session": n // 4} for n in range(8)]
    (home / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    asked = {"id": "q", "question": "Which word?", "supporting_ids": ["3"], "user": "ann"}
    (home / "queries.jsonl").write_text(json.dumps(asked) + "\n", "utf-8")
    return load(home, owner_field="user")


def test_an_index_of_turns_and_windows_is_built_and_then_found(dataset: Dataset, tmp_path: Path) -> None:
    index = index_of(dataset, tmp_path / "cache", SPOKEN)
    assert index.units == ("turn", "window")
    assert index.visible("ann", "window")[1].ids == ["0..2", "1..3", "4..6", "5..7"]
    assert index_of(dataset, tmp_path / "cache", SPOKEN).identity == index.identity


def test_the_shape_of_windows_tells_indexes_apart_where_there_are_windows_alone(dataset: Dataset, tmp_path: Path) -> None:
    def home(units: tuple[str, ...], window: int) -> Path:
        return place(dataset, tmp_path, replace(SPOKEN, units=units, dialogue=Dialogue(window)), ReadOptions())

    assert home(("turn", "window"), 3) != home(("turn", "window"), 5)
    assert home(("passage",), 3) == home(("passage",), 5)
    assert home(("passage",), 3) != home(("turn", "window"), 3)

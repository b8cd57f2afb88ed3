"""Choosing how conversations are cut, on one user's questions, with the real encoder on a conversation that fits here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.datasets import load
from evals.measures import IrMeasure
from evals.tune_conversation import Tried, best, main, methods, only, trials
from retrievers.conversation import Dialogue
from retrievers.errors import UsageError
from retrievers.fusion import MinMax, ReciprocalRank

SAID = ("We met a heron by the lake.", "When was that?", "On Tuesday, at dawn.", "I like sparrows.", "They eat crumbs.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "talk"
    home.mkdir()
    rows = [
        {"id": f"{user}{n}", "title": "May", "text": text, "user": user, "session": 1, "speaker": "Ann" if n % 2 else "Ben"}
        for user in ("u", "v")
        for n, text in enumerate(SAID)
    ]
    asked = [
        {"id": f"{user}-{gold}", "question": text, "supporting_ids": [f"{user}{gold}"], "user": user}
        for user in ("u", "v")
        for text, gold in (("When did Ben meet a heron?", 2), ("What do sparrows eat?", 4))
    ]
    (home / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (home / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked), "utf-8")
    return home


def test_nothing_of_other_users_is_read(folder: Path, tmp_path: Path) -> None:
    mine = only(load(folder, owner_field="user"), ["v"], tmp_path)
    assert [question.id for question in mine.questions] == ["v-2", "v-4"]
    rows = [json.loads(line) for line in mine.corpus.read_text("utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["v0", "v1", "v2", "v3", "v4"]


def test_a_user_without_questions_and_a_data_set_without_owners_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the users u, w of talk; expected: some of u, v"):
        only(load(folder, owner_field="user"), ["w", "u"], tmp_path)
    with pytest.raises(UsageError, match="--owner-field user"):
        only(load(folder), ["u"], tmp_path)


def test_every_length_and_fusion_is_tried_then_each_part_of_the_best_is_left_out(folder: Path, tmp_path: Path) -> None:
    train = only(load(folder, owner_field="user"), ["u"], tmp_path)
    tried = tuple(trials(train, tmp_path, IrMeasure("RR@5"), (2, 3)))
    assert [one.dialogue for one in tried[:-3]] == [Dialogue(size) for size in (2, 3) for _ in methods()]
    chosen = best(tried[:-3])
    assert [one.method for one in tried[-3:]] == [chosen.method] * 3
    size = chosen.dialogue.window
    assert [one.dialogue for one in tried[-3:]] == [
        Dialogue(size, time=False),
        Dialogue(size, speaker=False),
        Dialogue(size, caption=False),
    ]
    assert all(0 < one.value <= 1 for one in tried)


def test_weights_are_by_unit_and_by_kind_and_the_first_of_equal_settings_is_chosen() -> None:
    assert len(methods()) == len(set(methods())) == 21
    assert MinMax((1.0, 1.0, 1.0, 1.0)) in methods()
    assert MinMax((2.0, 1.0, 4.0, 2.0)) in methods()  # windows double, words double
    tried = [Tried(Dialogue(size), ReciprocalRank(), value) for size, value in ((2, 0.1), (3, 0.7), (5, 0.7))]
    assert best(tried).dialogue.window == 3


def test_the_table_shows_the_choice_and_the_other_users_are_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = str(folder.parent / "cache")
    assert main([str(folder), "--users", "u", "--windows", "2", "--measure", "RR@5", "--others", "--cache", cache]) == 0
    printed = capsys.readouterr().out
    assert all(said in printed for said in ("talk u: RR@5", "ReciprocalRank", "MinMax", "ZScore", "time", "speaker", "caption"))
    assert "talk without u: 2 questions" in printed
    assert all(name in printed for name in ("bm25", "dense", "hybrid", "conversation", "R@50"))


def test_a_wrong_user_ends_with_the_exit_code_of_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder), "--users", "nobody", "--cache", str(folder.parent)]) == 2
    assert "nobody" in capsys.readouterr().err

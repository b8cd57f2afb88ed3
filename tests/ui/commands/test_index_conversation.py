"""`fathom index --units turn,window`: conversations as turns and windows of turns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from retrievers.index import Index
from tests.ui.conftest import Fathom

TALK = [
    {"id": f"{user}{number}", "title": "8 May", "text": text, "user": user, "session": 1, "speaker": user}
    for user in ("ann", "ben")
    for number, text in enumerate(("We met a heron.", "Where was that?", "By the lake.", "I shall go there."))
]


def written(folder: Path, rows: list[dict[str, Any]]) -> str:
    (folder / "talk.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(folder / "talk.jsonl")


def test_a_conversation_is_indexed_as_turns_and_windows(fathom: Fathom, tmp_path: Path) -> None:
    talk = written(tmp_path, TALK)
    options = ("--units", "turn,window", "--window", "2", "--owner-field", "user", "--encoder", "none")
    ran = fathom("index", talk, "--out", "talk.index", *options, "--json")
    assert ran.code == 0
    assert (ran.json["counts"], ran.json["owners"]) == ({"documents": 8, "turn": 8, "window": 6}, 2)
    index = Index.open(tmp_path / "talk.index")
    assert index.visible("ann", "window")[1].ids == ["ann0..ann1", "ann1..ann2", "ann2..ann3"]


def test_the_next_command_names_the_recipe_that_reads_turns(fathom: Fathom, tmp_path: Path) -> None:
    options = ("--out", "x.index", "--owner-field", "user", "--encoder", "none")
    talk = written(tmp_path, TALK)
    turns = fathom("index", talk, "--units", "turn", "--units", "window", *options)
    assert turns.out.rstrip().endswith('fathom ask "YOUR QUESTION" --index x.index --recipe conversation')
    both = fathom("index", talk, "--units", "passage,turn,window", *options)
    assert both.out.rstrip().endswith('fathom ask "YOUR QUESTION" --index x.index')


def test_records_without_a_session_are_a_usage_error(fathom: Fathom, tmp_path: Path) -> None:
    talk = written(tmp_path, [{key: value for key, value in row.items() if key != "session"} for row in TALK])
    options = ("--units", "turn,window", "--owner-field", "user", "--encoder", "none")
    ran = fathom("index", talk, "--out", "x.index", *options)
    assert ran.code == 2
    said = " ".join(ran.err.split())
    assert "the record 'ann0' has no field 'session'" in said
    assert "--units passage" in said


def test_a_window_of_one_turn_is_refused(fathom: Fathom, tmp_path: Path) -> None:
    ran = fathom("index", written(tmp_path, TALK), "--out", "x.index", "--units", "turn,window", "--window", "1")
    assert ran.code == 2
    assert "--window" in ran.err

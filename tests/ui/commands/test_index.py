"""`fathom index`: what it makes, what it tells, and what it leaves out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrievers.index import Index
from tests.ui.conftest import ARTICLES, Fathom


def index(fathom: Fathom, *arguments: str) -> tuple[int, dict[str, object], str]:
    ran = fathom("index", *arguments, "--encoder", "none", "--json")
    return ran.code, json.loads(ran.out), ran.err


def test_a_folder_becomes_an_index(fathom: Fathom, corpus: Path) -> None:
    code, told, err = index(fathom, str(corpus), "--out", "a.index")
    assert (code, err) == (0, "")
    assert told["counts"] == {"documents": len(ARTICLES), "passage": 6}
    assert told["skipped"] == []
    assert told["identity"] == Index.open("a.index").identity


def test_people_are_told_what_was_made_and_what_to_type_next(fathom: Fathom, corpus: Path) -> None:
    ran = fathom("index", str(corpus), "--out", "a.index", "--encoder", "none")
    assert ran.code == 0
    assert ran.out.splitlines()[0].startswith("✓ a.index: 5 documents, 6 passages in 0:")
    assert ran.out.splitlines()[-1] == '  next     fathom ask "YOUR QUESTION" --index a.index'
    assert "reading: 5 documents" in ran.err


def test_what_was_skipped_is_listed_with_its_reason_and_the_exit_code_says_so(fathom: Fathom, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Galle found Neptune.", "utf-8")
    (tmp_path / "docs" / "empty.txt").touch()
    (tmp_path / "docs" / "photo.png").write_bytes(b"\x89PNG")
    code, told, _ = index(fathom, "docs", "--out", "a.index")
    assert code == 3
    skipped = {one["path"]: one for one in told["skipped"]}  # type: ignore[attr-defined]
    assert skipped["empty.txt"] == {"path": "empty.txt", "reason": "is empty", "next": "leave it out"}
    assert "'.png'" in skipped["photo.png"]["reason"]
    said = fathom("index", "docs", "--out", "a.index", "--encoder", "none")
    assert said.code == 3
    assert "! 2 skipped" in said.err
    assert "  empty.txt: is empty; leave it out" in said.err.splitlines()


def test_more_than_twenty_that_were_skipped_are_counted(fathom: Fathom, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Galle found Neptune.", "utf-8")
    for number in range(23):
        (tmp_path / "docs" / f"{number:02}.txt").touch()
    assert "  and 3 more: --json lists all" in fathom("index", "docs", "--out", "a.index", "--encoder", "none").err


def test_owners_never_fail_open(fathom: Fathom, tmp_path: Path) -> None:
    rows = [
        {"id": "p", "text": "Everybody knows the moons of Jupiter.", "user": None},
        {"id": "a", "text": "My secret moons of Jupiter.", "user": "ada"},
    ]
    (tmp_path / "notes.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    ran = fathom("index", "notes.jsonl", "--out", "n.index", "--encoder", "none", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error["next"] == "--owner-field user, or --owner-field none"
    assert index(fathom, "notes.jsonl", "--out", "n.index", "--owner-field", "user")[1]["owners"] == 1

    def found(*options: str) -> set[str]:
        return {hit["id"] for hit in fathom("search", "moons", "--index", "n.index", "--recipe", "bm25", "--json", *options).json}

    assert found() == {"p"}
    assert found("--user", "ada") == {"p", "a"}
    assert found("--user", "bob") == {"p"}


def test_units_can_be_repeated_or_joined_by_commas(fathom: Fathom, corpus: Path) -> None:
    _, repeated, _ = index(fathom, str(corpus), "--out", "a.index", "--units", "passage", "--units", "sentence")
    _, joined, _ = index(fathom, str(corpus), "--out", "b.index", "--units", "passage,sentence")
    assert repeated["identity"] == joined["identity"]
    assert set(repeated["counts"]) == {"documents", "passage", "sentence"}  # type: ignore[call-overload]


def test_a_damaged_index_is_named(fathom: Fathom, corpus: Path) -> None:
    index(fathom, str(corpus), "--out", "a.index")
    (folder,) = Path("a.index").glob("gen-*")
    (folder / "public" / "documents.arrow").write_bytes(b"nothing")
    ran = fathom("search", "moons", "--index", "a.index", "--recipe", "bm25", "--json")
    assert ran.code == 1
    assert "documents.arrow is damaged" in ran.error["error"]


def test_an_encoder_that_is_not_there_says_how_to_give_a_folder(fathom: Fathom, corpus: Path) -> None:
    ran = fathom("index", str(corpus), "--out", "a.index", "--encoder", "some/model", "--json")
    assert ran.code == 1
    assert ran.error["error"] == "no model at 'some/model'"
    assert "--encoder /models/NAME" in ran.error["next"]
    assert "--allow-download" in ran.error["next"]


@pytest.mark.parametrize("name", ["", "   "])
def test_an_owner_field_without_a_name_is_refused(name: str, fathom: Fathom, corpus: Path) -> None:
    assert fathom("index", str(corpus), "--out", "a.index", "--owner-field", name, "--json").code == 2

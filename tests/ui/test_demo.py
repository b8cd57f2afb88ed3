"""`make demo` on the four articles that its questions need."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ui import demo

NEEDED = ("lick-observatory.md", "yerkes-observatory.md", "vera-rubin.md", "maria-mitchell.md")


def test_the_demo_indexes_asks_explains_and_says_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "articles").mkdir()
    for name in NEEDED:
        shutil.copy(demo.ARTICLES / name, tmp_path / "articles")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("FATHOM_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    for name in ("FATHOM_ENDPOINT", "FATHOM_MODEL"):
        monkeypatch.delenv(name, raising=False)
    assert demo.main(tmp_path / "articles") == 0
    out = capsys.readouterr().out
    assert "$ fathom index articles --out demo.index" in out
    assert out.count("$ fathom ask ") == 2
    assert "Yerkes" in out
    assert "Nantucket" in out
    assert out.count("[1]") >= 4
    assert "rank 1 of" in out
    assert "what to type next" in out


def test_its_questions_are_among_those_that_the_policy_may_be_tuned_on() -> None:
    import json

    rows = [json.loads(line) for line in (demo.ARTICLES.parent / "questions.jsonl").read_text("utf-8").splitlines()]
    known = {row["question"]: row["held_back"] for row in rows}
    assert [known[question] for question in demo.QUESTIONS] == [False, False]

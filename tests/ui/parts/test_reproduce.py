"""The command that asks the same again: what a shell makes of it is what was asked."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from agent.spec import Spec
from agent.state import EFFORTS
from retrievers.printable import printable
from retrievers.scope import Scope
from ui.cli import app
from ui.parts.reproduce import command, configuration, exact, quoted

CLICK: Any = typer.main.get_command(app)
FULL = Spec(
    "my papers.index", "hybrid", "/r.py", "chat", EFFORTS["deep"], "ada", Scope(types=("pdf",)), "http://127.0.0.1:1/v1", "small"
)


def options(told: str) -> dict[str, Any]:
    """What our own command line reads from the command."""
    name, *words = shlex.split(told)[1:]
    return CLICK.commands[name].make_context(name, words).params


def test_the_command_line_reads_back_what_the_run_was_asked_with() -> None:
    told = command(FULL, "Who's there?")
    assert told.startswith("fathom ask 'Who'\"'\"'s there?' --index 'my papers.index' --recipe hybrid --recipes /r.py")
    read = options(told)
    assert (read["question"], str(read["index"]), str(read["recipes"])) == ("Who's there?", "my papers.index", "/r.py")
    assert [read[name] for name in ("recipe", "where", "policy", "effort", "user", "endpoint", "model")] == [
        "hybrid", ["type=pdf"], "chat", "deep", "ada", "http://127.0.0.1:1/v1", "small",
    ]  # fmt: skip


def test_what_was_left_out_is_left_out() -> None:
    told = command(Spec("i", "bm25"), "Why?")
    assert told == "fathom ask 'Why?' --index i --recipe bm25 --policy extractive --effort standard"


def test_an_evaluation_is_measured_again_without_its_name() -> None:
    told = command(Spec("i", "okapi", policy="none", dataset="scifact"), "q")
    assert told == "fathom eval scifact --recipe okapi"
    assert options(told)["dataset"] == "scifact"


@pytest.mark.parametrize(
    "text", ["it's", "$(id) `id` $HOME \\", "a\nb\tc", "a\u202eb\u200b", "\U000e0041x", "é ü", "'", "\\'\n", "-x", "!!", "\ufeff"]
)
def test_a_shell_reads_the_word_that_was_meant_and_a_person_sees_all_of_it(text: str) -> None:
    word = quoted(text)
    assert printable(word) == word
    assert "\n" not in word
    run = subprocess.run(["/bin/bash", "-c", f"printf %s {word}"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert run.stdout.decode() == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_a_word_without_odd_signs_is_read_back_and_any_word_is_seen_whole(text: str) -> None:
    word = quoted(text)
    assert printable(word) == word
    if not word.startswith("$"):
        assert shlex.split(word) == [text]


def test_the_configuration_says_all_that_decides_a_result() -> None:
    told = dict(configuration(replace(FULL, identity="abc", stage="BM25()")))
    assert told == {
        "Recipe": "hybrid, of /r.py",
        "Policy": "chat",
        "Model": "small at http://127.0.0.1:1/v1",
        "Effort": "deep: up to 40 searches, 24 passages, 10 turns, 400,000 tokens, 900 s",
        "Scope": "type=pdf",
        "Seen": "the public part and what is ada's",
        "Index": "my papers.index",
        "Generation": "abc",
    }
    alone = dict(configuration(Spec("i", policy="none", dataset="scifact", level="records")))
    assert alone["Data set"] == "scifact, measured by document"
    assert "Effort" not in alone
    assert alone["Seen"] == "the public part"


def test_an_effort_of_ones_own_has_no_option() -> None:
    assert exact(FULL)
    assert not exact(replace(FULL, effort=replace(EFFORTS["deep"], shown=8, cost=0.5)))
    assert not exact(replace(FULL, reflect=False))
    assert dict(configuration(replace(FULL, effort=replace(EFFORTS["deep"], cost=0.5))))["Effort"].endswith("900 s, cost 0.5")

"""The README does what it says: its Python runs, its commands exist with these options, its settings are settings."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from agent.settings import Settings
from retrievers.build import build
from retrievers.index import Index
from ui.cli import app, main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CLICK: Any = typer.main.get_command(app)
ARTICLES = ("titan.md", "christiaan-huygens.md", "pluto.md")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands(text: str = README) -> Iterator[list[str]]:
    """Every `fathom ...` of the shell blocks and of the running text."""
    lines = [line for block in blocks("sh") for line in block.splitlines()] + re.findall(r"`(fathom [^`]+)`", text)
    for line in lines:
        if line.startswith("fathom "):
            yield shlex.split(line, comments=True)[1:]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small demo.index, where the README's code is run."""
    folder = tmp_path_factory.mktemp("readme")
    build([ROOT / "evals" / "demo" / "articles" / name for name in ARTICLES], folder / "demo.index")
    return folder


def test_every_python_block_runs(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(home)
    first, recipes = blocks("python")
    exec(compile(first, "README.md", "exec"), {})
    found = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("Step(stage='Fuse'") for line in found) == 3
    assert found[0].startswith(("titan.md#", "christiaan-huygens.md#"))
    Path("my_recipes.py").write_text(recipes, "utf-8")
    for name in re.findall(r'"([\w-]+)": \w+', recipes):
        given = ["--index", "demo.index", "--recipe", name, "--recipes", "my_recipes.py", "--json"]
        assert main(["search", "moons of Saturn", *given]) == 0


def test_the_first_python_example_has_five_lines() -> None:
    assert len([line for line in blocks("python")[0].splitlines() if line]) == 5


@pytest.mark.parametrize("command", [one for one in commands() if one[0] != "COMMAND"], ids=" ".join)
def test_every_command_exists_with_these_options(command: list[str]) -> None:
    name, *arguments = command
    assert name in CLICK.commands
    CLICK.commands[name].make_context(name, arguments, resilient_parsing="--help" in arguments)


def test_the_settings_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = blocks("toml")
    (tmp_path / "fathom.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    for name in tomllib.loads(text):
        monkeypatch.delenv(f"FATHOM_{name.upper()}", raising=False)
    settings = Settings.load()
    assert settings.model == "qwen3-8b"
    assert settings.prices["qwen3-8b"].input == 0.1


def test_the_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z][\w-]*)", README)) <= targets


def test_the_recipes_and_exit_codes_are_those_of_the_code() -> None:
    from retrievers.recipes import RECIPES
    from ui.terminal import console as terminal

    assert set(re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE)) == set(RECIPES)
    codes = {terminal.DONE, terminal.FAILED, terminal.USAGE, terminal.SKIPPED, terminal.STOPPED}
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)} == codes


def test_no_line_is_too_wide_to_read_in_an_editor() -> None:
    assert [line for line in README.splitlines() if len(line) > 145] == []


def test_the_example_answer_is_made_of_the_articles(home: Path) -> None:
    """The quotations of the README stand where it says, in the articles as they are read."""
    folder = ROOT / "evals" / "demo" / "articles"
    build([folder / "vera-rubin.md", folder / "maria-mitchell.md"], home / "answer.index")
    index = Index.open(home / "answer.index")
    quoted = re.findall(r"  \[\d\] .*  (\S+)#\d  (\d+)-(\d+)\n +“(.*)”", README)
    assert len(quoted) == 3
    for document, start, end, quote in quoted:
        assert index.document(document).text[int(start) : int(end)] == quote

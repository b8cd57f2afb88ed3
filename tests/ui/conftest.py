"""A small corpus, its index without vectors, and the command line run in this process against a ledger of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ui.cli import main

ARTICLES = {
    "neptune.md": "# Neptune\n\nJohann Galle found Neptune on 23 September 1846 in Berlin. "
    "Urbain Le Verrier had computed where it would stand.\n\n## Moons\n\nWilliam Lassell discovered Triton on 10 October 1846.\n",
    "uranus.md": "# Uranus\n\nWilliam Herschel discovered Uranus on 13 March 1781 from his garden in Bath.\n",
    "saturn.md": "# Saturn\n\nChristiaan Huygens discovered Titan in 1655. He explained the rings of Saturn in 1659.\n",
    "galle.md": "# Johann Galle\n\nJohann Galle was born on 9 June 1812 in Radis and worked at the Berlin Observatory.\n",
    "lassell.txt": "William Lassell was a brewer in Liverpool. He built a telescope with a mirror of 24 inches.",
}


@dataclass(frozen=True)
class Ran:
    """What a command gave: its exit code, and what it wrote to standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)


Fathom = Callable[..., Ran]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def index(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("index") / "small.index"
    assert main(["index", str(corpus), "--out", str(out), "--encoder", "none"]) == 0
    return str(out)


@pytest.fixture
def fathom(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fathom:
    """`fathom("runs", "--json")`: one command, in an empty folder, with a ledger and a cache that nobody else uses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FATHOM_ENDPOINT", "FATHOM_MODEL", "FATHOM_API_KEY", "FATHOM_SETTINGS", "FATHOM_DATA", "FATHOM_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FATHOM_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("FATHOM_CACHE", str(tmp_path / "cache"))

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return run


@pytest.fixture
def ask(fathom: Fathom, index: str) -> Fathom:
    """`ask(question, *options)`: a question to the small index, answered without a model."""

    def run(question: str, *options: str) -> Ran:
        return fathom("ask", question, "--index", index, "--recipe", "bm25", *options)

    return run

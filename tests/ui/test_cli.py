"""The command line as a whole: help, errors, exit codes, settings, and what goes to which stream."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

import ui
from tests.ui.conftest import Fathom
from ui.cli import _COMMANDS, app

ROOT = Path(ui.__file__).parents[1]
CONDITIONS = "type=pdf,date>=2020-01-01,path=reports/*"
HEAVY = ("torch", "transformers", "langgraph", "sqlalchemy", "openai", "bm25s", "streamlit", "scipy", "pydantic_settings")
CLICK: Any = typer.main.get_command(app)


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_has_help_with_an_example_that_it_understands(command: str, fathom: Fathom) -> None:
    ran = fathom(command, "--help")
    assert ran.code == 0
    assert "Usage: fathom" in ran.out
    example = _COMMANDS[command][1]
    assert example.split()[:2] == ["fathom", command]
    assert f"Example: fathom {command}" in " ".join(ran.out.split())
    CLICK.commands[command].make_context(command, shlex.split(example)[2:], resilient_parsing=False)


def test_every_command_but_the_server_can_print_json() -> None:
    without = [name for name, one in CLICK.commands.items() if not any("--json" in option.opts for option in one.params)]
    assert without == ["ui"]


def test_without_arguments_the_help_is_printed(fathom: Fathom) -> None:
    ran = fathom()
    assert (ran.code, ran.err) == (0, "")
    assert all(name in ran.out for name in _COMMANDS)


def test_the_version_is_printed(fathom: Fathom) -> None:
    assert fathom("--version").out.startswith("fathom ")


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from ui.cli import main; main(['index', '--help']); print([m for m in sys.argv[1:] if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_no_module_here_is_named_like_a_package_that_is_installed() -> None:
    names = [path.stem for path in (ROOT / "ui").glob("*.py") if path.stem != "__init__"]
    assert [name for name in names if importlib.util.find_spec(name) is not None] == []


@pytest.mark.parametrize(
    ("arguments", "happened", "next"),
    [
        (["serch", "x"], "no command 'serch'", "did you mean fathom search?"),
        (["index", "docs"], "missing option '--out'", "fathom index --help"),
        (["index", "docs", "--out", "x", "--wrods", "9"], "no such option: --wrods", "fathom index --help"),
        (["search", "x", "--index", "i", "-k", "0"], "invalid value for '-k'", "fathom search --help"),
        (["search", "x", "--index", "i", "--recipe", "bm52"], "no recipe 'bm52'", "did you mean --recipe bm25?"),
        (["search", " ", "--index", "i"], "an empty query", 'fathom search "rings of Saturn" --index INDEX'),
        (["search", "x", "--index", "i", "--where", "typ=pdf"], "the condition 'typ=pdf'", f"--where {CONDITIONS}"),
        (["ask"], "no question", 'fathom ask "Who found Neptune?" --index INDEX'),
        (["ask", "Who?"], "no index", 'fathom ask "Who found Neptune?" --index INDEX'),
        (["ask", "Who?", "--resume", "r"], "a question beside --resume", "fathom ask --resume r"),
        (["ask", "Who?", "--index", "i", "--effort", "depe"], "no effort 'depe'", "--effort deep"),
        (["ask", "Who?", "--index", "i", "--policy", "chatty"], "no policy 'chatty'", "--policy extractive"),
        (["index", "docs", "--out", "x", "--units", "pasage"], "the unit 'pasage'", "--units passage"),
        (["index", "docs", "--out", "x", "--language", "xx"], "the language 'xx'", "--language en"),
        (["index", "docs", "--out", "x", "--pooling", "max"], "the pooling 'max'", "--pooling mean"),
        (["index", "docs", "--out", "x"], "there is no file or folder docs", "fathom index FOLDER --out INDEX"),
    ],
)  # fmt: skip
def test_wrong_usage_is_named_with_exit_code_2(arguments: list[str], happened: str, next: str, fathom: Fathom) -> None:
    ran = fathom(*arguments, "--json")
    assert (ran.code, ran.out) == (2, "")
    assert set(ran.error) == {"error", "expected", "next"}
    assert ran.error["error"].startswith(happened)
    assert ran.error["next"] == next
    assert ran.error["expected"]


@pytest.mark.parametrize(
    ("arguments", "happened"),
    [
        (["search", "x", "--index", "nowhere.index"], "no index at nowhere.index"),
        (["ask", "Who?", "--index", "nowhere.index"], "no index at"),
        (["show", "2026"], "no run '2026'"),
        (["show", "last"], "the ledger holds no run"),
        (["why", "2026"], "no run '2026'"),
        (["export", "2026"], "no run '2026'"),
        (["ask", "--resume", "2026"], "no run '2026'"),
    ],
)
def test_a_named_failure_has_exit_code_1(arguments: list[str], happened: str, fathom: Fathom) -> None:
    ran = fathom(*arguments, "--json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error["error"].startswith(happened)
    assert ran.error["next"].startswith("fathom ")


def test_people_are_told_an_error_in_three_lines(fathom: Fathom) -> None:
    ran = fathom("search", "x", "--index", "nowhere.index")
    assert ran.err.splitlines() == [
        "✗ no index at nowhere.index",
        "  expected: a folder made by fathom index",
        "  next: fathom index DOCS --out nowhere.index",
    ]


def test_an_error_that_nobody_foresaw_is_a_defect_and_its_trace_is_for_whoever_asks(
    fathom: Fathom, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("boom")

    monkeypatch.setattr("retrievers.index.Index.open", broken)
    ran = fathom("search", "x", "--index", index)
    assert ran.code == 1
    assert ran.err.splitlines()[0] == "✗ ValueError: boom"
    assert "this is a defect" in ran.err
    assert "Traceback" not in ran.err
    monkeypatch.setenv("FATHOM_DEBUG", "1")
    assert "Traceback" in fathom("search", "x", "--index", index).err


def test_ctrl_c_has_exit_code_130(fathom: Fathom, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("retrievers.build.build", stopped)
    ran = fathom("index", str(corpus), "--out", "x.index", "--encoder", "none", "--json")
    assert (ran.code, ran.out, ran.error["error"]) == (130, "", "stopped")


def test_a_reader_that_goes_away_is_no_error(index: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from ui.cli import main; sys.exit(main())",
        "search",
        "telescope",
        "--index",
        index,
    ]
    child = subprocess.Popen([*command, "--recipe", "bm25", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    child.stdout.close()
    assert child.wait(60) == 0
    assert child.stderr is not None
    assert child.stderr.read() == b""


def test_flags_come_before_the_environment_and_that_before_the_file(
    fathom: Fathom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "fathom.toml").write_text(f'ledger = "sqlite:///{tmp_path}/file.db"\n', "utf-8")
    fathom("runs", "--json", "--ledger", f"sqlite:///{tmp_path}/flag.db")
    fathom("runs", "--json")
    monkeypatch.delenv("FATHOM_LEDGER")
    fathom("runs", "--json")
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["file.db", "flag.db", "ledger.db"]


def test_a_setting_that_does_not_exist_is_named(fathom: Fathom, tmp_path: Path) -> None:
    (tmp_path / "fathom.toml").write_text('modle = "x"\n', "utf-8")
    ran = fathom("runs", "--json")
    assert ran.code == 1
    assert "'modle'" in ran.error["error"]
    assert "'model'" in ran.error["expected"]


def test_json_is_alone_on_standard_output_and_may_hold_lone_surrogates(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    from ui.terminal.console import emit

    emit({"text": "é \ud800"})
    written = capsysbinary.readouterr()
    assert json.loads(written.out) == {"text": "é \ud800"}
    assert written.err == b""


def test_questions_are_never_traced_to_a_server(fathom: Fathom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    fathom("runs", "--json")
    assert os.environ["LANGSMITH_TRACING"] == "false"

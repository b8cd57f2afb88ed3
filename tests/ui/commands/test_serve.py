"""`fathom ui`: what it refuses, where it listens, what it tells the server, and that it ends the server when it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.ui.conftest import Fathom


class Served:
    """Stands for the server's process, and keeps what it was started with."""

    command: ClassVar[Sequence[str]] = ()
    env: ClassVar[dict[str, str]]

    def __init__(self, command: Sequence[str], env: dict[str, str]) -> None:
        type(self).command, type(self).env = command, env

    def wait(self) -> int:
        return 0


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> type[Served]:
    monkeypatch.setattr("ui.commands.serve.subprocess.Popen", Served)
    Served.command = ()
    return Served


@pytest.mark.parametrize(
    ("arguments", "happened", "next"),
    [
        (["--index", "nowhere.index"], "there is no index at nowhere.index", "fathom index FOLDER --out INDEX"),
        (["--address", "0.0.0.0"], "0.0.0.0 can be reached by others", "add --user-header NAME, or leave --address out"),
        (["--address", "192.168.1.7"], "192.168.1.7 can be reached by others", "add --user-header NAME, or leave --address out"),
        (["--address", "::"], ":: can be reached by others", "add --user-header NAME, or leave --address out"),
    ],
)
def test_what_cannot_be_served_is_named_before_a_server_starts(
    arguments: list[str], happened: str, next: str, fathom: Fathom, served: type[Served]
) -> None:
    ran = fathom("ui", *arguments)
    assert (ran.code, ran.out, served.command) == (1, "", ())
    assert ran.err.startswith(f"✗ {happened}")
    assert f"next: {next}" in ran.err


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_is_a_number_that_can_be_listened_to(port: str, fathom: Fathom, served: type[Served]) -> None:
    ran = fathom("ui", "--port", port)
    assert (ran.code, served.command) == (2, ())


def test_it_listens_to_this_machine_alone_unless_told_otherwise(fathom: Fathom, served: type[Served], index: str) -> None:
    ran = fathom("ui", "--index", index)
    assert ran.code == 0
    assert ran.out.startswith("Fathom  http://127.0.0.1:8501 ")
    assert "--server.address=127.0.0.1" in served.command
    assert served.command[:4] == [sys.executable, "-m", "ui.server", "run"]
    fathom("ui", "--address", "0.0.0.0", "--user-header", "X-User", "--port", "9001")
    assert {"--server.address=0.0.0.0", "--server.port=9001"} <= set(served.command)
    assert served.env["FATHOM_USER_HEADER"] == "X-User"


def test_what_the_server_is_told_goes_by_its_environment(
    fathom: Fathom, served: type[Served], index: str, tmp_path: Path
) -> None:
    """A ledger's URL may hold a password, and anybody may read a command."""
    url = "postgresql://ada:canary-password@localhost/fathom"
    ran = fathom("ui", "--index", index, "--home", str(tmp_path / "corpora"), "--ledger", url)
    assert ran.code == 0
    assert "canary-password" not in " ".join(served.command) + ran.out + ran.err
    assert [served.env[f"FATHOM_{name}"] for name in ("INDEX", "HOME", "LEDGER")] == [index, str(tmp_path / "corpora"), url]
    assert "FATHOM_USER_HEADER" not in served.env


def test_a_real_server_is_healthy_and_ends_with_its_command(index: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**os.environ, "FATHOM_LEDGER": f"sqlite:///{tmp_path / 'ledger.db'}", "FATHOM_HOME": str(tmp_path)}
    code = "import sys; from ui.cli import main; sys.exit(main())"
    command: list[Any] = [sys.executable, "-c", code, "ui", "--index", index, "--port", str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as ran:
        try:
            assert ran.stdout is not None
            assert f"http://127.0.0.1:{port}" in ran.stdout.readline()
            assert healthy(port, 60)
        finally:
            ran.send_signal(signal.SIGTERM)
        assert ran.wait(30) == 0
    assert not healthy(port, 0)


def healthy(port: int, patience: float) -> bool:
    """Whether the server says that it is well, at least once until then."""
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.1)

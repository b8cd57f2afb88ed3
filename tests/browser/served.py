"""The chat as a user starts it: the console command in a process of its own, with folders and a ledger that nobody else has."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from agent.ledger import Ledger
from agent.store import Store

HANG = 120.0
COMMAND = str(Path(sys.executable).with_name("fathom"))


@dataclass
class Served:
    """A server under `folder`, on a port that stays its own when it is started again. What it tells goes to `log`.

    >>> served = Served(tmp_path, ["--index", "demo.index"]).start(); served.kill(); served.start()
    """

    folder: Path
    options: Sequence[str] = ()
    told: Mapping[str, str] = field(default_factory=dict[str, str])
    port: int = field(default_factory=lambda: free_port())
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        """The folder of its corpora."""
        return self.folder / "home"

    @property
    def database(self) -> Path:
        """The file of its ledger."""
        return self.folder / "ledger.db"

    @property
    def log(self) -> str:
        """What its processes have written so far."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def ledger(self, user: str = "local") -> Ledger:
        """A user's rows, read beside the server."""
        return Ledger(Store.open(f"sqlite:///{self.database}"), user)

    def start(self) -> Served:
        """Start it and wait until it says that it is well."""
        self.folder.mkdir(parents=True, exist_ok=True)
        given = ["--home", str(self.home), "--port", str(self.port), "--ledger", f"sqlite:///{self.database}", *self.options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [COMMAND, "ui", *given], cwd=self.folder, env=self._env(), stdout=log, stderr=log, start_new_session=True
            )
        self._until_well()
        return self

    def kill(self) -> None:
        """End all its processes with SIGKILL, as the system does when memory runs out."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def memory(self) -> int:
        """Resident bytes of the process that serves the pages."""
        assert self._process is not None
        return max(one.memory_info().rss for one in psutil.Process(self._process.pid).children(recursive=True))

    def until_logged(self, words: str) -> None:
        """Wait until the log holds `words`."""
        limit = time.monotonic() + HANG
        while words not in self.log:
            assert time.monotonic() < limit, f"{words!r} was not logged:\n{self.log}"
            time.sleep(0.05)

    def _env(self) -> dict[str, str]:
        """The surroundings without a setting of Fathom's but its own."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
        return {**clean, "FATHOM_CACHE": str(self.folder / "cache"), "OMP_NUM_THREADS": "1", **self.told}

    def _until_well(self) -> None:
        assert self._process is not None
        limit = time.monotonic() + HANG
        while True:
            assert self._process.poll() is None, f"the server ended:\n{self.log}"
            assert time.monotonic() < limit, f"the server is not well:\n{self.log}"
            try:
                with urlopen(f"{self.address}/_stcore/health", timeout=10) as response:
                    if response.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.1)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

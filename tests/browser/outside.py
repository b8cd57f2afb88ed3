"""The way out of this machine, as a proxy that goes nowhere and keeps what it was asked for."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field


@dataclass
class Outside:
    """Listens on a port of its own; `settings` lead a process's requests to it. Use it as a context manager.

    >>> with Outside() as outside: subprocess.run(command, env={**os.environ, **outside.settings})
    """

    asked: list[bytes] = field(default_factory=list[bytes])
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)), repr=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a process whose requests to other machines come here."""
        names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")
        local = dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost")
        return {**dict.fromkeys(names, f"http://127.0.0.1:{self.port}"), **local}

    def __enter__(self) -> Outside:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                self.asked.append(connection.recv(4096).partition(b"\r\n")[0])

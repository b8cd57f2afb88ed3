"""Fixtures for the language model: a client on a scripted server, and a real tiny model behind a real server."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agent.llm import Account, Client, Endpoint
from tests.faults.databases import ledger_url, postgres  # noqa: F401
from tests.faults.stub_llm import StubServer
from tests.faults.tiny_model import Exchange, make, serving

OpenClient = Callable[..., Client]


@pytest.fixture
def open_client() -> Generator[OpenClient]:
    """`open_client(server, account, **limits)`: a client of a `StubServer` that hardly waits between its requests."""
    with ExitStack() as clients:

        def opened(server: StubServer, account: Account | None = None, **limits: Any) -> Client:
            given = {"idle": 20.0, "deadline": 30.0, "backoff": 0.01, **limits}
            return clients.enter_context(Client.open(Endpoint(server.url, "stub", **given), account))

        yield opened


Taught = Callable[..., Endpoint]


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Generator[Taught]:
    """`taught(*exchanges)`: the endpoint of a `transformers serve` whose tiny model has learnt these exchanges by heart."""
    with ExitStack() as servers:

        def serve(*exchanges: Exchange, **limits: Any) -> Endpoint:
            folder = Path(tmp_path_factory.mktemp("tiny")) / "model"
            make(folder, exchanges)
            url = servers.enter_context(serving(folder))
            return Endpoint(url, str(folder), **limits)

        yield serve

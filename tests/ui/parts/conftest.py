"""The index that the parts are drawn over, built once, and a room for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.parts.answered import Room, built, room


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an index `mix`."""
    return built(tmp_path_factory.mktemp("mixed")).parent


@pytest.fixture
def chat(mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.chdir(tmp_path)
    for name in ("ENDPOINT", "MODEL", "API_KEY", "SETTINGS", "USER_HEADER", "INDEX", "RECIPES"):
        monkeypatch.delenv(f"FATHOM_{name}", raising=False)
    with room(mixed, tmp_path) as opened:
        yield opened

"""Fixtures that several tests share: the data sets' folder, and whether the full counts are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
FULL = os.environ.get("FATHOM_FULL") == "1"

os.environ.setdefault("LANGSMITH_TRACING", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
settings.register_profile("ci", max_examples=50, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("full", max_examples=1000, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("full" if FULL else "ci")


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether the full counts are asked for (make test-full)."""
    return FULL


@pytest.fixture(scope="session")
def data() -> Callable[[str], Path]:
    """The folder of a public data set, or a visible skip."""
    home = Path(os.environ.get("FATHOM_DATA", ROOT.parent / "shared" / "data"))

    def folder(name: str) -> Path:
        if not (home / name).is_dir():
            pytest.skip(f"needs ../shared/data/{name} (or FATHOM_DATA)")
        return home / name

    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """After a run of the full counts, keep what it came to under evals/results/, for the whole suite alone."""
    if not FULL or hasattr(config, "workerinput") or config.args != config.getini("testpaths"):
        return
    counts = {kind: len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "error", "skipped", "xfailed")}
    reasons = sorted(
        {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []) if isinstance(report.longrepr, tuple)}
    )
    from evals.figures import write

    write("test-full", {"command": "make test-full", "exit": int(exitstatus), "tests": counts, "skipped because": reasons})

"""The chat's server and a real browser before it. Without Debian's chromium these tests are skipped, and say so."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.gate import Gate
from tests.browser.outside import Outside
from tests.browser.served import COMMAND, Served
from tests.browser.tabs import Tab

ARTICLES = Path(__file__).resolve().parents[2] / "evals" / "demo" / "articles"
NAMES = ("titan", "christiaan-huygens", "pluto", "clyde-tombaugh", "lick-observatory", "yerkes-observatory")
Serve = Callable[..., Served]
Open = Callable[..., Tab]


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six articles of the demo."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in NAMES:
        shutil.copy(ARTICLES / f"{name}.md", folder)
    return folder


@pytest.fixture(scope="session")
def index(corpus: Path) -> Path:
    """Their index without vectors, as the command makes it: its server loads no model."""
    return indexed(corpus, corpus.with_name("observatories.index"), "--encoder", "none")


@pytest.fixture(scope="session")
def vectors(corpus: Path) -> Path:
    """Their index with vectors."""
    return indexed(corpus, corpus.with_name("vectors.index"))


def indexed(folder: Path, out: Path, *options: str) -> Path:
    """An index of a folder, by the command."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
    command = [COMMAND, "index", str(folder), "--out", str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=clean, cwd=folder)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    """What servers ask other machines for: nothing, or the module's last test fails."""
    with Outside() as outside:
        yield outside
    assert outside.asked == []


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory, chromium: Browser, outside: Outside) -> Iterator[Serve]:
    """`serve("--index", index, FATHOM_MODEL="stub")`: a server with these options and settings; all end with the module."""
    started: list[Served] = []

    def start(*options: object, **settings: str) -> Served:
        served = Served(tmp_path_factory.mktemp("served"), [str(option) for option in options], {**outside.settings, **settings})
        started.append(served)
        return served.start()

    yield start
    for served in started:
        served.kill()


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """What holds up the searches of `server` until the test lets them through."""
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def server(serve: Serve, index: Path, gate: Gate) -> Served:
    """A server on the six articles, for one user."""
    return serve("--index", index, "--recipes", gate.recipes)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. It ends with its module: while it is there, nothing else in this thread can run an event loop."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=[nowhere, "--disable-gpu", *sandbox])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def profiles(chromium: Browser) -> dict[str, BrowserContext]:
    """The browser's profiles, one for each address, window and set of options: what is cached is kept while the module lasts."""
    return {}


@pytest.fixture
def browse(chromium: Browser, profiles: dict[str, BrowserContext], gate: Gate) -> Iterator[Open]:
    """`browse(served.address, width=390)`: a new tab. No two addresses share a browser profile.

    A test fails at its end where a tab asked another host than the server's for anything, or something went wrong in it.
    """
    tabs: list[Tab] = []

    def open(address: str, *, width: int = 1280, height: int = 900, **options: Any) -> Tab:
        key = repr((address, width, height, sorted(options.items())))
        if key not in profiles:
            profiles[key] = chromium.new_context(viewport={"width": width, "height": height}, **options)
        tabs.append(Tab(profiles[key].new_page(), address))
        return tabs[-1]

    yield open
    gate.open()
    for tab in tabs:
        tab.page.close()
    assert [(tab.foreign, tab.wrong) for tab in tabs if tab.foreign or tab.wrong] == []

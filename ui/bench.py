"""`make bench-ui`: how soon the chat is there: its page, the first step and the last of an answer, and a rerun of its script.

    python -m ui.bench [--repeats N] [--quick] [--results DIR]

A server of its own on the demo corpus and a real browser, both on this machine; the encoder is warm. Exit status 1 where a bound
is not met.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console

import evals
from evals.figures import RESULTS, Figure, Spread, show, write
from retrievers.build import build
from retrievers.errors import FathomError, Unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DEMO = Path(evals.__file__).parent / "demo"
CONVERSATIONS = 500
_PATIENCE = 120.0
_INPUT = "stChatInputTextArea"
# From the key that sends a question: milliseconds to the first line of the assistant, and to the last part of its answer.
_WATCH = """() => new Promise(done => {
  let began = null, step = null;
  addEventListener('keydown', one => { if (one.key === 'Enter') began ??= performance.now(); }, {capture: true});
  const look = () => {
    const said = document.querySelectorAll('[data-testid="stChatMessage"]')[1];
    if (began !== null && said) {
      if (said.querySelector('[data-testid="stText"]')) step ??= performance.now() - began;
      if (said.querySelector('[class*="st-key-about-"]')) { window.__seen = [step, performance.now() - began]; return; }
    }
    requestAnimationFrame(look);
  };
  look();
  done(true);
})"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the figures, print them, keep them; 0 where every bound is met, else 1.

    >>> main(["--quick"])
    """
    options = _options(arguments)
    console = Console(width=200 if not sys.stdout.isatty() else None)
    repeats = 2 if options.quick else options.repeats
    try:
        with TemporaryDirectory(prefix="fathom-bench-") as aside, _browser() as browser:
            index = Path(aside) / "demo.index"
            build([DEMO / "articles"], index)
            with _served(index, Path(aside) / "served") as address:
                figures = [*_answers(browser, address, repeats), _usable(browser, address, repeats)]
            figures += _reruns(index, Path(aside) / "rerun", 20 if options.quick else CONVERSATIONS, 3 * repeats)
            version = browser.version
    except FathomError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        return error.exit_code
    show("ui", figures, console)
    if not options.quick:
        from importlib.metadata import version as of

        told = {"command": "python -m ui.bench", "browser": f"chromium {version}", "streamlit": of("streamlit")}
        write("ui", {**told, "figures": [figure.as_json() for figure in figures]}, options.results)
    return 0 if all(figure.met for figure in figures) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ui.bench", description="How soon the chat is there.")
    parser.add_argument("--repeats", type=int, default=10, choices=range(2, 51), metavar="N", help="readings (default: 10)")
    parser.add_argument("--quick", action="store_true", help="two readings, to see that it runs: writes no results")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON file goes")
    return parser.parse_args(arguments)


def _usable(browser: Browser, address: str, repeats: int) -> Figure:
    """Seconds from the address to the input, each time in a browser profile that has nothing cached."""
    seconds: list[float] = []
    for _ in range(repeats):
        context = browser.new_context()
        page = context.new_page()
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.locator(f"[data-testid='{_INPUT}']:enabled").wait_for(timeout=_PATIENCE * 1000)
        seconds.append(time.perf_counter() - began)
        context.close()
    return _figure("page usable, nothing cached", seconds, 3.0)


def _answers(browser: Browser, address: str, repeats: int) -> list[Figure]:
    """The first step and the last of extractive answers to the demo's questions, each in a conversation of its own."""
    page = browser.new_page()
    page.set_default_timeout(_PATIENCE * 1000)
    questions = [json.loads(line)["question"] for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]
    seen = [_answer(page, address, question) for question in questions[: repeats + 1]]
    page.close()
    first, last = zip(*seen[1:], strict=True)  # with the first of them the encoder was still being loaded
    return [_figure("first visible step of an answer", first, 0.5), _figure("the whole answer", last, 3.0)]


def _answer(page: Page, address: str, question: str) -> tuple[float, float]:
    """Seconds to the first step of one answer, and to its last part."""
    page.goto(address)
    page.locator(f"[data-testid='{_INPUT}']:enabled").wait_for()
    page.locator("[data-testid='stApp'][data-test-script-state='notRunning']").wait_for()
    page.evaluate(_WATCH)
    page.get_by_test_id(_INPUT).fill(question)
    page.keyboard.press("Enter")
    step, answer = page.wait_for_function("window.__seen").json_value()
    return step / 1000, answer / 1000


def _reruns(index: Path, folder: Path, conversations: int, repeats: int) -> list[Figure]:
    """A run of the script, in a process of its own over a ledger of its own."""
    folder.mkdir()
    command = [sys.executable, "-m", "ui.bench_rerun", str(index), str(folder), str(conversations), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, env=_env())  # noqa: S603
    if done.returncode != 0:
        raise FathomError(f"the script could not be timed: {done.stderr.strip()[-2000:]}", "a page", f"run it alone: {command}")
    told: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    named = {"new": "a new conversation", "answered": "an answered conversation open"}
    return [_figure(f"rerun, {conversations} conversations, {named[name]}", told[name], 0.1) for name in told]


def _figure(name: str, seconds: Sequence[float], at_most: float) -> Figure:
    spread = Spread.of([1000 * one for one in seconds])
    return Figure(name, round(spread.median, 1), "ms", at_most=1000 * at_most, detail={"ms": str(spread)})


@contextmanager
def _browser() -> Generator[Browser]:
    """Debian's chromium, driven by playwright; raises `Unavailable` where either is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Unavailable("playwright is not installed", "the package playwright", "make setup") from None
    binary = shutil.which("chromium")
    if binary is None:
        raise Unavailable("there is no chromium on this machine", "Debian's chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        args = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=binary, args=args)
        yield browser
        browser.close()


@contextmanager
def _served(index: Path, folder: Path) -> Generator[str]:
    """A server of the chat, as its command starts it; its address. It ends with the block."""
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    given = ["--index", index, "--home", folder / "home", "--ledger", f"sqlite:///{folder / 'ledger.db'}", "--port", port]
    command = [str(Path(sys.executable).with_name("fathom")), "ui", *map(str, given)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=_env(), stdout=log, stderr=log)  # noqa: S603
    try:
        _until_well(server, f"http://127.0.0.1:{port}", folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _until_well(server: subprocess.Popen[Any], address: str, log: Path) -> None:
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit and server.poll() is None:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):  # noqa: S310
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise FathomError(f"the chat did not start: {log.read_text('utf-8', 'replace')[-2000:]}", "a server", "fathom ui, to see why")


def _env() -> dict[str, str]:
    """The surroundings without Fathom's settings: the figures are of the defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}


if __name__ == "__main__":
    sys.exit(main())

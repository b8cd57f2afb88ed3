"""A run that is killed or interrupted, as a user sees it: the command line in a child process, a real signal, a real ledger."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import Ledger
from agent.store import Store
from retrievers.build import BuildSettings, build
from tests.agent.scripted import DOCUMENTS

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "Which was discovered first, Uranus or Pluto?"
SLOW = """
import time
from dataclasses import dataclass
from retrievers.base import Stage
from retrievers.lexical import BM25

@dataclass(frozen=True)
class Slow(Stage):
    inner: Stage
    def __call__(self, batch):
        time.sleep({pause})
        return self.inner(batch)

RECIPES = {{"slow": lambda sources: Slow(BM25(sources.need_index()))}}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("runs")
    rows = [json.dumps({"id": id, "title": id.title(), "text": text}) for id, text in DOCUMENTS.items()]
    (home / "docs.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    build([home / "docs.jsonl"], home / "an.index", BuildSettings(encoder=None))
    (home / "slow.py").write_text(SLOW.format(pause=0.3), "utf-8")
    (home / "quick.py").write_text(SLOW.format(pause=0), "utf-8")
    return home


def fathom(home: Path, ledger: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("fathom")), *arguments, "--ledger", f"sqlite:///{ledger}", "--json"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean)


def ask(home: Path, ledger: Path, recipes: str = "slow.py") -> subprocess.Popen[str]:
    return fathom(
        home, ledger, "ask", QUESTION, "--index", str(home / "an.index"), "--recipes", str(home / recipes), "--recipe", "slow"
    )


def until(ledger: Path, kind: str, child: subprocess.Popen[str], wait: float = 60.0) -> str:
    """The run's id, once an event of this kind is in the ledger."""
    limit = time.monotonic() + wait
    while time.monotonic() < limit and child.poll() is None:
        if ledger.is_file() and ledger.stat().st_size:
            handle = Ledger(Store.open(f"sqlite:///{ledger}"))
            for run in handle.runs():
                if any(event.kind == kind for event in handle.events(run.id)):
                    return run.id
        time.sleep(0.05)
    raise AssertionError(f"no event {kind!r}: {child.communicate() if child.poll() is not None else 'still running'}")


def told(child: subprocess.Popen[str]) -> dict[str, Any]:
    out, error = child.communicate(timeout=120)
    assert out, error
    return json.loads(out)


def same(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer's record without what differs between two runs: id and seconds."""
    return {name: value for name, value in answer.items() if name not in ("run", "usage")}


def test_a_killed_run_is_resumed_to_the_same_answer_and_no_step_is_done_twice(home: Path, tmp_path: Path, full: bool) -> None:
    whole = same(told(ask(home, tmp_path / "whole.db", "quick.py")))
    for seed in range(8 if full else 2):
        ledger = tmp_path / f"cut-{seed}.db"
        child = ask(home, ledger)
        run = until(ledger, "turn", child)
        time.sleep(random.Random(seed).uniform(0, 0.8))
        child.kill()
        child.wait()
        handle = Ledger(Store.open(f"sqlite:///{ledger}"))
        finished = {done.number for done in handle.done(run, 1)}
        seconds = handle.seconds(run, 1)
        _expire(handle, run)
        assert same(told(fathom(home, ledger, "ask", "--resume", run))) == whole
        assert {number: handle.seconds(run, 1)[number] for number in finished} == seconds
        assert [event.kind for event in handle.events(run)].count("answer") == 1


def _expire(handle: Ledger, run: str) -> None:
    """The dead process's lease, given back as it would be once it had run out."""
    handle.release(run, handle.run(run).lease_owner)


def test_a_live_lease_is_not_taken_over(home: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    child = ask(home, ledger)
    run = until(ledger, "turn", child)
    other = fathom(home, ledger, "ask", "--resume", run)
    _, error = other.communicate(timeout=60)
    if other.returncode == 1:  # else the first had ended before the second looked
        assert "is under work by" in json.loads(error)["error"] or "is done" in json.loads(error)["error"]
    assert told(child)["stop"] in ("answered", "saturated", "budget")


def test_ctrl_c_gives_the_partial_answer_and_130(home: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    child = ask(home, ledger)
    run = until(ledger, "action", child)
    child.send_signal(signal.SIGINT)
    answer = told(child)
    assert child.returncode == 130
    assert (answer["run"], answer["stop"]) == (run, "stopped")
    resumed = fathom(home, ledger, "ask", "--resume", run)
    assert told(resumed)["stop"] != "stopped"
    assert resumed.returncode == 0


def test_a_full_disk_under_the_ledger_is_a_named_failure(home: Path, tmp_path: Path) -> None:
    """The child may write files of 400 kB at most: what a full disk does to a ledger that grows."""
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2); from ui.cli import main; sys.exit(main())"
    )
    Store.open(f"sqlite:///{tmp_path}/ledger.db").close()
    size = (tmp_path / "ledger.db").stat().st_size
    arguments = [
        "ask",
        QUESTION,
        "--index",
        str(home / "an.index"),
        "--recipe",
        "bm25",
        "--ledger",
        f"sqlite:///{tmp_path}/ledger.db",
    ]
    done = subprocess.run(
        [sys.executable, "-c", limited, str(size + 4096), *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done
    failure = json.loads(done.stderr.strip().splitlines()[-1])
    assert "the ledger" in failure["error"]
    assert failure["next"]
    again = told(ask(home, tmp_path / "ledger.db", "quick.py"))
    assert again["stop"] in ("answered", "saturated", "budget")

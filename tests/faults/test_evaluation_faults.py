"""An evaluation that is killed again and again and resumed: in the end it holds what it would have held anyway."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import Ledger
from agent.store import Store
from evals.outcomes import Outcome, outcomes
from evals.scores import runs_of
from tests.agent.scripted import DOCUMENTS

ROOT = Path(__file__).resolve().parents[2]
ASKED = ("Who discovered {}?", "When was {} discovered?", "Where was {} seen first?", "Which planet is {} near?")
START_LIMIT = 60.0


@pytest.fixture
def dataset(tmp_path: Path, full: bool) -> Path:
    """Questions about a handful of documents: 1,000, or 100."""
    folder = tmp_path / "planets"
    folder.mkdir()
    rows = [{"id": id, "title": id.title(), "text": text} for id, text in DOCUMENTS.items()]
    ids = sorted(DOCUMENTS)
    asked = [
        {
            "id": f"q{number}",
            "question": f"{ASKED[number % len(ASKED)].format(ids[number % len(ids)])} ({number})",
            "supporting_ids": [ids[number % len(ids)]],
            "answers": ["Galle"],
        }
        for number in range(1000 if full else 100)
    ]
    for name, lines in (("corpus", rows), ("queries", asked)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return folder


def fathom(home: Path, ledger: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).with_name("fathom")), *arguments, "--ledger", f"sqlite:///{ledger}", "--json"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
    clean["FATHOM_CACHE"] = str(home / "cache")
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean)


def ended(child: subprocess.Popen[str]) -> dict[str, Any]:
    told, complaint = child.communicate(timeout=1800)
    assert child.returncode == 0, complaint
    return json.loads(told)


def finished(ledger: Path, *, agent: bool) -> int:
    """How many questions have come to their end: counted in the file, for it is asked many times a second."""
    if not ledger.is_file() or not ledger.stat().st_size:
        return 0
    count = "SELECT count(*) FROM event WHERE kind = 'answer'" if agent else "SELECT count(*) FROM turn"
    with (
        closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=30)) as connection,
        suppress(sqlite3.OperationalError),
    ):
        return int(connection.execute(count).fetchone()[0])
    return 0  # its tables are not there yet


def lasting(found: list[Outcome]) -> list[Outcome]:
    """All but the time and the money that it took."""
    return [replace(one, spent=replace(one.spent, seconds=0.0, cost=None), texts=None) for one in found]


@pytest.mark.parametrize("agent", [("--policy", "extractive", "--effort", "quick"), ()], ids=["agent", "alone"])
def test_what_was_killed_and_resumed_is_what_was_never_killed(
    dataset: Path, tmp_path: Path, full: bool, agent: tuple[str, ...]
) -> None:
    kills, dice = (20 if full else 3), random.Random(7)
    options = (str(dataset), "--encoder", "none", "--recipe", "bm25", "--recipe", "okapi", *agent)
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    told = ended(fathom(tmp_path, whole, "eval", *options, "--run", "planets"))
    arguments, starts, before = ("eval", *options, "--run", "planets"), list[float](), 0
    total = 2 * told["n"]
    for kill in range(kills):
        child, began = fathom(tmp_path, killed, *arguments), time.monotonic()
        goal = before + dice.randint(1, max((total - before) // (kills - kill + 1), 1))
        while finished(killed, agent=bool(agent)) < goal and child.poll() is None:
            assert time.monotonic() - began < 600
            if finished(killed, agent=bool(agent)) == before:
                starts[kill:] = [time.monotonic() - began]  # until its first question is finished
            time.sleep(0.02)
        if child.poll() is not None:
            break
        time.sleep(dice.uniform(0, 0.05))
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        before = finished(killed, agent=bool(agent))
        arguments = ("eval", "--resume", "planets")
    assert before > 0
    again = ended(fathom(tmp_path, killed, *arguments))
    one, other = Ledger(Store.open(f"sqlite:///{whole}")), Ledger(Store.open(f"sqlite:///{killed}"))
    for first, second in zip(runs_of(one, "planets"), runs_of(other, "planets"), strict=True):
        assert lasting(outcomes(one, first.id)) == lasting(outcomes(other, second.id))
        assert (first.status, second.status) == ("done", "done")
        events = Counter((event.question, event.kind) for event in other.events(second.id))
        assert all(count == 1 for (_, kind), count in events.items() if kind == "answer")
    for recipe, measures in told["recipes"].items():
        for name, mean in measures.items():
            if name != "Seconds":
                assert again["recipes"][recipe][name] == mean
    assert max(starts, default=0.0) < START_LIMIT

"""A process that writes a ledger until somebody kills it or the disk is full: what the fault tests start.

python -m tests.faults.ledger_child MODE URL [ARGUMENT]. It tells on standard output what it was told is committed.
"""

from __future__ import annotations

import os
import resource
import sys
import time

import agent.entries.sqlite
import agent.store
from agent.entries.faults import StoreError
from agent.entries.packing import Candidates
from agent.ledger import Ledger
from agent.state import Answer, Citation, Claim, Done, Evidence, Search, Spent, Turn
from agent.store import Store

SEARCH = Search("moons")
STAGED = [Candidates(f"stage {n}", "moons", tuple(f"doc-{i}" for i in range(50)), (1.0,) * 50, ("",) * 50, 50) for n in range(2)]
SHOWN = [Evidence(1, "doc-0", "doc", "Doc", 0, 9, "", action=1)]
ANSWER = Answer("found", "two", "Two.", (Claim("Two.", (Citation("doc", "doc-0", 0, 3, "Two"),), True),))


def tell(*words: object) -> None:
    """One line, past every buffer of this process."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def whole_runs(ledger: Ledger) -> None:
    """Run after run, each step told once it is committed."""
    while True:
        run = ledger.start_run({}, ["a", "b"])
        tell(run, "run")
        ledger.record_plan(run, 1, ("part",), Turn(1, "why", (SEARCH,)))
        tell(run, "turn")
        ledger.record_action(run, 1, Done(1, 1, SEARCH, hits=50), 0.1, STAGED)
        tell(run, "action")
        ledger.record_shown(run, 1, 1, SHOWN)
        tell(run, "shown")
        ledger.record_answer(run, 1, ANSWER, "answered", Spent())
        tell(run, "answer")


def bare_runs(ledger: Ledger, most: int = sys.maxsize) -> None:
    """As many runs as can be, or `most`."""
    for _ in range(most):
        tell(ledger.start_run({}, ["a", "b"]), "run")


def told_too_early(ledger: Ledger) -> None:
    """The negative control: what is told is not yet committed."""
    while True:
        with ledger.together() as step:
            tell(step.start_run({}, ["a", "b"]), "run")
            time.sleep(0.005)


def appended(ledger: Ledger, run: str, times: int) -> None:
    """Read the last event's number and write the next, many times over, beside others that do the same."""
    worst, refused = 0.0, 0
    for _ in range(times):
        began = time.monotonic()
        try:
            ledger.event(run, 0, "tick", {"by": os.getpid()})
        except StoreError:
            refused += 1
        worst = max(worst, time.monotonic() - began)
    tell(times - refused, refused, worst)


def until_full(ledger: Ledger, most: int) -> None:
    """Runs until the ledger's file may not grow beyond `most` bytes; then once more, with room again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        while True:
            tell(ledger.start_run({"words": "x" * 2000}, ["a", "b"]), "run")
    except StoreError as error:
        tell("full", str(error).replace("\n", " "))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    tell(ledger.start_run({}, ["a", "b"]), "run")


def main() -> None:
    """One mode."""
    mode, url, *rest = sys.argv[1:]
    if mode == "deferred":  # how a store would begin that did not know of SQLite's snapshots
        agent.store._BEGIN["write"] = "BEGIN"
    if mode == "wal":
        agent.entries.sqlite.journal_for = lambda version: ("WAL", "as the test says")
    ledger = Ledger(Store.open(url, wait=60))
    tell("ready")
    sys.stdin.readline()
    if mode in ("appended", "deferred", "wal"):
        appended(ledger, rest[0], int(rest[1]))
    elif mode == "until_full":
        until_full(ledger, int(rest[0]))
    elif mode == "few":
        bare_runs(ledger, int(rest[0]))
    else:
        {"whole": whole_runs, "bare": bare_runs, "early": told_too_early}[mode](ledger)


if __name__ == "__main__":
    main()

"""A draft's tokens: told a few times a second, and none of them held back while a model pauses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.drafts import Draft
from agent.ledger import Ledger
from agent.store import Store


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = Store.open(f"sqlite:///{tmp_path}/ledger.db")
    yield Ledger(store)
    store.close()


def told(ledger: Ledger, run: str) -> list[str]:
    return [str(event.payload["text"]) for event in ledger.events(run) if event.kind == "draft"]


def test_the_last_token_before_a_pause_is_told_without_another_one(ledger: Ledger) -> None:
    run = ledger.start_run({}, ["Who found Neptune?"])
    draft = Draft(ledger, run, 1)
    draft.add("The ")
    draft.add("planet ")
    draft.add("was")
    assert told(ledger, run) == ["The "]
    until = time.monotonic() + 30
    while len(told(ledger, run)) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert told(ledger, run) == ["The ", "planet was"]


def test_the_end_tells_what_is_held_and_nothing_after_it(ledger: Ledger) -> None:
    run = ledger.start_run({}, ["Who found Neptune?"])
    draft = Draft(ledger, run, 1)
    draft.add("The ")
    draft.add("planet")
    draft.flush()
    time.sleep(0.4)
    assert told(ledger, run) == ["The ", "planet"]

"""Conversations of the ledger, on both databases: found, renamed and deleted by the user whose they are alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from agent.entries.leases import LeaseHeld
from agent.entries.rows import Conversation
from agent.ledger import Ledger
from agent.migrations.schema import METADATA
from agent.state import Answer, Citation, Claim, Spent, Turn
from agent.store import Store
from retrievers.errors import FathomError, UsageError

NOBODYS = "20000101-000000-000abcdef01"


class Clock:
    """Seconds since 1970, as a test sets them."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    opened = Store.open(ledger_url)
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store, clock: Clock) -> Ledger:
    return Ledger(store, "ada", clock)


@pytest.fixture
def conversation(ledger: Ledger) -> str:
    """Of two runs, the first of which was answered with a citation."""
    run = ledger.start_run({}, ["How many moons has Mars?"])
    ledger.record_plan(run, 1, (), Turn(1))
    claim = Claim("Two.", (Citation("mars", "mars#1", 0, 4, "Two."),), True)
    ledger.record_answer(run, 1, Answer("found", claims=(claim,)), "answered", Spent())
    ledger.finish_run(run, "done")
    ledger.finish_run(ledger.start_run({}, ["And Venus?"], following=run), "done")
    return ledger.run(run).conversation


def rows(store: Store) -> int:
    with store.engine.execution_options(transaction="read").begin() as connection:
        return sum(connection.execute(select(func.count()).select_from(one)).scalar_one() for one in METADATA.tables.values())


def test_a_conversation_is_named_by_its_first_question(ledger: Ledger, conversation: str) -> None:
    assert ledger.conversation(conversation) == Conversation(conversation, "How many moons has Mars?", 1_000_000.0)
    assert ledger.conversations() == [ledger.conversation(conversation)]


def test_a_new_title_is_on_one_line_and_the_last_one_stands(ledger: Ledger, conversation: str) -> None:
    ledger.rename(conversation, "  Moons\n of   the planets ")
    assert ledger.conversation(conversation).title == "Moons of the planets"
    ledger.rename(conversation, "Moons")
    assert [one.title for one in ledger.conversations()] == ["Moons"]


@pytest.mark.parametrize("title", ["", " \n\t"])
def test_a_title_needs_a_word(ledger: Ledger, conversation: str, title: str) -> None:
    with pytest.raises(UsageError, match="without a title"):
        ledger.rename(conversation, title)
    assert ledger.conversation(conversation).title == "How many moons has Mars?"


def test_a_conversation_goes_with_all_that_hangs_on_it_and_no_other(ledger: Ledger, conversation: str, store: Store) -> None:
    before = rows(store)
    other = ledger.start_run({}, ["Who found Neptune?"])
    with_other = rows(store)
    ledger.delete(conversation)
    assert rows(store) == with_other - before
    assert [run.id for run in ledger.runs()] == [other]
    with pytest.raises(FathomError, match="no conversation"):
        ledger.conversation(conversation)


DOING: dict[str, Callable[[Ledger, str], object]] = {
    "conversation": lambda ledger, name: ledger.conversation(name),
    "rename": lambda ledger, name: ledger.rename(name, "mine now"),
    "delete": lambda ledger, name: ledger.delete(name),
}


@pytest.mark.parametrize("what", DOING)
def test_another_users_conversation_is_as_missing_as_one_that_never_was(
    what: str, store: Store, ledger: Ledger, conversation: str
) -> None:
    before = rows(store)
    told: list[str] = []
    for id in (conversation, NOBODYS):
        with pytest.raises(FathomError) as refused:
            DOING[what](Ledger(store, "bob"), id)
        told.append(str(refused.value).replace(id, "ID"))
    assert told[0] == told[1]
    assert "Mars" not in told[0]
    assert (rows(store), ledger.conversation(conversation).title) == (before, "How many moons has Mars?")


def test_a_conversation_with_a_live_run_stays_until_the_run_has_ended_or_its_process_died(
    ledger: Ledger, conversation: str, clock: Clock
) -> None:
    run = ledger.start_run({}, ["And Jupiter?"], conversation=conversation)
    ledger.lease(run, "here", 30)
    with pytest.raises(FathomError, match=f"run {run} of this conversation is under way"):
        ledger.delete(conversation)
    assert len(ledger.runs()) == 3
    clock.now += 31
    ledger.delete(conversation)
    assert ledger.runs() == ledger.conversations() == []
    with pytest.raises(FathomError, match="no run"):
        ledger.renew(run, "here", 30)


def test_a_run_that_ended_holds_its_conversation_no_longer(ledger: Ledger, conversation: str) -> None:
    run = ledger.start_run({}, ["And Jupiter?"], conversation=conversation)
    ledger.lease(run, "here", 30)
    with pytest.raises(LeaseHeld):
        ledger.lease(run, "there", 30)
    ledger.finish_run(run, "stopped")
    ledger.delete(conversation)
    assert ledger.conversations() == []

"""A language model behind the chat, scripted over real HTTP: what it says is a draft until it is checked, and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Serve
from tests.browser.served import Served
from tests.faults.stub_llm import Reply, Request, StubServer, Write, event, stream

TITAN = "Who discovered Titan, and in which year?"
WORDS = "Titan was discovered by a person whose name follows"


class Held:
    """A streamed answer that stops in its middle until the test lets it go on."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()

    def __call__(self, write: Write, request: Request) -> None:
        stream([event({"content": f"Explanation: {WORDS} "})])(write, request)
        self.goes_on.wait(120)
        rest = "and Christiaan Huygens discovered Titan in 1655 [titan.md#0]."
        for one in Reply(rest).events():
            write(one.encode())


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.goes_on.set()


@pytest.fixture
def model() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


def scripted(model: StubServer, *script: Any) -> None:
    """From now on it plays this."""
    model.requests.clear()
    model.script = list(script)


def test_a_draft_is_marked_as_one_and_gives_way_to_the_answer(
    serve: Serve, index: Path, model: StubServer, held: Held, browse: Open
) -> None:
    scripted(model, Reply("first", [("search", {"query": "Titan Huygens 1655"})]), held)
    tab = browse(_served(serve, index, model).address).open()
    tab.ask(TITAN)
    tab.sees(WORDS)
    draft = tab.keys("draft-")
    expect(draft).to_contain_text("Draft: not checked yet")
    expect(draft).to_contain_text(WORDS)
    assert tab.keys("short-").count() == 0
    assert tab.citations.count() == 0
    held.goes_on.set()
    tab.answered()
    expect(tab.keys("draft-")).to_have_count(0)


def test_stop_ends_a_slow_model_with_what_was_found(
    serve: Serve, index: Path, model: StubServer, held: Held, browse: Open
) -> None:
    scripted(model, Reply("first", [("search", {"query": "Christiaan Huygens discovered Titan 1655"})]), held)
    served = _served(serve, index, model)
    tab = browse(served.address).open()
    tab.ask(TITAN)
    tab.sees(WORDS)
    tab.keys("stop-").get_by_role("button").click()
    tab.answered()
    run = served.ledger().runs(conversation=tab.conversation)[0]
    assert (run.status, served.ledger().questions(run.id)[0].stop) == ("stopped", "stopped")
    assert WORDS not in tab.words
    assert tab.citations.count() >= 1
    tab.sees("Huygens")


def _served(serve: Serve, index: Path, model: StubServer) -> Served:
    return serve("--index", index, FATHOM_ENDPOINT=model.url, FATHOM_MODEL="stub")

"""The chat without a browser: asked, followed, named, deleted, and what is said where something is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.entries.rows import Status
from agent.ledger import Ledger
from agent.spec import Spec
from agent.store import Store
from ui.visit import service

APP = Path(__file__).parents[2] / "ui" / "app.py"
HANG = 60.0


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, index: str) -> Iterator[Store]:
    """The ledger of a server of its own, opened on the small index."""
    for name in ("FATHOM_ENDPOINT", "FATHOM_MODEL", "FATHOM_API_KEY", "FATHOM_SETTINGS", "FATHOM_USER_HEADER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FATHOM_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("FATHOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FATHOM_INDEX", index)
    service.clear()
    opened = Store.open(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()
    service.clear()


def page() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=HANG)


def ended(ledger: Ledger, count: int) -> list[Status]:
    """The ends of the runs, newest first, when there are `count` and none is under way."""
    until = time.monotonic() + HANG
    while time.monotonic() < until:
        found = [run.status for run in ledger.runs()]
        if len(found) == count and "running" not in found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not {count} ended runs: {ledger.runs()}")


def said(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.text)


def asked(app: AppTest, ledger: Ledger, question: str, count: int) -> AppTest:
    app.chat_input[0].set_value(question).run()
    ended(ledger, count)
    return app.run()


def test_a_question_is_answered_in_a_conversation_with_an_address(store: Store) -> None:
    ledger = Ledger(store)
    app = asked(page().run(), ledger, "Who discovered Titan?", 1)
    assert not app.exception
    assert app.query_params["conversation"] == ledger.conversations()[0].id
    assert "Christiaan Huygens" in said(app)
    assert ledger.runs()[0].purpose == "chat"


def test_a_follow_up_goes_on_with_the_conversation_and_is_made_self_contained(store: Store) -> None:
    ledger = Ledger(store)
    app = asked(page().run(), ledger, "Who discovered Uranus?", 1)
    app = asked(app, ledger, "And when?", 2)
    assert len(ledger.conversations()) == 1
    newest, first = ledger.runs()
    assert newest.parent == first.id
    text = ledger.question(newest.id, 1).text
    assert "Uranus" in text
    assert f"Understood as: {text}" in said(app)


def test_choices_are_those_of_the_conversation(store: Store) -> None:
    ledger = Ledger(store)
    app = page().run()
    app.radio(key="effort-new").set_value("quick").run()
    app = asked(app, ledger, "Who discovered Titan?", 1)
    assert ledger.runs()[0].spec["effort"]["name"] == "quick"
    assert app.radio(key=f"effort-{ledger.conversations()[0].id}").value == "quick"
    app.button(key="new-conversation").click().run()
    assert app.radio(key="effort-new").value in ("quick", "standard")


def test_a_scope_that_cannot_be_read_is_said_and_nothing_is_asked(store: Store) -> None:
    app = page().run()
    app.text_input(key="scope-new").set_value("colour=red").run()
    app.chat_input[0].set_value("Who discovered Titan?").run()
    assert "The condition 'colour=red'" in said(app)
    assert Ledger(store).runs() == []


def test_a_question_that_is_far_too_long_is_said_to_be(store: Store) -> None:
    app = page().run()
    app.chat_input[0].set_value("Titan " * 200_000).run()
    assert "1,199,999 characters" in said(app)
    assert Ledger(store).runs() == []


def test_conversations_are_renamed_and_deleted(store: Store) -> None:
    ledger = Ledger(store)
    app = asked(page().run(), ledger, "Who discovered Titan?", 1)
    id = ledger.conversations()[0].id
    app.text_input(key=f"title-{id}").set_value("Moons of Saturn").run()
    assert ledger.conversations()[0].title == "Moons of Saturn"
    assert app.button(key=f"delete-{id}").disabled
    app.checkbox(key=f"delete-sure-{id}").set_value(True).run()
    app.button(key=f"delete-{id}").click().run()
    assert ledger.conversations() == []
    assert "conversation" not in app.query_params


@pytest.mark.parametrize("id", ["nothing", "20000101-000000-000abcdef", "' OR 1=1"])
def test_an_unknown_conversation_is_said_to_be_unknown(store: Store, id: str) -> None:
    app = page()
    app.query_params["conversation"] = id
    app.run()
    assert f"No conversation {id!r}" in said(app)
    assert not app.exception


def test_another_users_conversation_is_as_unknown_as_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = Ledger(store, "ada")
    run = foreign.start_run(Spec("x").as_json(), ["a secret of ada's"], purpose="chat")
    id = foreign.run(run).conversation
    app = page()
    app.query_params["conversation"] = id
    app.run()
    assert f"No conversation {id!r}" in said(app)
    assert "secret" not in said(app)


def test_behind_a_proxy_a_request_without_the_header_gets_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FATHOM_USER_HEADER", "X-Forwarded-User")
    service.clear()
    app = page().run()
    assert "does not say who you are" in said(app)
    assert not app.chat_input


def test_a_damaged_index_is_named_and_nothing_is_served(store: Store, monkeypatch: pytest.MonkeyPatch, corpus: Path) -> None:
    from retrievers.build import BuildSettings, build

    build([corpus], "damaged.index", BuildSettings(encoder=None))
    victim = next(Path("damaged.index").rglob("items.arrow"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(bytes(content))
    monkeypatch.setenv("FATHOM_INDEX", "damaged.index")
    service.clear()
    app = page().run()
    assert "is damaged" in said(app)
    assert not app.chat_input


def test_the_list_shows_the_newest_and_older_ones_on_demand(store: Store) -> None:
    ledger = Ledger(store)
    for place in range(40):
        ledger.start_run(Spec("x").as_json(), [f"question {place}"], purpose="chat")
    app = page().run()
    assert len([one for one in app.button if str(one.key).startswith("conversation-2")]) == 15
    app.button(key="conversations-more").click().run()
    assert len([one for one in app.button if str(one.key).startswith("conversation-2")]) == 40

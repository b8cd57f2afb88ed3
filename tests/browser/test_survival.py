"""The server dies in the middle of a run, by SIGKILL, and is started again: nothing is lost, and the run goes on."""

from __future__ import annotations

from tests.browser.conftest import Open
from tests.browser.gate import Gate
from tests.browser.served import Served

LENSES = "Which refractor has the larger lens, that of Lick Observatory or that of Yerkes Observatory?"


def test_a_run_goes_on_after_its_server_was_killed(server: Served, browse: Open, gate: Gate) -> None:
    gate.shut("Yerkes")
    tab = browse(server.address).open()
    tab.ask(LENSES)
    tab.sees("searches 1 of")
    conversation = tab.conversation
    server.kill()
    gate.open()
    server.start()
    again = browse(server.address).open(f"/?conversation={conversation}")
    assert LENSES in again.words
    again.answered()
    again.sees("Yerkes")
    assert again.citations.count() >= 1
    run = server.ledger().runs(conversation=conversation)[0]
    kinds = [event.kind for event in server.ledger().events(run.id)]
    assert (run.status, kinds.count("answer"), kinds.count("plan")) == ("done", 1, 1)
    searched = [done.action.text for done in server.ledger().done(run.id, 1)]
    assert len(searched) == len(set(searched))
    tab.answered()  # the old tab finds its way back by itself
    cut_off = ("WebSocket", "ERR_CONNECTION_REFUSED", "Failed to fetch", "disconnected from server", "reaching server endpoint")
    for trouble in cut_off:
        tab.pardon(trouble)

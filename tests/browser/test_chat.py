"""A conversation in a browser: ask, watch, check, stop, come back, look on from a second tab, on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from agent.record import record
from tests.browser.conftest import Open
from tests.browser.gate import Gate
from tests.browser.served import Served
from tests.browser.tabs import INPUT

TITAN = "Who discovered Titan, and in which year?"
LENSES = "Which refractor has the larger lens, that of Lick Observatory or that of Yerkes Observatory?"


def test_the_steps_are_seen_before_the_answer(server: Served, browse: Open, gate: Gate) -> None:
    gate.shut("Yerkes")
    tab = browse(server.address).open()
    tab.ask(LENSES)
    tab.sees("2 sub-questions")
    tab.sees("Lick Observatory")
    tab.sees("hits")
    tab.sees("searches 1 of")
    assert tab.keys("short-").count() == 0
    assert "[1]" not in tab.words
    gate.open()
    tab.answered()
    tab.sees("Yerkes")
    (run,) = server.ledger().runs()
    assert run.conversation == tab.conversation
    assert tab.keys("short-").count() == 1


def test_a_citation_opens_the_passage_with_the_cited_words_marked(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    tab.ask(TITAN)
    tab.answered()
    tab.citations.first.click()
    dialog = tab.page.get_by_role("dialog")
    marked = dialog.locator("[class*='st-key-cited-']")
    expect(marked).to_be_visible()
    run = server.ledger().runs(conversation=tab.conversation)[0]
    quote = record(server.ledger(), run.id)["claims"][0]["citations"][0]["quote"]
    assert "Huygens" in quote
    assert marked.inner_text().split() == quote.split()
    expect(dialog).to_contain_text("Why it was found")
    expect(dialog).to_contain_text("titan.md")
    tab.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_stop_keeps_what_is_there_and_gives_the_partial_cited_answer(server: Served, browse: Open, gate: Gate) -> None:
    gate.shut("Tombaugh")  # whom the first search's passages name: a search of the second turn
    tab = browse(server.address).open()
    tab.ask("Who discovered Pluto, and where was he born?")
    tab.sees(re.compile(r"read \d passages?"))
    tab.keys("stop-").get_by_role("button").click()
    tab.answered()
    run = server.ledger().runs(conversation=tab.conversation)[0]
    assert (run.status, server.ledger().questions(run.id)[0].stop) == ("stopped", "stopped")
    assert tab.citations.count() >= 1
    tab.sees("stopped")


def test_a_reload_and_a_second_tab_attach_to_the_run(server: Served, browse: Open, gate: Gate) -> None:
    gate.shut("Yerkes")
    tab = browse(server.address).open()
    tab.ask(LENSES)
    path = f"/?conversation={tab.conversation}"
    tab.sees("searches 1 of")
    tab.page.reload(wait_until="commit")
    other = browse(server.address).open(path)
    for one in (tab, other):
        one.sees("2 sub-questions")
        one.sees("searches 1 of")
        expect(one.keys("stop-")).to_have_count(1)
    gate.open()
    for one in (tab, other):
        one.answered()
    assert tab.keys("short-").inner_text() == other.keys("short-").inner_text()
    assert len(server.ledger().runs(conversation=tab.conversation)) == 1


def test_two_tabs_that_stop_each_other_stop_once(server: Served, browse: Open, gate: Gate) -> None:
    gate.shut()
    tab = browse(server.address).open()
    tab.ask(LENSES)
    other = browse(server.address).open(f"/?conversation={tab.conversation}")
    buttons = [one.keys("stop-").get_by_role("button") for one in (tab, other)]
    for button in buttons:
        expect(button).to_be_visible()
    for button in buttons:
        button.dispatch_event("click")
    for one in (tab, other):
        one.answered()
    run = server.ledger().runs(conversation=tab.conversation)[0]
    kinds = [event.kind for event in server.ledger().events(run.id)]
    assert (kinds.count("stop_asked"), kinds.count("answer"), run.status) == (1, 1, "stopped")


def test_a_follow_up_is_understood_and_stays_in_its_conversation(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    tab.ask(TITAN)
    tab.answered()
    tab.ask("Where was he born?")
    tab.answered(2)
    tab.sees("Understood as")
    runs = server.ledger().runs(conversation=tab.conversation)
    assert [run.parent for run in runs] == [runs[1].id, None]


def test_a_conversation_is_opened_by_its_address_and_from_the_list(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    tab.ask(TITAN)
    tab.answered()
    told = tab.keys("short-").inner_text()
    other = browse(server.address).open(f"/?conversation={tab.conversation}")
    other.answered()
    assert other.keys("short-").inner_text() == told
    other.press("new-conversation")
    expect(other.page.get_by_test_id("stChatMessage")).to_have_count(0)
    other.key(f"conversation-{tab.conversation}").get_by_role("button").first.click()
    other.answered()
    assert other.conversation == tab.conversation


def test_a_phone_shows_it_all_without_scrolling_sideways(server: Served, browse: Open) -> None:
    tab = browse(server.address, width=390, height=844, is_mobile=True, has_touch=True).open()
    assert tab.too_wide == 0
    tab.ask(TITAN)
    tab.answered()
    assert tab.too_wide == 0
    expect(tab.page.get_by_test_id(INPUT)).to_be_in_viewport()
    tab.citations.first.click()
    expect(tab.page.get_by_role("dialog").locator("[class*='st-key-cited-']")).to_be_visible()
    assert tab.too_wide == 0

"""Which button opens which citation: numbered like the footnotes, counted like the ledger."""

from __future__ import annotations

from agent.record import record
from agent.reports.footnotes import footnoted
from tests.ui.parts.answered import Room
from ui.parts.cites import Opened, cites, missed


def test_buttons_are_numbered_by_source_and_claims_counted_on_through_the_conflicts(chat: Room) -> None:
    run = chat.write(chat.disputed())
    told = record(chat.visit.ledger, run)
    found = cites(told, footnoted(told).sources, chat.visit.ledger.shown(run, 1))
    # The first claim cites the hostile span twice: one button. Sources: 1 hostile, 2 wren-a, 3 wren-b.
    places = [[(one.claim, one.citation, one.number) for one in claim] for claim in found]
    assert places == [[(1, 1, 1), (1, 2, 2)], [(2, 1, 1)], [(3, 1, 2)], [(4, 1, 3)]]
    assert found[0][1].key == f"cite-{run}-1-1-2"
    assert len({one.key for claim in found for one in claim}) == 5


def test_a_section_is_not_said_twice() -> None:
    one = Opened("r", 1, 1, "a#1", "a.md", "The north", 0, 4, heading="The north > Wren > Dome")
    assert one.name == "The north › Wren › Dome"
    assert Opened("r", 1, 1, "a#1", "a.md", "Wren", 0, 4, heading="Wren").name == "Wren"
    assert Opened("r", 1, 1, "a#1", "a.md", "", 0, 4).name == "a.md"


def test_what_was_shown_and_not_cited_opens_without_a_quote(chat: Room) -> None:
    run = chat.write(chat.disputed())
    told = record(chat.visit.ledger, run)
    first = missed(told, chat.visit.ledger.shown(run, 1))[0]
    assert (first.quote, first.claim, first.key) == ("", 0, f"cite-{run}-1-shown-1")

"""A cited span in its context, as the index holds it now, and what is said where that is no longer what was shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.parts.answered import FOUNDED, Room
from ui.parts.cites import Opened
from ui.parts.context import head, passage, tail


@pytest.fixture
def founded(chat: Room) -> Opened:
    cited = chat.cite("wren-a.md", "founded in 1887")
    return Opened("r", 1, 1, cited.item, cited.document, "Wren Observatory", cited.start, cited.end, cited.quote)


def test_the_span_is_shown_between_what_is_before_and_after_it(chat: Room, founded: Opened) -> None:
    found = passage(chat.index, None, founded, chat.index.identity)
    assert (found.before, found.marked) == ("The Wren Observatory was", "founded in 1887")
    assert found.after == "by Thomas Askew. It stands on a hill."
    assert (found.whole, found.notes) == ("", ())
    assert found.earlier == "Wren Observatory"  # the heading's own line stands before the passage


def test_a_passage_that_nothing_cites_is_shown_whole(chat: Room, founded: Opened) -> None:
    found = passage(chat.index, None, replace(founded, quote=""), chat.index.identity)
    assert (found.before, found.marked, found.after) == ("", f"{FOUNDED} It stands on a hill.", "")


def test_words_that_still_stand_in_a_new_generation_are_shown_and_said_to_be_of_another(chat: Room, founded: Opened) -> None:
    found = passage(chat.index, None, founded, "another")
    assert found.marked == "founded in 1887"
    assert found.notes == ("The corpus was built anew since this answer. The cited words still stand where they stood.",)


def test_words_that_no_longer_stand_there_are_the_recorded_ones_alone(chat: Room, founded: Opened) -> None:
    found = passage(chat.index, None, replace(founded, quote="founded in 1886"), "another")
    assert (found.before, found.marked, found.after, found.document) == ("", "founded in 1886", "", None)
    assert "built anew" in found.notes[0]
    assert "do not stand where they stood" in found.notes[0]


def test_of_a_passage_without_a_recorded_quote_nothing_is_shown_from_another_generation(chat: Room, founded: Opened) -> None:
    found = passage(chat.index, None, replace(founded, quote=""), "another")
    assert (found.marked, found.document) == ("", None)


def test_a_document_that_is_gone_leaves_the_quote(chat: Room, founded: Opened) -> None:
    found = passage(chat.index, None, replace(founded, document="gone.md"), chat.index.identity)
    assert found.marked == "founded in 1887"
    assert "not in the corpus any more" in found.notes[0]


def test_the_page_is_the_spans_own(chat: Room) -> None:
    cited = chat.cite("lapwing.pdf", "In 1981 it found a pulsar.")
    one = Opened("r", 1, 1, cited.item, cited.document, "", cited.start, cited.end, cited.quote)
    assert chat.index.item(cited.item).page == "1-2"
    assert passage(chat.index, None, one, chat.index.identity).page == "2"


def test_long_context_is_cut_between_words() -> None:
    assert tail("one two three", 9) == "… two three"
    assert tail("one two three", 8) == "… three"  # 8 letters would begin within "two"
    assert head("one two three", 7) == "one two …"
    assert head("one two three", 6) == "one …"
    assert (tail(" short ", 9), head(" short ", 9)) == ("short", "short")


@given(st.text(), st.integers(1, 20))
def test_a_cut_text_is_a_part_of_the_text_and_no_longer_than_asked(text: str, most: int) -> None:
    for cut in (tail(text, most).removeprefix("… "), head(text, most).removesuffix(" …")):
        assert cut in text
        assert len(cut) <= most

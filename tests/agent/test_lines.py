"""Sentences that know their passage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.extraction.lines import lines, spans_of
from tests.agent.shown import passage


def test_a_line_cites_its_place_in_the_document() -> None:
    (first, second) = lines([passage(1, "Uranus (planet)", "Herschel saw it. It was new.", document="uranus.md", start=100)])
    assert second.text == "It was new."
    (citation,) = second.claim.citations
    assert (citation.document, citation.item, citation.start, citation.end) == ("uranus.md", "uranus.md#100", 117, 128)
    assert citation.quote == second.claim.text == "It was new."
    assert (first.place, second.place) == (0, 1)
    assert first.subject == "Uranus"


def test_no_line_goes_over_a_blank_line() -> None:
    text = "A heading\n\nA sentence. Another."
    assert [text[start:end] for start, end in spans_of(text)] == ["A heading", "A sentence.", "Another."]


@given(st.text("ab. \n!?", max_size=60), st.integers(0, 50))
def test_every_line_quotes_its_passage_letter_for_letter(text: str, start: int) -> None:
    one = passage(1, "T", text, start=start)
    for line in lines([one]):
        (citation,) = line.claim.citations
        assert one.text[citation.start - start : citation.end - start] == citation.quote
        assert citation.quote.strip() == citation.quote != ""

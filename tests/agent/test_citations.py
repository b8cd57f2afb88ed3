"""What an answer may cite, and what becomes of one whose claims do not hold."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.citations import MOST, NOT_FOUND, check, cite, locate, narrow, sentences, verify, why_not_short
from agent.state import Answer, Citation, Claim, Conflict, Evidence

MOONS = "In January 1610 Galileo saw four moons of Jupiter. He was born in Pisa."
WAR = "Kepler did not see them. He worked in Prague in 1610."


def shown(text: str, item: str = "g-1", document: str = "g", title: str = "Galileo Galilei", start: int = 100) -> Evidence:
    return Evidence(1, item, document, title, start, start + len(text), text)


def span(evidence: Evidence, quote: str) -> Citation:
    return cite(evidence, evidence.text.index(quote), evidence.text.index(quote) + len(quote))


GALILEO, KEPLER = shown(MOONS), shown(WAR, "k-1", "k", "Johannes Kepler", 0)
FOUR = span(GALILEO, "In January 1610 Galileo saw four moons of Jupiter.")
PISA = span(GALILEO, "He was born in Pisa.")


def judged(text: str, *citations: Citation, evidence: tuple[Evidence, ...] = (GALILEO, KEPLER)) -> Claim:
    return check([Claim(text, citations)], evidence)[0]


def test_a_claim_whose_span_was_shown_and_whose_facts_stand_there_is_supported():
    claim = judged("Galileo saw four moons in 1610.", FOUR)
    assert (claim.supported, claim.reason, claim.citations) == (True, "", (FOUR,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Galileo saw five moons.", "not in the cited text or its title: the number five"),
        ("Galileo saw four moons in 1611.", "not in the cited text or its title: the date 1611"),
        ("Galileo saw four moons of Saturn.", "not in the cited text or its title: the name Saturn"),
        ("Galileo did not see four moons.", 'not in the cited text or its title: the negation "not"'),
        ("Bananas contain much sugar.", "hardly a word of it stands in the cited text or its title"),
    ],
)
def test_a_claim_that_says_more_than_its_span_is_unsupported_and_says_what_is_missing(text: str, reason: str):
    claim = judged(text, FOUR)
    assert (claim.supported, claim.reason) == (False, reason)


def test_a_negation_that_the_claim_leaves_out_is_named():
    claim = judged("Kepler did see them.", span(KEPLER, "Kepler did not see them."))
    assert (claim.supported, claim.reason) == (False, 'it leaves out the "not" of the cited text')


def test_a_name_may_stand_in_the_documents_title_alone():
    assert judged("Galileo Galilei was born in Pisa.", PISA).supported
    assert not judged("Johannes Kepler was born in Pisa.", PISA).supported


def test_the_facts_of_a_claim_may_be_spread_over_its_spans():
    both = "Galileo was born in Pisa and saw four moons."
    assert judged(both, FOUR, PISA).supported
    assert not judged(both, PISA).supported


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        (replace(FOUR, item="g-2"), "cites [g-2], which was not shown"),
        (replace(FOUR, document="k"), "cites [g-1], which was not shown"),
        (replace(FOUR, start=101), "cites [g-1] 101-150, its quote is not what stands there"),
        (replace(FOUR, start=99, quote=" " + FOUR.quote), "cites [g-1] 99-150, outside what was shown of it"),
        (replace(FOUR, end=172, quote=MOONS + "."), "cites [g-1] 100-172, outside what was shown of it"),
        (replace(FOUR, end=100, quote=""), "cites [g-1] 100-100, outside what was shown of it"),
        (replace(FOUR, quote=FOUR.quote.replace("four", "nine")), "cites [g-1] 100-150, its quote is not what stands there"),
        (replace(FOUR, quote=FOUR.quote.replace(" ", "\u00a0")), "cites [g-1] 100-150, its quote is not what stands there"),
    ],
)
def test_a_span_that_was_not_shown_or_not_quoted_letter_for_letter_does_not_hold(forged: Citation, reason: str):
    claim = judged("Galileo saw four moons.", forged)
    assert (claim.supported, claim.citations, claim.reason) == (False, (), reason)


def test_a_quote_in_another_unicode_composition_does_not_hold():
    cafe = shown("The café opened in 1901.", title="")
    kept = cite(cafe, 0, len(cafe.text))
    other = replace(kept, quote=unicodedata.normalize("NFD", kept.quote))
    assert judged("The café opened in 1901.", kept, evidence=(cafe,)).supported
    assert not judged("The café opened in 1901.", other, evidence=(cafe,)).supported


def test_beside_a_span_that_holds_an_invented_one_is_left_out_and_named():
    claim = judged("Galileo saw four moons.", FOUR, Citation("", "x-9", 0, 0, ""))
    assert (claim.supported, claim.citations, claim.reason) == (True, (FOUR,), "cites [x-9], which was not shown")


def test_a_claim_that_cites_nothing_is_unsupported():
    assert judged("Galileo saw four moons.").reason == "it cites nothing"


def test_a_claim_longer_than_any_sentence_is_not_read():
    claim = judged("moons " * MOST, FOUR)
    assert (claim.supported, claim.reason) == (False, f"its {6 * MOST} characters are more than one claim")


@given(st.integers(-3, 75), st.integers(-3, 75), st.sampled_from(["", "x", " "]))
def test_only_the_very_words_of_what_was_shown_are_ever_kept(start: int, end: int, tail: str):
    forged = Citation("g", "g-1", 100 + start, 100 + end, MOONS[max(0, start) : max(0, end)] + tail)
    for kept in judged("Galileo saw moons.", forged).citations:
        assert kept.quote
        assert kept.quote == MOONS[kept.start - 100 : kept.end - 100]


def test_an_answer_keeps_its_claims_marked():
    answer = Answer(
        "found", "four", "text", (Claim("Galileo saw four moons.", (FOUR,)), Claim("Galileo saw six moons.", (FOUR,)))
    )
    verified = verify(answer, (GALILEO,))
    assert [claim.supported for claim in verified.claims] == [True, False]
    assert (verified.kind, verified.short, verified.text) == ("found", "four", "text")


def test_an_answer_without_a_supported_claim_is_not_found_and_nothing_else():
    answer = Answer(
        "found", "six", "Galileo saw six moons.", (Claim("Galileo saw six moons.", (FOUR,)),), ("Galileo",), confidence=0.9
    )
    assert verify(answer, (GALILEO,)) == Answer("not_found", text=NOT_FOUND, confidence=0.9)
    assert NOT_FOUND == "not found in this corpus"


def test_a_policy_that_found_nothing_is_not_corrected():
    answer = Answer("not_found", claims=(Claim("Galileo saw four moons.", (FOUR,)),))
    assert verify(answer, (GALILEO,)) == Answer("not_found", text=NOT_FOUND)


def test_nothing_shown_can_only_be_not_found():
    assert verify(Answer("found", "four", claims=(Claim("Galileo saw four moons.", (FOUR,)),)), ()).kind == "not_found"


@pytest.mark.parametrize(
    "short", ["four", "4", "Galileo", "Galileo Galilei", "1610", "January 1610", "yes", "No.", "no, four", "moons", ""]
)
def test_a_short_answer_that_the_supported_claims_bear_out_stands(short: str):
    assert verify(Answer("found", short, claims=(Claim("Galileo saw four moons.", (FOUR,)),)), (GALILEO,)).short == short


@pytest.mark.parametrize(
    "short", ["five", "Simon Marius", "Kepler", "1611", "7 January 1610", "not four", "bananas", "x" * (MOST + 1)]
)
def test_a_short_answer_that_they_do_not_is_left_out(short: str):
    answer = Answer("found", short, claims=(Claim("Galileo saw four moons.", (FOUR,)), Claim("Kepler saw five.", ())))
    verified = verify(answer, (GALILEO, KEPLER))
    assert (verified.kind, verified.short) == ("found", "")
    assert why_not_short(answer, (GALILEO, KEPLER)).startswith("not in what the supported claims cite: ")


def test_why_a_short_answer_was_left_out_names_what_is_missing():
    answer = Answer("found", "5 moons", claims=(Claim("Galileo saw four moons.", (FOUR,)),))
    assert why_not_short(answer, (GALILEO,)) == "not in what the supported claims cite: the number 5"
    assert why_not_short(replace(answer, short="four"), (GALILEO,)) == ""


def test_entities_that_the_spans_do_not_hold_are_left_out():
    answer = Answer("found", claims=(Claim("Galileo saw four moons.", (FOUR,)),), entities=("Jupiter", "Saturn", "moons", ""))
    assert verify(answer, (GALILEO,)).entities == ("Jupiter", "moons")


def test_sources_that_differ_make_a_conflict():
    other = shown("Galileo saw three moons of Jupiter.", "m-1", "m", "A memoir", 0)
    three = Claim("Galileo saw three moons.", (cite(other, 0, len(other.text)),))
    four = Claim("Galileo saw four moons.", (FOUR,))
    answer = Answer("found", claims=(four, three), conflicts=(Conflict("moons", (four, three)),))
    verified = verify(answer, (GALILEO, other))
    assert verified.kind == "conflict"
    assert [claim.supported for claim in verified.conflicts[0].claims] == [True, True]


@pytest.mark.parametrize("second", [Claim("Galileo saw four moons.", (PISA, FOUR)), Claim("Galileo saw three moons.", (FOUR,))])
def test_a_conflict_needs_two_supported_claims_that_differ_from_different_documents(second: Claim):
    four = Claim("Galileo saw four moons.", (FOUR,))
    verified = verify(Answer("conflict", claims=(four,), conflicts=(Conflict("moons", (four, second)),)), (GALILEO,))
    assert (verified.kind, verified.conflicts) == ("found", ())


def test_sentences_are_spans_without_the_space_around_them():
    assert sentences("It rained.  We left. ") == [(0, 10), (12, 20)]
    assert sentences(" \n ") == []


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("four moons", "four moons"),
        ('called  "the\nMedicean stars"', "called “the Medicean stars”"),
        ("Galileo's - own - name", "Galileo’s – own – name"),
        ("café.", "cafe\u0301."),
        ("not there", None),
        ("", None),
        (" \n", None),
    ],
)
def test_a_quote_is_located_over_white_space_composition_and_typography(quote: str, found: str | None):
    text = "He saw four moons, called “the Medicean stars” – Galileo’s – own – name – in a cafe\u0301."
    evidence = shown(text)
    where = locate(quote, evidence)
    assert (None if where is None else text[where[0] - 100 : where[1] - 100]) == found


@given(st.text(max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_what_is_located_can_be_cited(text: str, start: int, end: int):
    evidence = shown(text, start=7)
    where = locate(text[start:end], evidence)
    if text[start:end].strip() and where is not None:
        assert 7 <= where[0] < where[1] <= 7 + len(text)


def test_a_passage_is_narrowed_to_the_sentence_that_covers_the_claim():
    assert narrow("Galileo came from Pisa.", GALILEO) == PISA
    assert narrow("Galileo, born in Pisa, saw four moons.", GALILEO).quote == MOONS
    assert narrow("Quite other words.", GALILEO).quote == MOONS
    assert narrow("In 1610 Kepler was in Prague.", KEPLER).quote == "He worked in Prague in 1610."
    assert narrow("Kepler never saw them.", KEPLER).quote == "Kepler did not see them."

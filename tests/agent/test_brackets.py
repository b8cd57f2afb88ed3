"""Ids in brackets: what is an id, what is text, and which sentence an id belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.citations import parse
from agent.state import Claim, Evidence

TEXT = "Galileo saw four moons of Jupiter. He was born in Pisa."


def shown(*items: str) -> list[Evidence]:
    """A passage for each id; `document/item` also names the document."""
    made: list[Evidence] = []
    for number, name in enumerate(items, start=1):
        document, _, item = name.rpartition("//")
        made.append(Evidence(number, item, document or f"doc of {item}", "Galileo", 0, len(TEXT), TEXT))
    return made


def told(claims: list[Claim]) -> list[tuple[str, list[str]]]:
    return [(claim.text, [citation.item for citation in claim.citations]) for claim in claims]


@pytest.mark.parametrize("brackets", ["[h-9]", "【h-9】", "[ h-9 ]", "【h-9†L1-L4】", "［h-9］", "[h-9](https://example.org/a)"])
def test_an_id_is_read_in_any_brackets(brackets: str):
    assert told(parse(f"Galileo saw moons {brackets}.", shown("h-9"))) == [("Galileo saw moons.", ["h-9"])]


@pytest.mark.parametrize("group", ["[h-9, 12345_7]", "[h-9; 12345_7]", "[h-9][12345_7]", "[h-9] [12345_7]", "[h-9,12345_7,h-9]"])
def test_several_ids_are_all_cited_once(group: str):
    assert told(parse(f"He saw moons {group}.", shown("h-9", "12345_7"))) == [("He saw moons.", ["h-9", "12345_7"])]


@pytest.mark.parametrize(
    "id",
    [
        "browsecomp_plus_5412_7", "12345_7", "1998", "a [b] c", "a, b", "x#2", "report (2020) [final], p. 3", "]", "[",
        "notes/a.md#4", "2020-01-01", "ab]cd", "ü ß", "*", "a**b", "id,", "[1]",
    ],
)  # fmt: skip
def test_an_id_is_matched_whole_whatever_it_holds(id: str):
    claims = parse(f"Galileo saw moons [{id}].", shown(id))
    assert told(claims) == [("Galileo saw moons.", [id])]
    assert claims[0].reason == ""


def test_the_longest_id_is_matched_first():
    evidence = shown("h-1", "h-12", "h-12, h-1")
    assert told(parse("One [h-12]. Two [h-1]. Three [h-12, h-1].", evidence)) == [
        ("One.", ["h-12"]),
        ("Two.", ["h-1"]),
        ("Three.", ["h-12, h-1"]),
    ]


def test_a_passage_id_is_not_read_as_its_digits():
    claims = parse("He saw moons [browsecomp_plus_5412_7].", shown("5412", "7"))
    assert told(claims) == [("He saw moons.", ["browsecomp_plus_5412_7"])]
    assert claims[0].reason == "cites [browsecomp_plus_5412_7], which was not shown"


def test_a_year_in_brackets_is_text_unless_it_is_an_id():
    assert told(parse("He wrote [1998] a book [h-9].", shown("h-9"))) == [("He wrote [1998] a book.", ["h-9"])]
    assert told(parse("He wrote a book [1998].", shown("1998"))) == [("He wrote a book.", ["1998"])]


@pytest.mark.parametrize(
    "text", ["[sic]", "[the king]", "[...]", "[95% CI 1.2-3.4]", "[n=12]", "[12-15]", "[3H]thymidine", "[ ]", "["]
)
def test_brackets_that_hold_no_id_stay_text(text: str):
    claims = parse(f"He saw {text} moons.", shown("h-9"))
    assert told(claims) == [(f"He saw {text} moons.", [])]


@pytest.mark.parametrize("id", ["x-9", "77", "31715818", "g_1", "a/b.txt"])
def test_an_id_that_was_not_shown_is_kept_and_named(id: str):
    claims = parse(f"He saw moons [{id}].", shown("h-9"))
    assert told(claims) == [("He saw moons.", [id])]
    assert claims[0].reason == f"cites [{id}], which was not shown"
    assert not claims[0].supported


def test_an_unknown_id_beside_a_known_one_is_named_too():
    claims = parse("He saw moons [h-9, page 3].", shown("h-9"))
    assert told(claims) == [("He saw moons.", ["h-9", "page 3"])]
    assert claims[0].reason == "cites [page 3], which was not shown"


def test_a_documents_id_is_its_passage_where_one_was_shown():
    assert told(parse("He saw moons [d].", shown("d//d#1"))) == [("He saw moons.", ["d#1"])]


def test_a_documents_id_does_not_say_which_of_two_passages():
    claims = parse("He saw moons [d].", shown("d//d#1", "d//d#2"))
    assert told(claims) == [("He saw moons.", ["d"])]
    assert claims[0].reason == "cites [d], which of its passages is not said"


def test_the_citation_is_the_sentence_that_covers_the_claim():
    (claim,) = parse("His birthplace was Pisa [h-9].", shown("h-9"))
    assert claim.citations[0].quote == "He was born in Pisa."
    assert TEXT[claim.citations[0].start : claim.citations[0].end] == claim.citations[0].quote


def test_brackets_behind_a_full_stop_belong_to_the_sentence_before():
    claims = parse("He saw moons. [h-9] He was born in Pisa.[h-8] He died.", shown("h-9", "h-8"))
    assert told(claims) == [("He saw moons.", ["h-9"]), ("He was born in Pisa.", ["h-8"]), ("He died.", [])]


def test_brackets_before_the_first_sentence_open_every_sentence():
    claims = parse("[h-9] He saw moons. [h-8] He was born in Pisa.", shown("h-9", "h-8"))
    assert told(claims) == [("He saw moons.", ["h-9"]), ("He was born in Pisa.", ["h-8"])]


def test_lists_paragraphs_and_headings():
    text = "# Answer\n\nHe saw:\n\n- four **moons** [h-9]\n2. Pisa\n   and Padua [h-8]\n\nHe died\nin Arcetri.\n[h-9]\n"
    assert told(parse(text, shown("h-9", "h-8"))) == [
        ("four moons", ["h-9"]),
        ("Pisa and Padua", ["h-8"]),
        ("He died in Arcetri.", ["h-9"]),
    ]


def test_abbreviations_do_not_end_a_sentence():
    assert told(parse("Dr. Smith et al. saw 3.5 moons [h-9].", shown("h-9"))) == [("Dr. Smith et al. saw 3.5 moons.", ["h-9"])]


def test_nothing_gives_no_claims():
    assert parse("", shown("h-9")) == []
    assert parse("\n[h-9]\n---\n", shown("h-9")) == []


@given(
    st.text(alphabet="ab [],.#-1\n【】†", max_size=60),
    st.lists(st.text(alphabet="ab [],#-1", min_size=1, max_size=6), max_size=3),
)
def test_whatever_a_model_writes_is_read(text: str, ids: list[str]):
    evidence = shown(*ids)
    for claim in parse(text, evidence):
        assert any(letter.isalnum() for letter in claim.text)
        for citation in claim.citations:
            assert citation.quote == TEXT[citation.start : citation.end] or not citation.quote

"""Passages, sentences and whole documents: worked by hand, and held by what must be true of any text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.corpus import Document, Mark
from retrievers.parsers.draft import Draft
from retrievers.units import Span, spans


def document(text: str, *marks: Mark, whole: bool = False) -> Document:
    return Document("d", "A title", text, "txt", "d.txt", "0" * 64, marks=marks, whole=whole)


def drafted(*blocks: tuple[str, Any]) -> Document:
    """A document of blocks: (`heading`, (text, level)), (`page`, label), or (`paragraph` | `code`, text), (`table`, rows)."""
    draft = Draft(1 << 20)
    for kind, value in blocks:
        if kind == "heading":
            draft.heading(*value)
        elif kind == "table":
            draft.table(value[0], value[1:])
        else:
            getattr(draft, kind)(value)
    return document(draft.text, *draft.marks)


def texts(made: Document, unit: str, words: int = 200, language: str = "en") -> list[str]:
    return [made.text[span.start : span.end] for span in spans(made, unit, words, language)]


SKY = "Mars is red. It has two moons.\n\nVenus is bright. It has no moon. It is hot."


def test_a_passage_holds_as_many_whole_sentences_as_its_budget() -> None:
    assert texts(document(SKY), "passage", 7) == [
        "Mars is red. It has two moons.",
        "Venus is bright. It has no moon.",
        "It is hot.",
    ]
    assert texts(document(SKY), "passage", 10) == [
        "Mars is red. It has two moons.\n\nVenus is bright.",
        "It has no moon. It is hot.",
    ]
    assert texts(document(SKY), "passage", 17) == [SKY]


def test_each_sentence_and_each_document_is_a_unit() -> None:
    expected = ["Mars is red.", "It has two moons.", "Venus is bright.", "It has no moon.", "It is hot."]
    assert texts(document(SKY), "sentence") == expected
    assert texts(document(f"\n {SKY}\n\n"), "document", 2) == [SKY]


def test_offsets_are_code_points() -> None:
    made = document("😀😀 One. Two.")
    assert list(spans(made, "sentence", 200)) == [Span(0, 7), Span(8, 12)]
    assert made.text[8:12] == "Two."


def test_a_record_that_is_whole_is_one_passage() -> None:
    assert texts(document(SKY, whole=True), "passage", 3) == [SKY]
    assert len(texts(document(SKY, whole=True), "sentence")) == 5


def test_a_sentence_above_the_budget_is_cut_between_words() -> None:
    assert texts(document("It is big and red. It moves."), "passage", 3) == ["It is big", "and red.", "It moves."]
    assert texts(document("It is big and red. Look!"), "passage", 3) == ["It is big", "and red. Look!"]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("x" * 100, 2, ["x" * 80, "x" * 20]),
        ("火星是红色的。它有两颗卫星。", 7, ["火星是红色的。", "它有两颗卫星。"]),
    ],
)
def test_what_has_no_spaces_is_bounded_too(text: str, words: int, expected: list[str]) -> None:
    assert texts(document(text), "passage", words) == expected


def test_no_passage_crosses_a_heading_and_each_knows_its_path() -> None:
    made = drafted(
        ("paragraph", "Before."),
        ("heading", ("Planets", 1)),
        ("heading", ("Mars", 2)),
        ("paragraph", "Red."),
        ("heading", ("Moons", 3)),
        ("paragraph", "Two."),
        ("heading", ("Venus", 2)),
        ("paragraph", "White."),
        ("heading", ("Stars", 1)),
    )
    assert [(made.text[span.start : span.end], span.heading) for span in spans(made, "passage", 200)] == [
        ("Before.", ""),
        ("Red.", "Planets > Mars"),
        ("Two.", "Planets > Mars > Moons"),
        ("White.", "Planets > Venus"),
        ("Stars", ""),  # nothing stands below it, so its own line is kept
    ]


def test_tables_are_cut_between_rows_and_code_between_lines() -> None:
    made = drafted(
        ("paragraph", "Here."),
        ("table", [("moon", "of"), ("Io", "Jupiter"), ("Titan", "Saturn")]),
        ("code", "a = 1\n\n  b = 2"),
        ("paragraph", "There."),
    )
    assert [(made.text[span.start : span.end], span.type) for span in spans(made, "passage", 5)] == [
        ("Here.", "text"),
        ("moon: Io\nof: Jupiter", "table"),
        ("moon: Titan\nof: Saturn", "table"),
        ("a = 1", "code"),
        ("b = 2", "code"),
        ("There.", "text"),
    ]
    assert [span.type for span in spans(made, "passage", 100)] == ["text", "table", "code", "text"]
    assert [span.type for span in spans(made, "document", 100)] == ["text"]
    assert [span.type for span in spans(drafted(("table", [("a",), ("b",)])), "document", 100)] == ["table"]


def test_a_passage_knows_its_page_or_pages() -> None:
    made = drafted(
        ("paragraph", "Zero."), ("page", "1"), ("paragraph", "One."), ("page", "2"), ("paragraph", "Two."), ("page", "3")
    )
    assert [span.page for span in spans(made, "sentence", 200)] == ["", "1", "2"]
    assert [span.page for span in spans(made, "passage", 200)] == ["1-2"]
    (first, second) = spans(drafted(("page", "7"), ("paragraph", "One two.\n\nThree four.")), "passage", 2)
    assert (first.page, second.page) == ("7", "7")


def test_sentences_end_as_the_language_has_it() -> None:
    text = "Es war am 3. Mai. Dann kam z. B. der Mond."
    assert texts(document(text), "sentence", language="de") == ["Es war am 3. Mai.", "Dann kam z. B. der Mond."]
    assert texts(document("Dr. Hubble saw it in Jan. 1924. He told Shapley."), "sentence") == [
        "Dr. Hubble saw it in Jan. 1924.",
        "He told Shapley.",
    ]


def test_a_document_without_text_has_no_items() -> None:
    for unit in ("passage", "sentence", "document"):
        assert texts(document(" \n\n "), unit) == []


WORDS = st.lists(
    st.sampled_from(["Mars", "is", "red.", "Is", "it?", "\n", "\n\n", " ", "火", "x" * 90, "e.g.", "3.", "😀", "\u00a0"]),
    max_size=60,
)
BLOCK = st.one_of(
    st.tuples(st.just("paragraph"), WORDS.map(" ".join)),
    st.tuples(st.just("code"), WORDS.map(" ".join)),
    st.tuples(st.just("heading"), st.tuples(WORDS.map(" ".join), st.integers(1, 6))),
    st.tuples(st.just("table"), st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), min_size=1, max_size=4)),
    st.tuples(st.just("page"), st.sampled_from(["1", "2", "ix"])),
)


@given(blocks=st.lists(BLOCK, max_size=8), unit=st.sampled_from(["passage", "sentence"]), words=st.integers(1, 12))
def test_items_stand_in_order_within_their_budget_and_leave_nothing_out(blocks: list[Any], unit: str, words: int) -> None:
    made = drafted(*blocks)
    found = list(spans(made, unit, words))
    left, place = "", 0
    for span in found:
        assert place <= span.start < span.end <= len(made.text)
        piece = made.text[span.start : span.end]
        assert piece == piece.strip()
        assert len(piece.split()) <= words
        left += made.text[place : span.start]
        place = span.end
    left += made.text[place:]
    labels = [mark.label for mark in made.marks if mark.kind == "heading"]
    assert "".join(left.split()) in _possible("".join(left.split()), labels)
    paths = " > ".join(span.heading for span in found)
    kept = " ".join(made.text[span.start : span.end] for span in found)
    assert all(label in paths or "".join(label.split())[:40] in "".join(kept.split()) for label in labels)


def _possible(left: str, labels: list[str]) -> list[str]:
    """What may be left out: headings alone, in their order, each whole."""
    rest = left
    for label in labels:
        rest = rest.removeprefix("".join(label.split()))
    return [left] if not rest else []


@given(st.lists(BLOCK, max_size=8))
def test_the_unit_document_is_all_of_the_text(blocks: list[Any]) -> None:
    made = drafted(*blocks)
    assert texts(made, "document") == ([made.text.strip()] if made.text.strip() else [])


def test_a_long_text_is_cut_in_time_that_grows_with_its_length() -> None:
    import time

    def seconds(times: int) -> float:
        made = document(("The orbit of Mars is an ellipse. \n" * 20 + "\n") * times)
        start = time.process_time()
        count = sum(1 for _ in spans(made, "passage", 200))
        assert count == pytest.approx(times * 20 * 7 / 200, rel=0.1)
        return time.process_time() - start

    assert seconds(2000) < 20 * max(seconds(200), 0.005)

"""The page of a pdf: where the cited words stand on it, measured against what the file says, and files that do harm."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from retrievers.document import Mark
from retrievers.errors import Unavailable
from tests.retrievers.test_parsers import pdf
from tests.ui.parts.answered import PAGES, Room
from ui.parts.pdf_child import lines
from ui.parts.pdf_page import Limits, Part, parts, picture
from ui.parts.pdf_words import folded, turn, within

SCALE = 1000 / 612  # pixels a point: the page is 612 points wide, the picture 1000 pixels
LAWS = pdf(["Kepler found", "three laws."], ["The third came in 1619."])


def test_the_box_stands_where_the_file_puts_the_words() -> None:
    found = picture(LAWS, Part(1, "Kepler found"))
    (left, top, right, bottom) = found.boxes[0]
    # The text begins at 72 720 of 792 in Helvetica of 12 points: K 667, e 556, p 556, l 222, e 556, r 333, blank 278, f 278,
    # o 556, u 556, n 556, d 556 thousandths wide, capitals 718 high.
    width = 12 * (667 + 556 + 556 + 222 + 556 + 333 + 278 + 278 + 4 * 556) / 1000
    baseline = (792 - 720) * SCALE
    assert len(found.boxes) == 1
    assert left == pytest.approx(72 * SCALE, abs=2)
    assert right == pytest.approx((72 + width) * SCALE, abs=3)
    assert baseline - 1.3 * 12 * SCALE < top < baseline - 0.7 * 12 * SCALE
    assert baseline < bottom < baseline + 0.4 * 12 * SCALE


def test_the_picture_is_tinted_in_the_box_and_white_outside_it() -> None:
    found = picture(LAWS, Part(1, "three laws."))
    page = Image.open(BytesIO(found.png))
    left, top, right, bottom = found.boxes[0]
    assert page.size == (found.width, found.height) == (1000, 1295)  # 792 * 1000 / 612 rounded up
    inside = page.getpixel((int(left), int(top)))
    assert isinstance(inside, tuple)
    assert inside[2] < inside[0]  # yellow: less blue than red
    assert page.getpixel((int(right) + 40, int(bottom))) == (255, 255, 255)


def test_a_span_of_two_lines_has_two_boxes_one_below_the_other() -> None:
    first, second = picture(LAWS, Part(1, "found\nthree")).boxes
    assert second[1] - first[1] == pytest.approx(14 * SCALE, abs=2)  # the lines are 14 points apart
    assert first[0] > second[0] + 40


def test_words_that_a_page_says_twice_are_boxed_where_they_are_cited(chat: Room) -> None:
    document = chat.index.document("lapwing.pdf")
    again = "In 1981 it found a pulsar."
    second = document.text.rindex(again)
    (part,) = parts(document.text, document.marks, second, second + len(again))
    assert part == Part(2, again, 1)
    assert picture(PAGES, part).boxes[0][1] > picture(PAGES, Part(2, again, 0)).boxes[0][1]


def test_a_word_that_is_parted_at_the_end_of_a_line_is_found() -> None:
    assert len(picture(PAGES, Part(1, "its correlator is old")).boxes) == 2


def test_words_that_the_page_does_not_say_have_no_box() -> None:
    assert picture(LAWS, Part(2, "Kepler found")).boxes == ()


def test_a_span_over_a_page_break_has_a_part_on_each_page() -> None:
    marks = [Mark("page", 0, "1"), Mark("heading", 0, "x", 1), Mark("page", 6, "2"), Mark("page", 12, "3")]
    text = "One.\n\nTwo.\n\nThree."
    assert parts(text, marks, 0, 10) == [Part(1, "One.\n\n"), Part(2, "Two.")]
    assert parts(text, marks, 12, 18) == [Part(3, "Three.")]
    assert parts(text, [], 0, 4) == []


def test_letters_are_compared_without_spaces_hyphens_accents_and_ligatures() -> None:
    assert folded("Co-\nﬁ né") == ("cofine", [0, 1, 4, 4, 6, 7])
    assert within("It has 48\ndishes.", "48 dishes") == (7, 16)
    assert within("a b, a b", "a b", 1) == (5, 8)
    assert within("a b, a b", "a b", 7) == (5, 8)
    assert within("a b", "c") is None
    assert within("a b", " ") is None
    assert turn("a b. a b. a b.", 10, 13) == 2


def test_letters_of_a_line_are_one_box() -> None:
    assert lines([(0, 0, 5, 10), (5, 1, 9, 11), (0, -20, 5, -10)]) == [(0, 0, 9, 11), (0, -20, 5, -10)]
    assert lines([]) == []


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\nnothing more", b"no pdf at all", PAGES[: len(PAGES) // 3]])
def test_a_broken_file_is_named(content: bytes) -> None:
    with pytest.raises(Unavailable, match="page 1 cannot be drawn"):
        picture(content, Part(1, "x"))


def test_a_page_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match="page 9 cannot be drawn"):
        picture(LAWS, Part(9, "x"))


def test_a_page_that_needs_too_much_memory_is_named() -> None:
    with pytest.raises(Unavailable, match="within 10 s and 1 MB"):
        picture(LAWS, Part(1, "x"), Limits(memory=1))


def test_a_page_of_a_mile_is_drawn_small() -> None:
    wide = LAWS.replace(b"[0 0 612 792]", b"[0 0 9e6 792]")
    found = picture(wide, Part(1, "Kepler"))
    assert (found.width, found.height) <= (1000, 1600)


def test_a_page_that_takes_too_long_is_ended() -> None:
    # A stream that draws the same long path without end in sight.
    stream = b"BT /F1 12 Tf 72 720 Td (x) Tj ET " + b"0 0 m " + b"600 700 l 1 1 l " * 3000 + b"S "
    slow = LAWS.replace(b"BT /F1 12 Tf 72 720 Td (Kepler found) Tj 0 -14 Td (three laws.) Tj ET", stream * 20)
    with pytest.raises(Unavailable, match=r"within 1 s and 512 MB \(exit code -24\)"):
        picture(slow, Part(1, "x"), Limits(seconds=1))

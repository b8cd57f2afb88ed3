"""What text looks like once it can be shown: nothing in it moves a cursor, hides, or turns the line around."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.printable import one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, with\ttabs\nand lines", "plain text, with\ttabs\nand lines"),
        ("\x1b[2J", "<U+001B>[2J"),
        ("a\x00b", "a<U+0000>b"),
        ("exe\u202efdp.", "exe<U+202E>fdp."),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("lone \ud800", "lone <U+D800>"),
        ("co\u00adoperate", "cooperate"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo<U+000D>three\nfour"),
        ("Größe, 木星, Ἰώ", "Größe, 木星, Ἰώ"),
        ("क्\u200dष", "क्\u200dष"),
        ("a\u200db", "a<U+200D>b"),
        ("e" + "\u0301" * 1000 + "!", "e" + "\u0301" * 4 + "!"),
    ],
)
def test_what_hides_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_one_line_has_single_blanks() -> None:
    assert one_line("  two \n\n words\t") == "two words"


@given(st.text(st.characters()))
def test_nothing_shown_can_act(text: str) -> None:
    shown = printable(text)
    joiners = {"\u200c", "\u200d"}
    bad = [
        letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cf", "Cs") and letter not in {"\n", "\t"} | joiners
    ]
    assert bad == []
    assert "\n" not in one_line(text)
    shown.encode()

"""Text that can be shown: what would move a cursor, hide itself or turn the line around is spelt out."""

from __future__ import annotations

import unicodedata

_LAYOUT = {"\n", "\t"}
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_SOFT = {"\u00ad": "", "\u2028": "\n", "\u2029": "\n"}
_JOINERS = {"\u200c", "\u200d"}
_MOST_MARKS = 4


def printable(text: str) -> str:
    """`text` with each control, bidirectional, zero-width or unpaired character as its code point: `<U+202E>`.

    New lines and tabs stay, and the joiners that some scripts are written with; of a pile of combining marks the first few
    stay; soft hyphens go. Texts of a corpus pass through here on their way to a terminal or an export: none of them can then
    colour, overwrite or reverse what stands around it.

    >>> printable("a" + chr(0x1B) + "[2Jb")
    'a<U+001B>[2Jb'
    """
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    shown: list[str] = []
    marks, before = 0, ""
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            shown.append(letter if letter in _JOINERS and before > "\u02ff" else _shown(letter))
        before = letter
    return "".join(shown)


def one_line(text: str) -> str:
    """The same on one line: every stretch of white space is one blank.

    >>> one_line("two  words\\n")
    'two words'
    """
    return " ".join(printable(text).split())


def _shown(letter: str) -> str:
    if letter in _LAYOUT or unicodedata.category(letter) not in _HIDDEN:
        return letter
    return _SOFT.get(letter, f"<U+{ord(letter):04X}>")

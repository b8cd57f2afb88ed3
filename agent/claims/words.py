"""A text as words: folded and stemmed, with what stands between them. The lists of words are English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast


def listed(text: str) -> tuple[str, ...]:
    """The words of a list that is written as one text."""
    return tuple(text.split())


_WORD = re.compile(r"\d++(?:[.,·]\d++)++|(?:[^\W\d_]\.){2,}+|[^\W_]++(?:['’ʼ][^\W_]++)*+")
_POSSESSIVE = re.compile(r"['’ʼ]s?\Z")
_SENTENCE_END = re.compile(r"[.!?:][\"'”’)\]»]*+\s|\n")
_SURROGATES = re.compile("[\ud800-\udfff]")
_MARKS = re.compile("[\u0300-\u036f]")
_GREEK_NAMES = listed(
    """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi
    omega"""
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _GREEK_NAMES, strict=True))
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'", "ʼ": "'", **_GREEK}
)
_HYPHENS = frozenset({"-", "\u2010", "\u2011"})

GREEK = frozenset(_GREEK.values())
ABBREVIATIONS = frozenset(
    listed(
        """dr mr mrs ms prof st sr jr vs etc al fig figs no inc ltd co corp gen col sgt capt lt rev hon gov sen rep approx ca cf
        dept"""
    )
)
ORDINALS = {
    name: number
    for number, name in enumerate(
        listed(
            """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
            sixteenth seventeenth eighteenth nineteenth twentieth"""
        ),
        start=1,
    )
}
NEGATIVE = frozenset(listed("no not none never neither nor without cannot nothing nobody nowhere hardly barely scarcely"))
FUNCTION = frozenset(
    listed(
        """a about above across after again against all along also although am among an and another any are around as at away back
        be became because become becomes been before being below between both but by came can could did do does doing done down
        during each either else even ever every few for from further get gets given got had has have having he hence her here hers
        herself him himself his how however i if in indeed instead into is it its itself just least less like made make makes many
        may me might more most much must my near nearly now of off often on once only onto or other others our out over own per
        perhaps rather same shall she should since so some soon still such than that the their theirs them themselves then there
        therefore these they this those though through throughout thus to together too toward towards under until up upon us used
        very via was we well were what when where whereas whether which while who whom whose why will with within would yes yet
        you your"""
    )
)


@dataclass(frozen=True)
class Word:
    """One word: as written, folded, its stem, the text between it and its neighbours, and whether a sentence begins with it."""

    text: str
    folded: str
    stem: str
    gap: str
    after: str
    opens: bool

    @property
    def content(self) -> bool:
        """Whether it says something: neither a word of grammar nor a negation."""
        return self.folded not in FUNCTION and self.folded not in NEGATIVE and not self.folded.endswith("n't")

    @property
    def joined(self) -> bool:
        """Whether a hyphen ties it to the word before."""
        return self.gap in _HYPHENS

    @property
    def initial(self) -> bool:
        """Whether it is one capital letter."""
        return len(self.text) == 1 and self.text.isupper()


def words(text: str) -> list[Word]:
    """The words of a text in order; a number with separators and a dotted acronym are one word each.

    >>> [word.folded for word in words("Müller's 1,200 U.S. rats")]
    ['muller', '1,200', 'us', 'rats']
    """
    composed = unicodedata.normalize("NFC", whole(text))
    found = list(_WORD.finditer(composed))
    folded = [_folded(match.group()) for match in found]
    made: list[Word] = []
    ends = [0, *(match.end() for match in found)]
    starts = [*(match.start() for match in found), len(composed)]
    for place, (match, stem) in enumerate(zip(found, _stems(folded), strict=True)):
        gap, after = composed[ends[place] : starts[place]], composed[ends[place + 1] : starts[place + 1]]
        made.append(Word(match.group(), folded[place], stem, gap, after, _opens(gap, made)))
    return made


def whole(text: str) -> str:
    """The text with lone surrogates replaced, one for one: other code refuses them."""
    return _SURROGATES.sub("\ufffd", text)


def fold(text: str) -> str:
    """Case, diacritics and ligatures gone, apostrophes plain, Greek letters by name.

    >>> fold("TGF-β2 Łódź")
    'tgf-beta2 lodz'
    """
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold().translate(_LETTERS)


def content_stems(found: Iterable[Word]) -> frozenset[str]:
    """The stems of the words that say something."""
    return frozenset(word.stem for word in found if word.content)


def _folded(text: str) -> str:
    return fold(text).replace(".", "") if text.endswith(".") else _POSSESSIVE.sub("", fold(text))


def _stems(folded: Sequence[str]) -> list[str]:
    import Stemmer

    return cast("list[str]", Stemmer.Stemmer("english").stemWords(list(folded)))  # made anew (0.5 us): threads must not share one


def _opens(gap: str, before: Sequence[Word]) -> bool:
    """Whether a sentence begins after this gap; a full stop behind an abbreviation or an initial ends none."""
    if not before:
        return True
    if "\n" not in gap and gap.startswith(".") and (before[-1].folded in ABBREVIATIONS or before[-1].initial):
        return False
    return _SENTENCE_END.search(gap) is not None

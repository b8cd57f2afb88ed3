"""What names the evidence holds, and whether a claim's name stands among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from agent.claims.names import Name, Part, code_places, is_name
from agent.claims.words import FUNCTION, NEGATIVE, Word, fold, listed

_PEOPLES = frozenset(listed("n an ian ean ese ish ic i nian"))
_ENDINGS = frozenset({"", "a", "e", "y", "ia", "o", "s"})
_IRREGULAR = """france-french spain-spanish netherlands-dutch greece-greek wales-welsh denmark-danish finland-finnish
    poland-polish sweden-swedish switzerland-swiss ireland-irish england-english scotland-scottish britain-british germany-german
    norway-norwegian iceland-icelandic rome-roman peru-peruvian turkey-turkish thailand-thai"""
_JOINTS = frozenset({"", " ", "-", "\u2010", "\u2011", ". ", ".", "/", "'", "(", ")", ")("})
_INNER = re.compile(r"(?<![A-Z])[A-Z]{3,}+s?(?![0-9])")
_COUNTRIES = {form: tuple(pair.split("-")) for pair in listed(_IRREGULAR) for form in pair.split("-")}
_SHORT = frozenset({"US", "UK", "UN", "EU"})
_HONORIFICS = frozenset(listed("mr mrs ms dr prof professor sir dame lord lady director actor actress singer author"))
_COMMON = listed(
    """ly ing tion tions sion sions ment ments ness ity ities ism isms ists ology ance ence ers ors ives ants ents ases cells"""
)
_OPENINGS = frozenset(
    listed(
        """according article based compared data evidence experiment finding findings given group historical historically human
        humans infected like man men mice model music named people person present previous research researcher result results
        science sciences scientist similar source sources study studies subject subjects team treated unlike use woman women work
        works"""
    )
)


@dataclass(frozen=True)
class Namebook:
    """All that may stand for a name in some texts, each given as its words.

    >>> Namebook((words("Interleukin 6 (IL-6) in the United States"),)).has(names(words("the IL6"))[0].parts[0])
    True
    """

    texts: tuple[Sequence[Word], ...]

    def missing(self, name: Name, shown: Namebook, strict: bool = False) -> bool:
        """Whether a name does not stand in these texts: a part of it is not there, or its parts stand in different names only.

        A part that merely opens a sentence is no name where `shown` has it in lower case or where it reads as a common word;
        `strict` is for a text that is itself a name, such as a short answer.
        """
        if self._abbreviated(name):
            return False
        parts = [part for part in name.parts if part.folded not in _HONORIFICS]
        if any(not self.has(part) and (strict or not self._opening(part, shown)) for part in parts):
            return True
        return any(self._crossed(left, right) for left, right in pairwise(name.parts))

    def has(self, part: Part) -> bool:
        """Whether a part of a name stands here: as it is, as an initial, without its plural, as a people for its country, or as
        an acronym for the words that it abbreviates."""
        if part.text.isupper() and len(part.text) > 1 and part.folded in FUNCTION | NEGATIVE:
            return part.text.replace(".", "") in self._capitals or part.folded in self._acronyms  # WHO, which is not who
        if part.folded in self.forms or (part.initial and part.folded in self._beginnings):
            return True
        if len(part.text) > 1 and part.text.isupper() and part.folded in self._acronyms:
            return True
        return any(form in self.forms for form in _variants(part)) or self._as_people(part.folded)

    @cached_property
    def forms(self) -> frozenset[str]:
        """Every word, and two or three neighbours run together (IL-6, IL 6 and IL6 are one)."""
        return frozenset(form for text in self.texts for form in _forms(text))

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes that hyphens hold together, run together."""
        return frozenset(form for text in self.texts for form in _codes(text))

    @cached_property
    def _lower(self) -> frozenset[str]:
        return frozenset(word.folded for text in self.texts for word in text if word.text.islower())

    @cached_property
    def _starts(self) -> frozenset[str]:
        return frozenset(word[:5] for word in self._lower if len(word) >= 5)

    @cached_property
    def _beginnings(self) -> frozenset[str]:
        return frozenset(word.folded[:1] for text in self.texts for word in text if is_name(word))

    @cached_property
    def _acronyms(self) -> frozenset[str]:
        return frozenset(form for text in self.texts for form in _initials(text))

    @cached_property
    def _capitals(self) -> frozenset[str]:
        plain = (word.text.replace(".", "") for text in self.texts for word in text if word.text.isupper())
        return frozenset(text for text in plain if len(text) > 1)

    @cached_property
    def _by_beginning(self) -> dict[str, set[str]]:
        table: dict[str, set[str]] = {}
        for text in self.texts:
            for word in text:
                if is_name(word):
                    table.setdefault(word.folded[:4], set()).add(word.folded)
        return table

    @cached_property
    def _followers(self) -> dict[str, set[str]]:
        return _neighbours(self.texts, 1)

    @cached_property
    def _leaders(self) -> dict[str, set[str]]:
        return _neighbours(self.texts, -1)

    def _abbreviated(self, name: Name) -> bool:
        """Whether a name of three words or more, or one such as the United States, stands here as its initials."""
        initials = "".join(part.folded[:1] for part in name.parts).upper()
        return (len(initials) > 2 or initials in _SHORT) and initials in self._capitals

    def _as_people(self, folded: str) -> bool:
        if any(form in self.forms for form in _COUNTRIES.get(folded, ())):
            return True
        return len(folded) > 4 and any(_same_country(folded, form) for form in self._by_beginning.get(folded[:4], ()))

    def _opening(self, part: Part, shown: Namebook) -> bool:
        """Whether this is the first word of a sentence and reads as a common one."""
        if not part.opens or not (part.text.isalpha() and part.text[1:].islower()):
            return False
        if part.folded in shown._lower or part.folded in _OPENINGS or part.folded[:5] in self._starts:
            return True
        return part.folded.endswith(_COMMON) if part.clear else part.folded not in shown._inside

    @cached_property
    def _inside(self) -> frozenset[str]:
        """The words that are capitalised within a sentence."""
        return frozenset(word.folded for text in self.texts for word in text if word.text[0].isupper() and not word.opens)

    def _crossed(self, left: Part, right: Part) -> bool:
        """Whether two neighbours stand here only within other names: John Smith, of John Brown and Adam Smith."""
        after, before = self._followers.get(left.folded, {""}), self._leaders.get(right.folded, {""})
        return not ({"", right.folded} & after or {"", left.folded} & before)


def _variants(part: Part) -> Iterator[str]:
    """A plural for the singular and the reverse, for acronyms and peoples alone."""
    base = part.text.removesuffix("s")
    if sum(letter.isupper() for letter in base) > 1 or part.folded.removesuffix("s").endswith("an"):
        yield part.folded.removesuffix("s")
        yield part.folded.removesuffix("s") + "s"


def _same_country(one: str, other: str) -> bool:
    size = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[size:], other[size:]
    return size >= 4 and ((left in _PEOPLES and right in _ENDINGS) or (right in _PEOPLES and left in _ENDINGS))


def _forms(text: Sequence[Word]) -> Iterator[str]:
    """Each word, the acronym within it (ESCs in mESCs, GABA in GABAergic), and its run with up to three that follow."""
    for place, word in enumerate(text):
        joined = word.folded
        yield joined
        yield from (fold(acronym) for acronym in _INNER.findall(word.text))
        for following in text[place + 1 : place + 4]:
            if following.gap not in _JOINTS:
                break
            joined += following.folded
            yield joined
        if place + 2 < len(text) and text[place + 1].gap == " (" and text[place + 2].gap in {")-", ") "}:
            yield word.folded + text[place + 2].folded  # interleukin (IL)-15


def _codes(text: Sequence[Word]) -> Iterator[str]:
    places = code_places(text)
    for place in places:
        if place + 1 in places:
            yield text[place].folded + text[place + 1].folded


def _initials(text: Sequence[Word]) -> Iterator[str]:
    """The initials of two to six capitalised neighbours, or of three to six neighbours of any kind, over small words between."""
    for place, word in enumerate(text):
        made, capital = word.folded[:1] if word.content else "", word.text[:1].isupper()
        for following in text[place + 1 : place + 9] if made else ():
            if following.gap.strip() not in {"", "-"}:
                break
            if following.content:
                made, capital = made + following.folded[:1], capital and following.text[0].isupper()
            if following.content and (capital or len(made) > 2):
                yield made


def _neighbours(texts: Iterable[Sequence[Word]], step: int) -> dict[str, set[str]]:
    """For each word its neighbours within the same run of capitals, three away at most; "" where it stands alone somewhere."""
    table: dict[str, set[str]] = {}
    for text in texts:
        for place, word in enumerate(text):
            table.setdefault(word.folded, set()).update(_partners(text, place, step) or {""})
    return table


def _partners(text: Sequence[Word], place: int, step: int) -> set[str]:
    found: set[str] = set()
    for other in range(place + step, place + 4 * step, step):
        if not 0 <= other < len(text):
            break
        gap = text[max(other, other - step)].gap
        if gap.strip(" .-") or not (text[other].text[0].isupper() or not text[other].content):
            break
        if text[other].text[0].isupper():
            found.add(text[other].folded)
    return found

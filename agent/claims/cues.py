"""The words of a text that say no, and what each of them negates (after NegEx: Chapman et al., 2001)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from agent.claims.words import Word, listed

SOFT = re.compile(r"[,:()\[\]–—]|\s-")
_QUOTED = re.compile(r"[\"“”‘'«(\[]")
_HARD = re.compile(r"[;!?\n]|\.(?!\S)")
_BREAKS = frozenset(listed("but although though while whereas because which who however yet since when if"))
_DIRECT = frozenset(listed("not no never without neither nor none cannot nobody nothing nowhere hardly barely scarcely"))
_STEMS = frozenset(listed("lack absenc absent unabl inabl devoid"))
_PAIRS = frozenset({("rather", "than"), ("instead", "of"), ("fail", "to")})
_NOT_ONLY = frozenset(listed("only just merely simply solely"))
_BACKWARD = frozenset(
    listed("observ seen see detect found find note report evid present appar shown show exist occur happen absent need")
)
_PREFIXES = (("un", 4), ("non", 4), ("dis", 5), ("in", 5), ("ir", 5), ("il", 5), ("im", 6))
REACH = 5
_NEAR = 4


@dataclass(frozen=True)
class Cue:
    """A word that says no: its place, the words that it negates first (nearest first), and all that it reaches."""

    place: int
    heads: tuple[int, ...]
    reach: frozenset[int]


@dataclass(frozen=True)
class Side:
    """A text beside another one, whose stems tell whether an un- is a negation: unable is, where the other says able."""

    words: Sequence[Word]
    other: frozenset[str] = frozenset()
    same: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The stem of every word, without its negating prefix, or what is the `same` as it."""
        return tuple(_without_prefix(word, self.other) or self.same.get(word.stem, word.stem) for word in self.words)

    @cached_property
    def cues(self) -> tuple[Cue, ...]:
        """The cues in order, with what each negates."""
        found = (place for place in range(len(self.words)) if self._says_no(place))
        return tuple(self._cue(place) for place in found)

    @cached_property
    def places(self) -> dict[str, tuple[int, ...]]:
        """Where each stem stands."""
        table: dict[str, list[int]] = {}
        for place in self._content:
            table.setdefault(self.stems[place], []).append(place)
        return {stem: tuple(places) for stem, places in table.items()}

    def negated(self, place: int) -> int:
        """How many cues reach a place."""
        return sum(place in cue.reach for cue in self.cues)

    def near(self, place: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The stems of the nearest content words before and behind a place, nearest first."""
        at = self._rank[place]
        before, behind = self._content[max(0, at - _NEAR) : at], self._content[at + 1 : at + 1 + _NEAR]
        return tuple(self.words[one].stem for one in reversed(before)), tuple(self.words[one].stem for one in behind)

    @cached_property
    def _content(self) -> tuple[int, ...]:
        return tuple(place for place, word in enumerate(self.words) if _says(word))

    @cached_property
    def _rank(self) -> dict[int, int]:
        return {place: rank for rank, place in enumerate(self._content)}

    def _says_no(self, place: int) -> bool:
        word = self.words[place]
        following = self.words[place + 1] if place + 1 < len(self.words) else None
        after = "" if following is None else following.folded
        if (word.folded == "no" and (word.text == "NO" or after.isdecimal())) or self._in_title(place):
            return False  # nitric oxide; No. 1; Never Cry Wolf
        if word.folded in {"not", "neither"} or word.folded in _DIRECT or word.folded.endswith("n't"):
            return after not in _NOT_ONLY
        pair = (word.stem if word.stem == "fail" else word.folded, after)
        return word.stem in _STEMS or pair in _PAIRS or self._hyphened(place) or bool(_without_prefix(word, self.other))

    def _hyphened(self, place: int) -> bool:
        """Whether this is the non- of a hyphened word, which negates that word alone."""
        following = self.words[place + 1] if place + 1 < len(self.words) else None
        return self.words[place].folded == "non" and following is not None and following.joined and _says(following)

    def _in_title(self, place: int) -> bool:
        """Whether a capitalised cue belongs to a title: behind a quotation mark or a bracket, or itself ("No, No"), within a
        sentence, or before one capitalised word, two where it opens a sentence anyhow."""
        word, following = self.words[place], self.words[place + 1 : place + (3 if self.words[place].opens else 2)]
        if not _titled(word):
            return False
        repeated = bool(place) and self.words[place - 1].folded == word.folded
        if not word.opens and (repeated or _QUOTED.search(word.gap)):
            return True
        return bool(following) and all(_titled(one) and one.gap == " " for one in following)

    def _cue(self, place: int) -> Cue:
        own = [place] if _without_prefix(self.words[place], self.other) else [place + 1] if self._hyphened(place) else []
        ahead = own or list(self._ahead(place))
        alone = len(ahead) < 2 or self.stems[ahead[0]] in _BACKWARD or self.words[place].stem == "absent"
        reach = [*ahead, *(self._before(place) if alone and not own else ())]
        heads = [one for one in reach if not self.words[one].folded.endswith("ly")] or reach
        return Cue(place, tuple(heads), frozenset(reach))

    def _ahead(self, place: int) -> Iterator[int]:
        """The content words behind a cue up to the end of its clause; a pause before the first of them does not end it."""
        count = 0
        for other in range(place + 1, len(self.words)):
            word = self.words[other]
            ends = SOFT.search(word.gap) or word.folded in _BREAKS or (word.folded == "and" and count > 1)
            if _HARD.search(word.gap) or count == REACH or (ends and count):
                return
            if _says(word):
                count += 1
                yield other

    def _before(self, place: int) -> Iterator[int]:
        """The content words before a cue, nearest first, within its clause."""
        count = 0
        for other in range(place - 1, -1, -1):
            gap = self.words[other + 1].gap
            if _HARD.search(gap) or SOFT.search(gap) or count == REACH or self.words[other].folded in _BREAKS:
                return
            if _says(self.words[other]):
                count += 1
                yield other


def _says(word: Word) -> bool:
    return word.content and not word.text[0].isdecimal()


def _without_prefix(word: Word, other: frozenset[str]) -> str:
    """The stem that a prefix negates, where the other text has that stem and not the whole word; else nothing."""
    if word.stem in other or not word.content:
        return ""
    for prefix, least in _PREFIXES:
        rest = word.stem.removeprefix(prefix)
        if rest != word.stem and len(rest) >= least and rest in other:
            return rest
    return ""


def _titled(word: Word) -> bool:
    return word.text[:1].isupper() and word.text[1:].islower()

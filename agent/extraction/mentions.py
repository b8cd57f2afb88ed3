"""Names in a text, by capitals and quotation marks alone: what a passage introduces, and what a question asks about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from agent.claims.words import FUNCTION, fold, listed

MentionKind = Literal["name", "opening", "piece", "place", "quoted"]

_WORD = re.compile(r"[^\W_](?:[\w.'’&/\-–]*\w)?(?:['’](?=\s[A-Z]))?")
_QUOTED = re.compile(r'"([^"\n]{2,80})"|“([^”\n]{2,80})”')
_JOINING = frozenset(listed("of de von van der den la le du del di da al y e ibn bin el ap dos das ter zu & the"))
_TITLES = frozenset(listed("Jr Sr Dr St Mr Mrs Ms Mt No Vol Prof Lt Col Gen Capt Sgt Rev"))
_CALENDAR = frozenset(
    listed(
        """january february march april may june july august september october november december monday tuesday wednesday
        thursday friday saturday sunday"""
    )
)
_STARTERS = (
    FUNCTION | _CALENDAR | frozenset(listed("name one two three four five six seven eight nine ten not no do did does i he she"))
)
_LOCATIVE = frozenset(listed("in at from near of to around outside"))
_DESCRIPTIVE = re.compile(r"(?:[a-z](?:ian|ean|can|ish|ese)|French|Dutch|Greek|Welsh|Swiss|German|Roman)\Z")
_QUALIFIER = re.compile(r"\s*[(\[][^)\]]{0,200}[)\]]\s*\Z")


@dataclass(frozen=True)
class Mention:
    """A name at [start, end). `opening`: one word that opens a sentence, which may be no name; `piece`: a part of a longer name;
    `place`: a name with the region behind its comma; `quoted`: a title between quotation marks."""

    text: str
    start: int
    end: int
    kind: MentionKind

    @property
    def key(self) -> str:
        """What two mentions of one name share."""
        return key(self.text)

    @property
    def descriptive(self) -> bool:
        """Whether it looks like an adjective of origin (Danish, American) and no name to look up."""
        return " " not in self.text and _DESCRIPTIVE.search(self.text) is not None


@lru_cache(maxsize=1 << 15)
def key(name: str) -> str:
    """A name folded to its words, without a leading article.

    >>> key("The Dandy Warhols")
    'dandy warhols'
    """
    words = [fold(match.group()) for match in _WORD.finditer(name)]
    return " ".join(words[1:] if len(words) > 1 and words[0] in {"the", "a", "an"} else words)


def bare(title: str) -> str:
    """A title without its closing qualifier.

    >>> bare("Robert Young (musician)")
    'Robert Young'
    """
    return _QUALIFIER.sub("", title) or title


def within(name: str, longer: str) -> bool:
    """Whether a key's words stand in another's, in a row."""
    return f" {name} " in f" {longer} "


@lru_cache(maxsize=4096)
def mentions(text: str) -> tuple[Mention, ...]:
    """The names of a text, in order of their start.

    >>> [one.text for one in mentions("Jon ran Dunkin' Brands in Canton, Ohio.")]
    ['Jon', "Dunkin' Brands", 'Canton', 'Canton, Ohio', 'Ohio']
    """
    found = {(one.start, one.end): one for one in [*_quoted(text), *_runs(text)]}
    return tuple(found[span] for span in sorted(found))


@dataclass(frozen=True)
class _Word:
    start: int
    end: int
    text: str
    gap: str

    @property
    def capital(self) -> bool:
        return self.text[0].isupper() or (self.text[0].isdigit() and any(char.isupper() for char in self.text))

    @property
    def possessive(self) -> bool:
        return self.text.endswith(("'s", "’s"))


def _runs(text: str) -> Iterator[Mention]:
    matches = list(_WORD.finditer(text))
    words = [
        _Word(m.start(), m.end(), m.group(), text[matches[place - 1].end() if place else 0 : m.start()])
        for place, m in enumerate(matches)
    ]
    place, before = 0, None
    while place < len(words):
        if not words[place].capital:
            place += 1
            continue
        last = _last(words, place)
        made = list(_of_run(text, words, place, last))
        if made and before is not None and text[before.end : made[0].start] == ", " and _located(words, text, before):
            yield Mention(text[before.start : made[0].end], before.start, made[0].end, "place")
        if made and before is not None and text[before.end : made[0].start] in ("'s ", "’s "):
            yield Mention(text[before.start : made[0].end], before.start, made[0].end, "name")
        yield from made
        before = made[0] if made else None
        place = last + 1


def _last(words: Sequence[_Word], first: int) -> int:
    """The last word of the name that begins at `first`."""
    place = first
    while place + 1 < len(words) and not words[place].possessive:
        step = _step(words, place)
        if step == 0:
            break
        place += step
    return place


def _step(words: Sequence[_Word], place: int) -> int:
    """How many words on the name goes from here, 0 if it ends."""
    word, after = words[place], words[place + 1]
    if after.gap == ". " or after.gap == ".":
        return int(after.capital and (len(word.text) == 1 or word.text in _TITLES))
    if after.gap != " ":
        return 0
    if after.capital or (after.text.isdigit() and len(after.text) < 4):
        return 1
    reach = 1
    while reach <= 3 and place + reach < len(words) and words[place + reach].text in _JOINING and words[place + reach].gap == " ":
        reach += 1
    if reach == 1 or place + reach >= len(words) or words[place + 1].text == "the":
        return 0
    after = words[place + reach]
    return reach if after.capital and after.gap == " " else 0


def _of_run(text: str, words: Sequence[_Word], first: int, last: int) -> Iterator[Mention]:
    """The name of the words [first, last], without what only opens the sentence, then the pieces around an "of"."""
    begin = first
    while begin <= last and (fold(words[begin].text) in _STARTERS or words[begin].text in _JOINING):
        begin += 1
    if begin > last or all(fold(word.text) in _STARTERS for word in words[begin : last + 1]):
        return
    opens = begin == last and text[: words[begin].start].rstrip(" \"“(['")[-1:] in ("", ".", "!", "?", "\n")
    yield _cut(text, words, begin, last, "opening" if opens else "name")
    joints = [place for place in range(begin, last + 1) if words[place].text == "of"]
    if joints and joints[0] - begin >= 2:
        yield _cut(text, words, begin, joints[0] - 1, "piece")
    if joints:
        after = next(place for place in range(joints[-1] + 1, last + 1) if words[place].text not in _JOINING)
        yield _cut(text, words, after, last, "piece")


def _cut(text: str, words: Sequence[_Word], first: int, last: int, kind: MentionKind) -> Mention:
    end = words[last].end - (2 if words[last].possessive else 0)
    return Mention(text[words[first].start : end], words[first].start, end, kind)


def _located(words: Sequence[_Word], text: str, before: Mention) -> bool:
    """Whether a preposition of place stands before a name: "in Young, New South Wales", not "Kim, Lee"."""
    head = text[: before.start].split()
    return bool(head) and head[-1] in _LOCATIVE


def _quoted(text: str) -> Iterator[Mention]:
    for match in _QUOTED.finditer(text):
        group = 1 if match.group(1) else 2
        inner = match.group(group).rstrip(",.;")
        if inner[:1].isupper() or inner[:1].isdigit():
            yield Mention(inner, match.start(group), match.start(group) + len(inner), "quoted")

"""What a question asks, by rules for English: its names, the kind of answer it wants, and how near each word stands to that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from agent.claims.words import listed
from agent.extraction.kin import families
from agent.extraction.mentions import Mention, mentions
from agent.extraction.terms import Term, terms

Wanted = Literal["person", "place", "date", "number", "yes_no", "choice", "thing"]

_ASKING = re.compile(
    r"\b(?:(how)\s+(many|much|long|old|far|tall|big|large|wide|deep|heavy|fast|high|often)|(which|what|whose)|(who|whom)|(when)|(where))\b",
    re.IGNORECASE,
)
_YES_NO = re.compile(r"\s*(?:are|is|was|were|do|does|did|has|have|had|can|could|will|would)\b", re.IGNORECASE)
_OR = re.compile(r"\s(?:or|than)\s", re.IGNORECASE)
_AND = re.compile(r"(?:\s*\([^)]*\))?(?:,[^,]*,?)?\s*,?\s*and\s+(?:the\s+)?")
_BOTH = re.compile(r"\bboth\b|\bin common\b", re.IGNORECASE)
_THE = re.compile(r"\s*(?:is|was|are|were)\s+(?:the|a|an|his|her|its|their|he)\s+(.*)", re.IGNORECASE)
_HANGING = re.compile(r"\b(?:with|for|of|in|by|to|as|from|on|at|about)\s*[?.]?\s*\Z", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:.]\s|\b(?:that|who|which|whose|where|when)\b")
_SENTENCE = re.compile(r"[.!?:;]\s+")
_SOON = 24
_PREPOSITIONS = frozenset(listed("in on at of to by for from under with"))
_AUXILIARY = frozenset(listed("is was are were be been do does did has have had can could will would may might should shall"))
_ENDS_PHRASE = _AUXILIARY | frozenset(
    listed(
        """of that who which in on at for from to by with and or as where when whose the a an his her its their he it she
        they came makes made gave went took won wrote found began"""
    )
)
_PLACES = frozenset(
    listed(
        """city town country state place village county province island continent location region district capital nation
        birthplace republic borough street area hometown land kingdom neighborhood neighbourhood suburb"""
    )
)
_DATES = frozenset(listed("year date day month decade century time"))
_NUMBERS = frozenset(
    listed(
        """number amount population percentage percent sum price cost salary height weight mass length width depth distance
        age temperature speed diameter magnification total size altitude elevation frequency period duration density
        magnitude value"""
    )
)
_PERSONS = re.compile(
    r"(?:man|woman|person|people|king|queen|president|lady|patron|chef|poet|monk|pupil|brother|sister|mother|father|wife|husband|son|"
    r"daughter|\w{3,}(?:or|ist|ian)|(?:actr|princ|duch|godd|host|count|empr|waitr)esse?|"
    r"\w{2,}(?:ver|ger|cher|cer|ker|ter|ier|yer|ner|mer|der|pper))s?\Z"
)
_NOT_PERSONS = frozenset(
    listed(
        """telescope computer newspaper river number order chapter letter paper power water theater center member character
        river border winter summer quarter motor sector factor color honor cover"""
    )
)


@dataclass(frozen=True)
class Asked:
    """A question taken apart.

    `wanted` is the kind of answer, `noun` the word that says what (empty where none), `unit` what is counted. `names` are what it
    names, `choices` the two that it compares. `terms` are its content words, `weights` how near each stands to what is asked for
    (1 next to it). `place` is where the asking words stand, (0, 0) where there are none.
    """

    text: str
    wanted: Wanted
    noun: str
    unit: str
    names: tuple[Mention, ...]
    choices: tuple[str, ...]
    terms: tuple[Term, ...]
    weights: tuple[float, ...]
    place: tuple[int, int]

    @cached_property
    def named(self) -> frozenset[str]:
        """The stems that belong to a name."""
        spans = [(one.start, one.end) for one in self.names]
        return frozenset(term.stem for term in self.terms if any(start <= term.start < end for start, end in spans))

    @cached_property
    def lasting(self) -> tuple[float, ...]:
        """A weight for each term that does not depend on its place: more for names and figures."""
        return tuple(1.5 if term.stem in self.named or term.stem[0].isdigit() else 1.0 for term in self.terms)


@lru_cache(maxsize=1024)
def asked(question: str) -> Asked:
    """Take a question apart.

    >>> asked("In which town was Kepler born?").wanted
    'place'
    """
    place = _asking(question)
    noun, unit = _noun(question, place)
    choices = _choices(question, [one for one in mentions(question) if one.kind not in ("piece", "place")])
    names = tuple(one for one in named(question) if one.kind != "place" or not any(name in one.text for name in choices))
    wanted = _wanted(question, place, noun, choices)
    found = _terms(question, place, noun if wanted in ("place", "date") else "")
    weights = tuple(_weight(question, term, place) for term in found)
    return Asked(question, wanted, noun, unit, names, choices, found, weights, place)


def named(question: str) -> tuple[Mention, ...]:
    """The names of a question, the longest where one lies in another."""
    kept: list[Mention] = []
    for one in sorted(mentions(question), key=lambda one: (one.start - one.end, one.start)):
        if one.kind != "piece" and not any(other.start <= one.start and one.end <= other.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.start))


def phrase(text: str) -> list[str]:
    """The words of the noun phrase that a text begins with, four at most.

    >>> phrase(" small planet did he find")
    ['small', 'planet']
    """
    found: list[str] = []
    for match in re.finditer(r"[^\W_][\w'’\-–]*|\S", text):
        word = match.group().lower()
        if word in _ENDS_PHRASE or not word[0].isalnum() or (found and word.endswith("ed")) or len(found) == 4:
            break
        found.append(word)
    return found


def _terms(question: str, place: tuple[int, int], noun: str) -> tuple[Term, ...]:
    """The content words, each once, without the asking words ("how wide") and a noun that only says a place or date is wanted."""
    kept: dict[str, Term] = {}
    for term in terms(question):
        general = bool(noun) and term.text.lower() == noun and place[1] <= term.start <= place[1] + len(noun) + _SOON
        if not general and not place[0] <= term.start < place[1]:
            kept.setdefault(term.stem, term)
    return tuple(kept.values())


def _asking(question: str) -> tuple[int, int]:
    """Where the asking words stand: where a sentence opens with them, else the last that do not open a relative clause."""
    found = list(_ASKING.finditer(question))
    opening = [match for match in found if _opens(question, match)]
    asking = opening or [match for match in found if not _relative(question, match)]
    return asking[-1].span() if asking else (0, 0)


def _opens(question: str, match: re.Match[str]) -> bool:
    before = _SENTENCE.split(question[: match.start()].lstrip())[-1].split()
    return not before or (len(before) <= 3 and before[0].lower() in _PREPOSITIONS)


def _relative(question: str, match: re.Match[str]) -> bool:
    """Whether the words only join a clause to the noun before them."""
    word, after = match.group().lower(), question[match.end() :].split()
    if match.group(1) or word == "what":
        return False
    return not after or word not in ("which", "whose") or after[0].lower() in _AUXILIARY or after[0].endswith("ed")


def _noun(question: str, place: tuple[int, int]) -> tuple[str, str]:
    """The noun that says what is wanted, and for a count what is counted."""
    match = _ASKING.match(question, place[0])
    if match is None:
        return "", ""
    words = phrase(question[place[1] :])
    if match.group(1):
        counts = match.group(2).lower() in ("many", "much")
        if words[-1:] == ["money"]:
            return "sum", ""
        return ("number", " ".join(words)) if counts else (match.group(2).lower(), "")
    for group, noun in ((5, "date"), (6, "place"), (4, "person")):
        if match.group(group):
            return noun, ""
    told = None if _HANGING.search(question) else _THE.match(question[place[1] :])
    words = words or (phrase(told.group(1)) if told else [])
    return (words[-1] if words else ""), ""


def _wanted(question: str, place: tuple[int, int], noun: str, choices: Sequence[str]) -> Wanted:
    opens = any(_opens(question, match) for match in _ASKING.finditer(question))
    either = bool(choices) and _OR.search(question) is not None
    if either or (_YES_NO.match(question) and not opens):
        return "choice" if either else "yes_no"
    if place != (0, 0) and question[place[0] : place[0] + 3].lower() == "how":
        return "number"
    forms = {noun, noun.removesuffix("s"), noun.removesuffix("ies") + "y"}
    if forms & _PLACES:
        return "place"
    if forms & _DATES:
        return "date"
    if forms & _NUMBERS:
        return "number"
    return "person" if noun not in _NOT_PERSONS and _PERSONS.match(noun) else "thing"


def _choices(question: str, names: Sequence[Mention]) -> tuple[str, ...]:
    """The two that are compared: on both sides of an "or", or joined by "and" where a yes or no, or what both share, is asked."""
    joint = _OR.search(question)
    if joint is not None:
        comma = question.rfind(",", 0, joint.start())
        left = [one for one in names if one.end <= joint.start()]
        right = [one for one in names if one.start >= joint.end() - 1]
        if left and right:
            near = [one for one in left if one.start > comma >= 0]
            return ((near or left[-1:])[0].text, right[0].text)
    if _YES_NO.match(question) or _BOTH.search(question):
        for one, other in pairwise(names):
            if _AND.fullmatch(question[one.end : other.start]):
                return (one.text, other.text)
    return ()


def _weight(question: str, term: Term, place: tuple[int, int]) -> float:
    """1 for the word next to what is asked for, less with every word and clause between; more for what ties things together."""
    tie = 2.2 if families(term.stem) or (term.text.endswith("ed") and term.text.islower()) else 1.0
    if place == (0, 0):
        return tie
    between = question[place[1] : term.start] if term.start >= place[1] else question[term.end : place[0]]
    return tie / (1.0 + 0.15 * len(between.split()) + 0.5 * len(_CLAUSE.findall(between)))

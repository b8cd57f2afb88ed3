"""Whether a span is of the kind that a question asks for: a person, a place, a day, or a thing that is said to be one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from agent.claims.words import listed
from agent.extraction import quantities
from agent.extraction.candidates import NO_PERSON, Candidate
from agent.extraction.coverage import Coverage
from agent.extraction.kin import covers
from agent.extraction.mentions import key
from agent.extraction.terms import stems

_WHERE = frozenset(listed("in at near of from to on around outside"))
_WIDE = frozenset(listed("state country province nation region continent county"))
_ANY = frozenset(listed("name person people man woman thing one"))
_BEFORE, _RIGHT_BEFORE, _BEHIND = 30, 15, 25
_IN_PLACE = 0.4
_LONGEST = 4
_APART = re.compile(r"\b(?:in|on|at|for|from|with|by)\b")


@dataclass(frozen=True)
class Kinds:
    """What the evidence lets tell of the kinds of its names."""

    coverage: Coverage

    def suits(self, one: Candidate) -> bool:
        """Whether a candidate is of the kind that the question asks for, and a whole name.

        >>> Kinds(coverage).suits(george)  # "Who discovered Neptune?", where "George Bond" is told of
        False
        """
        wanted = self.coverage.question.wanted
        if wanted == "date":
            return self._date(one)
        if wanted == "number":
            return True
        return {"place": self._place, "person": self._person}.get(wanted, self._thing)(one)

    def _date(self, one: Candidate) -> bool:
        """Whether a date is as precise as the noun that asks for it: "on what date" wants a day."""
        question = self.coverage.question
        start, end = question.place
        if question.noun in ("date", "day") and question.text[start:end].lower() != "when":
            return any(value[2] for _, _, value in quantities.moments(one.text))
        return question.noun not in ("century", "decade") or not one.text.isdigit()

    def _place(self, one: Candidate) -> bool:
        """Whether a name stands where places do; of "Bath, England" a town is the first, and a country the second."""
        text, noun = one.line.text, self.coverage.question.noun
        if one.start < 0 or not NO_PERSON.isdisjoint(key(one.text).split()):
            return False
        if noun in _WIDE:
            whole = "," not in one.text and not re.match(r", [A-Z]", text[one.end :])
            return whole and (text[: one.start].endswith(", ") or _located(one) or self._said(one))
        return _located(one) or (noun != "place" and self._said(one))

    def _person(self, one: Candidate) -> bool:
        """Whether a name looks like a person's: no institution's, and a word alone only where a longer name ends with it."""
        words, noun = key(one.text).split(), self.coverage.question.noun
        if not NO_PERSON.isdisjoint(words) or any(char.isdigit() for char in one.text):
            return False
        return (noun in _ANY or self._said(one)) and (len(words) > 1 or words[-1] in self._surnames)

    def _thing(self, one: Candidate) -> bool:
        """Whether it is said to be what is asked for; where no noun says what, it stands in the place of the asking word."""
        if not self.coverage.question.noun:
            return one.fit >= _IN_PLACE
        return self._said(one) and not one.line.text.startswith(("'s ", "’s "), max(one.end, 0))

    def _said(self, one: Candidate) -> bool:
        """Whether the noun that is asked for stands in the name, beside it, or where its own document says what it is."""
        question = self.coverage.question
        wanted, beside = stems(question.noun), self._beside(one)
        if question.noun in _ANY:
            return all(covers(stem, beside) for stem in wanted)
        within = one.text.rpartition(" ")[0] if question.wanted == "person" else one.text
        return wanted <= beside | stems(within) | self._openings.get(key(one.text), frozenset())

    def _beside(self, one: Candidate) -> frozenset[str]:
        """The words before and behind a name; of a person only those right before, or behind in an apposition."""
        if one.start < 0:
            return frozenset()
        text, person = one.line.text, self.coverage.question.wanted == "person"
        before = text[max(0, one.start - (_RIGHT_BEFORE if person else _BEFORE)) : one.start]
        behind = text[one.end : one.end + _BEHIND]
        after = stems(_APART.split(behind)[0]) if not person or behind[:2] in (", ", " (") else frozenset[str]()
        return stems(_APART.split(before)[-1]) | after

    @cached_property
    def _names(self) -> frozenset[tuple[str, ...]]:
        """The names of two to four words, as words."""
        found = {tuple(one.key.split()) for line in self.coverage.lines for one in line.mentions if one.kind != "place"}
        titles = {tuple(key(line.subject).split()) for line in self.coverage.lines if "," not in line.subject}
        return frozenset(words for words in found | titles if 2 <= len(words) <= _LONGEST)

    @cached_property
    def _surnames(self) -> frozenset[str]:
        return frozenset(words[-1] for words in self._names)

    @cached_property
    def _openings(self) -> dict[str, frozenset[str]]:
        """By what a document is about: the words of the first line that was shown of it."""
        found: dict[str, frozenset[str]] = {}
        for line in self.coverage.lines:
            found.setdefault(key(line.subject), line.stems)
        return found


def _located(one: Candidate) -> bool:
    """Whether a preposition of place stands before."""
    before = one.line.text[: one.start].split()
    return bool(before) and before[-1].lower().strip("(") in _WHERE

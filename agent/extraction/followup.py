"""A follow-up made self-contained without a model: what stands for the last subject is replaced by its name, visibly."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.extraction.mentions import mentions
from agent.extraction.question import asked, phrase
from agent.extraction.terms import terms
from agent.state import Exchange

_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers|they|them|their)\b", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|there|they|them|their|this|that)\b(?!\s+[a-z]+\s+(?:is|was)\b)", re.IGNORECASE)
_OWNING = frozenset(["his", "its", "their", "hers"])
_BARE = re.compile(r"\b(?:the|this|that|these|those)\s+(?=[a-z])", re.IGNORECASE)
_TURN = re.compile(
    r"\s*(?:and|but)?\s*(?:what|how)\s+about\s+|\s*(?:and|but)\s+(?!\w+\s+(?:is|was|are|were|did|does|do)\b)", re.IGNORECASE
)
_WORD_ALONE = re.compile(
    r"\s*(?:and|but|so)?\s*((?:(?:by|for|from|in|on|at|since|to|with)\s+)?(?:who|whom|when|where|why|how|what|which)"
    r"(?:\s+(?:year|date|place|city|country|reason|long|often|far|old|exactly))?)\s*[?.!]*\s*",
    re.IGNORECASE,
)
_OBJECT_AFTER = re.compile(
    r"\s+(?:is|was|are|were|has|had|did|and|in|on|at|to|from|by|with|for|first|last|when|if|\?)|\s*[?.,!]|\s*\Z"
)


def standalone(question: str, history: Sequence[Exchange]) -> str:
    """The question with its pronoun, or its bare noun phrase, tied to what the last exchange was about; as it is where nothing
    needs to be tied.

    >>> standalone("When did he die?", [Exchange("Who drew the chart?", "Carl Bremiker", "...")])
    'When did Carl Bremiker die?'
    """
    if not history:
        return question
    alone = _WORD_ALONE.fullmatch(question)
    if alone:
        return f"{history[-1].question.rstrip(' ?.!')}, and {alone[1].lower()}?"
    turned = _turned(question, history[-1])
    if turned:
        return turned
    for pronouns, person in ((_PERSON, True), (_THING, False)):
        subject = _subject(history, person=person)
        match = next((one for one in pronouns.finditer(question) if not _relative(question, one)), None)
        if match and subject and not _names_before(question, match.start()):
            return _replaced(question, match, subject)
    return _tied(question, _subject(history, person=False))


def _subject(history: Sequence[Exchange], *, person: bool) -> str:
    """What the last exchange was about: its short answer where that is of the kind meant, else the name in its question."""
    for exchange in reversed(history):
        last = asked(exchange.question)
        names = [one.text for one in last.names if not one.descriptive and one.kind != "opening"]
        named = bool(exchange.short) and exchange.short.lower() not in ("yes", "no") and bool(mentions(exchange.short))
        if named and (last.wanted == "person" if person else last.wanted in ("place", "thing", "choice")):
            return exchange.short
        if names:
            return max(names, key=lambda name: (" " in name, -names.index(name)))
        if named:
            return exchange.short
    return ""


def _replaced(question: str, match: re.Match[str], subject: str) -> str:
    word = match.group().lower()
    owning = word in _OWNING or (word == "her" and not _OBJECT_AFTER.match(question, match.end()))
    name = f"{subject}'s" if owning else f"in {subject}" if word == "there" else subject
    return question[: match.start()] + name + question[match.end() :]


def _tied(question: str, subject: str) -> str:
    """A bare noun phrase with the subject in brackets behind it, where the question names nothing itself."""
    match = _BARE.search(question)
    if not subject or match is None or any(one.kind != "opening" for one in mentions(question)):
        return question
    words = phrase(question[match.end() :])
    end = match.end() + len(" ".join(words))
    if not words or question[match.end() : end].lower() != " ".join(words):
        return question
    return f"{question[:end]} ({subject}){question[end:]}"


def _turned(question: str, last: Exchange) -> str:
    """ "And Neptune?" as the last question with its name replaced; empty where that is not what is asked."""
    match = _TURN.match(question)
    rest = question[match.end() :].strip(" ?.!") if match else ""
    names = [one for one in asked(last.question).names if not one.descriptive and one.kind != "opening"]
    if not rest or not names or len(terms(rest)) > 4 or not mentions(rest):
        return ""
    old = max(names, key=lambda one: (" " in one.text, -one.start))
    return last.question[: old.start] + rest + last.question[old.end :]


def _relative(question: str, match: re.Match[str]) -> bool:
    """Whether "that" or "this" points at the noun behind it or joins a clause."""
    word, before = match.group().lower(), question[: match.start()].split()
    if word == "there":
        after = re.match(r"\s+(?:is|was|are|were|any|an?)\b", question[match.end() :]) is not None
        return after or bool(before and before[-1].lower() in ("is", "was", "are", "were"))
    return word in ("that", "this") and (bool(before) or bool(phrase(question[match.end() :])))


def _names_before(question: str, place: int) -> bool:
    """Whether the question itself names somebody before the pronoun."""
    return any(one.end <= place and one.kind != "opening" and not one.descriptive for one in mentions(question))

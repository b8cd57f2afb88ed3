"""What a question asks to be done, and by whom: its verb, the part of what is asked for, and the part of the name beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.extraction.decompose import main
from agent.extraction.deeds import Part, before_noun
from agent.extraction.kin import families
from agent.extraction.mentions import Mention
from agent.extraction.question import Asked, phrase
from agent.extraction.terms import Term, terms

_OPENING = re.compile(r"(?:.*[.!?:;]\s+)?\s*(?:(?:in|on|at|of|to|by|for|from|under|with|during)\s+)?", re.IGNORECASE | re.DOTALL)
_HELPS = re.compile(r"[^,;]*?\b(?:(did|does|do)|is|are|was|were|has|have|had|can|could|will|would)\b", re.IGNORECASE)
_BESIDE = re.compile(r"\s+(?:(?!(?:of|in|on|at|for|from|to|by|with|about)\s)[a-z]+\s+){0,2}")
_SPAN = re.compile(r"\s*(?:the\s+)?", re.IGNORECASE)
_STOP = re.compile(r"[,;:.?!]")
_HANGING = re.compile(r"\b(?:with|for|of|in|by|to|as|from|on|at|about)\s*[?.]?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Predicate:
    """The stem of a question's verb; the part that is asked for (None where a time, place or amount is); and the name that takes
    the part `part`, where one stands bare beside the verb."""

    stem: str
    asked: Part | None
    name: Mention | None = None
    part: Part = "patient"


def predicate(question: Asked) -> Predicate | None:
    """The verb that a question opens with, or the word that leads up to asking words which stand later; None where neither is.

    >>> predicate(asked("Who discovered Neptune?"))
    Predicate(stem='discov', asked='agent', name=Mention(text='Neptune', start=15, end=22, kind='name'), part='patient')
    """
    text, (start, end) = question.text, question.place
    if (start, end) == (0, 0):
        return None
    if not _OPENING.fullmatch(text[:start]):
        return _led(question)
    told = " ".join(phrase(text[end:])) if _asking(question) in ("which", "what", "whose") else ""
    after = text.lower().find(told, end) + len(told) if told else end
    verbs = [term for term in _ties(question) if term.start >= after]
    helps = _HELPS.match(text, after, verbs[0].start if verbs else len(text))
    if helps and helps.group(1):
        return _done(question, helps)
    if not verbs or "," in text[after : verbs[0].start]:
        return None
    return _happened(question, verbs[-1], helps) if helps else _does(question, verbs[0], after)


def _asking(question: Asked) -> str:
    start, end = question.place
    return question.text[start:end].split()[0].lower()


def _tie(term: Term) -> bool:
    return bool(families(term.stem)) or (term.text.endswith("ed") and term.text.islower())


def _ties(question: Asked) -> list[Term]:
    """The words of the main clause that tie things together: verbs in the past, and words of a family."""
    return [question.terms[place] for place in sorted(main(question)) if _tie(question.terms[place])]


def _led(question: Asked) -> Predicate | None:
    """ "... has a second campus in which city": the last word before the asking words, in their clause."""
    before = terms(question.text[: question.place[0]])
    last = before[-1] if before else None
    if last is None or _STOP.search(question.text, last.end, question.place[0]):
        return None
    named = any(one.start <= last.start < one.end for one in question.names)
    return None if named else Predicate(last.stem, None)


def _does(question: Asked, verb: Term, after: int) -> Predicate | None:
    """ "Who discovered Neptune?": what is asked for does it."""
    if len(question.text[after : verb.start].split()) > 1 or question.wanted in ("date", "number"):
        return None
    name = next((one for one in _bare(question) if _BESIDE.fullmatch(question.text[verb.end : one.start])), None)
    return Predicate(verb.stem, "agent", name, "patient")


def _happened(question: Asked, verb: Term, helps: re.Match[str]) -> Predicate:
    """ "When was Neptune discovered?": it is done to the name."""
    return Predicate(verb.stem, None, _between(question, helps.end(), verb.start), "patient")


def _done(question: Asked, helps: re.Match[str]) -> Predicate | None:
    """ "Which moon did Huygens discover?": the name does it, to what is asked for unless that is a time, place or amount."""
    after = [term for term in question.terms if term.start >= helps.end() and _tie(term) and not term.text.endswith("ed")]
    inside = [term for term in after if term in _ties(question) and not before_noun(question.text, term.start)]
    verbs = inside or after
    if not verbs:
        return None
    what = question.wanted in ("person", "thing") and question.place[0] == 0 and not _HANGING.search(question.text)
    return Predicate(verbs[-1].stem, "patient" if what else None, _between(question, helps.end(), verbs[-1].start), "agent")


def _bare(question: Asked) -> list[Mention]:
    """The names that own nothing ("Rubin's work" is not asked of Rubin) and are no mere adjectives."""
    return [one for one in question.names if not one.descriptive and not question.text.startswith(("'", "’"), one.end)]


def _between(question: Asked, start: int, end: int) -> Mention | None:
    """The name that fills the place between the helping verb and the verb."""
    text = question.text
    found = (one for one in _bare(question) if one.end <= end and _SPAN.fullmatch(text[start : one.start]))
    return next((one for one in found if len(text[one.end : end].split()) <= 1), None)

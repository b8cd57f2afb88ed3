"""What a question asks to be done, and by whom: its verb, the part of what is asked for, and the part of the name beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.extraction.decompose import main
from agent.extraction.deeds import Part
from agent.extraction.kin import families
from agent.extraction.mentions import Mention
from agent.extraction.question import Asked, phrase
from agent.extraction.terms import Term

_OPENING = re.compile(r"(?:.*[.!?:;]\s+)?(?:(?:in|on|at|of|to|by|for|from|under|with)\s+)?", re.IGNORECASE | re.DOTALL)
_HELPS = re.compile(r"\s*(?:(did|does|do)|(is|are|was|were|has|have|had|can|could|will|would))\b", re.IGNORECASE)
_BESIDE = re.compile(r"\s+(?:(?!(?:of|in|on|at|for|from|to|by|with|about)\s)[a-z]+\s+){0,2}")
_SPAN = re.compile(r"\s*(?:the\s+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Predicate:
    """The stem of a question's verb; the part that is asked for (None where a time, place or amount is); and the name that takes
    the part `part`, where one stands bare beside the verb."""

    stem: str
    asked: Part | None
    name: Mention | None = None
    part: Part = "patient"


def predicate(question: Asked) -> Predicate | None:
    """The verb that a question opens with, or None where it opens otherwise or its verb ties nothing together.

    >>> predicate(asked("Who discovered Neptune?"))
    Predicate(stem='discov', asked='agent', name=Mention(text='Neptune', start=15, end=22, kind='name'), part='patient')
    """
    text, (start, end) = question.text, question.place
    if (start, end) == (0, 0) or not _OPENING.fullmatch(text[:start]):
        return None
    told = "" if _asking(question) in ("who", "whom", "when", "where", "how") else " ".join(phrase(text[end:]))
    after = text.lower().find(told, end) + len(told) if told else end
    verbs = [term for term in _ties(question) if term.start >= after and "," not in text[after : term.start]]
    helps = _HELPS.match(text, after)
    if not verbs:
        return None
    if helps is None:
        return _does(question, verbs[0], after)
    return _helped(question, verbs[-1], helps)


def _asking(question: Asked) -> str:
    start, end = question.place
    return question.text[start:end].split()[0].lower()


def _ties(question: Asked) -> list[Term]:
    """The words of the main clause that tie things together: verbs in the past, and words of a family."""
    inside = [question.terms[place] for place in sorted(main(question))]
    return [term for term in inside if families(term.stem) or (term.text.endswith("ed") and term.text.islower())]


def _does(question: Asked, verb: Term, after: int) -> Predicate | None:
    """ "Who discovered Neptune?": what is asked for does it."""
    if len(question.text[after : verb.start].split()) > 1 or question.wanted in ("date", "number"):
        return None
    name = next((one for one in question.names if _BESIDE.fullmatch(question.text[verb.end : one.start])), None)
    owner = name is not None and question.text[name.end :].startswith(("'", "’"))
    return Predicate(verb.stem, "agent", None if owner else name, "patient")


def _helped(question: Asked, verb: Term, helps: re.Match[str]) -> Predicate:
    """ "When was Neptune discovered?", "Which moon did Huygens discover?"."""
    text, does = question.text, helps.group(1) is not None
    name = next(
        (one for one in question.names if one.end <= verb.start and _SPAN.fullmatch(text[helps.end() : one.start])),
        None,
    )
    beside = name is not None and len(text[name.end : verb.start].split()) <= 1 and not text[name.end :].startswith(("'", "’"))
    bare = text[: question.place[0]].strip().endswith((".", "!", "?", ":", ";")) or not text[: question.place[0]].strip()
    what = does and bare and question.wanted in ("person", "thing", "place") and _asking(question) not in ("where", "when", "how")
    return Predicate(verb.stem, "patient" if what else None, name if beside else None, "agent" if does else "patient")

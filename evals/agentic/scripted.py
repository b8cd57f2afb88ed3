"""A scripted agent, for showing the protocol without a model: it writes quoted web queries, and turns them into questions.

Nothing here is a language model. Both follow fixed rules and look at nothing but the question that is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from agent.extraction.mentions import mentions
from agent.state import Search
from evals.datasets import Question
from evals.replaying.issued import Asked, Issued
from retrievers.base import Message, Query, Reply
from retrievers.keyword import Keywords
from retrievers.operators import Operators

SITE = "site:en.wikipedia.org"
_PROMPT = re.compile(r"(?:Notes: (?P<notes>.*)\n)?Query: (?P<query>[^\n]*)", re.DOTALL)
_ASKED = re.compile(r"(?:[^.!?:\n]|\.(?=\S))+\?")


def issue(question: Question, k: int = 5) -> Issued:
    """What the scripted agent searches for a question: quoted names and bare keywords with the operators of web search.

    One search quotes the first name, one the next two with OR between them, the last has the keywords alone. Its reasoning
    restates the question, as that of models often does: a rewriter that reads it is told what is asked.

    >>> issue(Question("q", "In which town were Kepler's Tables printed?")).queries[0].query
    '"Kepler" town Tables printed site:en.wikipedia.org'
    """
    return Issued(question, tuple(Asked(Search(text, _reason(question)), k) for text in web(question.text)))


def web(text: str) -> list[str]:
    """The web queries for a question, each once: three at most."""
    names = _names(text)
    words = Keywords()(Query(text.rstrip("?")))[0].replace('"', "").split()
    quoted = [_query(part, words) for part in (names[:1], names[1:3]) if part]
    return list(dict.fromkeys([*quoted, " ".join([*words, f"-{SITE}"])]))


@dataclass(frozen=True)
class TemplateChat:
    """A `Chat` that plays the model of `Q2Q` by rule, so that everything around it is real: prompt, parsing, checks, retry.

    With notes, their first sentence that asks something is the question; else the query's words behind "what is known about".

    >>> Rewrite(Q2Q(TemplateChat())) >> dense
    """

    def chat(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, cause: Query) -> Reply:
        """The question as JSON."""
        told = _PROMPT.match(str(messages[-1]["content"]))
        notes, query = (told["notes"] or "", told["query"]) if told else ("", cause.text)
        return Reply(json.dumps({"question": _question(notes, query)}))


def _question(notes: str, query: str) -> str:
    asked = _ASKED.search(notes)
    (plain,) = Operators(phrases=False)(Query(query))
    return asked[0].strip() if asked else f"what is known about {plain.lower()}?"


def _query(names: Sequence[str], words: Sequence[str]) -> str:
    quoted = " OR ".join(f'"{name}"' for name in names)
    within = {word for name in names for word in name.split()}
    rest = [word for word in words if word not in within and word.removesuffix("'s") not in within]
    return " ".join([quoted, *rest, SITE])


def _names(text: str) -> list[str]:
    """The names of a question, none within another, each once."""
    found = sorted(mentions(text), key=lambda one: (one.start, -one.end))
    kept = found[:1] + [one for before, one in pairwise(found) if one.end > before.end]
    return list(dict.fromkeys(one.text for one in kept))


def _reason(question: Question) -> str:
    return f"I have to find out: {question.text}"

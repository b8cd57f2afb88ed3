"""A question into sub-questions: one for each side of a comparison, and one for each description that hides a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.mentions import key, within
from agent.question import Asked
from agent.terms import terms

_RELATIVE = re.compile(r"\b(?:who|that|which|whose|where)\b", re.IGNORECASE)
_STOP = re.compile(r"[,;:?!]|\.(?:\s|\Z)")
_LEAST = 3
_OWN_WORDS = 6


def decompose(question: Asked) -> tuple[str, ...]:
    """The sub-questions, as texts to search; empty where the question is one.

    Comparisons give "name, what is asked of it" twice; relative clauses of three content words and more give the noun before them
    and what is said of it.

    >>> decompose(asked("Which has the larger lens, Lick Observatory or Yerkes Observatory?"))
    ('Lick Observatory larger lens', 'Yerkes Observatory larger lens')
    """
    if question.choices:
        return tuple(f"{name} {' '.join(_shared(question))}".strip() for name in question.choices)
    return tuple(_clauses(question))


def _shared(question: Asked) -> list[str]:
    """What is asked of both sides: the content words outside the names, six at most."""
    named = " ".join(key(name) for name in question.choices)
    return [term.text for term in question.terms if term.stem not in question.named and not within(key(term.text), named)][
        :_OWN_WORDS
    ]


def _clauses(question: Asked) -> Iterator[str]:
    """Noun and relative clause, the innermost (last) first."""
    text = question.text
    starts = [match for match in _RELATIVE.finditer(text) if match.start() > question.place[0]]
    ends = [*(match.start() for match in starts), len(text)][1:]
    for match, end in reversed(list(zip(starts, ends, strict=False))):
        stop = _STOP.search(text, match.end(), end)
        clause = text[match.end() : stop.start() if stop else end].strip()
        head = text[question.place[1] : match.start()].split()[-2:]
        if len(terms(clause)) >= _LEAST:
            yield " ".join([*head, clause])

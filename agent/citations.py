"""Whether what an answer says was shown in this run: every claim against the spans that it cites.

Checked word by word, without a model: that a span was shown and its quote stands there, and that the claim's numbers, dates,
names and negations do. Not checked, and not promised: that the span entails the claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from agent.claims.brackets import parse
from agent.claims.conflicts import differ, find_conflicts
from agent.claims.facts import Facts
from agent.claims.namebook import Namebook
from agent.claims.spans import cite, holds, locate, narrow, sentences, why_not
from agent.claims.support import Support
from agent.claims.words import words
from agent.state import Answer, Citation, Claim, Conflict, Evidence

__all__ = ["NOT_FOUND", "check", "cite", "find_conflicts", "locate", "narrow", "parse", "sentences", "verify", "why_not_short"]

NOT_FOUND = "not found in this corpus"
MOST = 2000
_VERDICTS = frozenset({"yes", "no", "both", "neither"})


def verify(answer: Answer, shown: Sequence[Evidence]) -> Answer:
    """The answer as it may be given: each claim marked, what does not hold left out.

    `short`, `entities` and `conflicts` keep what the supported claims bear out. An answer of which no claim is supported says
    "not found in this corpus" and nothing else; what was tried is in the draft. Two supported claims of a conflict that give
    different values from different documents make its kind `conflict`.

    >>> verify(Answer("found", "1610", claims=(claim,)), shown).claims[0].supported
    True
    """
    desk = _Desk(tuple(shown))
    claims = desk.checked(answer.claims)
    conflicts = tuple(kept for conflict in answer.conflicts if (kept := desk.conflict(conflict)) is not None)
    supported = [claim for claim in (*claims, *(claim for one in conflicts for claim in one.claims)) if claim.supported]
    if answer.kind == "not_found" or not supported:
        return Answer("not_found", text=NOT_FOUND, confidence=answer.confidence)
    short = "" if desk.lacks_short(answer.short, supported) else answer.short
    entities = tuple(entity for entity in answer.entities if not desk.lacks_name(entity, supported))
    kind = "conflict" if conflicts else "found"
    return replace(answer, kind=kind, short=short, claims=claims, entities=entities, conflicts=conflicts)


def check(claims: Sequence[Claim], shown: Sequence[Evidence]) -> tuple[Claim, ...]:
    """The claims marked: `supported`, the citations that hold, and the reason in words where something does not.

    >>> check([Claim("Galileo saw five moons.", (citation,))], shown)[0].reason
    'not in the cited text or its title: the number five'
    """
    return _Desk(tuple(shown)).checked(claims)


def why_not_short(answer: Answer, shown: Sequence[Evidence]) -> str:
    """Why `verify` leaves out the short answer, in words; empty where it stands."""
    desk = _Desk(tuple(shown))
    supported = [claim for claim in desk.checked(answer.claims) if claim.supported]
    lacks = desk.lacks_short(answer.short, supported)
    return f"not in what the supported claims cite: {', '.join(lacks)}" if lacks else ""


@dataclass(frozen=True)
class _Desk:
    """All that was shown in a run, as what claims are checked against."""

    shown: tuple[Evidence, ...]
    told: dict[str, Facts] = field(default_factory=dict[str, Facts])

    def checked(self, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        return tuple(self._checked(claim) for claim in claims)

    def conflict(self, conflict: Conflict) -> Conflict | None:
        """The conflict with its supported claims; None where they are not two that differ, of different documents."""
        claims = tuple(claim for claim in self.checked(conflict.claims) if claim.supported)
        return replace(conflict, claims=claims) if differ(claims) else None

    def lacks_short(self, short: str, supported: Sequence[Claim]) -> tuple[str, ...]:
        """What of a short answer the supported claims do not bear out. A yes, no, both or neither stands where any claim does; a
        short answer without a fact stands where it shares a word with them."""
        first, _, rest = short.strip().partition(" ")
        body = rest.strip() if first.casefold().strip(" .,!") in _VERDICTS else short.strip()
        if not body:
            return ()
        if len(body) > MOST:
            return (f"its {len(body)} characters",)
        told = Facts(body)
        support = self._support([citation for claim in supported for citation in claim.citations])
        lacks = (*support.lacks(told, strict=True), *support.turns(told))
        said = frozenset(stem for claim in supported for stem in self._facts(claim.text).stems) | support.stems
        empty = not told.stems or told.dates or told.numbers or told.names
        return lacks or (() if empty or told.stems & said else (f"the words {body!r}",))

    def lacks_name(self, entity: str, supported: Sequence[Claim]) -> bool:
        """Whether a word of an entity does not stand in what the supported claims cite."""
        support = self._support([citation for claim in supported for citation in claim.citations])
        return not entity.strip() or len(entity) > MOST or not support.holds(Facts(entity))

    def _checked(self, claim: Claim) -> Claim:
        holding = tuple(citation for citation in claim.citations if holds(citation, self.shown))
        left_out = [why_not(citation, self.shown) for citation in claim.citations if citation not in holding]
        if not holding:
            return replace(claim, citations=(), supported=False, reason="; ".join(left_out) or claim.reason or "it cites nothing")
        missing = self._missing(claim.text, holding)
        return replace(claim, citations=holding, supported=not missing, reason="; ".join([*missing, *left_out]))

    def _missing(self, text: str, holding: Sequence[Citation]) -> list[str]:
        """In words, why these spans do not bear out a text."""
        if len(text) > MOST:
            return [f"its {len(text)} characters are more than one claim"]
        support, told = self._support(holding), self._facts(text)
        lacks = support.lacks(told)
        missing = [f"not in the cited text or its title: {', '.join(lacks)}"] if lacks else []
        missing += support.turns(told)
        return missing + ([] if support.concerns(told) else ["hardly a word of it stands in the cited text or its title"])

    def _support(self, citations: Sequence[Citation]) -> Support:
        spans = dict.fromkeys(citation.quote for citation in citations)
        documents = {citation.document for citation in citations}
        titles = dict.fromkeys(one.title for one in self.shown if one.document in documents and one.title)
        return Support(tuple(self._facts(text) for text in (*spans, *titles)), self._book)

    def _facts(self, text: str) -> Facts:
        return self.told.setdefault(text, Facts(text)) if text not in self.told else self.told[text]

    @cached_property
    def _book(self) -> Namebook:
        return Namebook(tuple(words(f"{one.title}\n{one.text}") for one in self.shown))

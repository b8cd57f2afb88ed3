"""Words that say the reverse: a claim that something falls, where its evidence says that it rises."""

from __future__ import annotations

from collections.abc import Sequence

from agent.cues import Side
from agent.negation import best, shared
from agent.words import Word

_PAIRS = (
    ("increas rais elev enhanc boost rise rose augment grew grow", "decreas reduc diminish attenu declin lower fell shrank"),
    ("improv", "worsen aggrav"),
    ("upregul", "downregul"),
)
_UP = frozenset(stem for up, _ in _PAIRS for stem in up.split())
_DOWN = frozenset(stem for _, down in _PAIRS for stem in down.split())
_SAME = {stem: up.split()[0] for up, down in _PAIRS for stem in (*up.split(), *down.split())}
_LEAST = 3


def reversals(claim: Sequence[Word], evidence: Sequence[Word]) -> list[tuple[str, str]]:
    """Each rise of the claim that is a fall in the evidence, and the reverse, where both stand in the same company, with its
    counterpart.

    >>> reversals(words("The drug increases the risk of bleeding"), words("The drug reduced the risk of bleeding"))
    [('increases', 'reduced')]
    """
    ours, theirs = Side(claim, same=_SAME), Side(evidence, same=_SAME)
    made: list[tuple[str, str]] = []
    for place, word in enumerate(claim):
        if word.stem not in _SAME or ours.negated(place):
            continue
        places = [other for other in best(ours, place, theirs) if shared(ours, place, theirs, other) >= _LEAST]
        if places and all((evidence[other].stem in _UP) != (word.stem in _UP) and not theirs.negated(other) for other in places):
            made.append((word.text, evidence[min(places)].text))
    return made

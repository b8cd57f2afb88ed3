"""Words that say the reverse: a claim that something falls, where its evidence says that it rises."""

from __future__ import annotations

from collections.abc import Sequence

from agent.claims.cues import Side
from agent.claims.negation import shared
from agent.claims.words import Word

_PAIRS = (
    ("increas rais elev enhanc boost rise rose augment grew grow", "decreas reduc diminish attenu declin lower fell shrank"),
    ("improv", "worsen aggrav"),
    ("upregul", "downregul"),
)
_UP = frozenset(stem for up, _ in _PAIRS for stem in up.split())
_DOWN = frozenset(stem for _, down in _PAIRS for stem in down.split())
_SAME = {stem: up.split()[0] for up, down in _PAIRS for stem in (*up.split(), *down.split())}
_LEAST = 3
_MORE = 2


def reversals(claim: Sequence[Word], evidence: Sequence[Word]) -> list[tuple[str, str]]:
    """Each rise of the claim that is a fall in the evidence, and the reverse, where both stand in the same company, with its
    counterpart.

    >>> reversals(words("The drug increases the risk of bleeding"), words("The drug reduced the risk of bleeding"))
    [('increases', 'reduced')]
    """
    ours, theirs = Side(claim, same=_SAME), Side(evidence, same=_SAME)
    places = [place for place, word in enumerate(claim) if word.stem in _SAME and not ours.negated(place)]
    found = [(claim[place].text, other) for place in places if (other := _reverse(ours, place, theirs)) is not None]
    return [(text, evidence[other].text) for text, other in found]


def _reverse(ours: Side, place: int, theirs: Side) -> int | None:
    """Where the evidence says the reverse of a word in company that is closer by far than that of the same said there."""
    up = ours.words[place].stem in _UP
    scores = [(shared(ours, place, theirs, other), other) for other in theirs.places.get(ours.stems[place], ())]
    same = max((score for score, other in scores if (theirs.words[other].stem in _UP) is up or theirs.negated(other)), default=0)
    score, other = max((one for one in scores if (theirs.words[one[1]].stem in _UP) is not up), default=(0, 0))
    return other if score >= max(_LEAST, same + _MORE) and not theirs.negated(other) else None

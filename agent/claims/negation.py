"""Whether a claim and its evidence say no to the same things.

A claim may say no only where its evidence does, and may not leave out a no that its evidence says of the same words. Words are
matched by the company they keep, so that a negation in another clause of the evidence counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from agent.claims.cues import REACH, SOFT, Cue, Side
from agent.claims.words import Word

_APART = frozenset({"and", "or", "nor", "but"})


def clashes(claim: Sequence[Word], evidence: Sequence[Word]) -> tuple[list[str], list[str]]:
    """(the claim's words that say no where its evidence does not, those of the evidence that the claim leaves out).

    >>> clashes(words("X did not inhibit Y"), words("X inhibited Y"))
    (['not'], [])
    """
    ours = Side(claim, frozenset(word.stem for word in evidence))
    theirs = Side(evidence, frozenset(word.stem for word in claim))
    matched = {cue: _matches(ours, cue, theirs) for cue in ours.cues}
    free = [cue for cue in theirs.cues if not any(cue in found for found in matched.values())]
    added = [cue for cue, found in matched.items() if not found and not _spare(ours, cue, theirs, free)]
    added += [b for a, b in pairwise(ours.cues) if matched[a] == matched[b] and len(matched[a]) == 1 and _doubled(claim, a, b)]
    left_out = [cue for cue in free if _dropped(ours, theirs, cue)]
    return [claim[cue.place].text for cue in added], [evidence[cue.place].text for cue in left_out]


def _matches(ours: Side, cue: Cue, theirs: Side) -> tuple[Cue, ...]:
    """The cues with which the evidence says no to the same word first, or else the nearest that reaches it."""
    _, places = _counterpart(ours, cue.heads, theirs)
    first = [ours.stems[head] for head in cue.heads[:1]]
    same = tuple(other for other in theirs.cues if first and [theirs.stems[head] for head in other.heads[:1]] == first)
    if same:
        return same
    reaching = [other for other in theirs.cues if places & other.reach]
    return tuple(sorted(reaching, key=lambda other: min(abs(other.place - place) for place in places))[:1])


def _doubled(claim: Sequence[Word], first: Cue, second: Cue) -> bool:
    """Whether a second no takes back the first: none was not seen."""
    between = claim[first.place + 1 : second.place + 1]
    return len(between) <= REACH + 3 and not any(word.folded in _APART or SOFT.search(word.gap) for word in between)


def _spare(ours: Side, cue: Cue, theirs: Side, free: list[Cue]) -> bool:
    """Whether another no of the evidence may be meant: in other words, so not where the claim's words around it stand there as
    they are."""
    head, places = _counterpart(ours, cue.heads, theirs)
    if not free or (head is not None and any(_verbatim(ours, head, theirs, place) for place in places)):
        return False
    free.pop(0)
    return True


def _dropped(ours: Side, theirs: Side, cue: Cue) -> bool:
    """Whether the claim says without a no what this cue of the evidence negates: the first word that it negates, or a later one
    behind the same words where the first is said otherwise."""
    for head in cue.heads[:4]:
        said = ours.places.get(theirs.stems[head], ())
        before = set(theirs.near(head)[0][:3])
        for place in said:
            known = head == cue.heads[0] or before & set(ours.near(place)[0])
            if known and _affirmed(ours, place, theirs, cue) and _in_company(ours, place, theirs, head):
                return True
        if said and head == cue.heads[0]:
            return False
    return False


def _in_company(ours: Side, place: int, theirs: Side, other: int) -> bool:
    """Whether two places share any company, if only the word before."""
    before = ours.words[place - 1].folded == theirs.words[other - 1].folded if place and other else False
    return before or shared(ours, place, theirs, other) > 0


def _affirmed(ours: Side, place: int, theirs: Side, cue: Cue) -> bool:
    """Whether a word of the claim stands for one that this cue negates, and fewer cues negate it."""
    places = best(ours, place, theirs)
    return places <= cue.reach and ours.negated(place) < min(map(theirs.negated, places))


def _counterpart(ours: Side, heads: Sequence[int], theirs: Side) -> tuple[int | None, frozenset[int]]:
    """The first of these words that the other text has, and the places there that stand in the most similar company."""
    for head in heads:
        places = best(ours, head, theirs)
        if places:
            return head, places
    return None, frozenset()


def best(ours: Side, place: int, theirs: Side) -> frozenset[int]:
    """The places of the other text that hold the same stem in the most similar company; none where it lacks the stem."""
    scores = {other: shared(ours, place, theirs, other) for other in theirs.places.get(ours.stems[place], ())}
    top = max(scores.values(), default=0)
    return frozenset(other for other, score in scores.items() if score == top)


def shared(ours: Side, place: int, theirs: Side, other: int) -> int:
    """How much company two places share: a stem counts two on the same side, three where it is next or next but one in both, and
    one on the other side."""
    (before, behind), (left, right) = ours.near(place), theirs.near(other)
    same = sum(2 * len({*a} & {*b}) + len({*a[:2]} & {*b[:2]}) for a, b in ((before, left), (behind, right)))
    return same + len({*before} & {*right} - {*left}) + len({*behind} & {*left} - {*right})


def _verbatim(ours: Side, place: int, theirs: Side, other: int) -> bool:
    """Whether a neighbour of this word is the same in both texts."""
    (before, behind), (left, right) = ours.near(place), theirs.near(other)
    return before[:1] == left[:1] or behind[:1] == right[:1]

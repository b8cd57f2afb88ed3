"""Sources that disagree: the same thing said with different numbers or dates."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations

from agent.claims import dates, negation
from agent.claims.facts import Facts
from agent.claims.words import listed
from agent.state import Claim, Conflict

_ALIKE = 0.6
_AMONG_FIRST = 4
_PRONOUNS = frozenset(listed("it he she they this these those we its his her their our"))


def find_conflicts(about: str, claims: Sequence[Claim]) -> tuple[Conflict, ...]:
    """The supported claims that say the same of the same names but for one number or date, from different documents.

    Precise rather than eager: both claims must begin with the same name, share 60 % of their other words (Jaccard, 1901), count
    or date with the same words, and differ in one value alone. Sources that disagree in other ways are not seen here.

    >>> find_conflicts("height", claims)[0].claims[1].text
    'Mount Everest is 8,850 metres high.'
    """
    told = [(claim, Facts(claim.text)) for claim in claims if claim.supported]
    found = [(a, b) for (a, left), (b, right) in combinations(told, 2) if _apart(a, b) and _disagree(left, right)]
    groups: list[list[Claim]] = []
    for a, b in found:
        group = next((one for one in groups if a in one or b in one), None)
        if group is None:
            groups.append([a, b])
        else:
            group += [claim for claim in (a, b) if claim not in group]
    return tuple(Conflict(about, tuple(group)) for group in groups)


def differ(claims: Sequence[Claim]) -> bool:
    """Whether two of the claims come from different documents and give different values: a number, date or name that the other
    does not give, on both sides, or a negation on one.

    >>> differ([Claim("It has four moons.", (a,)), Claim("It has five moons.", (b,))])
    True
    """
    return any(_apart(a, b) and _values(Facts(a.text), Facts(b.text)) for a, b in combinations(claims, 2))


def _apart(a: Claim, b: Claim) -> bool:
    """Whether the claims rest on different documents."""
    ours, theirs = ({citation.document for citation in claim.citations} for claim in (a, b))
    return bool(ours) and bool(theirs) and not ours & theirs


def _values(a: Facts, b: Facts) -> bool:
    """Whether either text gives a value that the other does not, or one denies what the other says."""
    for ours, theirs in ((_numbers(a), _numbers(b)), (_names(a), _names(b))):
        if ours - theirs and theirs - ours:
            return True
    return _dated_apart(a, b) or any(negation.clashes(a.found, b.found))


def _disagree(a: Facts, b: Facts) -> bool:
    return _same_subject(a, b) and _same_words(a, b) and _one_value(a, b) and (_dated_apart(a, b) or _counted_apart(a, b))


def _same_subject(a: Facts, b: Facts) -> bool:
    ours, theirs = _subject(a), _subject(b)
    return bool(ours) and ours == theirs and (_names(a) <= _names(b) or _names(b) <= _names(a))


def _subject(told: Facts) -> tuple[str, ...]:
    """The first name of a text and the number that belongs to it, where it stands among the first words; else nothing."""
    name = told.names[0] if told.names and told.names[0].first <= _AMONG_FIRST else None
    if name is None or (told.found and told.found[0].folded in _PRONOUNS):
        return ()
    own = [told.written(one) for one in told.numbers if one.first == name.last + 1]
    return (*(part.folded for part in name.parts), *own)


def _same_words(a: Facts, b: Facts) -> bool:
    ours, theirs = _other_words(a), _other_words(b)
    return bool(ours | theirs) and len(ours & theirs) >= _ALIKE * len(ours | theirs)


def _one_value(a: Facts, b: Facts) -> bool:
    """Whether each text gives at most one value that the other does not."""
    ours, theirs = _dates(a) | _numbers(a), _dates(b) | _numbers(b)
    return len(ours - theirs) <= 1 and len(theirs - ours) <= 1


def _dated_apart(a: Facts, b: Facts) -> bool:
    """Whether each text has dates and none of them can be one of the other's."""
    fits = any(not dates.unsupported(one, b.dates) for one in a.dates) or any(
        not dates.unsupported(one, a.dates) for one in b.dates
    )
    return bool(a.dates) and bool(b.dates) and not fits


def _counted_apart(a: Facts, b: Facts) -> bool:
    """Whether the texts count the same thing, each once, by numbers that the other does not have."""
    ours, theirs = _counts(a), _counts(b)
    shared = [noun for noun in ours if noun in theirs and len(ours[noun]) == len(theirs[noun]) == 1]
    return any(not ours[noun] & _numbers(b) and not theirs[noun] & _numbers(a) for noun in shared)


def _counts(told: Facts) -> dict[str, set[Hashable]]:
    table: dict[str, set[Hashable]] = {}
    for number in told.numbers:
        if not number.weak:
            table.setdefault("%" if number.percent else number.noun, set()).add(number.value)
    return table


def _numbers(told: Facts) -> set[Hashable]:
    return {number.value for number in told.numbers if not number.weak}


def _dates(told: Facts) -> set[Hashable]:
    return {(date.year, date.month, date.day) for date in told.dates}


def _names(told: Facts) -> set[str]:
    """The words of the names, but for a lone common-looking word that opens the text."""
    return {part.folded for name in told.names for part in name.parts if part.clear or len(name.parts) > 1}


def _other_words(told: Facts) -> frozenset[str]:
    """The words that say what is said: no name, number or date."""
    facts = (*told.names, *told.numbers, *told.dates)
    taken = {place for fact in facts for place in range(fact.first, fact.last + 1)}
    return frozenset(word.stem for place, word in enumerate(told.found) if word.content and place not in taken)

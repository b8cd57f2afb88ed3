"""Which words say much the same: one stem, one family of English words, or a long common beginning.

The families are general: words that tie a person, place, thing or time to another (born, wrote, discovered), and irregular verbs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import cast

_SHARED = 5
_FAMILIES = tuple(
    frozenset(group.split())
    for group in (
        "born birth birthplace native birthday",
        "died death die dead killed buried",
        "wife husband spouse married marriage wed",
        "son daughter child children",
        "wrote written write writer author authored novelist",
        "located based headquartered headquarters situated lies stands seat",
        "founded founder established established created creator formed formation started",
        "awarded award won win prize received recipient receiver winner",
        "built build builder constructed construction erected",
        "named called known titled nicknamed alias pseudonym",
        "starred starring stars stared actor actress role character played plays part cast",
        "singer sang sung sing vocalist song vocals",
        "taught teach teacher pupil student studied graduated alumnus educated",
        "king queen monarch ruler reigned reign crowned",
        "discovered discovery discoverer found detected identified",
        "sold sale sales selling sell",
        "published publication publisher publishes printed",
        "first earliest earlier",
        "country nation state",
        "height tall high",
        "length long",
        "age old older",
        "wide width diameter across",
        "drew drawn draw drawing",
        "led lead leader",
        "sent send",
        "gave given give",
        "took taken take",
        "saw seen see",
        "lost lose loss",
        "held hold",
        "bought buy",
        "fought fight",
        "flew flown fly flight",
        "grew grown grow",
        "knew known know",
        "spoke spoken speak speech",
        "chose chosen choose choice",
        "broke broken break",
        "began begun begin beginning",
        "came come",
        "went gone go",
        "made make maker",
        "paid pay salary wage",
        "weighed weigh weight",
        "stole stolen steal",
        "fell fallen fall",
        "met meet meeting",
        "left leave",
        "kept keep",
        "told tell",
        "swam swim",
        "rode ride",
        "thought think",
        "caught catch",
        "brought bring",
        "hit struck strike",
    )
)


def stemmed(folded: Iterable[str]) -> list[str]:
    """The English stems (Snowball) of folded words."""
    import Stemmer

    return cast("list[str]", Stemmer.Stemmer("english").stemWords(list(folded)))  # made anew: threads must not share one


@lru_cache(maxsize=1 << 16)
def kin(one: str, other: str) -> bool:
    """Whether two stems say much the same.

    >>> kin("discov", "discoveri"), kin("born", "birth"), kin("moon", "month")
    (True, True, False)
    """
    if one == other:
        return True
    if one[:1].isdigit() or other[:1].isdigit():
        return False
    if families(one) & families(other):
        return True
    shared = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return shared >= _SHARED and shared * 3 >= max(len(one), len(other)) * 2 - 2


def families(stem: str) -> frozenset[int]:
    """The families that a stem belongs to; a stem with one ties two things together."""
    return _table().get(stem, frozenset())


def covers(stem: str, among: Collection[str]) -> bool:
    """Whether a stem or one of its kin is `among` stems."""
    return stem in among or any(kin(stem, other) for other in among)


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[int]]:
    table: dict[str, set[int]] = {}
    for number, group in enumerate(_FAMILIES):
        for stem in stemmed(sorted(group)):
            table.setdefault(stem, set()).add(number)
    return {stem: frozenset(groups) for stem, groups in table.items()}

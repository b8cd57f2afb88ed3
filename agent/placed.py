"""Where a relevant passage stands in a search that is measured alone: an evaluation of retrieval shows nothing to anybody."""

from __future__ import annotations

from collections.abc import Sequence

from agent.desk import Desk
from agent.spec import Spec
from agent.why import Place, Sought, Why, absent, sought


def alone(desk: Desk) -> bool:
    """Whether the desk's run is an evaluation of retrieval alone."""
    return Spec.from_json(desk.ledger.run(desk.run).spec).alone


def placed(desk: Desk, passage: str) -> Why:
    """What became of a passage (an item's id, or a document's for its best item) in a question that a recipe was measured by.

    `found` among the first places that were measured, else `corpus_miss`, `retrieval_miss` or `rank_miss`. What lay below the
    logged depth is searched and scored again. Raises `FathomError` where the index is no longer the run's.

    >>> placed(desk, "31715818").place
    "in search 1 'rings': rank 12 of 1000 by BM25; below the 10 places that were measured"
    """
    tools = desk.tools
    ids = tools.items(passage)
    if not ids:
        return absent(passage)
    item = tools.index.item(ids[0], tools.user)
    names = (*ids, passage)
    searches = tuple(sought(desk, done, names, item.covers) for done in desk.searched())
    return next((found_or_lost(passage, item.document, one) for one in searches), _unasked(passage, item.document))


def relevant(desk: Desk) -> list[Why]:
    """The same for everything that the data set names as relevant, in its order."""
    gold = desk.row.gold
    return [placed(desk, id) for id in gold.relevant] if gold is not None else []


def found_or_lost(passage: str, document: str, one: Sought) -> Why:
    """What became of a passage in the one search that was measured: `found`, `rank_miss` or `retrieval_miss`."""
    tried = f"in search {one.number} {one.query!r}"
    came = [place for place in one.places if place.rank is not None]
    if not came:
        return Why(passage, document, "retrieval_miss", f"{tried}: " + "; ".join(map(str, one.places)), (one,))
    ranks, measured = f"{tried}: {', '.join(map(str, came))}", _measured(one.wanted)
    last = one.places[-1]
    if last.rank is None:
        return Why(passage, document, "rank_miss", f"{ranks}; then {_dropped(one.places)}", (one,))
    if last.rank > one.wanted > 0:
        return Why(passage, document, "rank_miss", f"{ranks}; below {measured}", (one,))
    return Why(passage, document, "found", f"{ranks}; within {measured}", (one,))


def _measured(wanted: int) -> str:
    return f"the {wanted} places that were measured" if wanted > 1 else "the one place that was measured"


def _dropped(places: Sequence[Place]) -> Place:
    """The stage after the last one that gave the passage."""
    after = max(at for at, place in enumerate(places) if place.rank is not None) + 1
    return places[after]


def _unasked(passage: str, document: str) -> Why:
    return Why(passage, document, "retrieval_miss", "the question was not searched: the evaluation ended before it")

"""Why a passage is here: the search that brought it, as it was issued and rewritten, and its place at every stage."""

from __future__ import annotations

from dataclasses import dataclass

from agent.ledger import Ledger
from agent.state import Evidence, Open, Search
from agent.why import Place
from retrievers.printable import one_line
from ui.parts.plain import plain


@dataclass(frozen=True)
class Trail:
    """How a passage came to be shown: in a sentence, and its places stage by stage."""

    how: str
    rewritten: str = ""
    places: tuple[Place, ...] = ()
    shown: str = ""


def trail(ledger: Ledger, run: str, number: int, item: str) -> Trail:
    """The way of a passage that was shown in a question, from the ledger alone.

    >>> trail(ledger, run, 1, "kepler.md#2").how
    'Search 1: “Who found the third law?”'
    """
    shown = next((one for one in ledger.shown(run, number) if one.item == item), None)
    if shown is None:
        return Trail("It was not shown in this question.")
    if shown.action == 0:
        return Trail("It was cited by the answer before in this conversation, and carried on.", shown=_shown(shown))
    done = next(one for one in ledger.done(run, number) if one.number == shown.action)
    stages = ledger.candidates(run, number, shown.action)
    places = tuple(_place(stage.ids, stage.scores, stage.details, item, stage.stage, stage.total) for stage in stages)
    match done.action:
        case Open():
            return Trail(f"Opened as what follows {done.action.item}", places=places, shown=_shown(shown))
        case Search():
            issued = done.action.text
            rewritten = done.rewritten if done.rewritten != issued else ""
            return Trail(f"Search {done.number}: “{issued}”", rewritten, places, _shown(shown))


def line(place: Place) -> str:
    """A stage's line: rank, score, and what the stage says of it.

    >>> line(Place("BM25", 3, 100, 7.25))
    'BM25: rank 3 of 100, score 7.25'
    """
    stage = one_line(place.stage)
    if place.rank is None and not place.of:
        return f"{stage}: gave nothing"
    if place.rank is None:
        return f"{stage}: not among the {place.of:,} that it gave"
    detail = f", {one_line(place.detail)}" if place.detail else ""
    return f"{stage}: rank {place.rank} of {place.of:,}, score {place.score:.4g}{detail}"


def draw(found: Trail) -> None:
    """The trail, a line each."""
    plain(one_line(found.how))
    if found.rewritten:
        plain(f"Rewritten: “{one_line(found.rewritten)}”")
    for place in found.places:
        plain(line(place))
    if found.shown:
        plain(found.shown)


def _place(ids: tuple[str, ...], scores: tuple[float, ...], details: tuple[str, ...], item: str, stage: str, total: int) -> Place:
    if item not in ids:
        return Place(stage, None, total)
    at = ids.index(item)
    return Place(stage, at + 1, total, scores[at], details[at])


def _shown(one: Evidence) -> str:
    cut = ", where it was cut" if one.cut else ""
    return f"Shown as passage {one.number}, {one.tokens:,} tokens of it{cut}."

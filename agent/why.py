"""Why a passage was used or not: how far it came through the stages of each search, and the one cause that this amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.desk import Desk
from agent.entries.packing import Candidates
from agent.state import Citation, Done, Evidence, Search
from retrievers.errors import FathomError

Cause = Literal["corpus_miss", "retrieval_miss", "rank_miss", "cut", "shown_unused", "unsupported", "cited", "found"]


@dataclass(frozen=True)
class Place:
    """Where a passage stood in one stage's output: its 1-based rank among `of`, or None where the stage did not give it."""

    stage: str
    rank: int | None
    of: int
    score: float | None = None
    detail: str = ""

    def __str__(self) -> str:
        return (
            f"not among the {self.of} of {self.stage}" if self.rank is None else f"rank {self.rank} of {self.of} by {self.stage}"
        )


@dataclass(frozen=True)
class Sought:
    """One search, and the passage's places in it, stage by stage; `wanted` is how many places were asked for (0: unsaid)."""

    number: int
    query: str
    places: tuple[Place, ...]
    wanted: int = 0


@dataclass(frozen=True)
class Why:
    """The cause and the place, in words, and the searches behind them."""

    passage: str
    document: str
    cause: Cause
    place: str
    searches: tuple[Sought, ...] = ()


def why(desk: Desk, passage: str) -> Why:
    """What became of a passage (an item's id, or a document's for its best item) in a question that was researched.

    What lay below the logged depth is searched and scored again. Raises `FathomError` where the index is no longer the run's.

    >>> why(desk, "h-9").cause
    'shown_unused'
    """
    ids = desk.tools.items(passage)
    if not ids:
        return Why(passage, "", "corpus_miss", f"{passage!r} is not in the index, or not for this user")
    document = desk.tools.index.item(ids[0], desk.tools.user).document
    searches = tuple(sought(desk, done, ids) for done in desk.searched())
    shown = [one for one in desk.evidence() if one.item in ids or (one.document == document and passage == document)]
    if shown:
        cause, place = _of_shown(shown, desk)
    else:
        cause, place = _of_unshown(searches)
    return Why(passage, document, cause, place, searches)


def whys(desk: Desk) -> list[Why]:
    """The same for everything that was shown, in the order in which it was."""
    return [why(desk, one.item) for one in desk.evidence()]


def sought(desk: Desk, done: Done, ids: Sequence[str], records: Sequence[str] = ()) -> Sought:
    """The passage's places in one search; where it may lie below what was logged, the search is made again and kept whole.

    `ids` are the passage's items, `records` what stands for it where a stage gives none of them: its documents.

    >>> sought(desk, desk.searched()[0], ["h-9#2"], ["h-9"]).places[-1].rank
    """
    names = {*ids, *records}
    action = done.action if isinstance(done.action, Search) else Search("")
    logged: Sequence[Candidates] = desk.ledger.candidates(desk.run, desk.number, done.number)
    if any(stage.total > len(stage) and names.isdisjoint(stage.ids) for stage in logged):
        logged = desk.tools.search(action, f"{desk.cause}/{done.number}", logged=None).stages
    places = tuple(_place(stage, ids if set(ids) & set(stage.ids) else records) for stage in logged)
    return Sought(done.number, action.text, places, action.show)


def _place(stage: Candidates, ids: Sequence[str]) -> Place:
    ranks = [(rank, id) for rank, id in enumerate(stage.ids, start=1) if id in ids]
    if not ranks:
        return Place(stage.stage, None, stage.total)
    rank, _ = ranks[0]
    return Place(stage.stage, rank, stage.total, stage.scores[rank - 1], stage.details[rank - 1] if stage.details else "")


def _of_shown(shown: Sequence[Evidence], desk: Desk) -> tuple[Cause, str]:
    where = ", ".join(f"[{one.number}]" for one in shown)
    if _cites(desk, shown, supported=True):
        return "cited", f"shown as {where} and cited"
    if _cites(desk, shown, supported=False):
        return "unsupported", f"shown as {where} and cited by a claim that it does not support"
    if all(one.cut for one in shown):
        return "cut", f"shown as {where} up to character {max(one.end for one in shown)}, where it was cut, and not cited"
    return "shown_unused", f"shown as {where} and not cited"


def _cites(desk: Desk, shown: Sequence[Evidence], *, supported: bool) -> bool:
    return any(_within(citation, one) for citation in _citations(desk, supported=supported) for one in shown)


def _citations(desk: Desk, *, supported: bool) -> list[Citation]:
    answer = desk.row.answer
    if answer is None:
        raise FathomError(f"run {desk.run} has no answer yet", "a question that was answered", f"fathom ask --resume {desk.run}")
    claims = [*answer.claims, *(claim for conflict in answer.conflicts for claim in conflict.claims)]
    return [citation for claim in claims if claim.supported == supported for citation in claim.citations]


def _within(citation: Citation, one: Evidence) -> bool:
    return citation.document == one.document and one.start <= citation.start and citation.end <= one.end


def _of_unshown(searches: Sequence[Sought]) -> tuple[Cause, str]:
    """The furthest that it came in any search: lost before the last stage, or last stage's rank too low to be shown."""
    if not searches:
        return "retrieval_miss", "nothing was searched"
    reached = max(searches, key=_progress)
    last, found = reached.places[-1:], [place for place in reached.places if place.rank is not None]
    tried = f"in search {reached.number} {reached.query!r}"
    if not found:
        return "retrieval_miss", f"{tried}: " + "; ".join(map(str, reached.places))
    if last and last[0].rank is not None:
        return "rank_miss", f"{tried}: {', '.join(map(str, found))}; what ranked above it took the places that were shown"
    dropped = next(place for place in reversed(reached.places) if place.rank is None)
    return "rank_miss", f"{tried}: {', '.join(map(str, found))}; then {dropped}"


def _progress(sought: Sought) -> tuple[int, float]:
    """How many stages gave it, and how high the last one placed it."""
    ranks = [place.rank for place in sought.places]
    got = [rank for rank in ranks if rank is not None]
    return len(got), -float(got[-1]) if got else 0.0

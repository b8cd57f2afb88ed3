"""Why a passage was used or not: how far it came through the stages of each search, and the one cause that this amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.desk import Desk
from agent.entries.packing import Candidates
from agent.state import Answer, Citation, Done, Effort, Evidence, Search
from retrievers.errors import FathomError

Cause = Literal["corpus_miss", "retrieval_miss", "rank_miss", "cut", "shown_unused", "unsupported", "cited", "found"]
LeftOut = Literal["", "spent", "told"]


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
    """One search, and the passage's places in it, stage by stage; `wanted` is how many places were asked for (0: unsaid).

    `left_out` is why a passage was not shown that ranked among those that were to be: the effort's passages were `spent`, or it
    was `told`, saying nothing that the passages shown did not say.
    """

    number: int
    query: str
    places: tuple[Place, ...]
    wanted: int = 0
    left_out: LeftOut = ""


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
        return absent(passage)
    document = desk.tools.index.item(ids[0], desk.tools.user).document
    everything = desk.evidence()
    searches = tuple(sought(desk, done, ids, shown=everything) for done in desk.searched())
    shown = naming(passage, ids, everything)
    cause, place = used(shown, _answer(desk), desk.row.draft) if shown else lost(searches)
    return Why(passage, document, cause, place, searches)


def absent(passage: str) -> Why:
    """What is said of an id that the index does not hold for this user."""
    return Why(passage, "", "corpus_miss", f"{passage!r} is not in the index, or not for this user")


def whys(desk: Desk) -> list[Why]:
    """The same for everything that was shown, in the order in which it was."""
    return [why(desk, one.item) for one in desk.evidence()]


def naming(passage: str, ids: Sequence[str], shown: Sequence[Evidence]) -> list[Evidence]:
    """What of the evidence is the passage, one of its items, or of the document that it names."""
    return [one for one in shown if one.item in ids or one.document == passage]


def sought(
    desk: Desk, done: Done, ids: Sequence[str], records: Sequence[str] = (), shown: Sequence[Evidence] | None = None
) -> Sought:
    """The passage's places in one search; where it may lie below what was logged, the search is made again and kept whole.

    `ids` are the passage's items, `records` what stands for it where a stage gives none of them: its documents. With what was
    `shown` it is told why it was left out.

    >>> sought(desk, desk.searched()[0], ["h-9#2"], ["h-9"]).places[-1].rank
    """
    logged: Sequence[Candidates] = desk.ledger.candidates(desk.run, desk.number, done.number)
    if any(hides(stage, [*ids, *records]) for stage in logged):
        logged = again(desk, done)
    one = placing(done, logged, ids, records)
    return one if shown is None else weighed(one, done, logged, shown, desk.effort)


def hides(stage: Candidates, names: Sequence[str]) -> bool:
    """Whether a stage may have given one of these below the places that were logged."""
    return stage.total > len(stage) and set(names).isdisjoint(stage.ids)


def again(desk: Desk, done: Done) -> Sequence[Candidates]:
    """All that every stage gives for a search that is made again."""
    action = done.action if isinstance(done.action, Search) else Search("")
    return desk.tools.search(action, f"{desk.cause}/{done.number}", logged=None).stages


def placing(done: Done, stages: Sequence[Candidates], ids: Sequence[str], records: Sequence[str] = ()) -> Sought:
    """The passage's places in what the stages of a search gave; `ids` and `records` as in `sought`."""
    action = done.action if isinstance(done.action, Search) else Search("")
    places = tuple(_place(stage, ids if set(ids) & set(stage.ids) else records) for stage in stages)
    return Sought(done.number, action.text, places, action.show)


def weighed(one: Sought, done: Done, stages: Sequence[Candidates], shown: Sequence[Evidence], effort: Effort) -> Sought:
    """The same with why a passage was left out that the places which its search was to show would have reached.

    A search shows what is new, best first, until it has shown as many as it was to show or the effort's passages are spent.
    """
    rank = one.places[-1].rank if one.places else None
    before = [evidence for evidence in shown if evidence.action <= done.number]
    free = (one.wanted or effort.per_search) - len(done.shown)
    if rank is None or free <= 0:
        return one
    known = {evidence.item for evidence in before}
    if sum(id not in known for id in stages[-1].ids[: rank - 1]) >= free:
        return one
    return replace(one, left_out="spent" if len(before) >= effort.shown else "told")


def _place(stage: Candidates, ids: Sequence[str]) -> Place:
    ranks = [(rank, id) for rank, id in enumerate(stage.ids, start=1) if id in ids]
    if not ranks:
        return Place(stage.stage, None, stage.total)
    rank, _ = ranks[0]
    return Place(stage.stage, rank, stage.total, stage.scores[rank - 1], stage.details[rank - 1] if stage.details else "")


def used(shown: Sequence[Evidence], answer: Answer, draft: Answer | None = None) -> tuple[Cause, str]:
    """What an answer made of a passage that was shown; the `draft` tells what it cited before its claims were checked."""
    where = ", ".join(f"[{one.number}]" for one in shown)
    if _cites(_citations(answer, supported=True), shown):
        return "cited", f"shown as {where} and cited"
    drafted = _citations(draft, supported=None) if draft is not None and draft.kind != "not_found" else []
    if _cites([*_citations(answer, supported=False), *drafted], shown):
        return "unsupported", f"shown as {where} and cited by a claim that it does not support"
    if all(one.cut for one in shown):
        return "cut", f"shown as {where} up to character {max(one.end for one in shown)}, where it was cut, and not cited"
    return "shown_unused", f"shown as {where} and not cited"


def _answer(desk: Desk) -> Answer:
    answer = desk.row.answer
    if answer is None:
        raise FathomError(f"run {desk.run} has no answer yet", "a question that was answered", f"fathom ask --resume {desk.run}")
    return answer


def _cites(citations: Sequence[Citation], shown: Sequence[Evidence]) -> bool:
    return any(_within(citation, one) for citation in citations for one in shown)


def _citations(answer: Answer, *, supported: bool | None) -> list[Citation]:
    """The citations of the claims that are supported, or are not, or of all (None)."""
    claims = [*answer.claims, *(claim for conflict in answer.conflicts for claim in conflict.claims)]
    return [citation for claim in claims if supported in (None, claim.supported) for citation in claim.citations]


def _within(citation: Citation, one: Evidence) -> bool:
    return citation.document == one.document and one.start <= citation.start and citation.end <= one.end


def lost(searches: Sequence[Sought]) -> tuple[Cause, str]:
    """Where a passage was lost that was not shown, by the search that brought it furthest.

    No stage gave it; or one did and the last did not, or ranked it too low to be shown; or it was left out of what was to be
    shown: cut off by the effort, or as good as shown.
    """
    if not searches:
        return "retrieval_miss", "nothing was searched"
    reached = max(searches, key=_progress)
    last, found = reached.places[-1:], [place for place in reached.places if place.rank is not None]
    tried = f"in search {reached.number} {reached.query!r}"
    if not found:
        return "retrieval_miss", f"{tried}: " + "; ".join(map(str, reached.places))
    ranks = f"{tried}: {', '.join(map(str, found))}"
    if reached.left_out == "spent":
        return "cut", f"{ranks}; among the places that were to be shown, when the effort's passages were spent"
    if reached.left_out == "told":
        return "shown_unused", f"{ranks}; left out because it says nothing that the passages shown did not say"
    if last and last[0].rank is not None:
        return "rank_miss", f"{ranks}; what ranked above it took the places that were shown"
    dropped = next(place for place in reversed(reached.places) if place.rank is None)
    return "rank_miss", f"{ranks}; then {dropped}"


def _progress(sought: Sought) -> tuple[bool, int, float]:
    """Whether it reached the places to be shown, how many stages gave it, and how high the last one placed it."""
    ranks = [place.rank for place in sought.places]
    got = [rank for rank in ranks if rank is not None]
    return bool(sought.left_out), len(got), -float(got[-1]) if got else 0.0

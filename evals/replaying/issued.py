"""The queries that an agent issued for a question, and what they show when they are carried out again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from agent.nodes import failure_of
from agent.state import Action, Evidence, Search
from agent.tools import Tools
from evals.datasets import Question
from retrievers.base import Stage
from retrievers.errors import FathomError

PER_SEARCH = 5


@dataclass(frozen=True)
class Asked:
    """A search, or an opening, as it was issued: `most` passages are shown of it, and `shown` are the documents of those that it
    was the first to show then.

    With `needs` it is only carried out where something of that document was shown by then: nobody opens what was not seen.
    """

    action: Action
    most: int = PER_SEARCH
    shown: tuple[str, ...] = ()
    needs: str = ""

    @property
    def query(self) -> str:
        """What was searched, or `open` and the passage that was opened."""
        return self.action.text if isinstance(self.action, Search) else f"open {self.action.item}"


@dataclass(frozen=True)
class Issued:
    """What an agent did for a question, in its order.

    `most` is how many passages are shown in total (None: without a limit), those of `before` among them, which were shown
    before anything was searched.

    >>> Issued(Question("q1", "Who found Neptune?", ("neptune",)), (Asked(Search("Neptune found"), 5, ("uranus",)),))
    """

    question: Question
    queries: tuple[Asked, ...]
    most: int | None = None
    before: tuple[Evidence, ...] = ()

    @property
    def searches(self) -> int:
        """How many of its actions are searches."""
        return sum(isinstance(one.action, Search) for one in self.queries)

    @property
    def shown(self) -> tuple[str, ...]:
        """The documents that were shown, in order and each once."""
        return tuple(dict.fromkeys([one.document for one in self.before] + [id for one in self.queries for id in one.shown]))


def carried_out(issued: Issued, tools: Tools, stage: Stage) -> tuple[Evidence, ...]:
    """What `stage` would have shown of these queries, each with the place of its query from 1 as `action` (0: shown before).

    As it is for an agent: of each search the first passages that say something new beside what was shown, up to its own limit
    and the limit of all. `tools` are those of the question's user. Raises `FathomError` for a query that the stage fails on.

    >>> [one.document for one in carried_out(issued, tools, tools.stage)]
    ['uranus', 'neptune']
    """
    searching = replace(tools, stage=stage)  # the tools themselves show: what they cut with is loaded once
    shown = [tools.again(one) for one in issued.before]
    for place, one in enumerate(issued.queries, start=1):
        most = one.most if issued.most is None else min(one.most, issued.most - len(shown))
        if most <= 0 or (one.needs and all(seen.document != one.needs for seen in shown)):
            continue
        ids = _found(issued.question, place, one, searching)
        shown += [replace(seen, action=place) for seen in tools.show(ids, shown, most)]
    return tuple(shown)


def judged(issued: Sequence[Issued]) -> list[Issued]:
    """The questions that have something relevant. Raises `FathomError` where none has."""
    found = [one for one in issued if one.question.relevant]
    if not found:
        raise FathomError(
            f"none of the {len(issued)} questions says which documents are relevant: nothing can be told of its evidence",
            "a run of a data set's questions (supporting_ids)",
            "fathom eval DATASET --policy extractive --run NAME",
        )
    return found


def hands(issued: Sequence[Issued], tools: Tools) -> dict[str | None, Tools]:
    """The tools of each user who asks one of the questions."""
    return {user: replace(tools, user=user) for user in {one.question.user for one in issued}}


def recall(issued: Issued, documents: Collection[str]) -> float:
    """The share of the question's relevant documents that are among these."""
    wanted = set(issued.question.relevant)
    return len(wanted & set(documents)) / len(wanted)


def _found(question: Question, place: int, one: Asked, tools: Tools) -> tuple[str, ...]:
    """The ids that the last stage gives, as deep as the ledger keeps them: that is what is shown from."""
    cause = f"replay/{question.id}/{place}"
    try:
        stages = tools.run(one.action, cause).stages
    except Exception as error:  # a recipe may be anybody's code
        told = failure_of("search", error)
        happened = f"the query {one.query!r} of question {question.id} failed: {told.happened}"
        raise FathomError(happened, getattr(error, "expected", ""), told.remedy) from error
    return stages[-1].ids if stages else ()

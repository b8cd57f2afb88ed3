"""What a run of the ledger issued, and its retrieval with another recipe over the index that it was made on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from agent.entries.rows import QuestionRow, RunRow
from agent.entries.trajectories import Trajectory
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Done, Evidence, Open, Search
from agent.tools import Tools
from evals.datasets import Question
from evals.replaying.issued import Asked, Issued
from evals.replaying.remembering import Remembering
from retrievers.base import Chat, Sources
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.recipes import recipe as named
from retrievers.vary import vary


def issued(ledger: Ledger, run: str) -> list[Issued]:
    """What an agent issued for each question of a run, in order. Repeats are left out, and what could not be opened: they showed
    nothing, and would not now. A search that failed then is one that was issued.

    Raises `FathomError` for an evaluation of retrieval alone, in which nobody issued anything, and for a run that did not come to
    its end.

    >>> issued(ledger, run)[0].queries[0].query
    'Who found Neptune?'
    """
    row = ledger.run(run)
    spec = Spec.from_json(row.spec)
    if spec.alone:
        raise FathomError(
            f"run {row.id} measured the recipe {spec.recipe} alone: no agent issued its queries",
            "a run in which an agent searched",
            f"fathom eval {spec.dataset or 'DATASET'} --recipe RECIPE measures another recipe on its questions",
        )
    questions = ledger.questions(row.id)
    _check(row, questions)
    did = ledger.trajectories(row.id)
    return [_issued(one, did.get(one.number, Trajectory()), spec) for one in questions]


def retrieval(
    spec: Spec, index: Index, recipe: str | None = None, recipes: str | Path | None = None, chat: Chat | None = None
) -> Tools:
    """The tools of a run's agent with another recipe, over the same generation of its index and within the same scope.

    Without `recipe` it is the run's own, with the settings that were varied; it is looked for in the file `recipes`, or in the
    run's. Raises `FathomError` where the index was built anew, `MissingSource` for a recipe that asks a model and has none.
    """
    if spec.identity and index.identity != spec.identity:
        raise FathomError(
            f"{spec.index} was built anew since the run was made",
            "the generation that the run's passages were shown from",
            "fathom eval DATASET --run NEW-NAME makes a run on the new one",
        )
    made = named(recipe or spec.recipe, recipes or spec.recipes)(Sources(index, Remembering(chat) if chat is not None else None))
    for path, value in spec.varied if recipe is None else ():
        made = vary(made, path, value)
    return Tools(index, made, spec.user, spec.scope)


def _check(row: RunRow, questions: Sequence[QuestionRow]) -> None:
    waiting = [one.number for one in questions if one.answer is None]
    if waiting:
        raise FathomError(
            f"run {row.id} answered {len(questions) - len(waiting)} of its {len(questions)} questions ({row.status}); "
            f"question {waiting[0]} has no answer yet",
            "a run that came to its end",
            f"fathom ask --resume {row.id}" if row.purpose == "ask" else f"fathom eval --resume {row.purpose}",
        )


def _issued(row: QuestionRow, did: Trajectory, spec: Spec) -> Issued:
    question = Question(str(row.number), row.asked) if row.gold is None else Question.of(row.gold, row.asked)
    kept = [one for one in did.done if one.repeats is None and not (one.failure and isinstance(one.action, Open))]
    before = tuple(one for one in did.shown if one.action == 0)
    return Issued(question, tuple(_asked(one, did.shown, spec) for one in kept), spec.effort.shown, before)


def _asked(done: Done, shown: Sequence[Evidence], spec: Spec) -> Asked:
    wanted = done.action.show if isinstance(done.action, Search) else 0
    own = tuple(dict.fromkeys(one.document for one in shown if one.action == done.number))
    return Asked(done.action, wanted or spec.effort.per_search, own, _needs(done, shown))


def _needs(done: Done, shown: Sequence[Evidence]) -> str:
    """The document of a passage that was opened after it had been shown; nothing where it was opened unseen."""
    if not isinstance(done.action, Open):
        return ""
    item = done.action.item
    return next((one.document for one in shown if one.item == item and one.action < done.number), "")

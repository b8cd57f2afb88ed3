"""The figures of an evaluation that was kept (`fathom eval --name`), question by question, computed again from the ledger."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from agent.entries.packing import Candidates
from agent.entries.rows import Gold, QuestionRow, RunRow
from agent.ledger import Ledger
from agent.spec import NONE, Spec
from evals.measures import Measure, Values
from evals.retrieval import DEPTH, depth_of
from retrievers.errors import FathomError, UsageError

MOST = 1000
_AGAIN = "fathom eval DATASET --recipe RECIPE --name NEW-NAME"


@dataclass(frozen=True)
class Scores:
    """One value a question and measure, in the order of the questions, and what the run was.

    `name` is what means this run when it is typed: its `evaluation`, with `:recipe` where that has several recipes.
    `gold` and `texts` have an entry a question; `identity` is the index's, `stage` the recipe in full.
    """

    name: str
    run: str
    evaluation: str
    dataset: str
    recipe: str
    stage: str
    identity: str
    texts: tuple[str, ...]
    gold: tuple[Gold, ...]
    values: Mapping[str, Values]

    @property
    def ids(self) -> tuple[str, ...]:
        """The questions' ids in the data set."""
        return tuple(one.id for one in self.gold)

    def along(self, ids: Sequence[str]) -> Scores:
        """The same with its questions in the order of `ids`, which are its own."""
        places = {id: place for place, id in enumerate(self.ids)}
        rows = [places[id] for id in ids]
        values = {name: found[rows] for name, found in self.values.items()}
        texts, gold = (tuple(held[row] for row in rows) for held in (self.texts, self.gold))
        return replace(self, texts=texts, gold=gold, values=values)

    def why(self, id: str, *, every: bool = False) -> str:
        """What to type to see where the relevant passages of a question stand: in this run, or by `every` recipe beside it."""
        recipe = "" if every or self.name == self.evaluation else f" --recipe {shlex.quote(self.recipe)}"
        return f"fathom why {shlex.quote(self.evaluation)} --question {shlex.quote(id)}{recipe}"


@dataclass(frozen=True)
class Kept:
    """A recorded evaluation of one recipe, as it was read: each question with its gold and with what the last stage gave."""

    name: str
    row: RunRow
    texts: tuple[str, ...]
    gold: tuple[Gold, ...]
    found: tuple[Candidates, ...]

    @cached_property
    def depth(self) -> int:
        """How deep a measure may look: as many places as were logged, where a ranking had more; at most 1000."""
        return min((len(one) for one in self.found if len(one) < one.total), default=DEPTH)

    def scores(self, measures: Sequence[Measure]) -> Scores:
        """The values of these measures. One without a cut-off looks at 1000 places, as `fathom eval` does.

        Raises `FathomError` for a measure that looks deeper than what was logged.
        """
        for measure in measures:
            self._check(measure)
        depth = depth_of(measures)
        found, relevant = [one.ids[:depth] for one in self.found], [one.relevant for one in self.gold]
        values = {str(measure): measure.values(found, relevant) for measure in measures}
        spec = Spec.from_json(self.row.spec)
        about = (spec.dataset, spec.recipe, spec.stage, spec.identity)
        return Scores(self.name, self.row.id, self.row.purpose, *about, self.texts, self.gold, values)

    def _check(self, measure: Measure) -> None:
        if self.depth >= (measure.cutoff or DEPTH):
            return
        deep = f"{measure.cutoff} places" if measure.cutoff else "the whole ranking"
        shallow = re.sub(r"@\d+", f"@{self.depth}", str(measure)) if measure.cutoff else f"nDCG@{self.depth}"
        raise FathomError(
            f"{measure} looks at {deep}, and the ledger keeps the first {self.depth} of a question of {self.name}",
            f"a measure that looks at {self.depth} places at most",
            f"--measure {shallow}",
        )


def scores(ledger: Ledger, name: str, measures: Sequence[Measure]) -> Scores:
    """The values of a recorded evaluation: its name, `NAME:recipe` where it has several recipes, or a run's id.

    Raises `UsageError` for a name that leaves open which recipe is meant, `FathomError` for a run that is none, has no
    question or no gold, was not searched to its end, or was not logged as deep as a measure looks.

    >>> scores(ledger, "first:bm25", parse(["nDCG@10"])).values["nDCG@10"].mean()
    """
    if not measures:
        raise UsageError("no measure was named", "at least one", "--measure nDCG@10")
    return kept(ledger, name).scores(measures)


def kept(ledger: Ledger, name: str) -> Kept:
    """A recorded evaluation, read with one query for all of its candidates; errors as of `scores`."""
    row = _meant(ledger, name)
    label = f"{row.purpose}:{row.spec.get('recipe')}" if len(_runs(ledger, row.purpose)) > 1 else row.purpose
    questions = ledger.questions(row.id)
    gold = _gold(label, questions)
    found = {number: stage for (number, _), stage in ledger.last_stages(row.id).items()}  # each was searched once
    if lacking := [one.number for one in questions if one.number not in found]:
        raise FathomError(
            f"{label} searched {len(found)} of its {len(questions)} questions ({row.status}); question {lacking[0]} was not",
            "an evaluation that came to its end",
            f"fathom show {row.id}" if row.status == "running" else _AGAIN,
        )
    return Kept(label, row, tuple(one.asked for one in questions), gold, tuple(found[one.number] for one in questions))


def _gold(label: str, questions: Sequence[QuestionRow]) -> tuple[Gold, ...]:
    """What the data set says of each question, which is needed of all of them."""
    if not questions:
        raise FathomError(f"{label} has no question", "an evaluation of one question at least", _AGAIN)
    gold = tuple(one.gold for one in questions if one.gold is not None and one.gold.relevant)
    if len(gold) < len(questions):
        happened = (
            f"{len(questions) - len(gold)} of the {len(questions)} questions of {label} have no relevant passage to measure by"
        )
        raise FathomError(happened, "a data set whose questions name what is relevant (supporting_ids)", _AGAIN)
    id, times = Counter(one.id for one in gold).most_common(1)[0]
    if times > 1:
        raise FathomError(f"{label} has {times} questions of the id {id!r}", "an id of its own for each question", _AGAIN)
    return gold


def _meant(ledger: Ledger, name: str) -> RunRow:
    for evaluation, recipe in _readings(name):
        if rows := _runs(ledger, evaluation):
            return _one(evaluation, recipe, rows)
    row = ledger.run(name)
    if row.spec.get("policy") != NONE:
        raise FathomError(f"run {row.id} is no evaluation of retrieval", "one that fathom eval --name recorded", _AGAIN)
    return row


def _readings(name: str) -> Iterator[tuple[str, str | None]]:
    """An evaluation's name, or one and a recipe's; either may hold colons."""
    yield name, None
    for place, sign in enumerate(name):
        if sign == ":":
            yield name[:place], name[place + 1 :]


def _runs(ledger: Ledger, evaluation: str) -> list[RunRow]:
    """An evaluation's runs, one a recipe, in their order."""
    rows = ledger.runs(limit=MOST, purpose=evaluation)
    return [row for row in reversed(rows) if row.spec.get("policy") == NONE]


def _one(evaluation: str, recipe: str | None, rows: Sequence[RunRow]) -> RunRow:
    chosen = [row for row in rows if recipe is None or row.spec.get("recipe") == recipe]
    if len(chosen) == 1:
        return chosen[0]
    names = [f"{evaluation}:{row.spec.get('recipe')}" for row in rows]
    happened = f"{evaluation} has {len(rows)} recipes" if recipe is None else f"{evaluation} has no recipe {recipe!r}"
    raise UsageError(happened, f"one of {', '.join(names)}", shlex.quote(names[0]))

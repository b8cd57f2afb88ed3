"""Runs an evaluation: a run of the ledger for each system, with a data set's questions, resumed where it was cut off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

from agent.entries.rows import Gold, RunRow
from agent.ledger import Ledger
from agent.runs import Runs
from agent.spec import Spec
from evals.datasets import Dataset
from evals.outcomes import outcomes
from evals.scores import label_of, runs_of
from retrievers.errors import FathomError, UsageError

TAKEN = ("ask", "chat", "eval", "last")
LONGEST = 80
MOST_ERRORS = 0.1
_SHARE = 0.05
_TOLD = ("parallel", "label", "index", "recipes")
"""What decides no result: an index is known by its identity, a file of recipes by what stands in it."""

Score = Callable[[RunRow], str]


class Progress(Protocol):
    """Told how far a step is, with a `note` beside it."""

    def __call__(self, step: str, done: int, total: int | None, note: str = "") -> None: ...


@dataclass(frozen=True)
class Runner:
    """An evaluation under its name, kept in the ledger of `runs`.

    `progress` is told as it goes; `score` words how a run stands so far, and is asked now and then.

    >>> runner = Runner(Runs(ledger, workshop), "first")
    >>> runner.begin(dataset, grid(spec, ["bm25", "hybrid"])); runner.run()
    """

    runs: Runs
    name: str
    progress: Progress | None = None
    score: Score | None = None
    _scored: dict[str, tuple[float, float, str]] = field(default_factory=dict[str, tuple[float, float, str]], repr=False)

    def __post_init__(self) -> None:
        if not self.name[:1].isalpha() or not self.name.isprintable() or len(self.name) > LONGEST or self.name in TAKEN:
            raise UsageError(
                f"an evaluation with the name {self.name!r}",
                f"up to {LONGEST} signs, the first a letter, other than {', '.join(TAKEN)}",
                "--run first-try",
            )

    @property
    def ledger(self) -> Ledger:
        """Where it is kept."""
        return self.runs.ledger

    def begin(self, dataset: Dataset, systems: Sequence[Spec]) -> None:
        """Record a run for each system that the evaluation does not have yet, in one transaction; none is worked on before `run`.

        Of a system that it has, nothing may differ. Recipes alone are asked what something is relevant to, agents everything.
        Raises `FathomError` naming what differs, and for what a system lacks, before anything is recorded.
        """
        checked = [self.runs.workshop.checked(spec) for spec in systems]
        with self.ledger.together() as ledger:
            known = {label_of(row): row for row in runs_of(ledger, self.name)}
            conversation = next((row.conversation for row in known.values()), None)
            for spec in checked:
                texts, gold = _asked(dataset, spec)
                if (row := known.get(spec.label or spec.recipe)) is not None:
                    self._same(ledger, row, spec, texts, gold)
                    continue
                run = ledger.start_run(spec.as_json(), texts, conversation=conversation, purpose=self.name, gold=gold)
                ledger.finish_run(run, "stopped")  # it waits for its turn: whoever looks for runs that died finds none
                conversation = ledger.run(run).conversation

    def run(self, wanted: Sequence[str] | None = None) -> None:
        """Bring every run of the evaluation, or those of the `wanted` systems, to its end, in their order.

        Raises `FathomError` where an endpoint that is down paused one, more than a tenth of one's questions failed, or its
        corpus, recipe, prompts or settings are no longer what they were. What was done before stays.
        """
        rows = [row for row in self._rows() if wanted is None or label_of(row) in wanted]
        for row in rows:
            if row.status != "done":
                self._check(row)
        for row in rows:
            if row.status != "done":
                self._finish(row)

    def _rows(self) -> list[RunRow]:
        rows = runs_of(self.ledger, self.name)
        if not rows:
            raise FathomError(f"no evaluation {self.name!r}", "the name of one", f"fathom eval DATASET --run {self.name}")
        return rows

    def _finish(self, row: RunRow) -> None:
        run = self.runs.resume(row.id)
        try:
            self._follow(row)
        except KeyboardInterrupt:
            self.runs.stop(run)
            self.runs.wait(run)
            raise
        ended = self.runs.wait(run)
        if ended.status == "stopped":
            raise _paused(ended, self._failures(run))
        found = outcomes(self.ledger, run)
        failed = [one for one in found if one.failed]
        if len(failed) > MOST_ERRORS * len(found):
            self.ledger.finish_run(run, "failed")
            raise FathomError(
                f"{len(failed)} of {len(found)} questions of {self.name} ({label_of(row)}) failed, first: {failed[0].reason}",
                "at most a tenth",
                f"fathom eval --resume {self.name} tries them again",
            )

    def _follow(self, row: RunRow) -> None:
        """Tell the progress until the run ends. What it had finished before counts, unless it is open again."""
        finished: set[int] = set()
        for _, kind, payload in self.runs.events(row.id):
            finished = (finished | _finished(kind, payload)) - _opened(kind, payload)
            if self.progress is not None and kind in ("run", "searches", "answer"):
                self.progress(label_of(row), len(finished), row.size, self._standing(row) if finished else "")

    def _standing(self, row: RunRow) -> str:
        """How the system stands so far; asking for that may take a twentieth of the time."""
        if self.score is None:
            return ""
        at, took, words = self._scored.get(row.id, (0.0, 0.0, ""))
        now = time.monotonic()
        if now - at > max(took / _SHARE, 1.0):
            words = self.score(row)
            self._scored[row.id] = (time.monotonic(), time.monotonic() - now, words)
        return words

    def _failures(self, run: str) -> str:
        """What failed last."""
        told = [one.happened for did in self.ledger.trajectories(run).values() for one in did.failures]
        return told[-1] if told else ""

    def _check(self, row: RunRow) -> None:
        """A run that is gone on with is what it was."""
        old = Spec.from_json(row.spec)
        self._refuse(row, old, self.runs.workshop.checked(old))

    def _same(self, ledger: Ledger, row: RunRow, spec: Spec, texts: Sequence[str], gold: Sequence[Gold]) -> None:
        """A system that the evaluation has is what is asked for now, question by question."""
        old = Spec.from_json(row.spec)
        self._refuse(row, old, replace(spec, depth=old.depth) if spec.depth < old.depth else spec)  # deeper serves as well
        known = ledger.questions(row.id)
        if [(one.asked, one.gold) for one in known] != list(zip(texts, gold, strict=True)):
            raise _differs(row, f"{len(known)} questions then, {len(texts)} now, not all of them the same", self.name)

    def _refuse(self, row: RunRow, old: Spec, new: Spec) -> None:
        if differing := list(_differing(old, new)):
            raise _differs(row, "; ".join(differing), self.name)


def _asked(dataset: Dataset, spec: Spec) -> tuple[list[str], list[Gold]]:
    questions = dataset.answerable if spec.alone else dataset.questions
    return [one.text for one in questions], [one.gold for one in questions]


def _finished(kind: str, payload: Mapping[str, Any]) -> set[int]:
    """The questions that an event says are finished."""
    return set(payload["questions"]) if kind == "searches" else {payload["question"]} if kind == "answer" else set()


def _opened(kind: str, payload: Mapping[str, Any]) -> set[int]:
    """The questions that a run that is gone on with takes up again."""
    return set(payload.get("open", ())) if kind == "run" else set()


def _differing(old: Spec, new: Spec) -> Iterator[str]:
    """Each field that decides a result and is not the same, in words."""
    names = {"identity": "the corpus", "stage": "the recipe", "source": "the recipes file", "level": "the level"}
    for one in fields(old):
        before, now = getattr(old, one.name), getattr(new, one.name)
        if one.name not in _TOLD and before != now:
            yield f"{names.get(one.name, one.name)} was {before or 'none'} and is {now or 'none'}"


def _differs(row: RunRow, what: str, name: str) -> FathomError:
    return FathomError(
        f"{name} ({label_of(row)}) was begun with other settings: {what}",
        "what it was begun with",
        "give it a new name: --run NEW-NAME",
    )


def _paused(row: RunRow, why: str) -> FathomError:
    return FathomError(
        f"{row.purpose} ({label_of(row)}) was paused{f': {why}' if why else ''}",
        "an evaluation that comes to its end",
        f"fathom eval --resume {row.purpose}",
    )

"""What the commands about runs work with: settings, the user's ledger, and the run service."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any

from retrievers.errors import FathomError, UsageError

if TYPE_CHECKING:
    from agent.entries.rows import RunRow
    from agent.ledger import Ledger
    from agent.runs import Runs
    from agent.settings import Settings
    from agent.state import Evidence
    from agent.workshop import Workshop

LAST = "last"


@dataclass(frozen=True)
class Workplace:
    """One user's ledger under the settings in force. Without a user the ledger is that of `local`.

    >>> Workplace.at(ledger="sqlite:///ledger.db").run("last").title
    """

    settings: Settings
    user: str | None = None

    @classmethod
    def at(cls, ledger: str | None = None, user: str | None = None, **flags: Any) -> Workplace:
        """The settings, `flags` above all else. Raises `FathomError` naming a setting that cannot be used."""
        from agent.settings import Settings

        if user == "local":
            raise UsageError(
                "the user 'local'", "a user's own name: 'local' is the ledger of whoever gives none", "leave --user out"
            )
        return cls(Settings.load(ledger=ledger, **flags), user)

    @cached_property
    def ledger(self) -> Ledger:
        """The user's ledger, opened when first used, and made where there is none."""
        from agent.ledger import Ledger
        from agent.store import Store

        store = Store.open(self.settings.ledger)
        return Ledger(store) if self.user is None else Ledger(store, self.user)

    @cached_property
    def workshop(self) -> Workshop:
        """Opened indexes, recipes and models."""
        from agent.workshop import Workshop

        return Workshop(self.settings)

    @cached_property
    def runs(self) -> Runs:
        """The run service."""
        from agent.runs import Runs

        return Runs(self.ledger, self.workshop)

    def run(self, name: str) -> RunRow:
        """The run that `name` means: `last`, an evaluation's name for its newest run, or an id or its beginning."""
        if name == LAST:
            newest = self.ledger.runs(limit=1)
            if not newest:
                raise FathomError("the ledger holds no run", "a question that was asked", "fathom ask QUESTION --index INDEX")
            return newest[0]
        named = self.ledger.runs(limit=1, purpose=name)
        return named[0] if named else self.ledger.run(name)

    def measured(self, name: str, recipe: str | None = None) -> list[RunRow]:
        """The runs that `name` means: one for each system of an evaluation of retrieval, or the `recipe`'s alone; else one run.

        `NAME:SYSTEM` means one as well. Raises `UsageError` naming the systems, where it is open which of some agents is meant.
        """
        from evals.scores import label_of, meant

        found = meant(self.ledger, name) if name != LAST else []
        rows = found or [self.run(name)]
        known = [label_of(row) for row in rows]
        chosen = [row for row in rows if recipe is None or label_of(row) == recipe]
        agents = len(chosen) > 1 and any(row.spec.get("policy") != "none" for row in chosen)
        if not chosen or agents:
            near = get_close_matches(recipe or "", known, n=1)
            happened = f"{name} has {len(rows)} systems" if agents else f"{name} has no recipe {recipe!r}"
            raise UsageError(happened, f"one of {', '.join(known)}", f"--recipe {shlex.quote(near[0] if near else known[0])}")
        return chosen

    def number(self, run: RunRow, question: str | None) -> int:
        """The number of the question that `question` means: its id in a data set, a number, or words that only one holds."""
        rows = self.ledger.questions(run.id)
        if question is None:
            if len(rows) == 1:
                return 1
            raise UsageError(f"run {run.id} has {len(rows)} questions", "one of them", "--question 1, or --question WORDS")
        named = [row.number for row in rows if row.gold is not None and row.gold.id == question]
        if named:
            return named[0]
        if question.isdecimal() and 1 <= int(question) <= len(rows):
            return int(question)
        found = [row.number for row in rows if question.casefold() in row.asked.casefold()]
        if len(found) == 1:
            return found[0]
        near = get_close_matches(question, [row.asked for row in rows], n=1, cutoff=0.4)
        told = f"{len(found)} questions of run {run.id} hold" if found else f"no question of run {run.id} holds"
        raise UsageError(
            f"{told} {question!r}", f"a number from 1 to {len(rows)}, or words of one question", f"--question {_quoted(near)}"
        )

    def records(self, run: RunRow, question: str | None = None) -> list[dict[str, Any]]:
        """The records (agent.record) of a run's questions, or of one of them."""
        from agent.record import record

        numbers = range(1, run.size + 1) if question is None else [self.number(run, question)]
        return [record(self.ledger, run.id, number) for number in numbers]

    def misses(self, run: RunRow, number: int) -> list[Evidence]:
        """The passages that came nearest to answering a question."""
        from agent.record import nearest

        return list(nearest(self.ledger, run.id, number))


def _quoted(near: list[str]) -> str:
    return f'"{near[0]}"' if near else "1"

"""The ledger: every run of one user, from its questions to what was made of its answers.

>>> ledger = Ledger(Store.open("sqlite:///ledger.db"))
>>> run = ledger.start_run({"recipe": "hybrid"}, ["Who found Neptune?"])
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.entries.batches import Batches
from agent.entries.conditions import After, Before
from agent.entries.handle import Row, no_conversation
from agent.entries.judgements import Judgements
from agent.entries.leases import Leases
from agent.entries.overview import Overview
from agent.entries.reading import folded
from agent.entries.rows import Gold, Status, action_json, turn_json, turn_of
from agent.entries.steps import Steps
from agent.entries.trajectories import Trajectories
from agent.state import Search, Turn
from agent.store import Store, Transaction
from retrievers.errors import FathomError, UsageError

NOBODY = ("", 0.0)


class Ledger(Steps, Batches, Leases, Overview, Trajectories, Judgements):
    """One user's ledger: it reads and writes that user's rows, and knows of no others.

    >>> Ledger(store, "ada").runs()
    """

    def start_run(
        self,
        spec: Mapping[str, Any],
        questions: Sequence[str],
        *,
        following: str | None = None,
        conversation: str | None = None,
        purpose: str = "ask",
        gold: Sequence[Gold] = (),
        lease: tuple[str, float] = NOBODY,
    ) -> str:
        """Record a new run, under way; its id, which sorts by time and can name a file.

        `following` is a run whose conversation this goes on with, `conversation` one that it joins without following any of its
        runs; with neither it begins its own. `spec` is kept as it is: no secret belongs in it. `gold` is what a data set says of
        each question, for an evaluation whose name is the `purpose`. `lease` is who works on it, for how many seconds at first:
        without one, whoever looks for runs that are under work in no process finds it at once.
        """
        if not questions:
            raise UsageError("a run without a question", "at least one")
        with self._writing() as rows:
            if following is not None:
                self._run(rows, following)
                conversation = (rows.one("run", only=("conversation",), id=following) or {})["conversation"]
            run = {"parent": following, "parent_turn": None, "purpose": purpose, "spec": spec}
            return self._begin(rows, run, questions, self._conversation(rows, conversation, questions[0]), gold, lease)

    def fork_run(
        self, run: str, number: int, turn: int, query: str | None, spec: Mapping[str, Any], lease: tuple[str, float] = NOBODY
    ) -> str:
        """A new run of one question that shares another's turns before `turn`, with all that came of them; its id.

        The turn itself is decided as it was, to be carried out anew under `spec`; with a `query`, that is its only search.
        """
        with self._step(run, number) as (rows, key):
            own = rows.one("turn", **key, number=turn)
            if own is None:
                raise FathomError(f"question {number} of run {run} has no turn {turn}", "one of its turns", f"fathom show {run}")
            old = rows.one("run", only=("conversation", "purpose"), id=run) or {}
            question = rows.one("question", only=("asked", "text", "parts", "gold"), run=run, number=number) or {}
            new = {"parent": run, "parent_turn": turn, "purpose": old["purpose"], "spec": spec}
            forked = self._begin(rows, new, [question["asked"]], old["conversation"], lease=lease)
            rows.change("question", {name: question[name] for name in ("text", "parts", "gold")}, run=forked, number=1)
            _copy_turns(rows, key, turn, {"run": forked, "question": 1})
            edited = _edited(turn_of(own), query)
            rows.add("turn", [{"run": forked, "question": 1, **turn_json(edited), "read": False}])
            told = {"number": turn, "reasoning": edited.reasoning, "actions": [action_json(action) for action in edited.actions]}
            self._emit(rows, forked, 1, "turn", told)
            return forked

    def ask_stop(self, run: str) -> None:
        """Ask a run to end with what it has."""
        with self._writing() as rows:
            if not self._run(rows, run, lock=True)["stop_asked"]:
                rows.change("run", {"stop_asked": True}, id=run)
                self._emit(rows, run, 0, "stop_asked", {})

    def finish_run(self, run: str, status: Status) -> None:
        """Record how a run ended; the same end twice is one."""
        with self._writing() as rows:
            if self._run(rows, run, lock=True)["status"] != status:
                rows.change("run", {"status": status, "ended": self.clock()}, id=run)
                self._emit(rows, run, 0, "run", {"status": status})

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        title = " ".join(title.split())
        if not title:
            raise UsageError("a conversation without a title", "a few words", "write a title")
        with self._writing() as rows:
            if not rows.change("conversation", {"title": title}, id=conversation):
                raise no_conversation(conversation)

    def delete(self, conversation: str) -> None:
        """Delete a conversation with every run in it; a `FathomError` while one of them is under way."""
        with self._writing() as rows:
            if rows.one("conversation", id=conversation) is None:
                raise no_conversation(conversation)
            alive = rows.one("run", only=("id",), conversation=conversation, status="running", lease_until=After(self.clock()))
            if alive is not None:
                raise FathomError(f"run {alive['id']} of this conversation is under way", "a run that has ended", "stop it first")
            rows.remove("conversation", id=conversation)

    def give_feedback(
        self, run: str, number: int, verdict: str, *, claim: int | None = None, citation: int | None = None, note: str = ""
    ) -> None:
        """Record what a person says of an answer, of one of its claims, or of a citation of that claim (each counted from 1)."""
        with self._step(run, number) as (rows, key):
            place = rows.top("feedback", "number", **key) + 1
            row = {"number": place, "at": self.clock(), "claim": claim, "citation": citation, "verdict": verdict, "note": note}
            rows.add("feedback", [{**key, **row}])

    def judge(self, run: str, number: int, what: str, judge: str, value: float | None, detail: str = "") -> None:
        """Record what a judge says of an answer; what it said before of the same thing is replaced."""
        with self._step(run, number) as (rows, key):
            row = {"what": what, "judge": judge, "at": self.clock(), "value": value, "detail": detail}
            rows.add("judgement", [{**key, **row}], "replace")

    def _conversation(self, rows: Transaction, id: str | None, title: str) -> str:
        if id is None:
            id = new_id(self.clock())
            rows.add("conversation", [{"id": id, "title": title, "created": self.clock()}])
        elif rows.one("conversation", id=id) is None:
            raise no_conversation(id)
        return id

    def _begin(
        self,
        rows: Transaction,
        run: Row,
        questions: Sequence[str],
        conversation: str,
        gold: Sequence[Gold] = (),
        lease: tuple[str, float] = NOBODY,
    ) -> str:
        now, (owner, seconds) = self.clock(), lease
        id = new_id(now)
        told = {"title": questions[0], "size": len(questions), "status": "running"}
        until = now + seconds if owner else 0.0
        state = {"lease_owner": owner, "lease_until": until, "stop_asked": False, "created": now, "ended": None}
        words = {"id": id, "conversation": conversation, "folded": folded("\n".join(questions))}
        rows.add("run", [{**run, **words, **told, **state}])
        empty: dict[str, Any] = dict.fromkeys(("text", "parts", "stop", "draft", "answer", "spent"))
        known = [asdict(one) for one in gold] or [None] * len(questions)
        asked = enumerate(zip(questions, known, strict=True), start=1)
        rows.add("question", [{"run": id, "number": n, "asked": text, **empty, "gold": one} for n, (text, one) in asked])
        self._emit(rows, id, 0, "run", told)
        return id


@dataclass(frozen=True)
class Admin:
    """What no user may do: see who there is, find runs whose process died, forget a user, copy the whole.

    >>> Admin(store).expired()
    """

    store: Store = field(repr=False)

    def users(self) -> list[str]:
        """Everyone who has a row."""
        return self.store.users()

    def expired(self, now: float | None = None) -> list[tuple[str, str]]:
        """(user, run) of the runs that are under way in no process, oldest first."""
        return self.store.expired(time.time() if now is None else now)

    def forget(self, user: str) -> int:
        """Delete all that the ledger holds of a user; how many rows that were."""
        return self.store.forget(user)

    def backup(self, to: Path) -> None:
        """Copy an SQLite ledger to a new file, whole, while others write."""
        self.store.backup(to)


def new_id(now: float) -> str:
    """An id that sorts by time, reads as its date in UTC, and does not repeat: 20261124-220145-0317b2e4c10f5."""
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + f"{int(now % 1 * 1000):03d}{secrets.token_hex(5)}"


def _copy_turns(rows: Transaction, key: Row, turn: int, to: Row) -> None:
    """Copy the turns before `turn` to another question: what they asked for, what that found, and what was shown of it."""
    for table in ("turn", "action", "shown"):
        early: dict[str, Any] = {"number" if table == "turn" else "turn": Before(turn)}
        rows.add(table, [{**row, **to} for row in rows.rows(table, **key, **early)])
    actions = [row["number"] for row in rows.rows("action", only=("number",), **key, turn=Before(turn))]
    rows.add("candidates", [{**row, **to} for row in rows.rows("candidates", **key, action=actions)])


def _edited(turn: Turn, query: str | None) -> Turn:
    if query is None:
        return turn
    first = next((action for action in turn.actions if isinstance(action, Search)), Search(query, turn.reasoning))
    return replace(turn, actions=(replace(first, text=query),), draft="")

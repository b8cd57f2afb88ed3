"""The reading of a user's runs: everything that a policy's view, a page, a report or an export is made of."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from math import fsum
from typing import Any

from agent.entries.answers import answers
from agent.entries.conditions import After, Before, Holds, Starts
from agent.entries.handle import Handle, Row, no_conversation, no_run
from agent.entries.packing import Candidates, unpack
from agent.entries.rows import (
    CallRow,
    Conversation,
    Feedback,
    Judgement,
    QuestionRow,
    RunRow,
    answer_of,
    done_of,
    evidence_of,
    gold_of,
    made,
    turn_of,
)
from agent.state import Answer, Done, Event, Evidence, Exchange, Failure, Spent, Turn
from agent.store import Transaction
from retrievers.errors import FathomError


class Reading(Handle):
    """Reads what was recorded. A run or conversation of another user is answered like one that never was."""

    def run(self, run: str) -> RunRow:
        """A run by its id, or by a beginning that no other run of this user has."""
        with self._reading() as rows:
            found = rows.one("run", id=run)
            if found is None and run:
                several = rows.rows("run", order=("-created", "-id"), limit=5, id=Starts(run))
                if len(several) > 1:
                    ids = ", ".join(row["id"] for row in several)
                    raise FathomError(f"several runs begin with {run!r}: {ids}", "more of the id", "fathom runs")
                found = next(iter(several), None)
            if found is None:
                raise no_run(run)
            return made(RunRow, found)

    def runs(
        self, text: str = "", *, limit: int = 20, purpose: str | None = None, conversation: str | None = None
    ) -> list[RunRow]:
        """The newest runs, those that a question of theirs holds `text` in whatever case, of a purpose or a conversation."""
        where = {"purpose": purpose, "conversation": conversation, "folded": Holds(folded(text)) if text else None}
        with self._reading() as rows:
            chosen: dict[str, Any] = {name: value for name, value in where.items() if value is not None}
            return [made(RunRow, row) for row in rows.rows("run", order=("-created", "-id"), limit=limit, **chosen)]

    def conversations(self, *, limit: int = 50) -> list[Conversation]:
        """The newest conversations."""
        with self._reading() as rows:
            return [made(Conversation, row) for row in rows.rows("conversation", order=("-created", "-id"), limit=limit)]

    def conversation(self, conversation: str) -> Conversation:
        """One conversation; raises `FathomError` where this user has none of that id."""
        with self._reading() as rows:
            found = rows.one("conversation", id=conversation)
            if found is None:
                raise no_conversation(conversation)
            return made(Conversation, found)

    def questions(self, run: str) -> list[QuestionRow]:
        """A run's questions in their order."""
        with self._reading() as rows:
            self._run(rows, run)
            found = answers(rows, run)
            return [_question(row, found.get(row["number"])) for row in rows.rows("question", order=("number",), run=run)]

    def question(self, run: str, number: int) -> QuestionRow:
        """One question of a run."""
        with self._reading() as rows:
            row = self._question(rows, run, number)
            return _question(row, answers(rows, run, number).get(number))

    def turns(self, run: str, number: int) -> tuple[Turn, ...]:
        """What the policy decided."""
        return tuple(map(turn_of, self._all("turn", run, number)))

    def was_read(self, run: str, number: int, turn: int) -> bool:
        """Whether it was decided what is shown of this turn's finds."""
        with self._reading() as rows:
            self._question(rows, run, number)
            return rows.one("turn", only=("number",), run=run, question=number, number=turn, read=True) is not None

    def done(self, run: str, number: int) -> tuple[Done, ...]:
        """What was carried out, with the numbers of what each action showed."""
        with self._reading() as rows:
            self._question(rows, run, number)
            key: dict[str, Any] = {"run": run, "question": number}
            shown = rows.rows("shown", only=("number", "action"), order=("number",), **key)
            return tuple(done_of(row, shown) for row in rows.rows("action", order=("number",), **key))

    def shown(self, run: str, number: int) -> tuple[Evidence, ...]:
        """What was shown, without its text: the index has it at these offsets."""
        return tuple(map(evidence_of, self._all("shown", run, number)))

    def candidates(self, run: str, number: int, action: int) -> list[Candidates]:
        """What every stage of an action's recipe gave, in the order of the stages."""
        with self._reading() as rows:
            self._question(rows, run, number)
            found = rows.rows("candidates", order=("position",), run=run, question=number, action=action)
            return [unpack(row["packed"], row["stage"], row["query"], row["total"]) for row in found]

    def failures(self, run: str, number: int) -> tuple[Failure, ...]:
        """What failed."""
        return tuple(made(Failure, row) for row in self._all("failure", run, number))

    def calls(self, run: str, number: int) -> tuple[CallRow, ...]:
        """Every call of a model that the question caused."""
        return tuple(made(CallRow, row) for row in self._all("call", run, number))

    def seconds(self, run: str, number: int) -> dict[int, float]:
        """How long each action took, by its number."""
        return {row["number"]: row["seconds"] for row in self._all("action", run, number)}

    def hits(self, run: str) -> dict[int, int]:
        """How many places the searches of each question of a run gave, by its number; a question without any is left out."""
        with self._reading() as rows:
            self._run(rows, run)
            found: dict[int, int] = {}
            for row in rows.rows("action", only=("question", "hits"), order=("question", "number"), run=run):
                found[row["question"]] = found.get(row["question"], 0) + row["hits"]
            return found

    def spent(self, run: str, number: int | None = None) -> Spent:
        """What a question took, or all of a run's: the sum of its actions and calls.

        The seconds are of work: of the actions, and of the calls outside them; what ran side by side counts each for itself. The
        cost is None as soon as one call's is.
        """
        key: dict[str, Any] = {"run": run} if number is None else {"run": run, "question": number}
        with self._reading() as rows:
            self._run(rows, run) if number is None else self._question(rows, run, number)
            order = ("question", "number")
            actions = rows.rows("action", only=("kind", "repeats", "seconds"), order=order, **key)
            calls = rows.rows("call", only=("action", "tokens_in", "tokens_out", "seconds", "cost"), order=order, **key)
        return spent_of(actions, calls)

    def events(self, run: str, after: int = 0) -> list[Event]:
        """What happened in a run after the event numbered `after`."""
        with self._reading() as rows:
            self._run(rows, run)
            return [made(Event, row) for row in rows.rows("event", order=("seq",), run=run, seq=After(after))]

    def stop_asked(self, run: str) -> bool:
        """Whether the run was asked to stop."""
        with self._reading() as rows:
            return self._run(rows, run)["stop_asked"]

    def history(self, run: str) -> tuple[Exchange, ...]:
        """The answered questions of the conversation before this run, oldest first.

        A run that follows another has that one's history and its questions; a fork has its parent's history; one that was started
        in a conversation without following any has all that was asked in it before.
        """
        with self._reading() as rows:
            self._run(rows, run)
            return tuple(exchange for earlier in reversed(_ancestors(rows, run)) for exchange in _answered(rows, earlier))

    def feedback(self, run: str, number: int) -> tuple[Feedback, ...]:
        """What people said of the answer, oldest first."""
        return tuple(made(Feedback, row) for row in self._all("feedback", run, number))

    def judgements(self, run: str, number: int) -> tuple[Judgement, ...]:
        """What measures and models said of the answer."""
        return tuple(made(Judgement, row) for row in self._all("judgement", run, number, order=("what", "judge")))

    def _all(self, table: str, run: str, number: int, *, order: tuple[str, ...] = ("number",)) -> list[Row]:
        with self._reading() as rows:
            self._question(rows, run, number)
            return rows.rows(table, order=order, run=run, question=number)


def spent_of(actions: Sequence[Row], calls: Sequence[Row]) -> Spent:
    """What these rows took together; see `Reading.spent`."""
    costs = [row["cost"] for row in calls]
    seconds = [row["seconds"] for row in actions] + [row["seconds"] for row in calls if row["action"] == 0]
    return Spent(
        searches=sum(row["kind"] == "search" and row["repeats"] is None for row in actions),
        tokens_in=sum(row["tokens_in"] for row in calls),
        tokens_out=sum(row["tokens_out"] for row in calls),
        seconds=fsum(seconds),
        cost=None if None in costs else fsum(costs),
    )


def folded(text: str) -> str:
    """`text` for searching: compatible forms and cases are one."""
    return unicodedata.normalize("NFKC", text).casefold()


def _question(row: Row, answer: Answer | None) -> QuestionRow:
    own = {
        "text": row["asked"] if row["text"] is None else row["text"],
        "parts": tuple(row["parts"] or ()),
        "draft": None if row["draft"] is None else answer_of(row["draft"]),
        "answer": answer,
        "spent": None if row["spent"] is None else made(Spent, row["spent"]),
        "gold": None if row["gold"] is None else gold_of(row["gold"]),
    }
    return made(QuestionRow, {**row, **own})


def _ancestors(rows: Transaction, run: str) -> list[str]:
    """The runs whose questions come before this run's, newest first."""
    before: list[str] = []
    columns = ("id", "conversation", "parent", "parent_turn", "created")
    now = rows.one("run", only=columns, id=run)
    while now is not None and now["parent"] is not None:
        if now["parent_turn"] is None:
            before.append(now["parent"])
        now = rows.one("run", only=columns, id=now["parent"])
    if now is None:
        return before
    where: dict[str, Any] = {"conversation": now["conversation"], "created": Before(now["created"]), "parent_turn": None}
    return before + [row["id"] for row in rows.rows("run", only=("id",), order=("-created", "-id"), **where)]


def _answered(rows: Transaction, run: str) -> list[Exchange]:
    found = answers(rows, run)
    asked = rows.rows("question", only=("number", "asked", "text"), order=("number",), run=run)
    given = [(row["asked"] if row["text"] is None else row["text"], found.get(row["number"])) for row in asked]
    return [Exchange(text, answer.short, answer.text) for text, answer in given if answer is not None]

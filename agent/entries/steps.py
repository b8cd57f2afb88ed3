"""The writing of a question's steps: each is one transaction with the events that it emits, and is recorded once.

A step that was recorded before gives back what was recorded then, and changes nothing: whoever resumes a run may do it again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from agent.entries.answers import add_answer, answer_json, answers
from agent.entries.handle import Row
from agent.entries.packing import Candidates
from agent.entries.packing import packed as row_of
from agent.entries.reading import Reading
from agent.entries.rows import action_json, answer_of, done_json, done_of, evidence_json, evidence_of, turn_json, turn_of
from agent.state import Answer, Done, Evidence, Failure, Spent, Stop, Turn
from retrievers.errors import FathomError
from retrievers.printable import one_line

if TYPE_CHECKING:
    from agent.model.account import Call

_log = logging.getLogger("fathom.run")


class Steps(Reading):
    """Records what a question's research does."""

    def event(self, run: str, number: int, kind: str, payload: Row) -> int:
        """Append an event of a question, or of the run itself (`number` 0); its sequence number."""
        with self._writing() as rows:
            self._run(rows, run, lock=True)
            return self._emit(rows, run, number, kind, payload)

    def set_text(self, run: str, number: int, text: str) -> str:
        """The self-contained form of a question."""
        with self._step(run, number) as (rows, _):
            first = rows.one("question", only=("text",), run=run, number=number)
            if first is not None and first["text"] is not None:
                return first["text"]
            rows.change("question", {"text": text}, run=run, number=number)
            self._emit(rows, run, number, "text", {"text": text})
        return text

    def record_plan(self, run: str, number: int, parts: Sequence[str], turn: Turn) -> Turn:
        """The sub-questions, and the plan's own turn."""
        with self.together() as step, step._step(run, number) as (rows, key):
            if rows.one("turn", only=("number",), **key, number=turn.number) is None:
                rows.change("question", {"parts": list(parts)}, run=run, number=number)
                self._emit(rows, run, number, "plan", {"parts": list(parts)})
            return step.record_turn(run, number, turn)

    def record_turn(self, run: str, number: int, turn: Turn) -> Turn:
        """A decision of the policy."""
        with self._step(run, number) as (rows, key):
            first = rows.one("turn", **key, number=turn.number)
            if first is not None:
                return turn_of(first)
            rows.add("turn", [{**key, **turn_json(turn), "read": False}])
            actions = [action_json(action) for action in turn.actions]
            self._emit(rows, run, number, "turn", {"number": turn.number, "reasoning": turn.reasoning, "actions": actions})
        return turn

    def record_action(self, run: str, number: int, done: Done, seconds: float, stages: Sequence[Candidates]) -> Done:
        """An action that was carried out, how long it took, and what each stage gave, in the order of the stages.

        What it showed is `record_shown`'s to say: `done.shown` is read from there.
        """
        packed = [row_of(place, one) for place, one in enumerate(stages)]
        with self._step(run, number) as (rows, key):
            first = rows.one("action", **key, number=done.number)
            if first is not None:
                shown = rows.rows("shown", only=("number", "action"), order=("number",), **key, action=done.number)
                return done_of(first, shown)
            stored = done_json(done)
            rows.add("action", [{**key, **stored, "seconds": seconds}])
            rows.add("candidates", [{**key, **one, "action": done.number} for one in packed])
            self._emit(rows, run, number, "action", {**stored, "seconds": seconds})
        return replace(done, shown=())

    def record_shown(self, run: str, number: int, turn: int, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """What was shown after a turn, be it nothing: the turn was read. The texts stay in the index."""
        with self._step(run, number) as (rows, key):
            own = rows.one("turn", only=("read",), **key, number=turn)
            if own is None:
                raise FathomError(f"question {number} of run {run} has no turn {turn}", "a turn that was recorded")
            if own["read"]:
                return tuple(map(evidence_of, rows.rows("shown", order=("number",), **key, turn=turn)))
            stored = [evidence_json(one) for one in evidence]
            rows.add("shown", [{**key, **one, "turn": turn} for one in stored])
            rows.change("turn", {"read": True}, **key, number=turn)
            self._emit(rows, run, number, "shown", {"turn": turn, "passages": stored})
        return tuple(replace(one, text="") for one in evidence)

    def record_failure(self, run: str, number: int, failure: Failure) -> Failure:
        """A step that failed; the same failure of the same step is recorded once."""
        with self._step(run, number) as (rows, key):
            if rows.one("failure", only=("number",), **key, **asdict(failure)) is None:
                rows.add("failure", [{**key, "number": rows.top("failure", "number", **key) + 1, **asdict(failure)}])
                self._emit(rows, run, number, "failure", asdict(failure))
                _log.info("run %s, question %d: %s failed: %s", run, number, failure.step, one_line(failure.happened))
        return failure

    def charge(self, run: str, number: int, cause: str, call: Call) -> None:
        """A call of a model and what it took. `cause` is `run/question`, or `run/question/action` where an action asked for it.

        Every call is its own: one that is made again was paid for again.
        """
        with self._step(run, number) as (rows, key):
            last = cause.rpartition("/")[2] if cause.count("/") == 2 else ""
            stored = {**asdict(call), "cause": cause, "action": int(last) if last.isdecimal() else 0}
            rows.add("call", [{**key, **stored, "number": rows.top("call", "number", **key) + 1, "at": self.clock()}])
            self._emit(rows, run, number, "call", stored)

    def record_draft(self, run: str, number: int, draft: Answer, stop: Stop) -> Answer:
        """What the policy wrote, before it is verified, and why the search had ended."""
        with self._step(run, number) as (rows, _):
            first = rows.one("question", only=("draft",), run=run, number=number)
            if first is not None and first["draft"] is not None:
                return answer_of(first["draft"])
            rows.change("question", {"draft": asdict(draft), "stop": stop}, run=run, number=number)
            self._emit(rows, run, number, "stop", {"stop": stop})
        return draft

    def record_answer(self, run: str, number: int, answer: Answer, stop: Stop, spent: Spent) -> Answer:
        """What was verified: the answer, its claims and conflicts with their citations, and what the question took."""
        with self._step(run, number) as (rows, key):
            first = answers(rows, run, number).get(number)
            if first is not None:
                return first
            row = {"answer": answer_json(answer), "stop": stop, "spent": asdict(spent)}
            rows.change("question", row, run=run, number=number)
            add_answer(rows, key, answer)
            told = {"kind": answer.kind, "short": answer.short, "text": answer.text, "stop": stop, "spent": asdict(spent)}
            self._emit(rows, run, number, "answer", told)
        return answer

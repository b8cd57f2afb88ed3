"""One question under work: its rows in the ledger as the policy's `View`, and what is left of its effort."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from agent.entries.rows import QuestionRow
from agent.ledger import Ledger
from agent.policy import Policy
from agent.state import Action, Decision, Done, Effort, Evidence, Left, Open, Search, Spent, Stop, Turn, View
from agent.tools import Tools

RESERVED = 0.15


@dataclass(frozen=True)
class Desk:
    """All that the steps of one question work with. The ledger is the truth: a desk that is made anew goes on where the rows end.

    `writer` writes where `policy` cannot: a run that was stopped, an endpoint that failed, a budget that is spent. `began` is the
    clock at which this process took the question up.
    """

    ledger: Ledger
    run: str
    number: int
    tools: Tools
    policy: Policy
    writer: Policy
    effort: Effort
    began: float = field(default_factory=time.monotonic)

    @property
    def cause(self) -> str:
        """What a model's calls are charged to."""
        return f"{self.run}/{self.number}"

    @property
    def row(self) -> QuestionRow:
        """The question as the ledger has it now."""
        return self.ledger.question(self.run, self.number)

    @cached_property
    def _earlier(self) -> float:
        """Seconds that other processes spent on this question before."""
        return self.ledger.spent(self.run, self.number).seconds

    @property
    def seconds(self) -> float:
        """Seconds spent on this question so far."""
        return self._earlier + time.monotonic() - self.began

    def halted(self, *, writing: bool = False) -> bool:
        """Whether the run was asked to stop or its time is over; a share of the time is kept for writing."""
        return self.ledger.stop_asked(self.run) or self.seconds > self.effort.seconds * (1.0 if writing else 1 - RESERVED)

    def why_halted(self) -> Stop:
        """The stop reason of a question that was halted."""
        return "stopped" if self.ledger.stop_asked(self.run) else "budget"

    def view(self) -> View:
        """What the policy may look at now."""
        row = self.row
        turns = self.ledger.turns(self.run, self.number)
        done = self.ledger.done(self.run, self.number)
        evidence = self.evidence()
        return View(
            question=row.text,
            left=self.left(turns, done, evidence),
            parts=row.parts,
            turns=turns,
            done=done,
            evidence=evidence,
            history=self.ledger.history(self.run),
            cause=self.cause,
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """What was shown, with its text as the index holds it; before anything was, what the conversation's last answer cited."""
        return self.shown() or tuple(self.tools.again(one) for one in self._carried()[: self.effort.shown])

    def shown(self) -> tuple[Evidence, ...]:
        """What was shown and recorded as such: all that a claim may rest on."""
        return tuple(self.tools.again(one) for one in self.ledger.shown(self.run, self.number))

    def _carried(self) -> list[Evidence]:
        """What the last answer cited and this question may see as well: its user and its scope are its own."""
        cited = carried(self.ledger, self.run, self.tools.index.identity)
        seen = [one for one in cited if self.tools.sees(one.document)]
        return [replace(one, number=place, action=0) for place, one in enumerate(seen, start=1)]

    def left(self, turns: Sequence[Turn], done: Sequence[Done], evidence: Sequence[Evidence]) -> Left:
        """The effort less what was spent; a share of the tokens is kept for writing."""
        spent = self.ledger.spent(self.run, self.number)
        tokens = int(self.effort.tokens * (1 - RESERVED)) - spent.tokens_in - spent.tokens_out
        return Left(
            searches=self.effort.searches - sum(one.repeats is None for one in done),
            shown=self.effort.shown - len(evidence),
            turns=self.effort.turns - len(turns),
            tokens=0 if self.priced_out(spent) else tokens,
            seconds=self.effort.seconds * (1 - RESERVED) - self.seconds,
        )

    def priced_out(self, spent: Spent) -> bool:
        """Whether the money is spent. Under a limit an unknown price counts as spent: it may not be overrun unseen."""
        limit = self.effort.cost
        return limit is not None and (spent.cost is None or spent.cost >= limit)

    def accept(self, decision: Decision, turns: Sequence[Turn], left: Left) -> Turn:
        """The decision as the next turn: actions beyond the budget are left out; a repeat costs nothing and stays."""
        before = [_same(action) for turn in turns for action in turn.actions]
        kept: list[Action] = []
        searches = left.searches
        for action in decision.actions:
            new = _same(action) not in before
            if new and searches <= 0:
                continue
            searches -= new
            before.append(_same(action))
            kept.append(action)
        return Turn(len(turns) + 1, decision.reasoning, tuple(kept), decision.draft)

    def asked(self, number: int) -> tuple[int, Action, int | None]:
        """(turn, action, number of the first action that asked the same, if any) of a question's action."""
        actions = [(turn.number, action) for turn in self.ledger.turns(self.run, self.number) for action in turn.actions]
        turn, action = actions[number - 1]
        first = next(place for place, (_, one) in enumerate(actions, start=1) if _same(one) == _same(action))
        return turn, action, first if first < number else None

    def searched(self) -> list[Done]:
        """The searches that were made: neither repeats nor such that failed."""
        done = self.ledger.done(self.run, self.number)
        return [one for one in done if isinstance(one.action, Search) and one.repeats is None and one.failure is None]

    def pending(self) -> list[int]:
        """The numbers of the actions that were asked for and are not yet carried out."""
        wanted = sum(len(turn.actions) for turn in self.ledger.turns(self.run, self.number))
        finished = {one.number for one in self.ledger.done(self.run, self.number)}
        return [number for number in range(1, wanted + 1) if number not in finished]

    def spent(self) -> Spent:
        """What the question took, with the seconds of the wall clock."""
        return replace(self.ledger.spent(self.run, self.number), seconds=round(self.seconds, 3))


def carried(ledger: Ledger, run: str, identity: str) -> tuple[Evidence, ...]:
    """What the answers of the run before had cited; nothing where the index is another generation. A fork has its parent's."""
    row = ledger.run(run)
    if row.parent is None or ledger.run(row.parent).spec["identity"] != identity:
        return ()
    if row.parent_turn is not None:
        return carried(ledger, row.parent, identity)
    return tuple(one for question in ledger.questions(row.parent) for one in _cited(ledger, question))


def _cited(ledger: Ledger, question: QuestionRow) -> list[Evidence]:
    if question.answer is None:
        return []
    spans = [citation for claim in question.answer.claims if claim.supported for citation in claim.citations]
    return [
        one
        for one in ledger.shown(question.run, question.number)
        if any(span.item == one.item and one.start <= span.start and span.end <= one.end for span in spans)
    ]


def _same(action: Action) -> tuple[str, str]:
    """Two actions are the same when this is: case, spacing and closing marks of a query do not count."""
    if isinstance(action, Open):
        return "open", action.item
    return "search", " ".join(action.text.casefold().split()).rstrip("?.! ")

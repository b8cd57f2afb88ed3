"""The steps of a research: plan, search, read, reflect, write, verify. Each reads the ledger, does one thing, records it once.

A step that fails leaves a typed failure and ends its own branch alone; a step that was recorded before is not done again.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Literal

from agent.citations import verify as verified
from agent.desk import Desk
from agent.model.account import Exhausted
from agent.policy import OnToken, Policy
from agent.state import Answer, Decision, Done, Evidence, Failure, Search, Stop, View
from agent.threads import Interrupted, unless
from retrievers.errors import FathomError

Ended = Stop | Literal[""]


async def plan(desk: Desk, on_token: OnToken) -> Ended:
    """Make a follow-up self-contained, ask the policy for sub-questions and first searches; the stop, or nothing to go on."""
    try:
        view = desk.view()
        if view.history and not view.turns:
            text = await unless(desk.halted, partial(desk.policy.standalone, view))
            desk.ledger.set_text(desk.run, desk.number, text)
            view = desk.view()
        decision = await unless(desk.halted, partial(desk.policy.plan, view, on_token))
    except (FathomError, Interrupted) as error:
        return _ended(desk, "plan", error)
    desk.ledger.record_plan(desk.run, desk.number, decision.parts, desk.accept(decision, view.turns, view.left))
    if not desk.pending():
        read(desk)  # an answer from what the conversation brought along rests on it: it is recorded as shown
    return _next(decision, desk)


async def search(desk: Desk, number: int) -> None:
    """Carry out one action; a repeat is noted and not run; an error fails this action alone."""
    turn, action, first = desk.asked(number)
    done = Done(number, turn, action, repeats=first)
    began = time.monotonic()
    if first is not None:
        desk.ledger.record_action(desk.run, desk.number, done, 0.0, ())
        return
    try:
        found = await unless(desk.halted, partial(desk.tools.run, action, f"{desk.cause}/{number}"))
    except Interrupted:
        return
    except Exception as error:  # why: a recipe may be anybody's code, and its failure ends one branch, never the research
        desk.ledger.record_failure(desk.run, desk.number, failure_of(f"search {number}", error))
        desk.ledger.record_action(desk.run, desk.number, replace(done, failure=_kind(error)), time.monotonic() - began, ())
        return
    done = replace(done, rewritten=found.rewritten, hits=len(found.ids))
    desk.ledger.record_action(desk.run, desk.number, done, time.monotonic() - began, found.stages)


def read(desk: Desk) -> None:
    """Decide what of the last turn's finds is shown: new passages, in the order of the actions, within the budget."""
    view = desk.view()
    recorded = len(desk.ledger.shown(desk.run, desk.number))
    seen = list(view.evidence)
    left = view.left.shown
    turn = view.turns[-1].number
    for one in (one for one in view.done if one.turn == turn and _unread(one)):
        wanted = one.action.show if isinstance(one.action, Search) else 0
        shown = _show(desk, one, seen, min(left, wanted or desk.effort.per_search))
        seen += shown
        left -= len(shown)
    desk.ledger.record_shown(desk.run, desk.number, turn, seen[recorded:])


def _unread(one: Done) -> bool:
    """Whether its finds are still to be shown: a turn that was interrupted is read again when its run is resumed."""
    return one.repeats is None and one.failure is None and not one.shown


def _show(desk: Desk, one: Done, seen: list[Evidence], most: int) -> list[Evidence]:
    stages = desk.ledger.candidates(desk.run, desk.number, one.number)
    if most <= 0 or not stages:
        return []
    last = stages[-1]
    scores = dict(zip(last.ids, last.scores, strict=True))
    shown = desk.tools.show(last.ids, seen, most)
    return [replace(passage, action=one.number, score=scores[passage.item]) for passage in shown]


async def reflect(desk: Desk, on_token: OnToken) -> Ended:
    """Ask the policy whether to go on, and how; the stop, or nothing to go on."""
    view = desk.view()
    if min(view.left.turns, view.left.tokens, view.left.seconds) <= 0:
        return "budget"
    if view.done and all(one.failure for one in view.done):
        return "failed"
    try:
        decision = await unless(desk.halted, partial(desk.policy.reflect, view, on_token))
    except (FathomError, Interrupted) as error:
        return _ended(desk, "reflect", error)
    desk.ledger.record_turn(desk.run, desk.number, desk.accept(decision, view.turns, view.left))
    return _next(decision, desk)


async def write(desk: Desk, stop: Stop, on_token: OnToken) -> None:
    """Ask for an answer. A run that was stopped, or whose policy fails here, is answered by the embedded writer, and says so."""
    view = desk.view()
    try:
        if stop in ("stopped", "failed"):
            raise _Unwritten
        answer = await unless(partial(desk.halted, writing=True), partial(desk.policy.write, view, on_token))
    except _Unwritten:
        answer = _plainly(desk.writer, view)
    except (FathomError, Interrupted) as error:
        stop = _ended(desk, "write", error)
        answer = _plainly(desk.writer, view)
    desk.ledger.record_draft(desk.run, desk.number, answer, stop)


def verify(desk: Desk) -> Answer:
    """Check every claim of the draft against what was shown, and record what stands as the answer."""
    row = desk.row
    if row.draft is None or row.stop is None:
        raise RuntimeError(f"the draft of {desk.cause} is verified before it was recorded")
    answer = verified(row.draft, desk.shown())
    if row.stop == "failed" and answer.kind == "not_found":
        answer = replace(answer, confidence=None)  # nothing was found out: not even that there is nothing
    desk.ledger.record_answer(desk.run, desk.number, answer, row.stop, desk.spent())
    return answer


class _Unwritten(Exception):
    """The policy is not asked to write."""


def _plainly(writer: Policy, view: View) -> Answer:
    return writer.write(view, lambda _: None)


def _next(decision: Decision, desk: Desk) -> Ended:
    """Go on while there is something to carry out; a policy that wants more than is left has met its budget."""
    if desk.pending():
        return ""
    left = desk.view().left
    return decision.stop or ("budget" if decision.actions or min(left.shown, left.searches) <= 0 else "saturated")


def _ended(desk: Desk, step: str, error: FathomError | Interrupted) -> Stop:
    """How an error in a step of the policy ends the search; what failed is recorded in words."""
    if isinstance(error, Interrupted):
        return desk.why_halted()
    desk.ledger.record_failure(desk.run, desk.number, failure_of(step, error))
    if getattr(error, "outage", False):
        desk.ledger.ask_stop(desk.run)  # nobody answers there: the other questions are kept for a resume, not burnt
    return "budget" if isinstance(error, Exhausted) else "failed"


def failure_of(step: str, error: Exception) -> Failure:
    """The failure of a step, as it is recorded."""
    if isinstance(error, FathomError):
        return Failure(step, _kind(error), error.happened, error.next)
    return Failure(step, _kind(error), str(error) or type(error).__name__, "read the trace in the log: FATHOM_DEBUG=1")


def _kind(error: Exception) -> str:
    return str(getattr(error, "kind", "")) or type(error).__name__

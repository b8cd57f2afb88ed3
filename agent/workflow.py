"""The research as a LangGraph workflow: plan, search (fanned out), read, reflect, and again; then write and verify.

The graph's state holds numbers and a stop reason, never texts. It keeps no checkpoints of its own: each step is one
transaction in the ledger, and a workflow that is started anew enters where the ledger's rows end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypedDict, cast

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from agent import nodes
from agent.desk import Desk
from agent.policy import OnToken
from agent.state import Answer, Stop


class State(TypedDict, total=False):
    """`stop` is empty while the search goes on; `action` is what a fanned-out search carries out."""

    stop: str
    action: int


@dataclass(frozen=True)
class Workflow:
    """Researches one question to its verified answer.

    With `reflect` off the plan's searches are all there is: the ablation that shows what following up is worth. `on_token`
    receives a model's draft as it comes.

    >>> answer = asyncio.run(Workflow().research(desk))
    """

    reflect: bool = True
    on_token: OnToken = field(default=lambda _: None, repr=False)

    async def research(self, desk: Desk) -> Answer:
        """The answer, from wherever the ledger says this question stands."""
        limit = 10 + 4 * (desk.effort.turns + 1)
        context = _Context(desk, self)
        await _graph().ainvoke(State(stop=desk.row.stop or ""), {"recursion_limit": limit}, context=context)
        answer = desk.row.answer
        if answer is None:
            raise RuntimeError(f"the workflow of {desk.cause} ended without an answer")
        return answer


@dataclass(frozen=True)
class _Context:
    desk: Desk
    flow: Workflow


_Runtime = Runtime[_Context]


async def _plan(state: State, runtime: _Runtime) -> State:
    return State(stop=await nodes.plan(runtime.context.desk, runtime.context.flow.on_token))


async def _search(state: State, runtime: _Runtime) -> None:
    await nodes.search(runtime.context.desk, state.get("action", 0))


async def _read(state: State, runtime: _Runtime) -> None:
    nodes.read(runtime.context.desk)


async def _reflect(state: State, runtime: _Runtime) -> State:
    desk, flow = runtime.context.desk, runtime.context.flow
    if desk.halted():
        return State(stop=desk.why_halted())
    if not flow.reflect:
        done = desk.ledger.done(desk.run, desk.number)
        return State(stop="failed" if done and all(one.failure for one in done) else "answered")
    return State(stop=await nodes.reflect(desk, flow.on_token))


async def _write(state: State, runtime: _Runtime) -> None:
    await nodes.write(runtime.context.desk, cast(Stop, state.get("stop", "")), runtime.context.flow.on_token)


async def _verify(state: State, runtime: _Runtime) -> None:
    nodes.verify(runtime.context.desk)


def _enter(state: State, runtime: _Runtime) -> Any:
    """Where the ledger's rows end."""
    desk = runtime.context.desk
    row = desk.row
    if row.answer is not None:
        return END
    if row.draft is not None:
        return "verify"
    turns = desk.ledger.turns(desk.run, desk.number)
    if not turns:
        return "plan"
    read = desk.ledger.was_read(desk.run, desk.number, turns[-1].number)
    return _searches(desk) or ("reflect" if read else "read")


def _onward(state: State, runtime: _Runtime) -> Any:
    """After a decision: write when it says stop, else carry out what it asks for."""
    return "write" if state.get("stop") else _searches(runtime.context.desk) or "read"


def _searches(desk: Desk) -> list[Send]:
    return [Send("search", {"action": number}) for number in desk.pending()]


@cache
def _graph() -> Any:
    """Compiled once; everything that differs between questions comes in the context."""
    graph = StateGraph(State, context_schema=_Context)
    for name, node in (("plan", _plan), ("search", _search), ("read", _read), ("reflect", _reflect), ("write", _write)):
        graph.add_node(name, node)
    graph.add_node("verify", _verify)
    graph.add_conditional_edges(START, _enter, ["plan", "search", "read", "reflect", "verify", END])
    graph.add_conditional_edges("plan", _onward, ["search", "read", "write"])
    graph.add_conditional_edges("reflect", _onward, ["search", "read", "write"])
    graph.add_edge("search", "read")
    graph.add_edge("read", "reflect")
    graph.add_edge("write", "verify")
    graph.add_edge("verify", END)
    return graph.compile()

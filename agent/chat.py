"""The policy of a language model: it decides by tool calls, and answers in a form that is parsed and then verified."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent import prompts
from agent.claims.brackets import parse
from agent.llm import Client, Turn
from agent.model.toolcalls import Tool
from agent.policy import OnToken
from agent.state import Action, Answer, Decision, Evidence, Open, Search, View
from agent.transcript import Message, Transcript
from retrievers.base import Query

_LABELLED = re.compile(
    r"^[ \t*_#>-]{0,8}(explanation|exact answer|confidence)[ \t*_]{0,4}:[ \t*_]{0,4}", re.IGNORECASE | re.MULTILINE
)
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})?")
_NOTHING = frozenset({"", "not found", "none", "unknown", "n/a", "not found in this corpus", "no answer"})
_MOST = 500


@dataclass(frozen=True)
class ChatPolicy:
    """Any model behind an OpenAI-compatible endpoint, with the tools `search` and `open`.

    A model that answers before it has searched is made to search its question first. `window` is its context length in tokens.
    Raises the client's typed errors, and `Exhausted` where the budget is spent.

    >>> ChatPolicy(client).plan(view, print)
    """

    client: Client = field(repr=False)
    window: int = 32_000

    @property
    def name(self) -> str:
        """How it is chosen and recorded."""
        return "chat"

    def standalone(self, view: View) -> str:
        """The model's rewriting of a follow-up; the question as it is where the model gives none that could be one."""
        told = "\n".join(f"Question: {one.question}\nAnswer: {one.short or one.text}" for one in view.history)
        messages = [
            {"role": "system", "content": prompts.STANDALONE},
            {"role": "user", "content": f"{told}\nLast question: {view.question}"},
        ]
        text = " ".join(self.client.chat(messages, None, Query(view.question, id=view.cause)).text.split())
        return text if 0 < len(text) <= _MOST else view.question

    def plan(self, view: View, on_token: OnToken) -> Decision:
        """The first searches."""
        turn = self._ask(view, prompts.TOOLS, on_token)
        actions = _actions(turn)
        if not any(isinstance(action, Search) for action in actions):
            actions = (Search(view.question, reason=turn.text),)
        return Decision(actions=actions, reasoning=turn.text)

    def reflect(self, view: View, on_token: OnToken) -> Decision:
        """More searches, or the draft of an answer."""
        if view.left.searches <= 0 or view.left.shown <= 0:
            return Decision(stop="answered", draft=self._answer(view, on_token))
        turn = self._ask(view, prompts.TOOLS, on_token)
        actions = _actions(turn)
        if actions:
            return Decision(actions=actions, reasoning=turn.text)
        return Decision(stop="answered", draft=turn.text) if turn.text.strip() else Decision(stop="saturated")

    def write(self, view: View, on_token: OnToken) -> Answer:
        """The draft, or one that is asked for now, as an answer whose claims cite what was shown."""
        draft = view.turns[-1].draft if view.turns and view.turns[-1].draft else self._answer(view, on_token)
        return read(draft, view.evidence)

    def _answer(self, view: View, on_token: OnToken) -> str:
        return self._ask(view, (), on_token, {"role": "user", "content": prompts.WRITE}).text

    def _ask(self, view: View, tools: Sequence[Tool], on_token: OnToken, *more: Message) -> Turn:
        messages = [*Transcript(self.window).messages(view), *more]
        return self.client.converse(messages, tools, Query(view.question, id=view.cause), on_token)


def read(draft: str, evidence: Sequence[Evidence]) -> Answer:
    """A model's answer in the form that the prompt asks for; where it keeps to no form, all of it is the explanation."""
    parts = _parts(draft)
    explanation = parts.get("explanation", "" if parts else draft.strip())
    short = parts.get("exact answer", "").strip().strip("*_ ").rstrip(".")
    if short.casefold() in _NOTHING and "exact answer" in parts:
        return Answer("not_found", confidence=_confidence(parts))
    claims = tuple(parse(explanation, evidence))
    return Answer("found", short, explanation, claims, confidence=_confidence(parts))


def _parts(draft: str) -> dict[str, str]:
    found = list(_LABELLED.finditer(draft))
    ends = [match.start() for match in found] + [len(draft)]
    return {match[1].lower(): draft[match.end() : end].strip() for match, end in zip(found, ends[1:], strict=True)}


def _confidence(parts: dict[str, str]) -> float | None:
    number = _NUMBER.search(parts.get("confidence", ""))
    return min(float(number[0]) / 100, 1.0) if number else None


def _actions(turn: Turn) -> tuple[Action, ...]:
    """The tool calls as actions; `converse` has checked their names and arguments against the tools."""
    return tuple(
        Search(str(call.arguments["query"]), reason=turn.text)
        if call.name == "search"
        else Open(str(call.arguments["id"]), turn.text)
        for call in turn.calls
    )

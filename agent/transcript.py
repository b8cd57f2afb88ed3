"""A question's rows as the messages of a conversation with tools, within a model's context window.

The conversation is made anew from the ledger each time, so a policy keeps nothing, and a resumed run talks on as if nothing had
happened. When it grows too long, the oldest passages are dropped by id; a passage that the model has cited is never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent import prompts
from agent.state import Action, Done, Evidence, Search, View

Message = Mapping[str, Any]
_CHARACTERS_A_TOKEN = 3.5


@dataclass(frozen=True)
class Transcript:
    """The messages of a view. `window` is the model's context length in tokens, of which `answer` are kept for what it writes.

    >>> Transcript(window=32_000).messages(view)
    """

    window: int
    answer: int = 4_000

    def messages(self, view: View) -> list[Message]:
        """System, question, then each turn's calls and what they showed."""
        return self._messages(view, self.dropped(view))

    def dropped(self, view: View) -> frozenset[str]:
        """The item ids of the passages that are left out, oldest first, so that the rest fits."""
        pinned = {one.item for one in view.evidence if any(_cites(turn.reasoning, one) for turn in view.turns)}
        gone: set[str] = set()
        for one in view.evidence:
            if self._fits(view, gone):
                break
            if one.item not in pinned:
                gone.add(one.item)
        return frozenset(gone)

    def _fits(self, view: View, gone: set[str]) -> bool:
        length = len(json.dumps(self._messages(view, frozenset(gone)), ensure_ascii=False))
        return length / _CHARACTERS_A_TOKEN <= self.window - self.answer

    def _messages(self, view: View, gone: frozenset[str]) -> list[Message]:
        head: list[Message] = [{"role": "system", "content": prompts.SYSTEM}]
        for before in view.history:
            head += [{"role": "user", "content": before.question}, {"role": "assistant", "content": before.text}]
        return [*head, {"role": "user", "content": _opening(view, gone)}, *_turns(view, gone)]


def _opening(view: View, gone: frozenset[str]) -> str:
    """The question, and behind it what an earlier answer of the conversation cited, where there is one."""
    carried = [_passage(one, dropped=one.item in gone) for one in view.evidence if one.action == 0]
    if not carried:
        return view.question
    return f"{view.question}\n\n{prompts.CARRIED}\n{json.dumps(carried, ensure_ascii=False)}"


def _turns(view: View, gone: frozenset[str]) -> Iterator[Message]:
    number = 0
    for turn in view.turns:
        numbers = range(number + 1, number + 1 + len(turn.actions))
        number += len(turn.actions)
        if turn.actions:
            calls = [_call(one, action) for one, action in zip(numbers, turn.actions, strict=True)]
            yield {"role": "assistant", "content": turn.reasoning, "tool_calls": calls}
            yield from (_result(one, view, gone) for one in numbers)
        elif turn.draft or turn.reasoning:
            yield {"role": "assistant", "content": turn.draft or turn.reasoning}


def _call(number: int, action: Action) -> Mapping[str, Any]:
    name, arguments = ("search", {"query": action.text}) if isinstance(action, Search) else ("open", {"id": action.item})
    return {
        "id": f"call-{number}",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
    }


def _result(number: int, view: View, gone: frozenset[str]) -> Message:
    done = next((one for one in view.done if one.number == number), None)
    content = json.dumps(_told(done, view.evidence, gone), ensure_ascii=False)
    return {"role": "tool", "tool_call_id": f"call-{number}", "content": content}


def _told(done: Done | None, evidence: Sequence[Evidence], gone: frozenset[str]) -> Mapping[str, Any]:
    """What an action brought, in the model's words for it: a failure is named as one and never looks like evidence."""
    if done is None:
        return {"status": "not carried out: the budget was spent"}
    if done.failure is not None:
        return {"status": f"failed: {done.failure}"}
    if done.repeats is not None:
        return {"status": f"the same as call-{done.repeats}: not repeated"}
    passages = [_passage(one, dropped=one.item in gone) for one in evidence if one.number in done.shown]
    return {"status": f"{done.hits} found, {len(passages)} new shown", "passages": passages}


def _passage(one: Evidence, *, dropped: bool) -> Mapping[str, Any]:
    if dropped:
        return {"id": one.item, "title": one.title, "left_out": "shown earlier, left out to save room"}
    return {"id": one.item, "title": one.title, "text": one.text, **({"cut": True} if one.cut else {})}


def _cites(text: str, one: Evidence) -> bool:
    return f"[{one.item}]" in text

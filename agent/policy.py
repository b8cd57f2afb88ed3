"""What decides in a research: a `Policy` is asked what to do next and, at the end, for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agent.state import Answer, Decision, View

OnToken = Callable[[str], None]


class Policy(Protocol):
    """Decides; it carries nothing out, keeps nothing of a question, and sees nothing but the `View` it is given.

    `name` is how it is chosen and recorded. `plan` is asked once, `reflect` after each turn's evidence, `write` when the search
    has ended for whatever reason: it always gives an answer, if only `not_found`. `standalone` makes a follow-up self-contained.
    A policy with a model streams its tokens to `on_token`.
    """

    @property
    def name(self) -> str: ...
    def standalone(self, view: View) -> str: ...
    def plan(self, view: View, on_token: OnToken) -> Decision: ...
    def reflect(self, view: View, on_token: OnToken) -> Decision: ...
    def write(self, view: View, on_token: OnToken) -> Answer: ...

"""Opened indexes, recipes and model clients: opened once a process, shared by its runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.accounts import Accounts
from agent.desk import Desk
from agent.extractive import ExtractivePolicy
from agent.ledger import Ledger
from agent.llm import Client
from agent.policy import Policy
from agent.prompts import identity as prompt_identity
from agent.settings import Settings
from agent.spec import Spec
from agent.state import Effort
from agent.tools import Tools
from retrievers.base import Sources, Stage
from retrievers.errors import FathomError
from retrievers.generation import CURRENT, sha256
from retrievers.index import Index
from retrievers.maxp import MaxP
from retrievers.recipes import recipe
from retrievers.vary import vary

_NONE = ""
"""No document has this id."""
MEASURED = Effort("measured", searches=1, shown=1, turns=1, tokens=10**12, seconds=10**9)
"""Without a limit: whoever measures a recipe wants all of it."""


@dataclass
class Workshop:
    """Makes the desk at which a question is researched.

    >>> Workshop(Settings()).desk(ledger, run, 1, spec)
    """

    settings: Settings
    accounts: Accounts = field(default_factory=Accounts)
    _indexes: dict[tuple[str, str], Index] = field(default_factory=dict[tuple[str, str], Index])
    _stages: dict[tuple[str | None, ...], Stage] = field(default_factory=dict[tuple[str | None, ...], Stage])
    _clients: dict[tuple[str, str], Client] = field(default_factory=dict[tuple[str, str], Client])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def index(self, path: str) -> Index:
        """The index's current generation, opened and checked when it is new to this process."""
        root = Path(path)
        pointer = (root / CURRENT).read_text("utf-8", "replace") if (root / CURRENT).is_file() else ""
        with self._lock:
            key = str(root.resolve()), pointer
            if key not in self._indexes:
                opened = Index.open(root)
                self._forget(key[0])
                self._indexes[key] = opened
            return self._indexes[key]

    def _forget(self, root: str) -> None:
        """Let go of a generation that was replaced; the runs that are under way on it still hold it."""
        for key in [key for key in self._indexes if key[0] == root]:
            gone = self._indexes.pop(key).identity
            self._stages = {own: stage for own, stage in self._stages.items() if own[0] != gone}

    def client(self, spec: Spec) -> Client | None:
        """The client of the run's model, or None where it has none."""
        if not spec.endpoint:
            return None
        with self._lock:
            key = spec.endpoint, spec.model
            if key not in self._clients:
                self._clients[key] = Client.open(self.settings.for_endpoint(spec.endpoint, spec.model), self.accounts)
            return self._clients[key]

    def stage(self, spec: Spec) -> Stage:
        """The run's recipe over its index, rolled up where the run measures documents."""
        index, client = self.index(spec.index), self.client(spec)
        key = index.identity, spec.recipe, spec.recipes, spec.endpoint, spec.model, spec.level, str(spec.varied)
        if key not in self._stages:
            made = recipe(spec.recipe, spec.recipes)(Sources(index, client))
            for path, value in spec.varied:
                made = vary(made, path, value)
            self._stages[key] = made >> MaxP(index) if spec.level == "records" else made
        return self._stages[key]

    def checked(self, spec: Spec) -> Spec:
        """The spec on the index's current generation, all that it needs made once: what is missing is said before a run is."""
        recipe(spec.recipe, spec.recipes)
        index = self.index(spec.index)
        if not spec.alone:
            self.policy(spec)
        prompts = prompt_identity() if spec.policy == "chat" else ""
        source = sha256(Path(spec.recipes)) if spec.recipes else ""
        return spec.on(index.identity, stage=repr(self.stage(spec)), prompts=prompts, source=source)

    def warm(self, spec: Spec) -> None:
        """Load the encoder that the recipe searches with, so that no question's time is spent on that."""
        index = self.index(spec.index)
        if index.encoder_name and index.encoder_name in repr(self.stage(spec)):
            index.encoder.load()

    def policy(self, spec: Spec) -> Policy:
        """The run's policy."""
        if spec.alone:
            raise FathomError(
                "an evaluation of retrieval is not researched: it has no policy",
                "a run that answers questions",
                "fathom eval DATASET --run NAME measures it again, under another name",
            )
        if spec.policy == "extractive":
            return ExtractivePolicy()
        from agent.chat import ChatPolicy

        client = self.client(spec)
        if client is None:
            raise FathomError("the policy 'chat' has no model", "an endpoint", "add --endpoint URL --model NAME")
        return ChatPolicy(client, self.settings.context)

    def desk(self, ledger: Ledger, run: str, number: int, spec: Spec) -> Desk:
        """Question `number` of a run, for its asker where a data set names one; raises `FathomError` where the index is no longer
        the run's. Of an evaluation of retrieval alone a desk can only be looked at.
        """
        index = self.index(spec.index)
        if spec.identity and index.identity != spec.identity:
            raise FathomError(
                f"{spec.index} was built anew since run {run} began",
                "the generation that the run's passages were shown from",
                f"ask again: fathom ask QUESTION --index {spec.index}",
            )
        gold = ledger.question(run, number).gold
        user = gold.user if gold is not None else spec.user
        scope = spec.scope
        if spec.given and gold is not None:
            scope = replace(scope, documents=gold.relevant or (_NONE,))
        tools = Tools(index, self.stage(spec), user, scope)
        policy, effort = (ExtractivePolicy(), MEASURED) if spec.alone else (self.policy(spec), spec.effort)
        effort = effort if spec.reflect else replace(effort, turns=1)  # so that the plan knows it is asked alone
        return Desk(ledger, run, number, tools, policy, ExtractivePolicy(), effort)

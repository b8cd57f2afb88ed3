"""How a question is to be researched: effort, recipe, policy and scope, chosen beside the input and kept with the conversation.

Nothing is stored for it: a conversation's choices are those of its last run, which the ledger has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from agent.settings import Settings
from agent.spec import POLICIES, Spec
from agent.state import EFFORTS
from retrievers.recipes import recipes
from retrievers.scope import Scope
from ui.corpora import Corpus
from ui.parts.plain import label

_EFFORTS: Mapping[str, str] = {
    "quick": "one round of searches, at most 30 s",
    "standard": "follows what it finds, at most 2 minutes",
    "deep": "keeps at it, at most 15 minutes",
}
_POLICIES: Mapping[str, str] = {
    "extractive": "no language model: sentences of the documents, word for word",
    "chat": "a language model decides and writes; everything is checked",
}


@dataclass(frozen=True)
class Choices:
    """What is chosen for the next question; `where` is a scope as `--where` writes it."""

    effort: str = "standard"
    recipe: str = "hybrid"
    policy: str = "extractive"
    where: str = ""

    @classmethod
    def first(cls, settings: Settings, vectors: bool) -> Choices:
        """Those of a new conversation: a model where there is one, and words alone over an index without vectors."""
        policy = "chat" if settings.endpoint and settings.model else "extractive"
        return cls(recipe="hybrid" if vectors else "bm25", policy=policy)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Choices:
        """Those of a run, from its stored spec."""
        spec = Spec.from_json(stored)
        return cls(spec.effort.name, spec.recipe, spec.policy, str(spec.scope))

    def spec(self, corpus: Corpus, reader: str | None, settings: Settings) -> Spec:
        """The run's configuration; raises `UsageError` for a scope that cannot be read, or a policy without its model."""
        endpoint, model = settings.endpoint or "", settings.model or ""
        scope = Scope.parse([self.where]) if self.where.strip() else Scope()
        path = str(corpus.path.resolve())
        own = str(settings.recipes.resolve()) if settings.recipes else None
        return Spec(path, self.recipe, own, self.policy, EFFORTS[self.effort], reader, scope, endpoint, model)


def choose(before: Choices, key: str, settings: Settings) -> Choices:
    """The choices beside the input, as they are now. `key` tells conversations apart."""
    kept: Choices = st.session_state.get(f"choices-{key}", before)
    told = f"{kept.effort} · {kept.recipe} · {kept.policy}" + (" · scope" if kept.where else "")
    with st.popover(told, icon=":material/tune:", key=f"choices-open-{key}", help="How the next question is researched"):
        chosen = _widgets(kept, key, settings)
    if chosen != kept:
        st.session_state[f"choices-{key}"] = chosen
        st.rerun()
    return chosen


def _widgets(kept: Choices, key: str, settings: Settings) -> Choices:
    efforts, known = list(EFFORTS), list(recipes(settings.recipes))
    policies = [name for name in POLICIES if name == "extractive" or settings.endpoint]
    effort = st.radio(
        "Effort",
        efforts,
        efforts.index(kept.effort) if kept.effort in efforts else 1,
        captions=[_EFFORTS.get(name, "") for name in efforts],
        key=f"effort-{key}",
    )
    recipe = st.selectbox("Recipe: how passages are found", known, _at(known, kept.recipe), key=f"recipe-{key}")
    policy = st.radio(
        "Policy: who decides and writes",
        policies,
        _at(policies, kept.policy),
        captions=[_POLICIES[name] for name in policies],
        key=f"policy-{key}",
    )
    where = st.text_input(
        "Scope: only where this holds",
        kept.where,
        key=f"scope-{key}",
        placeholder="type=pdf,date>=2020,path=reports/*",
        help=label("conditions, joined by commas: type, date, path, document"),
    )
    return replace(kept, effort=effort, recipe=recipe, policy=policy, where=where.strip())


def _at(names: list[str], name: str) -> int:
    return names.index(name) if name in names else 0

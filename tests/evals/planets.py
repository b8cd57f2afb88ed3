"""A small real index for replays, a stage that finds what its script says, and agents that issue what theirs say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.desk import Desk
from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Decision, Effort
from agent.tools import Tools
from agent.workflow import Workflow
from retrievers.base import Query, Ranking, Stage
from retrievers.build import BuildSettings, build
from retrievers.corpus import ReadOptions
from retrievers.index import Index
from retrievers.scope import Scope
from tests.agent.scripted import ScriptedPolicy

EFFORT = Effort("test", searches=9, shown=5, turns=5, tokens=10_000, seconds=60, per_search=2)
ARTICLES = {
    "neptune.md": "# Neptune\n\nGalle found Neptune in Berlin.\n\n## Orbit\n\nLe Verrier had computed where it would stand.\n\n"
    "## Moons\n\nLassell found Triton.\n",
    "uranus.md": "# Uranus\n\nHerschel found Uranus in Bath.\n",
    "twin.md": "# Uranus\n\nHerschel found Uranus in Bath.\n",
    "rings.md": "# Rings\n\nHuygens explained the rings of Saturn.\n",
    "bath.md": "# Bath\n\nBath is a city in Somerset.\n",
}


def planets(home: Path) -> Index:
    """`neptune.md` has three passages, the others have one each, `twin.md` that of `uranus.md`; `diary` is Ann's alone."""
    (home / "articles").mkdir()
    for name, text in ARTICLES.items():
        (home / "articles" / name).write_text(text, "utf-8")
    (home / "notes.jsonl").write_text(json.dumps({"id": "diary", "text": "Ann saw Neptune.", "user": "ann"}), "utf-8")
    settings, options = BuildSettings(encoder=None, words=8), ReadOptions(owner_field="user")
    build([home / "articles", home / "notes.jsonl"], home / "planets.index", settings, options)
    return Index.open(home / "planets.index")


@dataclass(frozen=True)
class Finding(Stage):
    """Finds for each text the items that its script names, best first, and nothing for another; keeps what it was asked."""

    script: Mapping[str, Sequence[str]] = field(repr=False)
    name: str = "Finding"
    asked: list[Query] = field(default_factory=list[Query], repr=False, compare=False)

    @property
    def label(self) -> str:
        return self.name

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        self.asked.extend(one.query for one in batch)
        found = [self.script.get(one.query.text, ()) for one in batch]
        return [Ranking.ranked(one.query, ids, range(len(ids), 0, -1), self.label) for one, ids in zip(batch, found, strict=True)]


def researched(
    ledger: Ledger,
    index: Index,
    stage: Stage,
    scripts: Sequence[Sequence[Decision]],
    gold: Sequence[Gold],
    *,
    effort: Effort = EFFORT,
    scope: Scope | None = None,
) -> str:
    """A run in which an agent decided as each question's script says, with `stage` as its recipe."""
    spec = Spec(str(index.path), "bm25", effort=effort, scope=scope or Scope(), identity=index.identity, dataset="planets")
    run = ledger.start_run(spec.as_json(), [f"what of {one.id}?" for one in gold], purpose="first", gold=gold)
    for number, (script, one) in enumerate(zip(scripts, gold, strict=True), start=1):
        tools = Tools(index, stage, one.user, spec.scope)
        desk = Desk(ledger, run, number, tools, ScriptedPolicy(script), ScriptedPolicy([]), effort)
        asyncio.run(Workflow().research(desk))
    ledger.finish_run(run, "done")
    return run

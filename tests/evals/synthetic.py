"""Evaluations as `fathom eval --run` keeps them, whose rankings are made up: written to a real ledger without an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.entries.batches import Searched
from agent.entries.packing import Candidates
from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.spec import NONE, Spec
from agent.state import Search


def staged(stage: str, ids: Sequence[str], total: int | None = None) -> Candidates:
    scores = tuple(float(len(ids) - place) for place in range(len(ids)))
    return Candidates(stage, "q", tuple(ids), scores, ("",) * len(ids), len(ids) if total is None else total)


def record(
    ledger: Ledger,
    name: str,
    found: Mapping[str, Sequence[str]],
    relevant: Mapping[str, Sequence[str]],
    *,
    recipe: str = "bm25",
    dataset: str = "small",
    total: int | None = None,
    searched: int | None = None,
    status: str = "done",
) -> str:
    """A run of the questions of `relevant` whose last stage found `found`, after a stage that found it the other way round.

    Only the first `searched` questions are searched; a ranking had `total` places, of which `found` were logged.
    """
    spec = Spec("small.index", recipe, policy=NONE, identity="g1", stage=f"{recipe.upper()}()", dataset=dataset)
    gold = [Gold(id, tuple(wanted)) for id, wanted in relevant.items()]
    run = ledger.start_run(spec.as_json(), [f"what is {id}?" for id in relevant], purpose=name, gold=gold)
    rows: list[Searched] = []
    for number, id in enumerate(list(relevant)[:searched], start=1):
        stages = (staged("Dense", found[id][::-1]), staged("Fuse", found[id], total))
        rows.append(Searched(number, Search(f"what is {id}?", show=10), min(10, len(found[id])), 0.01, stages))
    for start in range(0, len(rows), 500):
        ledger.record_searches(run, rows[start : start + 500])
    if status != "running":
        ledger.finish_run(run, status)  # type: ignore[arg-type]
    return run

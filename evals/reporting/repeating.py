"""What the systems of a report were, and what to type to run them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from agent.spec import Spec
from agent.state import Effort
from evals.reporting.wording import command, day
from evals.scores import Kept

NOT_KEPT = "--queries, --units, --owner-field, --encoder and --data are not kept: where any was given, give it again."
_NEW = "NEW-NAME"


def facts(one: Kept) -> dict[str, str]:
    """What decides a system's figures, in words; a fact that it does not have is left out."""
    spec = one.spec
    told = {
        "data set": spec.dataset,
        "questions": f"{one.row.size:,}",
        "index identity": spec.identity,
        "recipe": spec.recipe,
        "recipe in full": spec.stage,
        "settings varied": ", ".join(f"{path}={value}" for path, value in spec.varied),
        "policy": "nobody: retrieval alone" if spec.alone else spec.policy,
        "effort": "" if spec.alone else spent(spec.effort),
        "follows up": "" if spec.alone or spec.reflect else "no",
        "model": " at ".join(part for part in (spec.model, spec.endpoint) if part),
        "confined to": str(spec.scope),
        "measured by": spec.level,
        "places measured": f"{spec.depth:,}" if spec.depth else "",
        "prompts": spec.prompts,
        "recipes file": spec.source,
        "run": one.row.id,
        "begun": day(one.row.created),
        "evaluation": one.row.purpose,
        "Fathom that wrote this": version("fathom"),
    }
    return {name: words for name, words in told.items() if words}


def spent(effort: Effort) -> str:
    """What a question may spend, in words."""
    cost = "" if effort.cost is None else f", cost {effort.cost:g}"
    return (
        f"{effort.name}: up to {effort.searches} searches, {effort.shown} passages ({effort.per_search} a search), "
        f"{effort.turns} turns, {effort.tokens:,} model tokens, {effort.seconds:g} s{cost} a question"
    )


def again(systems: Sequence[Kept]) -> tuple[str, ...]:
    """What to type to run each evaluation anew, with these of its systems.

    >>> again(systems(ledger, "first"))
    ('fathom eval small --recipe bm25 --recipe hybrid --run NEW-NAME',)
    """
    by_name: dict[str, list[Spec]] = {}
    for one in systems:
        by_name.setdefault(one.row.purpose, []).append(one.spec)
    return tuple(_evaluation(specs) for specs in by_name.values())


def _evaluation(specs: Sequence[Spec]) -> str:
    first = specs[0]
    agent = not first.alone
    return command(
        "fathom",
        "eval",
        first.dataset,
        recipe=list(dict.fromkeys(one.recipe for one in specs)),
        vary=[f"{where}={','.join(values)}" for where, values in _varied(specs).items()],
        policy=[first.policy] if agent else [],
        effort=list(dict.fromkeys(one.effort.name for one in specs)) if agent else [],
        endpoint=[first.endpoint] if first.endpoint else [],
        model=[first.model] if first.model else [],
        where=[str(first.scope)] if str(first.scope) else [],
        recipes=[first.recipes] if first.recipes else [],
        depth=[str(first.depth)] if first.depth else [],
        run=[_NEW],
    )


def _varied(specs: Sequence[Spec]) -> Mapping[str, Sequence[str]]:
    """`recipe.path` and the values that it took, in their order."""
    found: dict[str, dict[str, None]] = {}
    for one in specs:
        for path, value in one.varied:
            found.setdefault(f"{one.recipe}.{path}", {})[str(value)] = None
    return {where: list(values) for where, values in found.items()}

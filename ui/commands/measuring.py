"""What `fathom eval` does once it knows what is wanted: in memory, or kept under a name in the ledger."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from retrievers.errors import FathomError, UsageError
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, SKIPPED, emit, out, tell
from ui.terminal.meter import BUILD, meter

if TYPE_CHECKING:
    from agent.entries.rows import RunRow
    from agent.ledger import Ledger
    from agent.settings import Settings
    from agent.spec import Spec
    from evals.answering.base import AnswerMeasure
    from evals.datasets import Dataset
    from evals.means import Means
    from evals.measures import Measure
    from retrievers.index import Index

    Named = tuple[AnswerMeasure | Measure, ...]


@dataclass(frozen=True)
class Wanted:
    """The options of an evaluation."""

    measures: tuple[str, ...]
    recipes: tuple[str, ...]
    varied: tuple[str, ...]
    efforts: tuple[str, ...]
    policy: str | None
    parallel: int
    own: Path | None
    where: tuple[str, ...]
    queries: str | None
    owner_field: str | None
    units: tuple[str, ...]
    gold: bool
    encoder: str
    allow_download: bool
    depth: int | None
    groups: bool
    as_json: bool

    def named(self, alone: bool, ledger: Ledger | None = None) -> Named:
        """The measures that were asked for, or the usual ones; `ledger` has what judges said."""
        from evals.answers import named
        from evals.usual import AGENT, ALONE

        return named(self.measures or (ALONE if alone else AGENT), ledger)


def measured_alone(wanted: Wanted, dataset: str, ledger: str | None, flags: Mapping[str, Any]) -> int:
    """Measure recipes alone and keep nothing."""
    from evals.retrieval import depth_of, evaluate
    from retrievers.scope import Scope

    place = Workplace.at(ledger, **flags)
    measures, scope = wanted.named(alone=True), Scope.parse(wanted.where)
    depth = depth_of(measures, wanted.depth)
    read, opened = _opened(wanted, dataset, place.settings)
    stages = {spec.label: place.workshop.stage(spec) for spec in _grid(wanted, opened, place.settings)}
    with meter({}, "questions", quiet=wanted.as_json) as progress:
        found = evaluate(read, stages, measures, index=opened, depth=depth, scope=scope, progress=progress)
    return _print(wanted, found, opened, None)


def run_systems(wanted: Wanted, dataset: str, name: str | None, ledger: str | None, flags: Mapping[str, Any]) -> int:
    """Run an evaluation and keep it: under its name, or one made of the data set's and the time."""
    from evals.runner import Runner

    place = Workplace.at(ledger, **flags)
    measures = wanted.named(wanted.policy is None, place.ledger)
    called = name or f"eval-{Path(dataset).name}-{time.strftime('%Y%m%d-%H%M%S')}"
    Runner(place.runs, called)
    read, opened = _opened(wanted, dataset, place.settings)
    systems = _systems(wanted, read, opened, place.settings, measures)
    with meter({}, "questions", quiet=wanted.as_json) as progress:
        runner = Runner(place.runs, called, progress, lambda row: _standing(place, row, measures))
        runner.begin(read, systems)
        runner.run([spec.label for spec in systems])
    found = _kept(place, called, measures, len(read.questions), [spec.label for spec in systems])
    return _print(wanted, found, opened, called)


def resumed(wanted: Wanted, name: str, ledger: str | None, flags: Mapping[str, Any]) -> int:
    """Go on with an evaluation, and print all of it."""
    from evals.answers import named
    from evals.runner import Runner
    from evals.scores import runs_of
    from evals.usual import of_specs

    place = Workplace.at(ledger, **flags)
    rows = runs_of(place.ledger, name)
    measures = named(wanted.measures or of_specs([row.spec for row in rows]), place.ledger)
    with meter({}, "questions", quiet=wanted.as_json) as progress:
        Runner(place.runs, name, progress, lambda row: _standing(place, row, measures)).run()
    found = _kept(place, name, measures)
    return _print(wanted, found, place.workshop.index(str(rows[0].spec["index"])), name)


def _opened(wanted: Wanted, dataset: str, settings: Settings) -> tuple[Dataset, Index]:
    """The data set and its index, which is built where the cache has none."""
    from evals.formats.native import read
    from evals.indexes import SETTINGS, index_of
    from retrievers.units import units_of
    from ui.commands.index import chosen

    found = read(
        dataset,
        settings.cache,
        data=settings.data,
        queries=wanted.queries,
        owner_field=wanted.owner_field,
        allow_download=wanted.allow_download,
    )
    encoder = chosen(wanted.encoder, allow_download=wanted.allow_download)
    baked = replace(SETTINGS, encoder=encoder, units=units_of(wanted.units))
    with meter(BUILD, quiet=wanted.as_json) as progress:
        return found, index_of(found, settings.cache, baked, progress=progress)


def _grid(wanted: Wanted, opened: Index, settings: Settings, **about: Any) -> tuple[Spec, ...]:
    """What each system's runs are, so that they can be made again."""
    from agent.spec import NONE, Spec
    from evals.tasks import Varied, grid

    asked = bool(settings.endpoint and settings.model)
    base = Spec(
        str(opened.path.resolve()),
        recipes=str(wanted.own.resolve()) if wanted.own is not None else None,
        policy=wanted.policy or NONE,
        endpoint=settings.endpoint or "" if asked else "",
        model=settings.model or "" if asked else "",
        parallel=wanted.parallel,
        **about,
    )
    varied = [Varied.parse(text, wanted.recipes) for text in wanted.varied]
    return grid(base, wanted.recipes, wanted.efforts, varied, gold=wanted.gold)


def _systems(wanted: Wanted, read: Dataset, opened: Index, settings: Settings, measures: Named) -> tuple[Spec, ...]:
    from evals.retrieval import depth_of, level_of
    from retrievers.scope import Scope

    alone = wanted.policy is None
    if alone and (wanted.efforts or wanted.gold):
        given = "an effort" if wanted.efforts else "a reader given the gold"
        raise UsageError(f"{given} without an agent", "a policy that reads", "--policy extractive")
    level, depth = (level_of(opened, read), depth_of(measures, wanted.depth)) if alone else ("", 0)
    scope = Scope.parse(wanted.where)
    return _grid(wanted, opened, settings, scope=scope, dataset=read.name, level=level, depth=depth)


def _standing(place: Workplace, row: RunRow, measures: Named) -> str:
    """The first measure's mean over what is finished; nothing where it has none yet, as of a judge that was not asked."""
    import numpy as np

    from evals.columns import columns
    from evals.outcomes import outcomes

    index = place.workshop.index(str(row.spec["index"]))
    found = [one for one in outcomes(place.ledger, row.id, index=index) if one.status != "open"]
    try:
        values = columns(found, measures[:1], row.purpose)[str(measures[0])] if found else np.zeros(0)
    except FathomError:
        return ""
    told = values[~np.isnan(values)]
    return f"{measures[0]} {told.mean():.3f}" if len(told) else ""


def _kept(
    place: Workplace,
    name: str,
    measures: Named,
    total: int | None = None,
    labels: list[str] | None = None,
) -> Means:
    from evals.means import means
    from evals.scores import label_of, systems

    kept = [one for one in systems(place.ledger, name, place.workshop.index) if labels is None or label_of(one.row) in labels]
    return means([one.scores(measures) for one in kept], total)


def _print(wanted: Wanted, found: Means, opened: Index, name: str | None) -> int:
    from ui.terminal.figures import figures

    skipped = opened.summary()["skipped"]
    if wanted.as_json:
        emit(found.as_json() if name is None else {"run": name, **found.as_json()})
    else:
        figures(found, str(opened.path), groups=wanted.groups)
        if name is not None:
            asked = shlex.quote(found.asked[0].id)
            out().print(Text(f"next  fathom why {shlex.quote(name)} --question {asked}"), soft_wrap=True)
        if skipped:
            were = "input of the corpus was" if len(skipped) == 1 else "inputs of the corpus were"
            tell("warn", "!", f"{len(skipped):,} {were} skipped", {"next": f"fathom doctor --index {opened.path}"})
    return SKIPPED if skipped else DONE

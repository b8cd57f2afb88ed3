"""One query through several recipes: what each ranks, and in words why one cannot."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from agent.entries.rows import RunRow
from agent.spec import Spec
from retrievers.base import Query
from retrievers.errors import FathomError
from retrievers.recipes import RECIPES
from ui.visit import Visit

KEPT = 200
_log = logging.getLogger("fathom.chat")


@dataclass(frozen=True)
class Ranked:
    """What a recipe gave: its first `KEPT` places, of `total`, its stage in full and how long it took; or its `trouble`."""

    recipe: str
    ids: tuple[str, ...] = ()
    total: int = 0
    stage: str = ""
    seconds: float = 0.0
    trouble: FathomError | None = None


def compare(visit: Visit, run: RunRow, number: int, names: list[str], query: Query) -> list[Ranked]:
    """Rank a query by each recipe, on the index of the run as it is now. A recipe that fails says why; the others go on.

    >>> compare(visit, run, 1, ["bm25", "dense"], Query("rings"))[0].ids[:2]
    """
    spec = Spec.from_json(run.spec)
    with _paid(visit, run, number, spec):
        return [_ranked(visit, replace(spec, recipe=name, recipes=_own(visit), level=""), query) for name in names]


def _ranked(visit: Visit, spec: Spec, query: Query) -> Ranked:
    foreign = (
        Exception if spec.recipes is not None or spec.recipe not in RECIPES else FathomError
    )  # a file of their own: anything
    began = time.perf_counter()
    try:
        stage = visit.service.workshop.stage(spec)
        ranking = stage.search(query, KEPT + 1000)
    except foreign as error:
        return Ranked(spec.recipe, trouble=_trouble(spec.recipe, error))
    seconds = time.perf_counter() - began
    return Ranked(spec.recipe, ranking.ids[:KEPT], len(ranking), repr(stage), seconds)


def _trouble(recipe: str, error: Exception) -> FathomError:
    if isinstance(error, FathomError):
        _log.warning("the recipe %s: %s", recipe, error.happened)
        return error
    _log.warning("the recipe %s failed", recipe, exc_info=error)
    told = f"the recipe {recipe} failed: {type(error).__name__}: {error}"
    return FathomError(told, "a recipe that ranks this query", "mend it in the recipes file")


def _own(visit: Visit) -> str | None:
    """The recipes file of this server."""
    file = visit.service.settings.recipes
    return str(file.resolve()) if file is not None else None


@contextmanager
def _paid(visit: Visit, run: RunRow, number: int, spec: Spec) -> Generator[None]:
    """While this is open, a recipe may ask the run's model, charged to the question, as long as its index stands."""
    if not spec.endpoint or visit.service.workshop.index(spec.index).identity != spec.identity:
        yield
        return
    desk = visit.service.workshop.desk(visit.ledger, run.id, number, spec)
    with visit.service.workshop.accounts.opened(desk):
        yield

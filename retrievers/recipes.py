"""Named recipes: what is compared, in Python. A recipe takes `Sources` and gives a stage.

A file of one's own adds more: it defines `RECIPES = {"name": recipe}` and is given as `--recipes my_recipes.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from difflib import get_close_matches
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

from retrievers.base import Recipe, Sources, Stage
from retrievers.dense import Dense
from retrievers.errors import UsageError
from retrievers.fusion import Fuse, MinMax, ReciprocalRank
from retrievers.index import Index
from retrievers.lexical import BM25, OkapiBM25
from retrievers.maxp import MaxP
from retrievers.maxsim import MaxSim
from retrievers.rerank import Rerank

DEPTH = 100


def bm25(sources: Sources) -> Stage:
    """Okapi BM25 on bm25s."""
    return BM25(sources.need_index())


def okapi(sources: Sources) -> Stage:
    """rank-bm25's BM25Okapi, the reference."""
    return OkapiBM25(sources.need_index())


def dense(sources: Sources) -> Stage:
    """Exact cosine over the index's vectors."""
    return Dense(sources.need_index())


def hybrid(sources: Sources) -> Stage:
    """BM25 and dense, fused by reciprocal rank: needs no tuning."""
    return Fuse((BM25(sources.need_index()), Dense(sources.need_index())), ReciprocalRank())


def hybrid_weighted(sources: Sources) -> Stage:
    """BM25 and dense, fused by weighted min-max; the weights are the best of eleven on SciFact's training claims:
    `python -m evals.tune scifact --queries queries_train.jsonl`."""
    return Fuse((BM25(sources.need_index()), Dense(sources.need_index())), MinMax(weights=(0.5, 0.5)))


def hybrid_maxsim(sources: Sources) -> Stage:
    """The hybrid's first 100, reranked by late interaction of token vectors."""
    return hybrid(sources) % DEPTH >> Rerank(MaxSim(sources.need_index()), depth=DEPTH)


def conversation(sources: Sources) -> Stage:
    """Turns, and windows of turns rolled up to their records, each by BM25 and dense, fused by min-max, where windows count
    double: the choice of `python -m evals.tune_conversation locomo5 --users conv-26,conv-30`."""
    return Fuse(spoken(sources.need_index()), MinMax(weights=(1.0, 1.0, 2.0, 2.0)))


def spoken(index: Index) -> tuple[Stage, ...]:
    """What finds turns: turns by words and by meaning, then windows by words and by meaning, rolled up to their records."""
    turns = (BM25(index, unit="turn"), Dense(index, unit="turn"))
    windows = (BM25(index, unit="window") >> MaxP(index), Dense(index, unit="window") >> MaxP(index))
    return (*turns, *windows)


RECIPES: Mapping[str, Recipe] = {
    "bm25": bm25,
    "okapi": okapi,
    "dense": dense,
    "hybrid": hybrid,
    "hybrid-weighted": hybrid_weighted,
    "hybrid-maxsim": hybrid_maxsim,
    "conversation": conversation,
}


def recipes(file: str | Path | None = None) -> Mapping[str, Recipe]:
    """Every recipe by its name, those of `file` above those of the same name here."""
    return {**RECIPES, **(_own(Path(file)) if file is not None else {})}


def recipe(name: str, file: str | Path | None = None) -> Recipe:
    """The recipe of this name, from `file` first. Raises `UsageError` naming the nearest name there is."""
    known = recipes(file)
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean --recipe {near[0]}?" if near else "--recipe hybrid"
    raise UsageError(f"no recipe {name!r}", f"one of {', '.join(sorted(known))}", meant)


def _own(path: Path) -> Mapping[str, Recipe]:
    """Run the user's own recipes file: their code, on their word, like any script they start."""
    name = f"own_recipes_{sha256(str(path.resolve()).encode()).hexdigest()[:16]}"
    spec = spec_from_file_location(name, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise UsageError(f"no recipes file at {path}", "a Python file that defines RECIPES", "--recipes my_recipes.py")
    module = sys.modules[name] = module_from_spec(spec)  # where dataclasses look for the names in their annotations
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # theirs, and it can be anything
        raise UsageError(
            f"{path} failed: {type(error).__name__}: {error}", "a Python file that defines RECIPES", "mend it"
        ) from error
    found = getattr(module, "RECIPES", None)
    if not isinstance(found, Mapping):
        raise UsageError(f"{path} defines no RECIPES", 'RECIPES = {"name": recipe}', "see the README's recipes")
    for name, made in cast("Mapping[str, object]", found).items():
        if not callable(made):
            raise UsageError(
                f"the recipe {name!r} of {path} is no function", "a function of Sources that gives a stage", "mend it"
            )
    return cast("Mapping[str, Recipe]", found)

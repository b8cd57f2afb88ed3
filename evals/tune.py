"""Tunes the weights of BM25 and dense retrieval on training questions, and prints every setting that was tried.

    python -m evals.tune scifact --queries queries_train.jsonl [--method z-score] [--measure nDCG@10] [--steps 20]

Never give it the questions that a result is reported on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent.settings import Settings
from evals.datasets import Dataset, load
from evals.indexes import index_of
from evals.measures import Measure, parse
from evals.retrieval import DEPTH, at_level
from retrievers.base import Query, Ranking, Stage
from retrievers.dense import Dense
from retrievers.errors import FathomError
from retrievers.fusion import Borda, Fusion, MinMax, ZScore
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.weights import Tuned, Weights, tune

METHODS: Mapping[str, Callable[[Weights], Fusion]] = {"min-max": MinMax, "z-score": ZScore, "borda": Borda}


def main(arguments: Sequence[str] | None = None) -> int:
    """Tune, print the table, and name the best weights."""
    options = _options(arguments)
    console = Console(width=100 if not sys.stdout.isatty() else None)
    try:
        settings = Settings.load(cache=options.cache, data=options.data)
        dataset = load(options.dataset, data=settings.data, queries=options.queries, owner_field=options.owner_field)
        index = Index.open(options.index) if options.index else index_of(dataset, settings.cache)
        (measure,) = parse([options.measure])
        tuned = weights(dataset, index, METHODS[options.method], measure, options.steps, options.depth)
    except FathomError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        return error.exit_code
    console.print(_table(f"{dataset.name} {dataset.queries.name}, {options.method}, {measure}", tuned))
    console.print(f"best weights {tuned.weights}: {measure} {tuned.value:.4f} over {len(dataset.answerable)} questions")
    return 0


def weights(
    dataset: Dataset, index: Index, method: Callable[[Weights], Fusion], measure: Measure, steps: int = 10, depth: int = DEPTH
) -> Tuned:
    """The best weights of BM25 and dense, each to `depth`, by the mean of `measure` over the answerable questions.

    >>> weights(load("scifact", data=data, queries="queries_train.jsonl"), index, MinMax, IrMeasure("nDCG@10")).weights
    """
    stages: tuple[Stage, ...] = (
        at_level(BM25(index, depth=depth), index, dataset),
        at_level(Dense(index, depth=depth), index, dataset),
    )
    questions = dataset.answerable
    relevant = [question.relevant for question in questions]

    def mean(rankings: Sequence[Ranking]) -> float:
        return float(measure.values([ranking.ids for ranking in rankings], relevant).mean())

    asked = [Query(question.text, id=question.id, user=question.user) for question in questions]
    return tune(stages, method, asked, mean, steps)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.tune", description="Tunes the weights of a fusion.")
    parser.add_argument("dataset", help="a folder, or the name of a data set")
    parser.add_argument("--queries", help="the file of training questions")
    parser.add_argument("--owner-field", help="the field of a record that says whose it is")
    parser.add_argument("--method", choices=sorted(METHODS), default="min-max", help="how scores are fused")
    parser.add_argument("--measure", default="nDCG@10", help="what is made best")
    parser.add_argument("--steps", type=int, default=10, help="weights in units of 1 / STEPS")
    parser.add_argument("--depth", type=int, default=DEPTH, help="how many items each retriever gives")
    parser.add_argument("--index", type=Path, help="an index of the corpus (default: the cached one)")
    parser.add_argument("--data", type=Path, help="the folder of data sets (default: FATHOM_DATA)")
    parser.add_argument("--cache", type=Path, help="where indexes are kept (default: the settings' cache)")
    return parser.parse_args(arguments)


def _table(title: str, tuned: Tuned) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("bm25", "dense", "value"):
        table.add_column(column, justify="right")
    for (lexical, dense), value in tuned.table:
        best = (lexical, dense) == tuned.weights
        table.add_row(f"{lexical:.2f}", f"{dense:.2f}", f"{value:.4f}", style="bold" if best else "")
    return table


if __name__ == "__main__":
    sys.exit(main())

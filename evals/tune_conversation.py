"""Chooses how conversations are cut and fused, on some users' questions, and measures the recipe `conversation` on the others'.

    python -m evals.tune_conversation locomo5 --users conv-26,conv-30 [--windows 2,3,4,5,7] [--measure R@5] [--others]

Nothing of the other users is read while the choice is made. First every length of window is tried with every fusion; then, with
the best of these, a turn's time, speaker and caption are left out one at a time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from agent.settings import Settings
from evals.datasets import Dataset, load
from evals.indexes import SETTINGS, index_of
from evals.lines import rows
from evals.measures import Measure, parse
from evals.retrieval import evaluate
from retrievers.base import Query, Ranking, Sources
from retrievers.conversation import Dialogue
from retrievers.errors import FathomError, UsageError
from retrievers.fusion import Fusion, MinMax, ReciprocalRank, ZScore, fused
from retrievers.recipes import RECIPES, spoken

LEFT_OUT = ("time", "speaker", "caption")
BASELINES = ("bm25", "dense", "hybrid")
MEASURES = ("R@5", "R@10", "R@25", "R@50")
_SHARES = ((1, 1), (1, 2), (2, 1))


@dataclass(frozen=True)
class Tried:
    """One setting and the mean of the measure that it reached."""

    dialogue: Dialogue
    method: Fusion
    value: float


def methods() -> tuple[Fusion, ...]:
    """The fusions that are tried: by ranks, and by scores with turns or windows, words or meaning weighing double."""
    pairs = [(unit, kind) for unit in _SHARES for kind in _SHARES]
    weights = [(turn * words, turn * sense, window * words, window * sense) for (turn, window), (words, sense) in pairs]
    by_rank = [ReciprocalRank(k) for k in (1, 10, 60)]
    return (*by_rank, *(method(tuple(map(float, each))) for method in (MinMax, ZScore) for each in weights))


def trials(dataset: Dataset, cache: str | Path, measure: Measure, windows: Sequence[int]) -> Iterator[Tried]:
    """Every setting, as it was measured on the questions of `dataset`; `best` of them is the choice.

    >>> best(tuple(trials(only(load("locomo5", owner_field="user"), ["conv-26"], cache), cache, measure, (3, 5)))).dialogue
    """
    found: list[Tried] = []
    for window in windows:
        found += _tried(dataset, cache, measure, Dialogue(window), methods())
    yield from found
    chosen = best(found)
    for name in LEFT_OUT:
        yield from _tried(dataset, cache, measure, replace(chosen.dialogue, **{name: False}), (chosen.method,))


def best(tried: Sequence[Tried]) -> Tried:
    """The first of those with the highest value."""
    return max(tried, key=lambda one: one.value)


def only(dataset: Dataset, users: Collection[str], cache: str | Path) -> Dataset:
    """What belongs to these users: their questions, and a corpus of their records alone, written to `cache`.

    Raises `UsageError` where the data set has no owners, or no question of one of these users.
    """
    field = dataset.owner_field
    asked = {one.user for one in dataset.questions}
    if field is None or not set(users) <= asked:
        raise UsageError(
            f"the users {', '.join(sorted(users))} of {dataset.name}",
            f"some of {', '.join(sorted(filter(None, asked)))}, and the field that names a record's owner",
            "--owner-field user --users NAME,NAME",
        )
    key = hashlib.sha256("\n".join(sorted(users)).encode()).hexdigest()[:16]
    home = Path(cache).expanduser() / f"{dataset.name}-users-{key}"
    home.mkdir(parents=True, exist_ok=True)
    kept = [row for _, row in rows(dataset.corpus, (field,), "a record with its owner") if row[field] in users]
    (home / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
    questions = tuple(one for one in dataset.questions if one.user in users)
    return replace(dataset, corpus=home / "corpus.jsonl", questions=questions)


def main(arguments: Sequence[str] | None = None) -> int:
    """Choose, print what was tried, and measure the recipe on the other users where that is wanted."""
    options = _options(arguments)
    console = Console(width=110 if not sys.stdout.isatty() else None)
    try:
        settings = Settings.load(cache=options.cache, data=options.data)
        dataset = load(options.dataset, data=settings.data, owner_field=options.owner_field)
        users = [name.strip() for name in options.users.split(",")]
        (measure,) = parse([options.measure])
        train = only(dataset, users, settings.cache)
        tried = tuple(trials(train, settings.cache, measure, [int(size) for size in options.windows.split(",")]))
        console.print(_choice(f"{dataset.name} {', '.join(users)}: {measure}", tried))
        if options.others:
            console.print(_others(dataset, users, settings.cache))
    except FathomError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        return error.exit_code
    return 0


def _tried(
    dataset: Dataset, cache: str | Path, measure: Measure, dialogue: Dialogue, fusions: Sequence[Fusion]
) -> Iterator[Tried]:
    """Each fusion of the recipe's own stages, which run once, over an index that is cut so."""
    index = index_of(dataset, cache, replace(SETTINGS, units=("turn", "window"), dialogue=dialogue))
    stages = spoken(index)
    questions = [one for one in dataset.questions if one.relevant]
    batch = [Ranking(Query(one.text, id=one.id, user=one.user)) for one in questions]
    given = list(zip(*[stage(batch) for stage in stages], strict=True))
    names = [stage.label for stage in stages]
    for method in fusions:
        found = [fused(one.query, inputs, names, method, "Fuse").ids for one, inputs in zip(batch, given, strict=True)]
        yield Tried(dialogue, method, float(measure.values(found, [one.relevant for one in questions]).mean()))


def _choice(title: str, tried: Sequence[Tried]) -> Table:
    """The best of each kind of fusion for each way to cut, the choice in bold."""
    table = Table(title=title, title_justify="left")
    for column in ("window", "left out", "fusion"):
        table.add_column(column)
    table.add_column("value", justify="right")
    chosen = best(tried)
    for (dialogue, _), group in groupby(tried, key=lambda one: (one.dialogue, type(one.method))):
        one = best(tuple(group))
        without = ", ".join(name for name in LEFT_OUT if not getattr(dialogue, name))
        style = "bold" if one == chosen else ""
        table.add_row(str(dialogue.window), without, repr(one.method), f"{one.value:.4f}", style=style)
    return table


def _others(dataset: Dataset, users: Collection[str], cache: str | Path) -> Table:
    """The recipe as it is named, and the baselines, on the questions of everybody else, with intervals."""
    index = index_of(dataset, cache, replace(SETTINGS, units=("passage", "turn", "window")))
    stages = {name: RECIPES[name](Sources(index)) for name in (*BASELINES, "conversation")}
    asked = evaluate(dataset, stages, parse(MEASURES), index=index)
    found = asked.over(np.array([one.user not in users for one in asked.asked]))
    table = Table(title=f"{dataset.name} without {', '.join(users)}: {found.total} questions", title_justify="left")
    for column in ("recipe", *MEASURES):
        table.add_column(column)
    for name, means in found.recipes.items():
        told = [f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in (means[measure] for measure in MEASURES)]
        table.add_row(name, *told)
    return table


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m evals.tune_conversation", description="Chooses how conversations are cut and fused."
    )
    parser.add_argument("dataset", help="a folder, or the name of a data set")
    parser.add_argument("--users", required=True, help="the users whose questions may be looked at, with commas between")
    parser.add_argument("--owner-field", default="user", help="the field of a record that says whose it is")
    parser.add_argument("--windows", default="2,3,4,5,7", help="the lengths of windows to try")
    parser.add_argument("--measure", default="R@5", help="what is made best")
    parser.add_argument("--others", action="store_true", help="then measure the recipe and the baselines on the other users")
    parser.add_argument("--data", type=Path, help="the folder of data sets (default: FATHOM_DATA)")
    parser.add_argument("--cache", type=Path, help="where indexes are kept (default: the settings' cache)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

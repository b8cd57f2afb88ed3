"""`make bench`: memory, speed and retrieval quality, printed and written to evals/results/.

    python -m evals.bench [memory] [speed] [retrieval] [--quick] [--data DIR] [--cache DIR]

Exit status 1 where a bound is not met.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from agent.settings import Settings
from evals import bench_memory, bench_speed, expected, reproduce
from evals.datasets import load
from evals.figures import RESULTS, Figure, show, write
from evals.retrieval import Progress
from retrievers.errors import FathomError

PARTS = ("memory", "speed", "retrieval")
PASSAGES, QUICK_PASSAGES = 100_000, 10_000
_ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are named (none: all); 0 where every bound is met, else 1."""
    options = _options(arguments)
    console = Console(width=200 if not sys.stdout.isatty() else None)
    parts = options.parts or list(PARTS)
    try:
        settings = Settings.load(cache=options.cache, data=options.data)
        options.cache, options.data = settings.cache.expanduser(), settings.data or _ROOT.parent / "shared" / "data"
        options.cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=options.cache, prefix="bench-") as aside:
            met = [_PARTS[part](options, Path(aside), console) for part in PARTS if part in parts]
    except FathomError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        return error.exit_code
    return 0 if all(met) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description="Memory, speed and retrieval quality.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which parts (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="smaller sizes and lexical rows alone, to see that it runs: writes no results"
    )
    parser.add_argument("--data", type=Path, help="the folder of data sets (default: FATHOM_DATA, or ../shared/data)")
    parser.add_argument("--cache", type=Path, help="where indexes are kept (default: the settings' cache)")
    parser.add_argument("--expected", type=Path, default=expected.EXPECTED, help="the rows that retrieval is held to")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON files go")
    return parser.parse_args(arguments)


def _memory(options: argparse.Namespace, aside: Path, console: Console) -> bool:
    count = QUICK_PASSAGES if options.quick else PASSAGES
    figures = [bench_memory.measure(count, aside / "short.index", aside), *bench_memory.imports()]
    return _told("memory", figures, options, console)


def _speed(options: argparse.Namespace, aside: Path, console: Console) -> bool:
    from retrievers.index import Index

    count, repeats = (QUICK_PASSAGES, 10) if options.quick else (PASSAGES, 30)
    figures = bench_speed.lexical(count, aside, repeats)
    if not (aside / "short.index").exists():
        bench_memory.measure(count, aside / "short.index", aside)
    figures.append(bench_speed.exact_scan(Index.open(aside / "short.index"), repeats))
    if (options.data / "scifact").is_dir():
        dataset = load("scifact", data=options.data, queries="queries_test.jsonl")
        figures.append(bench_speed.indexing(dataset, options.cache, aside, 512 if options.quick else None))
    else:
        console.print(f"not measured: indexing SciFact ({options.data} has no scifact)")
    return _told("speed", figures, options, console)


def _retrieval(options: argparse.Namespace, aside: Path, console: Console) -> bool:
    rows = [row for row in expected.read(options.expected) if not (options.quick and row.vectors)]
    found = list(reproduce.reproduce(rows, options.data, options.cache, _progress(console)))
    reproduce.show(found, console)
    if all(one.verdict == "SKIPPED" for one in found):
        names = ", ".join(sorted({row.dataset for row in rows}))
        raise FathomError(f"{options.data} holds none of the data sets {names}", "at least one of them", "--data DIR")
    if not options.quick:
        console.print(f"written: {write('retrieval', {'rows': [one.as_json() for one in found]}, options.results).name}")
    return all(one.verdict != "FAIL" for one in found)


def _told(name: str, figures: Sequence[Figure], options: argparse.Namespace, console: Console) -> bool:
    show(name, figures, console)
    if not options.quick:
        path = write(name, {"figures": [one.as_json() for one in figures]}, options.results)
        console.print(f"written: {path.name}")
    return options.quick or all(one.met for one in figures)


def _progress(console: Console) -> Progress:
    """A line for each step as it begins, and one every ten seconds while it goes on."""
    told: dict[str, float] = {}

    def progress(step: str, done: int, total: int | None) -> None:
        if time.monotonic() - told.get(step, -10.0) >= 10:
            told[step] = time.monotonic()
            console.print(f"{step} {done}{f' of {total}' if total else ''}", style="dim", highlight=False)

    return progress


_PARTS = {"memory": _memory, "speed": _speed, "retrieval": _retrieval}

if __name__ == "__main__":
    sys.exit(main())

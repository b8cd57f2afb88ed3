"""`make bench-eval`: what the evaluation itself costs: scoring, the runner, a comparison, a ledger with many questions.

    python -m evals.bench_eval [--quick] [--results DIR] [--ledger URL]

Rankings and answers are made up; the ledger and the statistics are the real ones. Exit status 1 where a bound is not met.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from agent.entries.batches import Searched
from agent.entries.overview import Wanted
from agent.entries.packing import Candidates
from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.runs import Runs
from agent.settings import Settings
from agent.spec import NONE, Spec
from agent.state import Search
from agent.store import Store
from agent.workshop import Workshop
from evals.compare import compare
from evals.datasets import Dataset, Question
from evals.figures import RESULTS, Figure, show, side_by_side, write
from evals.measures import parse
from evals.retrieval import evaluate
from evals.runner import Runner
from evals.scores import scores
from evals.synthetic import passages, questions, vocabulary, write_corpus
from retrievers.build import BuildSettings, build
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.lexical import BM25

QUESTIONS, HITS = 10_000, 100
MEASURES = parse(["nDCG@10", "R@10"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the figures, print them, keep them; 0 where every bound is met, else 1.

    >>> main(["--quick"])
    """
    options = _options(arguments)
    console = Console(width=200 if not sys.stdout.isatty() else None)
    try:
        with TemporaryDirectory(prefix="fathom-bench-") as aside:
            lab = Lab(Path(aside), options.ledger or f"sqlite:///{aside}/ledger.db", QUESTIONS // (20 if options.quick else 1))
            figures = [*lab.scoring(), lab.running(), *lab.reading()]
    except FathomError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        return error.exit_code
    show("evaluation", figures, console)
    if not options.quick:
        console.print(f"written: {write('evaluation', {'figures': [one.as_json() for one in figures]}, options.results).name}")
    return int(not options.quick and not all(one.met for one in figures))


@dataclass(frozen=True)
class Lab:
    """A folder and a ledger, with `n` questions to ask."""

    aside: Path
    url: str
    n: int

    def scoring(self) -> list[Figure]:
        """A thousand questions with a hundred hits each, scored here and by pytrec_eval called as it stands."""
        import pytrec_eval

        found, relevant = _rankings(1000, np.random.default_rng(1)), [(f"d{place}",) for place in range(1000)]
        gold = {str(row): dict.fromkeys(ids, 1) for row, ids in enumerate(relevant)}
        run = {str(row): {id: float(-rank) for rank, id in enumerate(ids)} for row, ids in enumerate(found)}
        bare = pytrec_eval.RelevanceEvaluator(gold, {"ndcg_cut.10"})
        ours, theirs = side_by_side(lambda _: MEASURES[0].values(found, relevant), lambda _: bare.evaluate(run), 9)
        values = MEASURES[0].values(found, relevant)
        reference = np.array([bare.evaluate(run)[str(row)]["ndcg_cut_10"] for row in range(3)])
        return [
            Figure("score 1,000 questions x 100 hits", float(np.median(ours)), "s", at_most=0.2),
            Figure("the same over pytrec_eval alone", float(np.median(ours) / np.median(theirs)), "times"),
            Figure("greatest difference from pytrec_eval", float(np.abs(values[:3] - reference).max()), at_most=1e-9),
        ]

    def running(self) -> Figure:
        """What it adds to a question that every step of it is durable: the runner against the same recipe measured in memory."""
        index, asked = self._corpus(min(self.n, 1000))
        dataset = Dataset("made-up", self.aside, self.aside, asked)
        turns = iter(range(100))

        def kept(_: int) -> None:
            ledger = Ledger(Store.open(f"sqlite:///{self.aside}/run-{next(turns)}.db"))
            runner = Runner(Runs(ledger, Workshop(Settings())), "made-up")
            runner.begin(dataset, [Spec(str(index.path), "bm25", policy=NONE, dataset="made-up", depth=HITS)])
            runner.run()

        def bare(_: int) -> None:
            evaluate(dataset, {"bm25": BM25(index)}, MEASURES, index=index, depth=HITS)

        ours, theirs = side_by_side(kept, bare, 5)
        added = (float(np.median(ours)) - float(np.median(theirs))) / len(asked)
        detail = {"questions": len(asked), "in memory": f"{1000 * float(np.median(theirs)) / len(asked):.2f} ms a question"}
        return Figure("the runner adds to a question", 1000 * added, "ms", at_most=10.0, detail=detail)

    def reading(self) -> list[Figure]:
        """Two recorded runs are compared; runs are listed and filtered beside them."""
        ledger = Ledger(Store.open(self.url))
        for seed, name in enumerate(("bench-a", "bench-b")):
            self._record(ledger, name, np.random.default_rng(seed))
        began = time.perf_counter()
        compare(scores(ledger, "bench-a", MEASURES), scores(ledger, "bench-b", MEASURES))
        compared = time.perf_counter() - began
        listed = _timed(lambda: ledger.overview(Wanted(purposes=("bench-a",))))
        found = _timed(lambda: ledger.overview(Wanted("number 77?")))
        detail = {"questions": self.n, "ledger": self.url.partition(":")[0]}
        return [
            Figure("compare two runs", compared, "s", at_most=10.0, detail=detail),
            Figure("list the runs of an evaluation", listed, "s", at_most=0.3, detail=detail),
            Figure("find runs by words of a question", found, "s", at_most=0.3, detail=detail),
        ]

    def _record(self, ledger: Ledger, name: str, dice: np.random.Generator) -> None:
        asked = [f"What is number {place}?" for place in range(self.n)]
        gold = [Gold(f"q{place}", (f"d{place % 1000}",)) for place in range(self.n)]
        spec = Spec("made-up.index", policy=NONE, identity="made-up", dataset="made-up", label="bm25", depth=10)
        run = ledger.start_run(spec.as_json(), asked, purpose=name, gold=gold)
        found = _rankings(self.n, dice)
        ranks = tuple(float(-place) for place in range(HITS))
        rows = [
            Searched(number, Search(text, show=10), 10, 0.01, (Candidates("BM25", text, ids, ranks, ("",) * HITS, HITS),))
            for number, (text, ids) in enumerate(zip(asked, found, strict=True), start=1)
        ]
        for start in range(0, self.n, 500):
            ledger.record_searches(run, rows[start : start + 500])
        ledger.finish_run(run, "done")

    def _corpus(self, n: int) -> tuple[Index, tuple[Question, ...]]:
        """An index of 2,000 made-up passages, and questions whose right passages are dealt out in turn."""
        names = vocabulary()
        write_corpus(self.aside / "corpus.jsonl", passages(2000, 60, names))
        build([self.aside / "corpus.jsonl"], self.aside / "made-up.index", BuildSettings(encoder=None))
        asked = (Question(f"q{place}", text, (f"p{place}",)) for place, text in enumerate(questions(n, 6, names)))
        return Index.open(self.aside / "made-up.index"), tuple(asked)


def _rankings(n: int, dice: np.random.Generator) -> list[tuple[str, ...]]:
    return [tuple(f"d{id}" for id in dice.permutation(1000)[:HITS]) for _ in range(n)]


def _timed(work: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.bench_eval", description="What the evaluation itself costs.")
    parser.add_argument("--quick", action="store_true", help="few questions, nothing written, no bound enforced")
    parser.add_argument("--ledger", metavar="URL", help="an empty ledger for the recorded runs (default: an SQLite file)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the figures are written")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

"""`make bench-agent`: the extractive agent against one search, what it refuses, and the demo questions.

    python -m evals.bench_agent [gain] [refusal] [demo] [--data DIR] [--cache DIR] [--results DIR]

Exit status 1 where a bound is not met. The policy is tuned on the questions of hotpotqa_train100 whose id's SHA-256 is even,
and on the half of the demo questions that is not held back; the other halves are reported apart.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from agent.ledger import Ledger
from agent.settings import Settings
from agent.spec import Spec
from agent.state import EFFORTS
from agent.store import Store
from agent.workshop import Workshop
from evals.answering.words import ExactMatch
from evals.arms import Bench, searched, showing
from evals.bootstrap import interval, paired
from evals.datasets import Question, load
from evals.figures import RESULTS, Figure, Spread, show, write
from evals.indexes import index_of
from evals.outcomes import Outcome
from evals.trust import wilson
from retrievers.base import Sources
from retrievers.build import build
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.recipes import recipe

K = 8
REFUSALS = 50
PARTS = ("gain", "refusal", "demo")
_ROOT = Path(__file__).resolve().parents[1]
DEMO = Path(__file__).parent / "demo"


@dataclass(frozen=True)
class Table:
    """One part's figures and the rows behind them."""

    figures: list[Figure]
    rows: dict[str, Any] = field(default_factory=dict[str, Any])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are named (none: all); 0 where every bound is met, else 1."""
    options = _options(arguments)
    console = Console(width=200 if not sys.stdout.isatty() else None)
    try:
        settings = Settings.load(cache=options.cache, data=options.data)
        with TemporaryDirectory(prefix="fathom-bench-") as aside:
            lab = Lab(settings, Path(aside), console)
            tables = {part: lab.part(part) for part in PARTS if part in (options.parts or PARTS)}
    except FathomError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        return error.exit_code
    for part, table in tables.items():
        show(part, table.figures, console)
        told = {"figures": [figure.as_json() for figure in table.figures], **table.rows}
        write(f"agent_{part}", {"command": f"python -m evals.bench_agent {part}", **told}, options.results)
    return 0 if all(figure.met for table in tables.values() for figure in table.figures) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m evals.bench_agent", description="The agent against one search.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="which parts (default: all)")
    parser.add_argument("--data", type=Path, help="the folder of data sets (default: FATHOM_DATA, or ../shared/data)")
    parser.add_argument("--cache", type=Path, help="where indexes are kept (default: the settings' cache)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the JSON files go")
    return parser.parse_args(arguments)


@dataclass
class Lab:
    """Indexes and a run service with a ledger of its own, thrown away after."""

    settings: Settings
    aside: Path
    console: Console

    def __post_init__(self) -> None:
        ledger = Ledger(Store.open(f"sqlite:///{self.aside}/ledger.db"))
        self.bench = Bench.on(ledger, Workshop(self.settings), self._tell)
        self.data = self.settings.data or _ROOT.parent / "shared" / "data"
        self._told = 0.0

    def part(self, name: str) -> Table:
        """The figures of one part."""
        return {"gain": self.gain, "refusal": self.refusal, "demo": self.demo}[name]()

    def index(self, dataset: str, **options: Any) -> tuple[Index, tuple[Question, ...]]:
        """A data set's cached index and its questions."""
        loaded = load(dataset, data=self.data, **options)
        return index_of(loaded, self.settings.cache.expanduser(), progress=self._tell), loaded.questions

    def gain(self) -> Table:
        """All gold among at most `K` passages shown: every effort, and no reflection, against one search."""
        index, questions = self.index("hotpotqa_train100")
        once = searched(recipe("hybrid")(Sources(index)), index, questions, K)
        arms = {"one search": once}
        for name, effort in EFFORTS.items():
            arms[name] = self.bench.ask(questions, Spec(str(index.path), effort=showing(effort, K)))
        unreflected = Spec(str(index.path), effort=showing(EFFORTS["standard"], K), reflect=False)
        arms["standard, reflect off"] = self.bench.ask(questions, unreflected, "reflect off")
        return Table(gains(arms), {"arms": {name: _arm(outcomes) for name, outcomes in arms.items()}})

    def refusal(self) -> Table:
        """Questions about everything, asked of a corpus of abstracts on medicine: what should be refused."""
        _, questions = self.index("hotpotqa_train100")
        index, _ = self.index("scifact", queries="queries_test.jsonl")
        asked = sorted(questions, key=lambda question: question.id)[:REFUSALS]
        outcomes = self.bench.ask(asked, Spec(str(index.path)), "refusal")
        refused = [one.answer is not None and one.answer.kind == "not_found" for one in outcomes]
        return Table([_share("HotpotQA questions refused over SciFact", refused, at_least=0.90)])

    def demo(self) -> Table:
        """The demo questions: gold in evidence, refusals, and short answers that are right, tuned and held-back half apart."""
        home = self.aside / "demo.index"
        build([DEMO / "articles"], home, progress=self._tell)
        rows = [json.loads(line) for line in (DEMO / "questions.jsonl").read_text("utf-8").splitlines()]
        questions = [Question(r["id"], r["question"], tuple(r["supporting_ids"]), tuple(r["answers"])) for r in rows]
        outcomes = self.bench.ask(questions, Spec(str(home)), "demo")
        halves = {
            "all": rows,
            "tuned half": [r for r in rows if not r["held_back"]],
            "held-back half": [r for r in rows if r["held_back"]],
        }
        figures: list[Figure] = []
        for name, half in halves.items():
            ids = {row["id"] for row in half}
            figures += demo_figures(name, [one for one in outcomes if one.question.id in ids], bounded=name == "all")
        return Table(figures, {"right by kind": right_by_kind(rows, outcomes)})

    def _tell(self, step: str, done: int, total: int | None) -> None:
        if time.monotonic() - self._told > 10:
            self._told = time.monotonic()
            self.console.print(f"[dim]{step} {done}{f' of {total}' if total else ''}[/dim]", highlight=False)


def even(question: Question) -> bool:
    """Whether a question belongs to the half that the policy is tuned on: the last bit of its id's SHA-256 is 0."""
    return hashlib.sha256(question.id.encode()).digest()[-1] % 2 == 0


def gains(arms: Mapping[str, Sequence[Outcome]]) -> list[Figure]:
    """Each arm's share of questions with all gold shown, and its difference from one search, in points, paired."""
    once = arms["one search"]
    figures = [_gold(name, outcomes) for name, outcomes in arms.items()]
    for half, keep in (("whole", None), ("tuned (even) half", True), ("held-back (odd) half", False)):
        chosen = [place for place, one in enumerate(once) if keep is None or even(one.question) == keep]
        bound = 10.0 if half == "whole" else None
        figures.append(_difference(f"standard - one search, {half}", arms["standard"], once, chosen, bound))
    everything = range(len(once))
    figures.append(_difference("reflect off - one search, whole", arms["standard, reflect off"], once, everything, None))
    steps = [("standard", "quick"), ("deep", "standard")]
    figures += [_difference(f"{more} - {less}, whole", arms[more], arms[less], everything, 0.0) for more, less in steps]
    return [*figures, _warm(arms["standard"])]


def _warm(outcomes: Sequence[Outcome]) -> Figure:
    """Seconds of a whole question, from plan to verified answer, in a process that has answered others before."""
    seconds = Spread.of([one.seconds for one in outcomes[1:]])
    detail = {"least": round(seconds.low, 3), "most": round(seconds.high, 3), "n": seconds.n}
    return Figure("an ask in a warm process, standard effort, median", seconds.median, "s", at_most=2.0, detail=detail)


def _gold(name: str, outcomes: Sequence[Outcome]) -> Figure:
    found = interval([float(one.all_gold) for one in outcomes])
    detail = {"interval": f"{found.low:.3f} to {found.high:.3f}", "n": found.n, **_cost(outcomes)}
    return Figure(f"all gold shown, {name}", found.value or 0.0, detail=detail)


def _difference(name: str, a: Sequence[Outcome], b: Sequence[Outcome], places: Sequence[int], bound: float | None) -> Figure:
    found = paired([float(a[place].all_gold) for place in places], [float(b[place].all_gold) for place in places])
    detail = {
        "interval": f"{100 * found.low:.1f} to {100 * found.high:.1f}",
        "p": round(found.p, 5),
        "n": found.n,
        "gained": found.wins,
        "lost": found.losses,
    }
    return Figure(name, 100 * found.value, "points", at_least=bound, detail=detail)


def _cost(outcomes: Sequence[Outcome]) -> dict[str, float]:
    count = len(outcomes)
    return {
        "searches": round(sum(one.searches for one in outcomes) / count, 2),
        "seconds": round(sum(one.seconds for one in outcomes) / count, 3),
        "shown": round(sum(len(one.shown) for one in outcomes) / count, 2),
    }


def demo_figures(name: str, outcomes: Sequence[Outcome], *, bounded: bool) -> list[Figure]:
    """Gold in evidence, refused where there is nothing, refused where there is something."""
    answerable = [one for one in outcomes if not one.question.unanswerable]
    rest = [one for one in outcomes if one.question.unanswerable]
    return [
        _share(f"gold in evidence, {name}", [one.all_gold for one in answerable], at_least=0.80 if bounded else None),
        _share(f"unanswerable refused, {name}", [one.refused for one in rest], at_least=0.80 if bounded else None),
        _share(f"answerable refused, {name}", [one.refused for one in answerable], at_most=0.05 if bounded else None),
    ]


def right_by_kind(rows: Sequence[Mapping[str, Any]], outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    """Short answers that are one of the question's answers (ExactMatch), by kind and half."""
    table: dict[str, dict[str, list[bool]]] = {}
    for row, one in zip(rows, outcomes, strict=True):
        if row["answers"]:
            half = "held-back" if row["held_back"] else "tuned"
            table.setdefault(row["kind"], {}).setdefault(half, []).append(ExactMatch().value(one) == 1)
    return {kind: {half: f"{sum(got)} of {len(got)}" for half, got in halves.items()} for kind, halves in table.items()}


def _share(name: str, held: Sequence[bool], at_least: float | None = None, at_most: float | None = None) -> Figure:
    rate = wilson(sum(held), len(held))
    return Figure(
        name, sum(held) / len(held), at_least=at_least, at_most=at_most, detail={key: rate[key] for key in ("low", "high", "n")}
    )


def _arm(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What each question had shown, and how it stopped: for whoever looks at the flipped ones."""
    return {
        one.question.id: {"all gold": one.all_gold, "searches": one.searches, "stop": one.stop, "even": even(one.question)}
        for one in outcomes
    }


if __name__ == "__main__":
    sys.exit(main())

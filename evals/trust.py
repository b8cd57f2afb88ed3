"""How far citations can be trusted: true claims kept and swapped ones caught, with their counts and Wilson intervals.

`python -m evals.trust --json` makes the pairs of `evals.trust_pairs`, has `agent.citations` verify both claims of each against
the sentence that it came from, and tells the half that the verifier was developed on (even ids) from the half that it was not.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.citations import check, narrow
from agent.state import Citation, Claim, Evidence
from evals.figures import write
from evals.trust_pairs import KINDS, SETS, Pair, Passage, gold, pairs, rows

LIMIT = 0.05
CAUGHT = 0.95


@dataclass(frozen=True)
class Judged:
    """What the verifier said of a pair: the reason why it rejected the true claim and the swapped one, empty where it did not."""

    pair: Pair
    true: str
    swapped: str

    @property
    def failed(self) -> bool:
        """Whether it was wrong about either."""
        return bool(self.true) or not self.swapped


def judge(pair: Pair) -> Judged:
    """Verify both claims of a pair with the sentence that the true one was reworded from as their citation.

    >>> judge(pair).true
    ''
    """
    passage = pair.passage
    evidence = _evidence(passage)
    citation = Citation(passage.id, passage.id, pair.start, pair.end, passage.text[pair.start : pair.end])
    true, swapped = check([Claim(text, (citation,)) for text in (pair.true, pair.swapped)], [evidence])
    return Judged(pair, "" if true.supported else true.reason, "" if swapped.supported else swapped.reason)


def wilson(hits: int, n: int, z: float = 1.96) -> dict[str, float | int | None]:
    """A share with Wilson's 95 % interval (Wilson, JASA, 1927); None for the share of nothing.

    >>> wilson(0, 100)
    {'value': 0.0, 'low': 0.0, 'high': 0.037, 'n': 100}
    """
    if n == 0:
        return {"value": None, "low": None, "high": None, "n": 0}
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    width = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    low, high = max(0.0, middle - width), min(1.0, middle + width)
    return {"value": round(share, 3), "low": round(low, 3), "high": round(high, 3), "n": n}


def report(made: Sequence[Pair], written: Mapping[str, Any]) -> dict[str, Any]:
    """The whole report: by half and kind and data set, what falls short, what failed; `written` tells of the claims that people
    wrote.

    >>> report(pairs(data), people(data))["falls_short"]
    []
    """
    judged = [judge(pair) for pair in made]
    even, odd = ([one for one in judged if one.pair.even is half] for half in (True, False))
    told = {"all": _table(judged), "developed_on": _table(even), "held_back": _table(odd)}
    failed = [_failure(one) for one in judged if one.failed]
    return {"pairs": len(judged), **told, "falls_short": _short(told), "written_by_people": dict(written), "failed": failed}


def people(data: Path) -> dict[str, Any]:
    """SciFact's own claims, which experts wrote, against their gold abstracts: the share of supported ones that are rejected and
    of contradicted ones that are caught. A measure of how far checking words goes, without a target."""
    passages = {passage.id: passage for passage in gold(data, "scifact")}
    said: dict[str, list[bool]] = {"SUPPORT": [], "CONTRADICT": []}
    for row in (row for file in SETS["scifact"] for row in rows(data / "scifact" / file)):
        for id, label in row["evidence"].items():
            evidence = _evidence(passages[id])
            said[label].append(not check([Claim(row["question"], (narrow(row["question"], evidence),))], [evidence])[0].supported)
    return {
        "supported_rejected": wilson(sum(said["SUPPORT"]), len(said["SUPPORT"])),
        "contradicted_caught": wilson(sum(said["CONTRADICT"]), len(said["CONTRADICT"])),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report; `--failures` tells each wrong verdict. Returns 1 where a kind falls short of its target, else 0."""
    parser = argparse.ArgumentParser(prog="python -m evals.trust", description=__doc__, epilog="python -m evals.trust --json")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("FATHOM_DATA", "../shared/data")), help="folder of the data sets"
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    parser.add_argument("--write", action="store_true", help="keep the rates, and no text, in evals/results/trust.json")
    parser.add_argument("--failures", action="store_true", help="every wrong verdict in the text form")
    chosen = parser.parse_args(arguments)
    told = report(pairs(chosen.data), people(chosen.data))
    if chosen.write:
        write("trust", {"command": "python -m evals.trust --write", **{name: told[name] for name in told if name != "failed"}})
    sys.stdout.write(json.dumps(told, indent=1, ensure_ascii=False) + "\n" if chosen.json else _text(told, chosen.failures))
    return 1 if told["falls_short"] else 0


def _evidence(passage: Passage) -> Evidence:
    return Evidence(1, passage.id, passage.id, passage.title, 0, len(passage.text), passage.text)


def _table(judged: Sequence[Judged]) -> dict[str, Any]:
    """By kind: over both data sets, by data set, and by the way it was swapped where there are several."""
    table: dict[str, Any] = {}
    for kind in KINDS:
        own = [one for one in judged if one.pair.kind == kind]
        changes = sorted({one.pair.change for one in own})
        table[kind] = _rates(own) | {name: _rates(one for one in own if one.pair.passage.dataset == name) for name in SETS}
        table[kind] |= {name: _rates(one for one in own if one.pair.change == name) for name in changes if len(changes) > 1}
    return table | {"all": _rates(judged)}


def _rates(judged: Iterable[Judged]) -> dict[str, Any]:
    own = list(judged)
    return {
        "swapped_caught": wilson(sum(bool(one.swapped) for one in own), len(own)),
        "true_rejected": wilson(sum(bool(one.true) for one in own), len(own)),
    }


def _short(told: Mapping[str, Any]) -> list[str]:
    """Each kind that misses a target, in words; over the whole and over the held-back half."""
    made: list[str] = []
    for half in ("all", "held_back"):
        for kind, rates in told[half].items():
            caught, rejected = rates["swapped_caught"]["value"], rates["true_rejected"]["value"]
            made += (
                [f"{half}, {kind}: {caught} of the swapped caught, {CAUGHT} wanted"]
                if caught is not None and caught < CAUGHT
                else []
            )
            made += (
                [f"{half}, {kind}: {rejected} of the true rejected, {LIMIT} allowed"]
                if rejected is not None and rejected > LIMIT
                else []
            )
    return made


def _failure(one: Judged) -> dict[str, Any]:
    pair = one.pair
    return {
        "id": pair.id,
        "half": "developed_on" if pair.even else "held_back",
        "change": pair.change,
        "rules": list(pair.rules),
        "span": pair.passage.text[pair.start : pair.end],
        "claim": pair.true if one.true else pair.swapped,
        "wrong": f"true, rejected: {one.true}" if one.true else "swapped, not caught",
    }


def _text(told: Mapping[str, Any], failures: bool) -> str:
    lines = [f"{'half':14}{'kind':10}{'data set':20}{'swapped caught':>26}{'true rejected':>26}"]
    for half in ("developed_on", "held_back", "all"):
        for kind, rates in told[half].items():
            for name, own in (("both", rates), *((name, rates[name]) for name in SETS if name in rates)):
                lines.append(f"{half:14}{kind:10}{name:20}{_share(own['swapped_caught']):>26}{_share(own['true_rejected']):>26}")
    lines += [f"claims that people wrote, {name}: {_share(rate)}" for name, rate in told["written_by_people"].items()]
    lines += ["falls short: " + line for line in told["falls_short"]] or ["every kind reaches its target"]
    lines += [
        f"\n{one['id']} ({one['half']}) {one['wrong']}\n  span:  {one['span']}\n  claim: {one['claim']}"
        for one in told["failed"]
        if failures
    ]
    return "\n".join(lines) + "\n"


def _share(rate: Mapping[str, Any]) -> str:
    return "none" if rate["value"] is None else f"{rate['value']:.3f} [{rate['low']:.3f}, {rate['high']:.3f}] {rate['n']:>4}"


if __name__ == "__main__":
    sys.exit(main())

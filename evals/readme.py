"""The README's table of retrieval figures, made from evals/expected.yaml: `python -m evals.readme` writes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from evals.expected import Expected, read

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- figures of evals/expected.yaml: python -m evals.readme -->\n", "<!-- end of the figures -->\n"
_TITLES = {
    "scifact": "SciFact, test",
    "vaswani": "Vaswani",
    "hotpotqa_train100": "HotpotQA sample",
    "pubmedqa": "PubMedQA",
    "tatqa": "TAT-QA, dev",
    "popqa_gold1475": "PopQA",
    "musique_ketrag500": "MuSiQue sample",
    "locomo5": "LoCoMo, 5 users",
}
_HEAD = "| data set, questions | measure | recipe | value | 95 % interval | published |\n|:--|:--|:--|--:|:--|:--|\n"


def table(rows: Sequence[Expected]) -> str:
    """The rows that were measured here, by data set and measure, beside what is published for the same recipe.

    >>> table(read()).splitlines()[2]
    """
    published = {(one.dataset, one.recipe, one.measure, one.users): one for one in rows if one.kind == "published"}
    measured = [one for one in rows if one.kind == "regression"]
    lines: list[str] = []
    for _, same in groupby(measured, key=lambda one: (one.dataset, one.users, one.measure)):
        for place, one in enumerate(same):
            named = f"{_title(one)}, {one.n} | {one.measure}" if place == 0 else " | "
            theirs = published.get((one.dataset, one.recipe, one.measure, one.users))
            beside = f"{theirs.value:.3f} ({theirs.source})" if theirs is not None else ""
            lines.append(f"| {named} | {one.recipe} | {one.value:.3f} | {one.low:.3f} to {one.high:.3f} | {beside} |\n")
    return _HEAD + "".join(lines)


def within(text: str, made: str) -> str:
    """The README with `made` in its place. Raises `ValueError` where the marks of that place are not there."""
    before, rest = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    return f"{before}\n{made}\n{rest}"


def _title(one: Expected) -> str:
    return _TITLES.get(one.dataset, one.dataset) + (f", {' '.join(one.users)}" if one.users else "")


def main() -> int:
    """Write the table into the README."""
    README.write_text(within(README.read_text("utf-8"), table(read())), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

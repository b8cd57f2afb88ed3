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
    "scifact": "SciFact",
    "vaswani": "Vaswani",
    "hotpotqa_train100": "HotpotQA",
    "pubmedqa": "PubMedQA",
    "tatqa": "TAT-QA",
    "popqa_gold1475": "PopQA",
    "musique_ketrag500": "MuSiQue",
    "locomo5": "LoCoMo",
}
_RECIPES = ("bm25", "dense", "hybrid", "hybrid-weighted")


def table(rows: Sequence[Expected]) -> str:
    """A line for each data set, in its first measure: each recipe's value with its interval, and what else was measured or is
    published.

    >>> table(read()).splitlines()[2]
    """
    columns = ["data set, questions", *_RECIPES, "beside"]
    lines = [columns, [":--"] * len(columns)]
    for (_, users), same in groupby(rows, key=lambda one: (one.dataset, one.users)):
        own = list(same)
        first = [one for one in own if one.measure == own[0].measure]
        measured = {one.recipe: one for one in first if one.kind == "regression"}
        lines.append([_title(own[0], users), *(_cell(measured.get(name)) for name in _RECIPES), _beside(first)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _title(one: Expected, users: Sequence[str]) -> str:
    named = _TITLES.get(one.dataset, one.dataset) + (f" ({' '.join(users)})" if users else "")
    return f"{named}, {one.n}: {one.measure}"


def _cell(one: Expected | None) -> str:
    return "" if one is None else f"{_short(one.value)} [{_short(one.low)}-{_short(one.high)}]"


def _beside(rows: Sequence[Expected]) -> str:
    """The recipe that has no column and what is published, where there is such a thing."""
    others = [f"{one.recipe} {_cell(one)}" for one in rows if one.kind == "regression" and one.recipe not in (*_RECIPES, "okapi")]
    return "; ".join(
        [*others, *(f"{f'{one.value:g}'.removeprefix('0')} ({one.source})" for one in rows if one.kind == "published")]
    )


def _short(value: float | None) -> str:
    """`.679`: a share to three digits."""
    return "" if value is None else f"{value:.3f}".removeprefix("0")


def within(text: str, made: str) -> str:
    """The README with `made` in its place. Raises `ValueError` where the marks of that place are not there."""
    before, rest = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    return f"{before}\n{made}\n{rest}"


def main() -> int:
    """Write the table into the README."""
    README.write_text(within(README.read_text("utf-8"), table(read())), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What is expected, row by row, and what is said of each when it is measured again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.answers import named
from evals.bootstrap import paired
from evals.expected import Expected, chosen, read
from evals.means import Mean
from evals.readme import README, table, within
from evals.reproduce import Reproduced, reproduce
from retrievers.errors import FathomError, UsageError
from retrievers.recipes import RECIPES

REGRESSION = Expected("small", "bm25", "R@1", "regression", 0.6, 0.01, 0.5, 0.7, 100)
PUBLISHED = replace(REGRESSION, kind="published", source="somebody")


def found(value: float, low: float = 0.0, high: float = 1.0) -> Mean:
    return Mean(value, low, high, 100, 0, value)


def test_the_rows_are_complete_and_say_what_is_published() -> None:
    rows = read()
    sets = {"scifact", "vaswani", "hotpotqa_train100", "pubmedqa", "tatqa", "popqa_gold1475", "musique_ketrag500", "locomo5"}
    assert {one.dataset for one in rows} >= sets
    assert named([one.measure for one in rows])
    regression = [one for one in rows if one.kind == "regression"]
    assert all(one.low is not None and one.high is not None and one.low <= one.value <= one.high and one.n for one in regression)
    slow = {"conversation", "hybrid-maxsim"}  # the one needs conversations, the other hours
    for name in sets:
        assert {one.recipe for one in regression if one.dataset == name} >= set(RECIPES) - slow, name
    published = {one.id: one.value for one in rows if one.kind == "published"}
    assert published["scifact/bm25/nDCG@10/published"] == 0.679
    assert next(one.above for one in rows if one.id == "scifact/hybrid/nDCG@10") == ("bm25", "dense")


@pytest.mark.parametrize(
    ("row", "mean", "verdict"),
    [
        (REGRESSION, found(0.61), "OK"),
        (REGRESSION, found(0.65), "near"),  # outside the tolerance, inside the interval of then
        (REGRESSION, found(0.71), "FAIL"),
        (PUBLISHED, found(0.9), "OK"),  # more than was published
        (PUBLISHED, found(0.55, 0.5, 0.61), "near"),  # what was published lies within the interval of now
        (PUBLISHED, found(0.55, 0.5, 0.59), "FAIL"),
        (REGRESSION, None, "SKIPPED"),
    ],
)
def test_a_row_came_out_nearly_or_not(row: Expected, mean: Mean | None, verdict: str) -> None:
    assert Reproduced(row, mean, {}).verdict == verdict


def test_a_recipe_that_must_be_above_another_fails_where_it_is_not() -> None:
    assert Reproduced(REGRESSION, found(0.6), {"dense": paired([1, 1, 0], [1, 0, 0])}).verdict == "OK"
    assert Reproduced(REGRESSION, found(0.6), {"dense": paired([1, 0, 0], [1, 0, 0])}).verdict == "FAIL"


def test_rows_are_measured_over_all_questions_or_those_of_some_users(tmp_path: Path) -> None:
    """Of three questions bm25 puts the right one first in two: in both of ann's, in none of bob's."""
    corpus = [{"id": "d1", "text": "Galle found Neptune."}, {"id": "d2", "text": "Herschel found Uranus. Uranus, Uranus."}]
    corpus.append({"id": "d3", "text": "Rings surround Uranus, and many more are seen around Saturn."})
    asked = [("Neptune", "d1", "ann"), ("Herschel", "d2", "ann"), ("Uranus", "d3", "bob")]
    rows = [{"id": str(n), "question": text, "supporting_ids": [id], "user": user} for n, (text, id, user) in enumerate(asked)]
    (tmp_path / "small").mkdir()
    for name, lines in (("corpus", corpus), ("queries", rows)):
        (tmp_path / "small" / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    users = (replace(REGRESSION, users=(user,)) for user in ("ann", "bob"))
    wanted = [REGRESSION, *users, replace(REGRESSION, dataset="x")]
    told = {one.expected.id: one for one in reproduce(wanted, tmp_path, tmp_path / "cache", lambda *_: None)}
    values = {id: one.found.value if one.found else None for id, one in told.items()}
    assert values == {
        "small/bm25/R@1": pytest.approx(2 / 3),
        "small[ann]/bm25/R@1": 1.0,
        "small[bob]/bm25/R@1": 0.0,
        "x/bm25/R@1": None,
    }
    assert (told["x/bm25/R@1"].verdict, told["x/bm25/R@1"].why) == ("SKIPPED", f"no folder x in {tmp_path}")
    (skipped,) = reproduce([REGRESSION], None, tmp_path, lambda *_: None)
    assert "FATHOM_DATA" in skipped.why


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"dataset": "a"}, "lacks the field 'kind'"),
        ({"datset": "a"}, "has the field 'datset'"),
        ({"kind": "published"}, "is of the kind 'published', source ''"),
        ({"kind": "guess"}, "is of the kind 'guess'"),
        ({"tolerance": 0.02}, "has the tolerance 0.02"),
    ],
)
def test_a_wrong_row_is_a_named_error(row: dict[str, Any], what: str, tmp_path: Path) -> None:
    whole = {"dataset": "a", "recipe": "bm25", "measure": "R@1", "kind": "regression", "value": 0.5, "tolerance": 0.01}
    (tmp_path / "e.yaml").write_text(json.dumps([row if len(row) == 1 and "dataset" in row else {**whole, **row}]), "utf-8")
    with pytest.raises(FathomError, match=f"row 1 of .* {what}"):
        read(tmp_path / "e.yaml")


def test_the_same_row_twice_is_an_error(tmp_path: Path) -> None:
    whole = {"dataset": "a", "recipe": "bm25", "measure": "R@1", "kind": "regression", "value": 0.5, "tolerance": 0.01}
    (tmp_path / "e.yaml").write_text(json.dumps([whole, whole]), "utf-8")
    with pytest.raises(FathomError, match="has the row a/bm25/R@1 twice"):
        read(tmp_path / "e.yaml")


def test_rows_are_meant_by_name_by_beginning_or_by_pattern() -> None:
    rows = (REGRESSION, PUBLISHED, replace(REGRESSION, recipe="bm25-tuned"))
    assert chosen(rows, []) == rows
    assert chosen(rows, ["small/bm25"]) == rows[:2]
    assert chosen(rows, ["small/bm25/R@1/published"]) == rows[1:2]
    assert chosen(rows, ["*tuned*"]) == rows[2:]
    with pytest.raises(UsageError, match="no row 'large'"):
        chosen(rows, ["large"])
    assert PUBLISHED.command == "fathom eval small --recipe bm25 --measure R@1"


def test_the_readme_has_the_figures_that_are_expected() -> None:
    text = README.read_text("utf-8")
    assert within(text, table(read())) == text, "python -m evals.readme writes it"


def test_a_table_has_each_data_set_once_and_what_is_published_beside_it() -> None:
    deeper = replace(REGRESSION, measure="R@5")
    assert table((REGRESSION, replace(REGRESSION, recipe="own", value=1.0), PUBLISHED, deeper)).splitlines()[2:] == [
        "| small, 100: R@1 | .600 [.500-.700] |  |  |  | own 1.000 [.500-.700]; .6 (somebody) |",
    ]

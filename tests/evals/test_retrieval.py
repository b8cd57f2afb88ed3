"""Retrieval evaluation from files to figures: a small corpus on disk, a real index, stages whose rankings are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from evals.bootstrap import paired
from evals.datasets import Dataset, Question, load
from evals.indexes import SETTINGS, index_of
from evals.means import Mean
from evals.measures import parse
from evals.retrieval import at_level, evaluate
from retrievers.base import Query, Ranking, Stage
from retrievers.document import ReadOptions
from retrievers.errors import FathomError, UsageError
from retrievers.lexical import BM25
from retrievers.scope import Scope

LEXICAL = replace(SETTINGS, encoder=None)
CORPUS = [
    {"id": "moons", "title": "Jupiter", "text": "Galileo saw four moons of Jupiter.", "date": "1610-01-07"},
    {"id": "rings", "title": "Saturn", "text": "Huygens explained the rings of Saturn.", "date": "1655-03-25"},
    {"id": "gap", "title": "Saturn", "text": "Cassini found a gap in the rings.", "date": "1675-06-01"},
    {"id": "comet", "title": "Halley", "text": "Halley foretold the return of a comet."},
]
QUERIES: list[dict[str, Any]] = [
    {"id": "1", "question": "four moons", "supporting_ids": ["moons"], "hops": 1},
    {"id": "2", "question": "rings of Saturn", "supporting_ids": ["rings", "gap"], "hops": 2},
    {"id": "3", "question": "Galileo and Halley", "supporting_ids": ["moons", "comet"], "hops": 2},
    {"id": "4", "question": "How many miles to Pluto?", "supporting_ids": [], "hops": 1},
]
Maker = Callable[..., Dataset]


@dataclass(frozen=True)
class Scripted(Stage):
    """Gives each query the ids that the script has for it; keeps what it was asked, for the test to look at."""

    script: Mapping[str, Sequence[str]]
    asked: list[Query] = field(default_factory=list[Query], repr=False, compare=False)

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        self.asked.extend(ranking.query for ranking in batch)
        ids = [self.script[ranking.query.id] for ranking in batch]
        return [Ranking.ranked(r.query, found, range(len(found), 0, -1), self.label) for r, found in zip(batch, ids, strict=True)]


GOOD = Scripted({"1": ["moons"], "2": ["gap", "rings"], "3": ["moons", "comet"]})
POOR = Scripted({"1": ["rings", "moons"], "2": ["gap", "moons", "rings"], "3": []})


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    def made(queries: list[dict[str, Any]] = QUERIES, corpus: list[dict[str, Any]] = CORPUS, owner: str | None = None) -> Dataset:
        (tmp_path / "set").mkdir(exist_ok=True)
        for name, rows in (("corpus", corpus), ("queries", queries)):
            (tmp_path / "set" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return load(tmp_path / "set", owner_field=owner)

    return made


def test_the_report_has_the_agreed_shape_and_means_worked_by_hand(make: Maker) -> None:
    found = evaluate(make(), {"good": GOOD, "poor": POOR}, parse(["RR@10", "All@2"])).as_json()
    assert set(found) == {"dataset", "n", "recipes", "groups", "differences"}
    assert (found["dataset"], found["n"]) == ("set", 4)
    good, poor = found["recipes"]["good"], found["recipes"]["poor"]
    assert good["RR@10"] == {
        "value": 1.0,
        "low": 1.0,
        "high": 1.0,
        "n": 3,
        "errors": 0,
        "value_without_errors": 1.0,
    }  # the question without an answer is left out
    assert set(poor["RR@10"]) == {"value", "low", "high", "n", "errors", "value_without_errors"}
    assert poor["RR@10"]["value"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert poor["All@2"]["value"] == pytest.approx(1 / 3)
    assert poor["RR@10"]["low"] <= poor["RR@10"]["value"] <= poor["RR@10"]["high"]
    assert json.loads(json.dumps(found)) == found


def test_groups_are_measured_apart(make: Maker) -> None:
    groups = evaluate(make(), {"poor": POOR}, parse(["RR@10"])).as_json()["groups"]
    assert Mean(0.5, 0.5, 0.5, 1, 0, 0.5).as_json() == groups["hops=1"]["poor"]["RR@10"]
    assert (groups["hops=2"]["poor"]["RR@10"]["value"], groups["hops=2"]["poor"]["RR@10"]["n"]) == (0.5, 2)


def test_a_group_of_unanswerable_questions_is_none() -> None:
    questions = (
        Question("1", "four moons", ("moons",), groups={"kind": "plain"}),
        Question("4", "to Pluto?", groups={"kind": "unanswerable"}),
    )
    found = evaluate(Dataset("set", Path("c"), Path("q"), questions), {"good": GOOD}, parse(["R@5"]))
    assert list(found.groups) == ["kind=plain"]
    assert found.groups["kind=plain"]["good"]["R@5"] == Mean(1.0, 1.0, 1.0, 1, 0, 1.0)


def test_two_recipes_are_compared_question_by_question(make: Maker) -> None:
    report = evaluate(make(), {"good": GOOD, "poor": POOR}, parse(["RR@10"]))
    assert report.difference("good", "poor", "RR@10") == paired([1, 1, 1], [0.5, 1, 0])
    assert report.difference("good", "good", "RR@10").p == 1.0


def test_each_question_is_asked_once_for_its_user_within_the_scope(make: Maker) -> None:
    stage = Scripted(GOOD.script)
    dataset = make([{**row, "user": "ann"} for row in QUERIES])
    scope, told, kept = Scope(types=("note",)), list[tuple[str, int, int | None]](), list[tuple[str, str, tuple[str, ...]]]()
    evaluate(
        dataset,
        {"good": stage},
        parse(["R@1"]),
        scope=scope,
        batch=2,
        progress=lambda *one: told.append(one),
        seen=lambda recipe, question, ranking: kept.append((recipe, question.id, ranking.ids)),
    )
    assert [(query.id, query.text, query.user, query.scope) for query in stage.asked] == [
        (row["id"], row["question"], "ann", scope) for row in QUERIES[:3]
    ]
    assert told == [("good", 0, 3), ("good", 2, 3), ("good", 3, 3)]
    assert kept == [("good", "1", ("moons",)), ("good", "2", ("gap",)), ("good", "3", ("moons",))]  # R@1 looks at one


def test_how_deep_it_looks_follows_the_measures_or_the_depth(make: Maker) -> None:
    depths = list[int]()
    for names, depth in ((["R@2"], None), (["AP"], None), (["AP"], 1)):
        evaluate(make(), {"good": GOOD}, parse(names), depth=depth, seen=lambda _r, _q, ranking: depths.append(len(ranking)))
    assert [max(depths[start : start + 3]) for start in (0, 3, 6)] == [2, 2, 1]
    with pytest.raises(UsageError, match=r"at least 100: R@100"):
        evaluate(make(), {"good": GOOD}, parse(["RR@10", "R@100"]), depth=10)
    with pytest.raises(UsageError, match="a depth of 0"):
        evaluate(make(), {"good": GOOD}, parse(["AP"]), depth=0)


def test_nothing_to_compare_is_a_usage_error(make: Maker) -> None:
    for recipes, measures in (({}, parse(["R@1"])), ({"good": GOOD}, ())):
        with pytest.raises(UsageError, match="without recipes or without measures"):
            evaluate(make(), recipes, measures)


def test_a_recipe_that_loses_or_swaps_a_question_is_an_error(make: Maker) -> None:
    class Loses(Scripted):
        def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
            return super().__call__(batch)[1:]

    class Swaps(Scripted):
        def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
            return super().__call__(batch)[::-1]

    for broken in (Loses(GOOD.script), Swaps(GOOD.script)):
        with pytest.raises(FathomError, match=r"the recipe broken gave \d rankings for 3 questions"):
            evaluate(make(), {"broken": broken}, parse(["R@1"]))


def test_a_real_index_is_measured_end_to_end(make: Maker, tmp_path: Path) -> None:
    dataset = make()
    index = index_of(dataset, tmp_path / "cache", LEXICAL)
    report = evaluate(dataset, {"bm25": BM25(index)}, parse(["R@10", "Success@1"]), index=index)
    assert report.recipes["bm25"]["R@10"].value == 1.0
    assert report.recipes["bm25"]["Success@1"].value == 1.0
    assert report.names["bm25"] == repr(BM25(index))


def test_judgements_of_documents_meet_an_index_of_their_parts(make: Maker, tmp_path: Path) -> None:
    """Passages of 6 words: `gap` comes back as `gap#2`, and counts as the document that it stands in."""
    long = "Cassini looked at Saturn for years. Then he found a gap in them."
    dataset = make(
        [*QUERIES[:1], {"id": "2", "question": "found a gap", "supporting_ids": ["gap"]}],
        [*CORPUS[:2], {"id": "gap", "text": long}],
    )
    index = index_of(dataset, tmp_path / "cache", replace(LEXICAL, words=7), ReadOptions(split=True))
    assert BM25(index).search("found a gap").ids[0] == "gap#2"
    found = list[tuple[str, ...]]()
    report = evaluate(
        dataset, {"bm25": BM25(index)}, parse(["Success@1"]), index=index, seen=lambda _r, _q, ranking: found.append(ranking.ids)
    )
    assert found[1] == ("gap",)
    assert report.recipes["bm25"]["Success@1"] == Mean(1.0, 1.0, 1.0, 2, 0, 1.0)


def test_judgements_of_parts_and_whole_records_stay_as_they_are(make: Maker, tmp_path: Path) -> None:
    dataset = make()
    stage = BM25(index_of(dataset, tmp_path / "cache", LEXICAL))
    assert at_level(stage, stage.index, dataset) is stage
    split = index_of(dataset, tmp_path / "cache", replace(LEXICAL, words=4), ReadOptions(split=True))
    assert at_level(stage, split, dataset) is not stage
    parts = replace(dataset, questions=(Question("1", "four moons", ("moons#1",)),))
    assert at_level(stage, split, parts) is stage


def test_a_users_question_sees_the_users_records(make: Maker, tmp_path: Path) -> None:
    corpus = [
        *[{**row, "user": None} for row in CORPUS],
        {"id": "diary", "text": "My comet came late.", "user": "ann"},
        {"id": "comet", "text": "A comet of my own.", "user": "ann"},
        {"id": "secret", "text": "Bob saw no comet.", "user": "bob"},
    ]
    queries = [
        {"id": "1", "question": "comet", "supporting_ids": ["comet", "diary"], "user": "ann"},
        {"id": "2", "question": "comet", "supporting_ids": ["comet"]},
    ]
    dataset = make(queries, corpus, owner="user")
    index = index_of(dataset, tmp_path / "cache", LEXICAL)
    found = dict[str, tuple[str, ...]]()
    report = evaluate(
        dataset,
        {"bm25": BM25(index)},
        parse(["R@10"]),
        index=index,
        seen=lambda _r, question, ranking: found.update({question.id: ranking.ids}),
    )
    assert set(found["1"]) == {"comet", "diary", "ann:comet"}
    assert found["2"] == ("comet",)
    assert report.recipes["bm25"]["R@10"].value == 1.0


def test_records_with_owners_are_not_indexed_by_accident(make: Maker, tmp_path: Path) -> None:
    dataset = make(corpus=[{**row, "user": "ann"} for row in CORPUS])
    with pytest.raises(FathomError, match="owner"):
        index_of(dataset, tmp_path / "cache", LEXICAL)


def test_an_index_is_built_once_for_its_corpus_and_settings(make: Maker, tmp_path: Path) -> None:
    dataset, cache, steps = make(), tmp_path / "cache", list[str]()

    def built(*arguments: Any) -> bool:
        steps.clear()
        index_of(*arguments, progress=lambda step, *_: steps.append(step))
        return "publish" in steps

    assert built(dataset, cache, LEXICAL)
    assert not built(dataset, cache, LEXICAL)
    assert built(dataset, cache, replace(LEXICAL, units=("document",)))
    assert built(dataset, cache, LEXICAL, ReadOptions(split=True))
    assert built(replace(dataset, owner_field="none"), cache, LEXICAL)
    assert built(make(corpus=[*CORPUS, {"id": "new", "text": "New."}]), cache, LEXICAL)
    assert not built(make(), cache, LEXICAL)  # the same bytes again


def test_a_damaged_index_in_the_cache_is_built_again(make: Maker, tmp_path: Path) -> None:
    dataset = make()
    index = index_of(dataset, tmp_path / "cache", LEXICAL)
    before = BM25(index).search("rings of Saturn").scores.tolist()
    for file in (index.path / "CURRENT", index.generation.folder / "public" / "passage" / "items.arrow"):
        file.write_bytes(file.read_bytes()[:-3])
        again = index_of(dataset, tmp_path / "cache", LEXICAL)
        assert BM25(again).search("rings of Saturn").scores.tolist() == before


def test_bm25_finds_what_it_found_before_on_hotpotqa(data: Callable[[str], Path], tmp_path: Path) -> None:
    dataset = load(data("hotpotqa_train100"))
    index = index_of(dataset, tmp_path, LEXICAL)
    report = evaluate(dataset, {"bm25": BM25(index)}, parse(["All@8"]), index=index)
    assert report.recipes["bm25"]["All@8"] == Mean(0.6, 0.5, 0.7, 100, 0, 0.6)
    assert {"type=bridge", "type=comparison", "level=easy"} <= set(report.groups)

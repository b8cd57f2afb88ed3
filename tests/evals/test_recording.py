"""An evaluation that is kept: what its runs hold, what became of a relevant passage, and that looking on changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.model.account import Call
from agent.placed import alone, placed, relevant
from agent.settings import Settings
from agent.spec import NONE, Spec
from agent.state import Search, Turn
from agent.store import Store
from agent.workshop import Workshop
from evals.datasets import Dataset, load
from evals.indexes import SETTINGS, index_of
from evals.measures import parse
from evals.recording import Recorder
from evals.retrieval import Report, at_level, evaluate, level_of
from retrievers.base import Ranking, Stage
from retrievers.document import ReadOptions
from retrievers.errors import FathomError, UsageError
from retrievers.index import Index
from retrievers.lexical import BM25

CORPUS: list[dict[str, Any]] = [
    {"id": "moons", "title": "Jupiter", "text": "Galileo saw four moons of Jupiter.", "user": None},
    {"id": "rings", "title": "Saturn", "text": "Huygens explained the rings of Saturn.", "user": None},
    {"id": "gap", "title": "Saturn", "text": "Cassini found a gap in the rings.", "user": None},
    {"id": "comet", "title": "Halley", "text": "Halley foretold the return of a comet.", "user": None},
    {"id": "diary", "title": "Diary", "text": "My comet came late.", "user": "ann"},
]
QUERIES: list[dict[str, Any]] = [
    {"id": "a1", "question": "rings of Saturn", "supporting_ids": ["rings", "gap"], "answers": ["Huygens"]},
    {"id": "a2", "question": "the comet of Halley", "supporting_ids": ["comet", "moons"]},
    {"id": "a3", "question": "comet", "supporting_ids": ["diary"], "user": "ann"},
    {"id": "a4", "question": "How many miles to Pluto?", "supporting_ids": []},
]
MEASURES = parse(["Success@1"])


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    (tmp_path / "set").mkdir()
    for name, rows in (("corpus", CORPUS), ("queries", QUERIES)):
        (tmp_path / "set" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return load(tmp_path / "set", owner_field="user")


@pytest.fixture
def index(dataset: Dataset, tmp_path: Path) -> Index:
    return index_of(dataset, tmp_path / "cache", replace(SETTINGS, encoder=None))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = Store.open(f"sqlite:///{tmp_path}/ledger.db")
    yield Ledger(store)
    store.close()


def kept(ledger: Ledger, dataset: Dataset, index: Index, wanted: int = 1, **how: Any) -> tuple[Recorder, Report]:
    """The data set, measured with the recipe bm25 and kept as `first`."""
    level = level_of(index, dataset)
    stage = repr(at_level(BM25(index), index, dataset))
    spec = Spec(str(index.path), "bm25", policy=NONE, identity=index.identity, stage=stage, dataset="set", level=level, **how)
    with Recorder(ledger, "first").begin(dataset, {"bm25": spec}, wanted) as recorder:
        report = evaluate(dataset, {"bm25": BM25(index)}, MEASURES, index=index, depth=wanted, batch=2, observer=recorder)
    return recorder, report


def test_a_run_holds_every_question_with_its_search_and_what_each_stage_gave(
    ledger: Ledger, dataset: Dataset, index: Index
) -> None:
    recorder, _ = kept(ledger, dataset, index)
    row = ledger.run(recorder.runs["bm25"])
    assert (row.purpose, row.status, row.size, row.title) == ("first", "done", 3, "rings of Saturn")
    spec = Spec.from_json(row.spec)
    assert (spec.dataset, spec.recipe, spec.index, spec.identity) == ("set", "bm25", str(index.path), index.identity)
    assert (spec.stage, spec.alone) == (repr(BM25(index)), True)
    assert [one.gold for one in ledger.questions(row.id)] == [
        Gold("a1", ("rings", "gap"), ("Huygens",)),
        Gold("a2", ("comet", "moons")),
        Gold("a3", ("diary",), (), "ann"),
    ]
    assert ledger.turns(row.id, 1) == (Turn(1, actions=(Search("rings of Saturn", show=1),)),)
    (done,) = ledger.done(row.id, 1)
    assert (done.action, done.hits, done.shown) == (Search("rings of Saturn", show=1), 1, ())
    (stage,) = ledger.candidates(row.id, 1, 1)
    # the one that says both words, then the one that says one of them
    assert (stage.stage, stage.query, stage.ids, stage.total) == ("BM25", "rings of Saturn", ("rings", "gap"), 2)
    assert [event.kind for event in ledger.events(row.id)] == ["run", "searches", "searches", "run"]


def test_looking_on_changes_no_figure(ledger: Ledger, dataset: Dataset, index: Index) -> None:
    _, report = kept(ledger, dataset, index)
    assert report.as_json() == evaluate(dataset, {"bm25": BM25(index)}, MEASURES, index=index).as_json()


def test_each_relevant_passage_has_a_cause_and_a_place(ledger: Ledger, dataset: Dataset, index: Index) -> None:
    recorder, _ = kept(ledger, dataset, index)
    run = recorder.runs["bm25"]
    spec, workshop = Spec.from_json(ledger.run(run).spec), Workshop(Settings())
    first, second, third = (workshop.desk(ledger, run, number, spec) for number in (1, 2, 3))
    assert alone(first)
    asked = "in search 1 'rings of Saturn'"
    assert [(one.passage, one.cause, one.place) for one in relevant(first)] == [
        ("rings", "found", f"{asked}: rank 1 of 2 by BM25; within the one place that was measured"),
        ("gap", "rank_miss", f"{asked}: rank 2 of 2 by BM25; below the one place that was measured"),
    ]
    comet, moons = relevant(second)
    assert (comet.cause, moons.cause) == ("found", "retrieval_miss")
    assert moons.place == "in search 1 'the comet of Halley': not among the 1 of BM25"
    assert placed(second, "vulcan").cause == "corpus_miss"
    assert placed(second, "diary").cause == "corpus_miss"  # ann's alone
    (diary,) = relevant(third)
    # ann's word is known from two of five texts, the public one from one of four: its idf is lower
    assert (diary.cause, diary.searches[0].places[0].rank, diary.searches[0].places[0].of) == ("rank_miss", 2, 2)


def test_what_lies_below_the_logged_depth_is_searched_again(
    ledger: Ledger, dataset: Dataset, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.recording.log.__defaults__", (1,))
    recorder, _ = kept(ledger, dataset, index)
    run = recorder.runs["bm25"]
    assert [len(stage) for stage in ledger.candidates(run, 1, 1)] == [1]
    desk = Workshop(Settings()).desk(ledger, run, 1, Spec.from_json(ledger.run(run).spec))
    assert placed(desk, "gap").searches[0].places[0].rank == 2


def test_documents_that_are_indexed_in_parts_are_placed_as_documents(ledger: Ledger, tmp_path: Path) -> None:
    """`gap` is measured by its best part, `gap#2`; the search is made again with the same roll-up."""
    (tmp_path / "long").mkdir()
    text = "Cassini looked at Saturn for years. Then he found a gap in them."
    rows = [CORPUS[0], {"id": "gap", "text": text}]
    asked = {"id": "q", "question": "found a gap", "supporting_ids": ["gap"]}
    (tmp_path / "long/corpus.jsonl").write_text("".join(json.dumps({**row, "user": None}) + "\n" for row in rows), "utf-8")
    (tmp_path / "long/queries.jsonl").write_text(json.dumps(asked), "utf-8")
    dataset = load(tmp_path / "long", owner_field="user")
    index = index_of(dataset, tmp_path / "cache", replace(SETTINGS, encoder=None, words=7), ReadOptions(split=True))
    recorder, _ = kept(ledger, dataset, index)
    run = recorder.runs["bm25"]
    spec = Spec.from_json(ledger.run(run).spec)
    desk = Workshop(Settings()).desk(ledger, run, 1, spec)
    assert spec.level == "records"
    for passage in ("gap", "gap#2"):
        told = placed(desk, passage)
        assert (told.cause, [(one.stage, one.rank) for one in told.searches[0].places]) == ("found", [("BM25", 1), ("MaxP", 1)])
    assert desk.tools.search(Search("found a gap"), "x").ids == ("gap",)


@dataclass(frozen=True)
class Failing(Stage):
    """Searches, until a question holds the word."""

    inner: Stage
    word: str
    error: BaseException = field(compare=False)

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        if any(self.word in ranking.query.text for ranking in batch):
            raise self.error
        return self.inner(batch)


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), "stopped"), (FathomError("the model is down", "a model"), "failed")]
)
def test_an_evaluation_that_is_cut_off_keeps_what_it_searched(
    ledger: Ledger, dataset: Dataset, index: Index, error: BaseException, status: str
) -> None:
    stage = Failing(BM25(index), "Halley", error)
    spec = Spec(str(index.path), policy=NONE, identity=index.identity, dataset="set")
    recorder = Recorder(ledger, "first").begin(dataset, {"bm25": spec, "other": spec}, 1)
    with pytest.raises(type(error)), recorder:
        evaluate(dataset, {"bm25": stage, "other": stage}, MEASURES, index=index, batch=1, observer=recorder)
    assert [ledger.run(recorder.runs[name]).status for name in ("bm25", "other")] == [status, status]
    assert ledger.hits(recorder.runs["bm25"]) == {1: 1}
    desk = Workshop(Settings()).desk(ledger, recorder.runs["bm25"], 2, spec)
    assert "was not searched" in placed(desk, "comet").place


def test_a_name_is_used_once(ledger: Ledger, dataset: Dataset, index: Index) -> None:
    late = Recorder(ledger, "first")
    kept(ledger, dataset, index)
    with pytest.raises(FathomError, match="the name 'first' already"):
        Recorder(ledger, "first")
    with pytest.raises(FathomError, match="the name 'first' already"):  # another took it meanwhile
        late.begin(dataset, {"bm25": Spec("i", policy=NONE)}, 1)
    assert len(ledger.runs()) == 1


@pytest.mark.parametrize("name", ["", "ask", "last", "20261124", "-x", " x", "a\nb", "x" * 81])
def test_a_name_that_would_be_taken_for_something_else_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(UsageError, match="with the name"):
        Recorder(ledger, name)


def test_calls_of_a_model_are_charged_to_the_question_and_recipe_that_caused_them(
    ledger: Ledger, dataset: Dataset, index: Index
) -> None:
    recorder = Recorder(ledger, "first")

    @dataclass(frozen=True)
    class Asking(Stage):
        inner: Stage

        def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
            for ranking in batch:
                recorder.admit(ranking.query)
                recorder.charge(ranking.query, Call("chat", "small", 10, 2, cost=0.5))
            BM25(index).search("a search of its own")  # for no question: not kept
            return self.inner(batch)

    spec = Spec(str(index.path), policy=NONE, identity=index.identity, dataset="set")
    stages: dict[str, Stage] = {"bm25": BM25(index), "asking": Asking(BM25(index))}
    with recorder.begin(dataset, dict.fromkeys(stages, spec), 1):
        evaluate(dataset, stages, MEASURES, index=index, observer=recorder)
    assert ledger.spent(recorder.runs["bm25"]).cost == 0.0
    assert (ledger.spent(recorder.runs["asking"]).cost, ledger.spent(recorder.runs["asking"], 2).tokens_in) == (1.5, 10)
    assert [one.stage for one in ledger.candidates(recorder.runs["asking"], 1, 1)] == ["BM25", "Asking"]

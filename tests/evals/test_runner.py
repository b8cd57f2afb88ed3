"""An evaluation that is kept: what its runs hold, what became of a relevant passage, and how it goes on after a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.placed import alone, placed, relevant
from agent.runs import Runs
from agent.settings import Settings
from agent.spec import NONE, Spec
from agent.state import Search, Turn
from agent.store import Store
from agent.workshop import Workshop
from evals.answers import named
from evals.compare import compare
from evals.datasets import Dataset, load
from evals.indexes import SETTINGS, index_of
from evals.means import means
from evals.measures import parse
from evals.outcomes import outcomes
from evals.retrieval import evaluate, level_of
from evals.runner import Runner
from evals.scores import runs_of, systems
from evals.tasks import Varied, grid
from retrievers.base import Sources
from retrievers.build import build
from retrievers.document import ReadOptions
from retrievers.errors import FathomError, UsageError
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.recipes import recipe
from retrievers.vary import settings as settings_of
from retrievers.vary import vary
from tests.faults.stub_llm import Reply, StubServer

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


def base(dataset: Dataset, index: Index, **how: Any) -> Spec:
    """Retrieval alone, one place measured."""
    level = level_of(index, dataset)
    return Spec(str(index.path), dataset="set", **{"policy": NONE, "level": level, "depth": 1, **how})


def runner(ledger: Ledger, name: str = "first") -> Runner:
    return Runner(Runs(ledger, Workshop(Settings())), name)


def kept(ledger: Ledger, dataset: Dataset, index: Index, **how: Any) -> str:
    """The data set, measured with the recipe bm25 and kept as `first`; its run."""
    evaluation = runner(ledger)
    evaluation.begin(dataset, grid(base(dataset, index, **how), ["bm25"]))
    evaluation.run()
    (row,) = runs_of(ledger, "first")
    return row.id


def test_a_run_holds_every_question_with_its_search_and_what_each_stage_gave(
    ledger: Ledger, dataset: Dataset, index: Index
) -> None:
    row = ledger.run(kept(ledger, dataset, index))
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
    assert [event.kind for event in ledger.events(row.id)] == ["run", "run", "run", "searches", "run"]  # it waited for its turn


def test_what_is_kept_is_what_is_measured_without_keeping(ledger: Ledger, dataset: Dataset, index: Index) -> None:
    kept(ledger, dataset, index, depth=10)
    measures = parse(["Success@1", "nDCG@10", "AP@10"])
    measured = evaluate(dataset, {"bm25": BM25(index)}, measures, index=index)
    read = means([one.scores(measures) for one in systems(ledger, "first")], len(dataset.questions))
    assert read.as_json() == measured.as_json()


def test_each_relevant_passage_has_a_cause_and_a_place(ledger: Ledger, dataset: Dataset, index: Index) -> None:
    run = kept(ledger, dataset, index)
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
    monkeypatch.setattr("agent.batch.LOGGED", 1)
    run = kept(ledger, dataset, index)
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
    run = kept(ledger, dataset, index)
    spec = Spec.from_json(ledger.run(run).spec)
    desk = Workshop(Settings()).desk(ledger, run, 1, spec)
    assert spec.level == "records"
    for passage in ("gap", "gap#2"):
        told = placed(desk, passage)
        assert (told.cause, [(one.stage, one.rank) for one in told.searches[0].places]) == ("found", [("BM25", 1), ("MaxP", 1)])
    assert desk.tools.search(Search("found a gap"), "x").ids == ("gap",)


RECIPES = """
from dataclasses import dataclass, field
from pathlib import Path
from retrievers.base import Stage
from retrievers.errors import FathomError
from retrievers.lexical import BM25
from retrievers.recipes import recipe
from retrievers.vary import settings as settings_of
from retrievers.vary import vary
from tests.faults.stub_llm import Reply, StubServer


@dataclass(frozen=True)
class Failing(Stage):
    inner: Stage
    word: str
    home: Path = field(repr=False)

    def __call__(self, batch):
        with (self.home / "asked").open("a") as stream:
            stream.write("".join(ranking.query.text + chr(10) for ranking in batch))
        if (self.home / "broken").exists() and any(self.word in ranking.query.text for ranking in batch):
            raise FathomError("the model is down", "a model")
        return self.inner(batch)


RECIPES = {"failing": lambda sources: Failing(BM25(sources.need_index()), WORD, Path(HOME))}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Recipes of one's own: `failing` fails where a question holds Halley, while there is a file `broken`."""
    file = tmp_path / "own.py"
    file.write_text(f"HOME, WORD = {str(tmp_path)!r}, 'Halley'\n{RECIPES}", "utf-8")
    (tmp_path / "broken").touch()
    return file


def test_a_question_that_fails_counts_as_an_error_and_a_resume_tries_it_alone_again(
    ledger: Ledger, dataset: Dataset, index: Index, own: Path
) -> None:
    evaluation = runner(ledger)
    evaluation.begin(dataset, grid(base(dataset, index, recipes=str(own)), ["failing"]))
    with pytest.raises(FathomError, match=r"1 of 3 questions of first \(failing\) failed, first: the model is down") as caught:
        evaluation.run()
    assert caught.value.next == "fathom eval --resume first tries them again"
    (row,) = runs_of(ledger, "first")
    assert (row.status, ledger.unsearched(row.id)) == ("failed", {2})
    (system,) = systems(ledger, "first")
    assert system.scores(MEASURES).values["Success@1"].tolist() == [1.0, 0.0, 0.0]
    found = means([system.scores(MEASURES)]).recipes["failing"]["Success@1"]
    # of three questions one is right and one failed: a third, a half without it
    assert (found.value, found.n, found.errors, found.without_errors) == (pytest.approx(1 / 3), 3, 1, 0.5)
    (own.parent / "broken").unlink()
    (own.parent / "asked").unlink()
    evaluation.run()
    assert (own.parent / "asked").read_text() == "the comet of Halley\n"
    assert systems(ledger, "first")[0].scores(MEASURES).values["Success@1"].tolist() == [1.0, 1.0, 0.0]


def test_many_failures_in_a_row_end_a_run_with_the_last_of_them(
    ledger: Ledger, dataset: Dataset, index: Index, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.batch.MOST_FAILURES", 1)
    evaluation = runner(ledger)
    evaluation.begin(dataset, grid(base(dataset, index, recipes=str(own)), ["failing"]))
    with pytest.raises(FathomError, match="the model is down"):
        evaluation.run()
    assert runs_of(ledger, "first")[0].status == "failed"


def test_a_grid_is_found_again_and_grows(ledger: Ledger, dataset: Dataset, index: Index) -> None:
    evaluation, spec = runner(ledger), base(dataset, index)
    evaluation.begin(dataset, grid(spec, ["bm25"]))
    evaluation.run()
    before = ledger.events(runs_of(ledger, "first")[0].id)
    wider = grid(spec, ["bm25", "okapi"], varied=[Varied("okapi", "b", ("0.1", "0.9"))])
    evaluation.begin(dataset, wider)
    evaluation.run()
    rows = runs_of(ledger, "first")
    assert [row.spec["label"] for row in rows] == ["bm25", "okapi b=0.1", "okapi b=0.9"]
    assert [row.status for row in rows] == ["done"] * 3
    assert ledger.events(rows[0].id) == before
    assert "b=0.1" in rows[1].spec["stage"]
    assert len({row.conversation for row in rows}) == 1


def test_what_differs_from_what_was_begun_is_named_and_nothing_recorded(
    ledger: Ledger, dataset: Dataset, index: Index, own: Path
) -> None:
    evaluation, spec = runner(ledger), base(dataset, index, recipes=str(own))
    evaluation.begin(dataset, grid(spec, ["failing"]))
    fewer = replace(dataset, questions=dataset.questions[:2])
    changes = [
        (dataset, replace(spec, depth=5), "depth was 1 and is 5"),
        (dataset, replace(spec, level="records"), "the level was none and is records"),
        (fewer, spec, "3 questions then, 2 now"),
    ]
    for asked, changed, told in changes:
        with pytest.raises(FathomError, match=told) as caught:
            evaluation.begin(asked, grid(changed, ["bm25", "failing"]))
        assert caught.value.next == "give it a new name: --run NEW-NAME"
    assert len(runs_of(ledger, "first")) == 1
    own.write_text(own.read_text("utf-8") + "# another word\n", "utf-8")
    with pytest.raises(FathomError, match="the recipes file was"):
        evaluation.run()


def test_an_index_that_was_built_anew_is_another_corpus(ledger: Ledger, dataset: Dataset, tmp_path: Path) -> None:
    home = tmp_path / "own.index"
    settings = replace(SETTINGS, encoder=None)
    build([dataset.corpus], home, settings, ReadOptions(owner_field="user"))
    evaluation = runner(ledger)
    evaluation.begin(dataset, grid(base(dataset, Index.open(home)), ["bm25"]))
    build([dataset.corpus], home, replace(settings, words=7), ReadOptions(owner_field="user"))
    with pytest.raises(FathomError, match=r"first \(bm25\) was begun with other settings: the corpus was"):
        evaluation.run()


@pytest.mark.parametrize("name", ["", "ask", "chat", "eval", "last", "20261124", "-x", " x", "a\nb", "x" * 81])
def test_a_name_that_would_be_taken_for_something_else_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(UsageError, match="with the name"):
        runner(ledger, name)


def test_an_evaluation_that_never_was_is_no_evaluation(ledger: Ledger) -> None:
    with pytest.raises(FathomError, match="no evaluation 'first'") as caught:
        runner(ledger).run()
    assert caught.value.next == "fathom eval DATASET --run first"


def test_agents_are_asked_everything_at_each_effort(ledger: Ledger, dataset: Dataset, index: Index) -> None:
    evaluation = runner(ledger)
    spec = base(dataset, index, policy="extractive", depth=0, parallel=2)
    told: list[tuple[str, int, int | None, str]] = []
    evaluation = replace(evaluation, progress=lambda step, done, total, note="": told.append((step, done, total, note)))
    evaluation = replace(evaluation, score=lambda row: "so far")
    evaluation.begin(dataset, grid(spec, ["bm25"], ["quick", "deep"]))
    evaluation.run()
    assert [row.spec["label"] for row in runs_of(ledger, "first")] == ["bm25 quick", "bm25 deep"]
    assert [(row.size, row.status) for row in runs_of(ledger, "first")] == [(4, "done")] * 2
    assert told[-1][:3] == ("bm25 deep", 4, 4)
    assert {note for _, done, _, note in told if done} == {"so far"}
    quick, deep = (one.scores(named(["EvidenceRecall", "Refusal", "ExactMatch"])) for one in systems(ledger, "first"))
    assert (quick.name, deep.name) == ("first:bm25 quick", "first:bm25 deep")
    # a1 to a3 have judgements, a4 is the only one that has none, and a1 alone has a right answer
    assert [int((~np.isnan(quick.values[name])).sum()) for name in ("EvidenceRecall", "Refusal", "ExactMatch")] == [3, 1, 1]
    assert quick.values["EvidenceRecall"][0] == 1.0
    found = compare(quick, deep).measures
    assert {name: one.n for name, one in found.items()} == {"EvidenceRecall": 3, "Refusal": 1, "ExactMatch": 1}


def test_recipes_of_ones_own_may_be_dataclasses_with_annotations_that_are_read_late(tmp_path: Path) -> None:
    text = """
from __future__ import annotations
from dataclasses import dataclass
from retrievers.base import Ranking, Stage

@dataclass(frozen=True)
class Same(Stage):
    depth: int = 3
    def __call__(self, batch: list[Ranking]) -> list[Ranking]:
        return batch

RECIPES = {"same": lambda sources: Same()}
"""
    (tmp_path / "own.py").write_text(text, "utf-8")
    made = recipe("same", tmp_path / "own.py")(Sources())
    assert settings_of(made) == {"depth": 3}
    assert settings_of(vary(made, "depth", "5")) == {"depth": 5}


def test_an_endpoint_that_is_down_pauses_the_evaluation_which_goes_on_when_it_is_back(
    ledger: Ledger, dataset: Dataset, index: Index
) -> None:
    """Every question is answered after the resume; nothing is left of what the outage did to the first ones."""
    found = Reply("", [("search", {"query": "rings of Saturn"})])
    said = Reply("Explanation: Huygens explained the rings [rings].\nExact answer: Huygens\nConfidence: 90")
    with StubServer(found, said) as server:
        server.down()
        evaluation = runner(ledger)
        spec = base(dataset, index, policy="chat", depth=0, endpoint=server.url, model="stub")
        evaluation.begin(dataset, grid(spec, ["bm25"]))
        with pytest.raises(FathomError, match=r"first \(bm25\) was paused: ") as caught:
            evaluation.run()
        assert caught.value.next == "fathom eval --resume first"
        (row,) = runs_of(ledger, "first")
        assert row.status == "stopped"
        with pytest.raises(FathomError, match="came to"):
            systems(ledger, "first")[0].scores(MEASURES)
        server.script = [found, said] * 4
        server.up()
        runner(ledger).run()
    found_now = outcomes(ledger, row.id)
    assert [(one.status, one.stop) for one in found_now] == [("answered", "answered")] * 4
    assert (
        means([one.scores(named(["ExactMatch"])) for one in systems(ledger, "first")]).recipes["bm25"]["ExactMatch"].errors == 0
    )

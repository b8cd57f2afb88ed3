"""A run of our ledger as reference records and back, and what our measures make of a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.ledger import Ledger
from agent.settings import Settings
from agent.spec import Spec
from agent.state import Search
from agent.store import Store
from agent.workshop import Workshop
from evals.agentic.protocol import Protocol
from evals.agentic.recorded import cited, issued, outcome, records
from evals.answering.citing import CitationPrecision, CitationRecall
from evals.answering.evidence import EvidenceRecall
from evals.answering.words import ExactMatch
from evals.arms import Bench
from evals.datasets import Question
from evals.formats.browsecomp import read_runs, write_runs
from evals.formats.trajectory import Entry, Record
from evals.outcomes import Outcome
from evals.replay import replay
from retrievers.errors import FathomError
from retrievers.index import Index
from tests.agent.scripted import DOCUMENTS, small_index
from tests.faults.stub_llm import Reply, StubServer

QUESTIONS = [
    Question("q1", "Where did the finder of Uranus live?", ("uranus", "bath"), ("Bath",)),
    Question("q2", "Who found Ceres?", ("ceres",), ("Piazzi",)),
]
ANSWER = "Explanation: Herschel found Uranus from Bath [uranus].\nExact answer: Bath\nConfidence: 80"
CALLS = [("search", {"query": "Herschel Uranus"}), ("search", {"query": "herschel uranus?"}), ("open", {"id": "invented"})]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return small_index(tmp_path_factory.mktemp("index"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(Store.open(f"sqlite:///{tmp_path}/ledger.db"))


def ran(ledger: Ledger, index: Index) -> tuple[str, list[Outcome]]:
    """An agent that searches, repeats itself, opens what is not there, and searches again; its second question fails."""
    script = [Reply("First him.", CALLS), Reply("Then his town.", [("search", {"query": "Bath Somerset"})]), Reply(ANSWER), "400"]
    with StubServer(*script) as server:
        bench = Bench.on(ledger, Workshop(Settings()), lambda step, done, total: None)
        found = bench.ask(QUESTIONS, Protocol(k=1).spec(index.path, server.url, "stub"))
    return ledger.runs(purpose="eval")[0].id, found


def test_a_run_comes_back_equal_from_its_files(ledger: Ledger, index: Index, tmp_path: Path) -> None:
    run, found = ran(ledger, index)
    written = records(ledger, run, index)
    write_runs(written, tmp_path / "runs")
    read = read_runs(tmp_path / "runs", [one.id for one in QUESTIONS])
    assert read == written
    again = [outcome(record, question, str) for record, question in zip(read, QUESTIONS, strict=True)]
    assert [one.shown for one in again] == [one.shown for one in found] == [("uranus", "bath"), ()]
    assert list(EvidenceRecall().values(again)) == list(EvidenceRecall().values(found)) == [1.0, 0.0]
    assert list(ExactMatch().values(again)) == list(ExactMatch().values(found)) == [1.0, 0.0]


def test_the_record_is_the_references(ledger: Ledger, index: Index) -> None:
    run, _ = ran(ledger, index)
    first, second = records(ledger, run, index)
    assert (first.query_id, first.status, first.tool_call_counts) == ("q1", "completed", {"search": 2})
    assert first.retrieved_docids == ("uranus", "bath")
    assert [(one.type, one.tool_name) for one in first.result] == [
        ("reasoning", None),
        ("tool_call", "search"),
        ("tool_call", "search"),
        ("tool_call", "open"),
        ("reasoning", None),
        ("tool_call", "search"),
        ("output_text", None),
    ]
    search, repeat, opened = first.result[1:4]
    assert (search.arguments, search.hits[0].docid, search.hits[0].text) == (
        '{"user_query": "Herschel Uranus"}',
        "uranus",
        DOCUMENTS["uranus"],
    )
    assert (repeat.output, opened.output) == ("the same as call 1: not repeated", "failed: FathomError")
    assert first.response == ANSWER
    assert (second.query_id, second.completed, second.tool_call_counts) == ("q2", False, {})


def test_a_run_of_retrieval_alone_has_no_trajectories(ledger: Ledger, index: Index) -> None:
    run = ledger.start_run(Spec(str(index.path), policy="none", identity=index.identity).as_json(), ["Who?"])
    with pytest.raises(FathomError, match="it has no trajectories"):
        records(ledger, run, index)


def test_passages_of_another_generation_are_not_written(ledger: Ledger, index: Index) -> None:
    run = ledger.start_run(Spec(str(index.path), identity="another").as_json(), ["Who?"])
    with pytest.raises(FathomError, match="is not the generation that run"):
        records(ledger, run, index)


def search(query: str, hits: Mapping[str, str], **more: str) -> Entry:
    found = [{"docid": id, "score": 1.0, "snippet": text} for id, text in hits.items()]
    return Entry("tool_call", more.get("output", json.dumps(found)), "search", json.dumps({"user_query": query}))


PASSAGES = {"browsecomp_plus_5412_7": "Printed in Ulm.", "browsecomp_plus_5412_8": "In 1627.", "browsecomp_plus_88_1": "Prague."}


def record(response: str, *, status: str = "completed") -> Record:
    result = (
        Entry("reasoning", ("The town.",)),
        search('"Tables"', PASSAGES),
        search("Graz", {}, output="Error executing search"),
    )
    return Record("769", status, {"search": 1}, tuple(PASSAGES), (*result, Entry("output_text", response)))


@pytest.mark.parametrize(
    ("response", "documents"),
    [
        ("In Ulm [browsecomp_plus_5412_7].", ("5412",)),
        ("In Ulm 【browsecomp_plus_5412_7, browsecomp_plus_88_1】.", ("5412", "88")),
        ("In Ulm [5412].", ("5412",)),  # a document of which two passages were shown
        ("In Ulm [1627].", ()),  # a year
        ("In Ulm [browsecomp_plus_9_1].", ("browsecomp_plus_9_1",)),  # was not shown: stays, and is not right
        ("In Ulm.", ()),
    ],
)
def test_ids_are_cited_whole(response: str, documents: tuple[str, ...]) -> None:
    assert cited(record(response)) == documents


def test_what_is_cited_and_was_not_shown_counts_against_precision() -> None:
    text = "Explanation: In Ulm [browsecomp_plus_5412_7]. In Linz [browsecomp_plus_9_1].\nExact answer: Ulm\nConfidence: 70%"
    one = outcome(record(text), Question("769", "Where?", ("5412", "77"), ("Ulm",)))
    assert list(CitationPrecision().values([one])) == [0.5]
    assert list(CitationRecall().values([one])) == [0.5]
    assert list(ExactMatch().values([one])) == [1.0]
    assert one.answer is not None
    assert one.answer.confidence == 0.7


def test_a_run_that_did_not_complete_has_failed() -> None:
    one = outcome(record("Exact answer: Ulm", status="incomplete"), Question("769", "Where?", ("5412",), ("Ulm",)))
    assert (one.failed, one.reason) == (True, "the run ended incomplete")
    assert list(ExactMatch().values([one])) == [0.0]


def test_what_was_issued_is_replayed_with_its_reasoning(index: Index) -> None:
    result = (Entry("reasoning", ("The town.",)), search("Uranus", {"pluto": "x"}), search("Ceres", {}, output="failed"))
    of = Record("q1", "completed", {"search": 1}, ("pluto",), result)
    found = issued(of, QUESTIONS[0])
    assert [one.action for one in found.queries] == [Search("Uranus", "The town."), Search("Ceres", "The town.")]
    assert found.shown == ("pluto",)
    again = replay([found], Protocol().tools(index))
    assert (again.queries, list(again.logged), list(again.replayed)) == (2, [0.0], [0.5])

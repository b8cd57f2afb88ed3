"""Run files of BrowseComp-Plus: what is read is what was written, and each file that cannot be meant is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.formats.browsecomp import read_runs, write_runs
from evals.formats.trajectory import Entry, Record, Snippet, document_of
from retrievers.errors import FathomError, UsageError

HITS = [{"docid": "browsecomp_plus_5412_7", "score": 3.5, "snippet": "Printed in Ulm."}, {"docid": "77", "snippet": "Prague."}]
TRUE_FORM: dict[str, Any] = {
    "metadata": {"model": "openai/gpt-oss-20b", "reasoning": {"effort": "high"}, "output_dir": "runs/x"},
    "query_id": "769",
    "tool_call_counts": {"search": 2},
    "status": "completed",
    "retrieved_docids": ["browsecomp_plus_5412_7", "77"],
    "result": [
        {"type": "reasoning", "tool_name": None, "arguments": None, "output": ["First the town."]},
        {
            "type": "tool_call",
            "tool_name": "search",
            "arguments": '{"user_query": "\\"Tables\\" Ulm"}',
            "output": json.dumps(HITS),
        },
        {"type": "tool_call", "tool_name": "search", "arguments": '{"query": "Ulm 1627"}', "output": "[]"},
        {"type": "reasoning", "tool_name": None, "arguments": None, "output": []},
        {"type": "tool_call", "tool_name": "search", "arguments": "{", "output": "Error executing search: bad arguments"},
        {"type": "tool_call", "tool_name": "get_document", "arguments": '{"docid": "77"}', "output": "{}"},
        {"type": "output_text", "tool_name": None, "arguments": None, "output": "Exact answer: Ulm"},
    ],
}


def put(folder: Path, *rows: Any) -> Path:
    for number, row in enumerate(rows):
        (folder / f"run_{number}.json").write_text(row if isinstance(row, str) else json.dumps(row), "utf-8")
    return folder


def of(id: str, **changes: Any) -> dict[str, Any]:
    return {**TRUE_FORM, "query_id": id, **changes}


def test_a_file_of_the_reference_is_read(tmp_path: Path) -> None:
    (record,) = read_runs(put(tmp_path, TRUE_FORM))
    assert (record.query_id, record.completed, record.response) == ("769", True, "Exact answer: Ulm")
    assert record.retrieved_docids == ("browsecomp_plus_5412_7", "77")
    assert [(reason, call.query) for reason, call in record.searches] == [
        ("First the town.", '"Tables" Ulm'),
        ("First the town.", "Ulm 1627"),  # no reasoning between: the same turn
        ("", ""),  # an empty reasoning is empty, not the last turn's
    ]
    assert record.searches[0][1].hits == (
        Snippet("browsecomp_plus_5412_7", "Printed in Ulm.", 3.5),
        Snippet("77", "Prague."),
    )
    assert record.searches[2][1].hits == ()  # what failed has words in the place of hits


def test_what_was_read_is_written_as_it_was(tmp_path: Path) -> None:
    (record,) = read_runs(put(tmp_path, TRUE_FORM))
    (path,) = write_runs([record], tmp_path / "again")
    assert json.loads(path.read_text("utf-8")) == TRUE_FORM
    assert path.name == "run_00001.json"


ENTRIES = st.one_of(
    st.builds(Entry, st.just("reasoning"), st.lists(st.text(), max_size=2).map(tuple)),
    st.builds(Entry, st.just("tool_call"), st.none() | st.text(), st.text(min_size=1), st.none() | st.text()),
    st.builds(Entry, st.just("output_text"), st.text()),
)
RECORDS = st.builds(
    Record,
    st.text(min_size=1),
    st.text(min_size=1),
    st.dictionaries(st.text(), st.integers(0)),
    st.lists(st.text(min_size=1)).map(tuple),
    st.lists(ENTRIES, max_size=4).map(tuple),
)


@given(st.lists(RECORDS, min_size=1, max_size=3, unique_by=lambda one: one.query_id))
def test_any_records_come_back_equal(tmp_path_factory: pytest.TempPathFactory, records: list[Record]) -> None:
    home = tmp_path_factory.mktemp("runs")
    write_runs(records, home)
    assert read_runs(home, [one.query_id for one in records]) == records


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{", "cannot be read"),
        ("[]", "is not an object"),
        ({name: value for name, value in TRUE_FORM.items() if name != "query_id"}, "has no query_id"),
        (of("1", query_id=None), "has no query_id"),
        (of("1", status=3), "has no status"),
        (of("1", tool_call_counts={"search": "2"}), "has no tool_call_counts of whole numbers"),
        (of("1", retrieved_docids="77"), "has no list retrieved_docids of ids"),
        (of("1", result=None), "has no list result"),
        (of("1", result=[{"type": "song"}]), "place 1, none of reasoning, tool_call, output_text"),
        (of("1", result=[TRUE_FORM["result"][0], {"type": "tool_call"}]), "place 2, a call of no tool"),
        (of("1", result=[{"type": "output_text", "output": None}]), "place 1, no words"),
    ],
)
def test_a_corrupt_record_is_named(tmp_path: Path, row: Any, told: str) -> None:
    with pytest.raises(FathomError, match=told) as error:
        read_runs(put(tmp_path, TRUE_FORM, row))
    assert str(tmp_path / "run_1.json") in error.value.happened


def test_a_question_has_one_record(tmp_path: Path) -> None:
    with pytest.raises(FathomError, match=r"run_1\.json is a second record of the question '769'.*run_0\.json"):
        read_runs(put(tmp_path, TRUE_FORM, TRUE_FORM))


def test_a_record_of_another_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FathomError, match=r"run_1\.json is of the question '12'"):
        read_runs(put(tmp_path, TRUE_FORM, of("12")), ["769"])


def test_a_question_that_was_never_run_does_not_vanish(tmp_path: Path) -> None:
    put(tmp_path, TRUE_FORM)
    with pytest.raises(FathomError, match="no record of 1 of the 2 questions, like '12'"):
        read_runs(tmp_path, ["769", "12"])
    assert len(read_runs(tmp_path, ["769", "12"], missing=True)) == 1


def test_an_empty_folder_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run files"):
        read_runs(tmp_path)


def test_a_run_is_not_written_over_another(tmp_path: Path) -> None:
    records = read_runs(put(tmp_path, TRUE_FORM))
    with pytest.raises(UsageError, match="holds run files already"):
        write_runs(records, tmp_path)


@pytest.mark.parametrize(
    ("docid", "document"),
    [
        ("browsecomp_plus_5412_7", "5412"),
        ("browsecomp_plus_a_b_12", "a_b"),
        ("5412", "5412"),
        ("browsecomp_plus_5412", "browsecomp_plus_5412"),
    ],
)
def test_a_passage_id_tells_its_document(docid: str, document: str) -> None:
    assert document_of(docid) == document

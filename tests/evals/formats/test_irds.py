"""Data sets by ir_datasets' name: read through its own interface without a network, and refused without leave or package."""

from __future__ import annotations

import gzip
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from evals.formats.native import native, read
from retrievers.errors import FathomError, Unavailable, UsageError

DOCS, QUERIES = "d1\tFirst.\nd2\tSecond.\n", "q1\tWhich is first?\nq2\tWhich is last?\n"
QRELS = "q1 0 d1 2\nq1 0 d2 0\nq2 0 d2 1\n"
_counted = itertools.count()


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Registers a data set of three files with ir_datasets, and gives its name."""
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "home"))
    package = pytest.importorskip("ir_datasets", reason="needs the package ir-datasets")

    def add(docs: str = DOCS, queries: str = QUERIES, qrels: str | None = QRELS, inner: str = "") -> str:
        given = {"docs_tsv": docs, "queries_tsv": queries, "qrels_trec": qrels}
        for kind, text in given.items():
            if text is not None:
                (tmp_path / kind).write_text(text)
        name = f"fathom-{next(_counted)}"
        files = {kind: str(tmp_path / kind) for kind, text in given.items() if text is not None}
        package.registry.register(name, package.create_dataset(**files))
        if inner:
            package.registry.register(f"{name}/{inner}", package.create_dataset(**files))
        return name

    return add


def test_a_data_set_is_read_by_its_name(known: Callable[..., str], tmp_path: Path) -> None:
    name = known()
    found = read(f"irds:{name}", tmp_path / "cache", allow_download=True)
    assert [(one.id, one.text, one.relevant) for one in found.questions] == [
        ("q1", "Which is first?", ("d1",)),
        ("q2", "Which is last?", ("d2",)),
    ]
    assert found.name == name


def test_it_is_converted_once_and_then_needs_neither_leave_nor_package(
    known: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = known()
    first = native(f"irds:{name}", tmp_path / "cache", allow_download=True)
    monkeypatch.setitem(sys.modules, "ir_datasets", None)
    assert native(f"irds:{name}", tmp_path / "cache") == first


def test_without_leave_nothing_is_fetched(known: Callable[..., str], tmp_path: Path) -> None:
    name = known()
    with pytest.raises(Unavailable, match="would have to be fetched") as caught:
        read(f"irds:{name}", tmp_path / "cache")
    assert caught.value.next == f"let it be fetched: fathom eval irds:{name} --allow-download"
    assert not (tmp_path / "cache").exists()


def test_without_the_package_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ir_datasets", None)
    with pytest.raises(Unavailable, match="irds:vaswani is read by ir_datasets, which is not installed") as caught:
        native("irds:vaswani", tmp_path / "cache", allow_download=True)
    assert caught.value.next == "pip install ir-datasets"


def test_an_unknown_name_is_refused_with_those_like_it(known: Callable[..., str], tmp_path: Path) -> None:
    name = known()
    with pytest.raises(UsageError, match=f"no data set '{name}x'") as caught:
        native(f"irds:{name}x", tmp_path / "cache", allow_download=True)
    assert name in caught.value.expected


def test_a_name_without_judgements_is_refused_with_its_parts(known: Callable[..., str], tmp_path: Path) -> None:
    name = known(qrels=None, inner="test")
    with pytest.raises(UsageError, match=f"irds:{name} has no judgements") as caught:
        native(f"irds:{name}", tmp_path / "cache", allow_download=True)
    assert caught.value.expected == f"one of {name}/test"


def test_a_part_belongs_into_the_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--queries test beside irds:beir/scifact") as caught:
        native("irds:beir/scifact", tmp_path / "cache", split="test", allow_download=True)
    assert caught.value.next == "irds:beir/scifact/test"


def test_a_slash_of_the_name_is_no_folder(known: Callable[..., str], tmp_path: Path) -> None:
    name = known(inner="test")
    assert read(f"irds:{name}/test", tmp_path / "cache", allow_download=True).name == f"{name}-test"


def test_title_and_text_are_kept_apart_and_other_fields_are_taken_together(known: Callable[..., str], tmp_path: Path) -> None:
    import ir_datasets
    from ir_datasets.formats import BaseDocs

    class Titled(NamedTuple):
        doc_id: int
        title: str
        text: str

    class Parts(NamedTuple):
        doc_id: str
        title: str
        body: str

        def default_text(self) -> str:
            return f"{self.title} {self.body}"

    class Docs(BaseDocs):
        def docs_iter(self) -> Any:
            return iter([Titled(1, "One", "First. \n"), Parts("d2", "Two", "Second.")])

    rest = ir_datasets.load(known(qrels="q1 0 1 1\nq2 0 d2 1\n"))
    name = f"fathom-{next(_counted)}"
    ir_datasets.registry.register(name, ir_datasets.Dataset(Docs(), rest.queries_handler(), rest.qrels_handler()))
    place = native(f"irds:{name}", tmp_path / "cache", allow_download=True)
    assert [json.loads(line) for line in gzip.decompress((place / "corpus.jsonl.gz").read_bytes()).splitlines()] == [
        {"id": "1", "title": "One", "text": "First."},
        {"id": "d2", "title": "", "text": "Two Second."},
    ]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"docs": DOCS + "d1\tAgain.\n"}, "document 3 of the documents of irds:.* has the id 'd1' a second time"),
        ({"queries": QUERIES + "q1\tAgain?\n"}, "question 3 of the questions of irds:.* has the id 'q1' a second time"),
        (
            {"queries": QUERIES + "q3\tNot judged?\n"},
            "question 3 of .* asks 'q3', which the judgements of irds:.* does not judge",
        ),
        ({"qrels": QRELS + "q1 0 d9 1\n"}, "judgement 4 of .* judges the document 'd9', which is not in the corpus"),
        ({"qrels": QRELS + "q9 0 d1 1\n"}, "judges the question 'q9', which is not in the questions of irds:"),
        ({"qrels": "q1 0 d1 1\nq2 0 d2 0\n"}, "has no relevant document for the question 'q2'"),
    ],
)
def test_what_does_not_fit_is_named_and_leaves_nothing_behind(
    given: dict[str, str], what: str, known: Callable[..., str], tmp_path: Path
) -> None:
    name = known(**given)
    with pytest.raises(FathomError, match=what):
        native(f"irds:{name}", tmp_path / "cache", allow_download=True)
    assert list((tmp_path / "cache" / "datasets").iterdir()) == []


def test_a_failure_of_the_package_is_named(known: Callable[..., str], tmp_path: Path) -> None:
    name = known()
    (tmp_path / "docs_tsv").unlink()
    with pytest.raises(FathomError, match=f"ir_datasets cannot read {name}: FileNotFoundError"):
        native(f"irds:{name}", tmp_path / "cache", allow_download=True)

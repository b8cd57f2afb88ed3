"""Data sets: which file, what a row must hold, who sees what, and how questions are grouped."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.answers import named
from evals.datasets import load
from evals.indexes import SETTINGS, index_of
from evals.measures import parse
from evals.retrieval import evaluate
from retrievers.errors import FathomError, UsageError
from retrievers.lexical import BM25

CORPUS = [{"id": "d1", "title": "One", "text": "First."}, {"id": "d2", "title": "Two", "text": "Second."}]
QUERY: dict[str, Any] = {"id": "q1", "question": "Which is first?", "supporting_ids": ["d1"]}


def lines(path: Path, rows: list[Any]) -> None:
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    def made(queries: list[Any], corpus: list[Any] = CORPUS, names: tuple[str, str] = ("corpus.jsonl", "queries.jsonl")) -> Path:
        lines(tmp_path / names[0], corpus)
        lines(tmp_path / names[1], queries)
        return tmp_path

    return made


def test_a_question_has_its_relevant_ids_and_answers(make: Callable[..., Path]) -> None:
    row = {**QUERY, "supporting_ids": ["d2", "d1", "d2"], "answers": ["one", "1"], "user": "ann"}
    (question,) = load(make([row, ""])).questions
    assert (question.id, question.text, question.user) == ("q1", "Which is first?", "ann")
    assert (question.relevant, question.answers, question.unanswerable) == (("d2", "d1"), ("one", "1"), False)


def test_files_may_be_compressed_and_named_by_their_part(make: Callable[..., Path]) -> None:
    folder = make([QUERY], names=("corpus_dev.jsonl.gz", "queries_dev.jsonl.gz"))
    found = load(folder)
    assert (found.name, found.corpus.name, found.queries.name) == (folder.name, "corpus_dev.jsonl.gz", "queries_dev.jsonl.gz")
    assert found.questions[0].relevant == ("d1",)


def test_a_name_is_looked_up_in_the_data_folder(make: Callable[..., Path]) -> None:
    folder = make([QUERY])
    assert load(folder.name, data=folder.parent).questions == load(folder).questions
    with pytest.raises(UsageError, match=f"one of .*{folder.name}"):
        load("nothing", data=folder.parent)
    with pytest.raises(UsageError, match="--data DIR"):
        load("nothing")


def test_of_several_files_of_questions_one_must_be_chosen(make: Callable[..., Path]) -> None:
    folder = make([QUERY], names=("corpus.jsonl", "queries_test.jsonl"))
    lines(folder / "queries_train.jsonl", [{**QUERY, "id": "q9"}])
    with pytest.raises(UsageError, match=r"queries_test.jsonl, queries_train.jsonl") as caught:
        load(folder)
    assert caught.value.next == "--queries queries_test.jsonl"
    assert load(folder, queries="queries_train.jsonl").questions[0].id == "q9"
    assert load(folder, queries=str(folder / "queries_train.jsonl")).questions[0].id == "q9"
    with pytest.raises(UsageError, match=r"no file 'queries_dev.jsonl'"):
        load(folder, queries="queries_dev.jsonl")


@pytest.mark.parametrize("left_out", ["corpus.jsonl", "queries.jsonl"])
def test_a_folder_without_a_corpus_or_questions_is_a_usage_error(left_out: str, make: Callable[..., Path]) -> None:
    folder = make([QUERY])
    (folder / left_out).unlink()
    with pytest.raises(UsageError, match=f"has no {left_out.partition('.')[0]}"):
        load(folder)


@pytest.mark.parametrize("name", ["id", "question", "supporting_ids"])
def test_a_missing_field_is_an_error_that_names_file_and_line(name: str, make: Callable[..., Path]) -> None:
    row = {key: value for key, value in QUERY.items() if key != name}
    with pytest.raises(FathomError, match=rf"line 3 of .*queries.jsonl has no field '{name}'"):
        load(make([QUERY, "", row]))


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([1], "is not an object"),
        ({**QUERY, "question": " "}, "has an empty question"),
        ({**QUERY, "supporting_ids": "d1"}, "has supporting_ids that are not a list"),
        ({**QUERY, "supporting_ids": None}, "has supporting_ids that are not a list"),
        ({**QUERY, "answers": [["a"]]}, "has answers that are not a list"),
        ({**QUERY, "supporting_ids": ["d3"]}, "names 'd3' in supporting_ids, which is not in the corpus"),
    ],
)
def test_a_row_that_cannot_be_meant_is_an_error_that_names_file_and_line(row: Any, what: str, make: Callable[..., Path]) -> None:
    with pytest.raises(FathomError, match=f"line 1 of .*queries.jsonl {what}"):
        load(make([row]))


def test_a_corpus_row_without_an_id_is_an_error(make: Callable[..., Path]) -> None:
    with pytest.raises(FathomError, match=r"line 2 of .*corpus.jsonl has no field 'id'"):
        load(make([QUERY], corpus=[CORPUS[0], {"text": "no id"}]))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'{"id": "q", "question": "\xe9"}\n'])
def test_a_file_in_another_encoding_is_a_named_error(content: bytes, make: Callable[..., Path]) -> None:
    folder = make([QUERY])
    (folder / "queries.jsonl").write_bytes(content)
    with pytest.raises(FathomError, match="cannot be read"):
        load(folder)


def test_a_cut_gz_is_a_named_error(make: Callable[..., Path]) -> None:
    folder = make([QUERY], names=("corpus.jsonl.gz", "queries.jsonl"))
    whole = (folder / "corpus.jsonl.gz").read_bytes()
    (folder / "corpus.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FathomError, match=r"corpus.jsonl.gz cannot be read"):
        load(folder)


def test_an_empty_list_means_unanswerable_and_is_told_apart(make: Callable[..., Path]) -> None:
    bare = {**QUERY, "supporting_ids": []}
    rows = [QUERY, {**bare, "id": "q2", "answers": []}, {**bare, "id": "q3", "answers": ["First"]}]
    found = load(make(rows))
    assert [question.unanswerable for question in found.questions] == [False, True, False]
    assert [question.id for question in found.answerable] == ["q1", "q3"]  # nobody judged q3, and it has an answer


def test_a_data_set_whose_every_list_is_empty_is_refused_by_name(make: Callable[..., Path]) -> None:
    with pytest.raises(FathomError, match=r"every supporting_ids in .*queries.jsonl is empty"):
        load(make([{**QUERY, "supporting_ids": [], "answers": []}]))


def test_no_question_at_all_and_an_id_twice_are_refused(make: Callable[..., Path]) -> None:
    with pytest.raises(FathomError, match="has no questions"):
        load(make([]))
    with pytest.raises(FathomError, match="has the id 'q1' twice"):
        load(make([QUERY, QUERY]))


def test_a_private_record_is_relevant_for_its_owner_alone(make: Callable[..., Path]) -> None:
    corpus = [*CORPUS, {"id": "m1", "text": "Mine.", "user": "ann"}, {"id": "d1", "text": "My first.", "user": "ann"}]
    mine = {**QUERY, "supporting_ids": ["m1", "d1", "d2"], "user": "ann"}
    folder = make([mine], corpus=corpus)
    # an index knows a private id that is also a public one by its owner
    assert load(folder, owner_field="user").questions[0].relevant == ("m1", "ann:d1", "d2")
    assert load(folder, owner_field="none").questions[0].relevant == ("m1", "d1", "d2")
    for user in ("bob", None):
        lines(folder / "queries.jsonl", [{**mine, "user": user}])
        with pytest.raises(FathomError, match=f"names 'm1' in supporting_ids, which {user or 'no user'} cannot see"):
            load(folder, owner_field="user")


def test_fields_that_many_questions_share_are_groups(make: Callable[..., Path]) -> None:
    rows = [
        {**QUERY, "id": f"q{n}", "type": "bridge" if n % 2 else "comparison", "hops": 1 + n % 3, "hard": n > 3, "same": "x",
         "subject": f"name {n}", "score": n / 2, "part": [n % 2], "split": "test" if n else None}
        for n in range(6)
    ]  # fmt: skip
    found = load(make(rows)).questions
    assert found[0].groups == {"type": "comparison", "hops": "1", "hard": "false"}
    assert found[5].groups == {"type": "bridge", "hops": "3", "hard": "true"}


@pytest.mark.parametrize(
    ("name", "queries", "owners", "count", "unanswerable", "fields"),
    [
        ("hotpotqa_train100", None, None, 100, 0, {"type", "level"}),
        ("scifact", "queries_test.jsonl", None, 300, 0, set[str]()),
        ("vaswani", None, None, 93, 0, set[str]()),
        ("locomo5", None, "user", 999, 0, {"category", "user"}),
        ("popqa_gold1475", None, None, 1000, 0, {"prop"}),
        ("pubmedqa", None, None, 1000, 0, {"split"}),
        ("tatqa", None, None, 1668, 0, {"answer_type", "answer_from", "scale"}),
    ],
)
def test_the_public_sets_read_as_described(
    name: str,
    queries: str | None,
    owners: str | None,
    count: int,
    unanswerable: int,
    fields: set[str],
    data: Callable[[str], Path],
) -> None:
    found = load(data(name), queries=queries, owner_field=owners)
    assert len(found.questions) == count
    assert sum(question.unanswerable for question in found.questions) == unanswerable
    assert fields <= set.union(*(set(question.groups) for question in found.questions))


def test_a_public_set_without_judgements_has_answers_to_be_found(data: Callable[[str], Path]) -> None:
    found = load(data("musique_ketrag500"))
    assert (len(found.answerable), any(question.relevant for question in found.questions)) == (500, False)


def test_what_nobody_judged_is_measured_by_its_answers_alone(make: Callable[..., Path], tmp_path: Path) -> None:
    rows = [{**QUERY, "id": id, "supporting_ids": [], "answers": [answer]} for id, answer in (("q1", "First"), ("q2", "nowhere"))]
    dataset = load(make(rows))
    index = index_of(dataset, tmp_path / "cache", replace(SETTINGS, encoder=None))
    found = evaluate(dataset, {"bm25": BM25(index)}, named(["AnswerCoverage@5"]), index=index).recipes["bm25"]["AnswerCoverage@5"]
    assert (found.value, found.n) == (0.5, 2)
    with pytest.raises(FathomError, match="nDCG@10 needs to know what is relevant") as caught:
        evaluate(dataset, {"bm25": BM25(index)}, parse(["nDCG@10"]), index=index)
    assert caught.value.next == "--measure AnswerCoverage@5"


def test_a_folder_of_documents_is_a_corpus_and_its_ids_are_their_paths(tmp_path: Path) -> None:
    (tmp_path / "set/articles/moons").mkdir(parents=True)
    (tmp_path / "set/articles/moons/io.md").write_text("# Io\n\nGalileo saw Io in 1610.", "utf-8")
    (tmp_path / "set/articles/mars.txt").write_text("Mars is red.", "utf-8")
    asked = {"id": "q1", "question": "Who saw Io?", "supporting_ids": ["moons/io.md"], "answers": ["Galileo"]}
    (tmp_path / "set/questions.jsonl").write_text(json.dumps(asked), "utf-8")
    dataset = load(tmp_path / "set")
    index = index_of(dataset, tmp_path / "cache", replace(SETTINGS, encoder=None))
    found = evaluate(dataset, {"bm25": BM25(index)}, parse(["R@1"]), index=index)
    assert found.recipes["bm25"]["R@1"].value == 1.0
    assert index_of(dataset, tmp_path / "cache", replace(SETTINGS, encoder=None)).path == index.path
    (tmp_path / "set/articles/mars.txt").write_text("Mars is rusty.", "utf-8")
    assert index_of(dataset, tmp_path / "cache", replace(SETTINGS, encoder=None)).path != index.path


def test_a_document_that_the_folder_lacks_is_named_when_it_is_indexed(tmp_path: Path) -> None:
    (tmp_path / "set/articles").mkdir(parents=True)
    (tmp_path / "set/articles/mars.txt").write_text("Mars is red.", "utf-8")
    asked = {"id": "q1", "question": "Who saw Io?", "supporting_ids": ["io.md"]}
    (tmp_path / "set/questions.jsonl").write_text(json.dumps(asked), "utf-8")
    with pytest.raises(FathomError, match=r"question 'q1' names 'io.md' in supporting_ids, which is no document of"):
        index_of(load(tmp_path / "set"), tmp_path / "cache", replace(SETTINGS, encoder=None))

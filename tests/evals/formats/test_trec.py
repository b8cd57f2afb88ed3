"""TREC folders: both forms of topics and of documents, which files are meant, and every line that cannot be meant."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evals.datasets import Dataset
from evals.formats.native import native, read
from retrievers.errors import FathomError, UsageError

CORPUS = '{"id": "d1", "title": "One", "text": "First.", "year": 1846}\n{"id": 2, "text": "Second."}\n'
TAGGED = """<DOC>
<DOCNO> d1 </DOCNO>
<DATE>1846</DATE>
<HEADLINE>Neptune &amp; Triton</HEADLINE>
<TEXT>
A planet <F P=102> beyond </F> Uranus.

Its moon is Triton.
</TEXT>
</DOC>
<DOC><DOCNO>2</DOCNO>Only a body, where 1 < 2.</DOC>
"""
CLASSICAL = """<top>
<num> Number: q1
<title> Topic: Discovery
 of planets
<desc> Description:
Who found them?
</top>

<top><num>q2</num><title>Tides &amp; moons</title></top>
"""
TABBED = "q1\tDiscovery of planets\nq2\tTides & moons\n"
QRELS = "q1 0 d1 2\nq1 0 2 0\nq2\t0\t2\t1\n"


def trec(folder: Path, **files: str) -> Path:
    """A folder of files by their names without .txt (a corpus that is not given is the native one)."""
    folder.mkdir(parents=True)
    named = {"corpus.jsonl": CORPUS, "topics": TABBED, "qrels": QRELS, **files}
    for name, text in named.items():
        if text:
            (folder / (name if "." in name.removeprefix("topics.").removeprefix("qrels.") else f"{name}.txt")).write_text(text)
    return folder


def opened(folder: Path, queries: str | None = None) -> Dataset:
    return read(folder, folder.parent / "cache", queries=queries)


def rows(folder: Path) -> list[dict[str, object]]:
    corpus = native(folder, folder.parent / "cache") / "corpus.jsonl.gz"
    return [json.loads(line) for line in gzip.decompress(corpus.read_bytes()).splitlines()]


@pytest.mark.parametrize("topics", [TABBED, CLASSICAL])
def test_both_forms_of_topics_give_the_same_questions(topics: str, tmp_path: Path) -> None:
    found = opened(trec(tmp_path / "tiny", topics=topics))
    assert [(one.id, one.text, one.relevant) for one in found.questions] == [
        ("q1", "Discovery of planets", ("d1",)),
        ("q2", "Tides & moons", ("2",)),
    ]
    assert found.name == "tiny"


def test_rows_of_a_native_corpus_keep_their_fields(tmp_path: Path) -> None:
    assert rows(trec(tmp_path / "tiny")) == [
        {"id": "d1", "title": "One", "text": "First.", "year": 1846},
        {"id": "2", "text": "Second."},
    ]


def test_tagged_documents_give_their_title_and_their_text(tmp_path: Path) -> None:
    folder = trec(tmp_path / "tiny", **{"corpus.jsonl": "", "corpus.sgml": TAGGED})
    first, second = rows(folder)
    assert first["title"] == "Neptune & Triton"
    assert str(first["text"]).split("\n\n") == ["A planet   beyond   Uranus.", "Its moon is Triton."]
    assert second == {"id": "2", "title": "", "text": "Only a body, where 1 < 2."}


def test_files_may_be_packed(tmp_path: Path) -> None:
    folder = trec(tmp_path / "tiny")
    for path in list(folder.iterdir()):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert [one.relevant for one in opened(folder).questions] == [("d1",), ("2",)]


def test_of_several_files_one_must_be_chosen_and_its_judgements_go_with_it(tmp_path: Path) -> None:
    files = {"topics.dev": "q1\tOne?\n", "topics.test": "q2\tTwo?\n", "qrels.dev": "q1 0 2 1\n", "qrels.test": "q2 0 d1 1\n"}
    folder = trec(tmp_path / "tiny", topics="", qrels="", **files)
    with pytest.raises(UsageError, match="several files") as caught:
        opened(folder)
    assert (caught.value.expected, caught.value.next) == ("one of dev, test", "--queries dev")
    for choice in ("test", "topics.test.txt", "qrels.test.txt"):
        assert [(one.id, one.relevant) for one in opened(folder, choice).questions] == [("q2", ("d1",))]
    with pytest.raises(UsageError, match="no topics or judgements 'train'"):
        opened(folder, "train")


def test_the_only_topics_are_judged_by_the_chosen_judgements(tmp_path: Path) -> None:
    judged = {"qrels.strict": "q1 0 d1 1\nq2 0 d1 1\n", "qrels.lenient": "q1 0 2 1\nq2 0 2 1\n"}
    folder = trec(tmp_path / "tiny", qrels="", **judged)
    with pytest.raises(UsageError, match="several files"):
        opened(folder)
    assert [one.relevant for one in opened(folder, "strict").questions] == [("d1",), ("d1",)]


def test_a_choice_where_there_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no topics or judgements 'dev'"):
        opened(trec(tmp_path / "tiny"), "dev")


def test_two_files_of_one_choice_are_refused(tmp_path: Path) -> None:
    folder = trec(tmp_path / "tiny", **{"topics.dev": TABBED, "queries.dev.tsv": TABBED})
    with pytest.raises(UsageError, match=r"has queries\.dev\.tsv and topics\.dev\.txt"):
        opened(folder, "dev")


@pytest.mark.parametrize(("missing", "what"), [("corpus.jsonl", "no corpus"), ("topics", "has no topics")])
def test_a_folder_that_lacks_a_file_is_a_usage_error(missing: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=what):
        opened(trec(tmp_path / "tiny", **{missing: ""}))


def test_judgements_beside_native_questions_are_left_alone(tmp_path: Path) -> None:
    folder = trec(tmp_path / "tiny", **{"queries.jsonl": '{"id": "q1", "question": "?", "supporting_ids": ["d1"]}\n'})
    assert native(folder, tmp_path / "cache") == folder


@pytest.mark.parametrize(
    ("part", "text", "what"),
    [
        ("corpus.jsonl", CORPUS + "{\n", "line 3 of .*corpus.jsonl is not JSON"),
        ("corpus.jsonl", CORPUS + '{"id": "2", "text": ""}\n', "line 3 of .*corpus.jsonl has the id '2' a second time"),
        ("corpus.jsonl", CORPUS + '{"id": [], "text": ""}\n', "line 3 of .* has an id or a text that is not a string"),
        ("corpus.jsonl", CORPUS + '{"id": "d3"}\n', "line 3 of .* has no field 'text'"),
        ("topics", TABBED + "q3 no tab\n", "line 3 of .*topics.txt is not a topic"),
        ("topics", TABBED + "q3\t \n", "line 3 of .*topics.txt is not a topic"),
        ("topics", TABBED + "q1\tagain\n", "line 3 of .*topics.txt has the id 'q1' a second time"),
        ("topics", TABBED + "q3\tNot judged?\n", "line 3 of .*topics.txt asks 'q3', which .*qrels.txt does not judge"),
        ("topics", CLASSICAL + "lost\n", "line 10 of .*topics.txt is outside <top>"),
        ("topics", "<top>\n<num> 1\n<top>\n", "line 3 of .*topics.txt begins a <top> inside that of line 1"),
        ("topics", CLASSICAL + "\n<top>\n<num> q3\n", "line 11 of .*topics.txt begins a <top> that is never closed"),
        ("topics", "<top>\n<num> Number: q1\n<desc> What?\n</top>\n", "line 1 of .*topics.txt begins a topic without <title>"),
        ("topics", "<top>\n<title> What?\n</top>\n", "line 1 of .*topics.txt begins a topic without <num>"),
        ("qrels", QRELS + "q1 0 d9 1\n", "line 4 of .*qrels.txt judges the document 'd9', which is not in the corpus"),
        ("qrels", QRELS + "q1 0 d1 1\n", "line 4 of .*qrels.txt judges 'd1' for 'q1' a second time"),
        ("qrels", QRELS + "q9 0 d1 1\n", "judges the question 'q9', which is not in .*topics.txt"),
        ("qrels", QRELS + "q1 d1 1\n", "line 4 of .*qrels.txt is not a judgement"),
        ("qrels", QRELS + "q1 0 d1 high\n", "line 4 of .*qrels.txt is not a judgement"),
        ("qrels", "q1 0 d1 1\nq2 0 d1 0\nq2 0 2 -1\n", "no relevant document for the question 'q2'"),
    ],
)
def test_what_cannot_be_meant_is_named_and_leaves_nothing_behind(part: str, text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(FathomError, match=what):
        opened(trec(tmp_path / "tiny", **{part: text}))
    assert list((tmp_path / "cache" / "datasets").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<DOC>\n<TEXT>x</TEXT>\n</DOC>\n", "line 1 of .*corpus.sgml begins a document with no <DOCNO>"),
        ("<DOC><DOCNO>d1</DOCNO></DOC><DOC><DOCNO>2</DOCNO></DOC>\n", "line 1 .* begins a document with 2 <DOCNO>"),
        (TAGGED + "<DOC>\n<DOCNO>d1</DOCNO>\n</DOC>\n", "line 12 of .* has the id 'd1' a second time"),
        (TAGGED + "\n<DOC>\n<DOCNO>d3</DOCNO>\n", "line 13 of .* begins a <doc> that is never closed"),
    ],
)
def test_tagged_documents_that_cannot_be_meant_are_named(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(FathomError, match=what):
        opened(trec(tmp_path / "tiny", **{"corpus.jsonl": "", "corpus.sgml": text}))

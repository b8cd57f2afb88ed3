"""Finding files and reading records: what is read, in which order, what is skipped and told, and whose a record is."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from retrievers.base import Query
from retrievers.build import BuildSettings, build
from retrievers.corpus import Document, ReadOptions, Skipped, SourceFile, read, walk
from retrievers.dates import iso_date
from retrievers.errors import FathomError, UsageError
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.records import LINE
from retrievers.storable import replaced, storable

PLAIN = BuildSettings(encoder=None)


def files(*paths: Path) -> list[str]:
    return [one.name for one in walk(paths) if isinstance(one, SourceFile)]


def skipped(*paths: Path) -> dict[str, str]:
    return {one.path: one.reason for one in walk(paths) if isinstance(one, Skipped)}


def put(folder: Path, *names: str, text: str = "A star.") -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{text} {name}", "utf-8")
    return folder


def rows(tmp_path: Path, *lines: Any, options: ReadOptions | None = None, name: str = "a.jsonl") -> list[Document | Skipped]:
    """What a file of these lines gives: bytes as they are, else JSON."""
    content = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (file,) = walk([tmp_path / name])
    assert isinstance(file, SourceFile)
    return list(read(file, options))


# Finding files


def test_files_are_found_below_a_folder_in_the_order_of_their_names(tmp_path: Path) -> None:
    put(tmp_path, "b.txt", "a/z.md", "a.txt", "B.TXT", "c.jsonl.gz", "d.v2.html")
    assert files(tmp_path) == ["B.TXT", "a.txt", "a/z.md", "b.txt", "c.jsonl.gz", "d.v2.html"]
    assert files(tmp_path / "a.txt", tmp_path / "a") == ["a.txt", "z.md"]


def test_a_source_file_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    (file,) = walk([tmp_path])
    assert isinstance(file, SourceFile)
    assert (file.sha256, file.size) == ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3)


def test_hidden_files_are_passed_over_and_unknown_ones_are_told(tmp_path: Path) -> None:
    put(tmp_path, ".git/a.txt", ".b.txt", "~$c.docx", "x/.hidden/d.md", "song.mp3", "notes.tar.gz", "README")
    assert files(tmp_path) == []
    assert skipped(tmp_path) == {
        "README": "files like 'README' are not read",
        "notes.tar.gz": "files like '.gz' are not read",
        "song.mp3": "files like '.mp3' are not read",
    }


def test_links_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "out/secret.txt", "in/a.txt", "in/sub/b.txt", "in/.store/c.txt")
    (tmp_path / "in/leaves.txt").symlink_to(tmp_path / "out/secret.txt")
    (tmp_path / "in/leaving").symlink_to(tmp_path / "out")
    (tmp_path / "in/round").symlink_to(tmp_path / "in")
    (tmp_path / "in/nothing.txt").symlink_to(tmp_path / "in/none")
    (tmp_path / "in/again.txt").symlink_to(tmp_path / "in/a.txt")
    (tmp_path / "in/stored.txt").symlink_to(tmp_path / "in/.store/c.txt")
    assert files(tmp_path / "in") == ["a.txt", "stored.txt", "sub/b.txt"]
    assert skipped(tmp_path / "in") == {
        "leaves.txt": "is a link that leaves the folder",
        "leaving": "is a link that leaves the folder",
        "nothing.txt": "is a link to nothing",
    }


def test_a_path_that_is_given_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "docs/a.txt")
    (tmp_path / "linked").symlink_to(tmp_path / "docs")
    assert files(tmp_path / "linked") == ["a.txt"]


def test_the_same_name_in_two_folders_is_told_apart_and_the_same_file_is_read_once(tmp_path: Path) -> None:
    put(tmp_path, "x/a.txt", "y/a.txt", "y/b.txt")
    assert files(tmp_path / "x", tmp_path / "y") == ["a.txt", "b.txt", "y/a.txt"]
    assert files(tmp_path / "x", tmp_path / "x", tmp_path / "x/a.txt") == ["a.txt"]


def test_what_is_no_ordinary_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "empty.txt").touch()
    assert skipped(tmp_path) == {"pipe.txt": "is no ordinary file", "empty.txt": "is empty"}


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file or folder"):
        list(walk([tmp_path / "none"]))


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert list(walk([tmp_path])) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", "x/b.txt")
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "x").chmod(0)
    try:
        assert skipped(tmp_path) == dict.fromkeys(("a.txt", "x"), "cannot be read: Permission denied")
    finally:
        (tmp_path / "x").chmod(0o700)


def test_an_index_inside_the_folder_is_not_indexed(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    first = build([tmp_path], tmp_path / "my.index", PLAIN)
    again = build([tmp_path], tmp_path / "my.index", PLAIN)
    assert (again.skipped, again.identity) == ((), first.identity)


def test_a_name_without_utf8_is_read(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    with open(path, "w", encoding="utf-8") as out:  # noqa: PTH123 bytes
        out.write("A star.")
    (file,) = walk([tmp_path])
    assert isinstance(file, SourceFile)
    assert file.name == "caf\ufffd.txt"
    assert [one.text for one in read(file) if isinstance(one, Document)] == ["A star."]


def test_a_file_that_changes_while_it_is_read_stops_the_build(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl")
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n', "utf-8")
    (file,) = walk([tmp_path])
    assert isinstance(file, SourceFile)
    found = read(file)
    next(found)
    (tmp_path / "a.jsonl").write_text('{"text": "other"}\n', "utf-8")
    with pytest.raises(FathomError, match="changed while it was read"):
        list(found)


# Records


def test_a_record_keeps_all_its_fields(tmp_path: Path) -> None:
    row = {
        "id": "m",
        "title": " Mars\n",
        "text": "Red.\r\nCold.",
        "date": "1609-08-01T12:00:00Z",
        "type": "note",
        "tags": ["a", 1],
    }
    (found,) = rows(tmp_path, row)
    assert isinstance(found, Document)
    assert (found.id, found.title, found.text, found.date, found.type) == ("m", "Mars", "Red.\nCold.", "1609-08-01", "note")
    assert found.fields == {"date": "1609-08-01T12:00:00Z", "type": "note", "tags": ["a", 1]}
    assert (found.path, found.whole, found.owner) == ("a.jsonl", True, None)


def test_ids_are_text_or_numbers_and_a_record_without_one_is_called_by_its_line(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        {"id": 7, "text": "a"},
        {"_id": "b", "text": "b"},
        b"",
        {"text": "c"},
        {"id": "", "text": "d"},
        {"id": [1], "text": "e"},
    )
    assert [one.id for one in found if isinstance(one, Document)] == ["7", "b", "a.jsonl:4", "a.jsonl:5"]
    assert [one.reason for one in found if isinstance(one, Skipped)] == [
        "1 line not read: an id that is neither text nor a whole number (line 6)"
    ]


def test_a_record_without_text_is_known_by_its_table_or_title(tmp_path: Path) -> None:
    table = [["", "2018", "2019"], ["Sales", "1", "2"]]
    found = rows(
        tmp_path, {"text": "", "table": table}, {"text": " ", "title": "Only a title"}, {"text": ""}, {"text": "", "table": [[1]]}
    )
    assert [one.text for one in found if isinstance(one, Document)] == ["Sales\n2018: 1\n2019: 2", "Only a title"]
    assert isinstance(found[-1], Skipped)
    assert found[-1].reason == "2 lines not read: neither text nor title (lines 3, 4)"


def test_rows_without_a_text_field_are_told_once_for_the_file(tmp_path: Path) -> None:
    (told,) = rows(tmp_path, *({"id": str(number), "question": "Who?"} for number in range(100)))
    assert told == Skipped(
        "a.jsonl",
        "100 lines not read: no field 'text' that holds text (lines 1, 2, 3, 4, 5, …)",
        "give each record a text, or leave the file out",
    )


def test_lines_that_are_no_records_are_told_by_number(tmp_path: Path) -> None:
    deep = b'{"text": "a", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    found = rows(tmp_path, {"text": "a"}, b"{broken", b"[1]", b'{"text": "\xff"}', deep, b'{"text": 5}', {"text": "b"})
    assert [one.text for one in found if isinstance(one, Document)] == ["a", "b"]
    assert sorted(one.reason for one in found if isinstance(one, Skipped)) == [
        "1 line not read: nested too deeply (line 5)",
        "1 line not read: no field 'text' that holds text (line 6)",
        "1 line not read: not UTF-8 (line 4)",
        "2 lines not read: not a JSON object (lines 2, 3)",
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_line_of_100_megabytes_is_passed_over_without_being_held(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with gzip.open(path, "wb", 0) if name.endswith("gz") else path.open("wb") as out:
        out.write(b'{"text": "first"}\n{"text": "')
        for _ in range(100):
            out.write(os.urandom(1 << 19).hex().encode())
        out.write(b'"}\n{"text": "third"}\n')
    (file,) = walk([path])
    assert isinstance(file, SourceFile)
    tracemalloc.start()
    found = list(read(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [one.text for one in found if isinstance(one, Document)] == ["first", "third"]
    assert [one.reason for one in found if isinstance(one, Skipped)] == ["1 line not read: more than 16 MB in one line (line 2)"]
    assert peak < 3 * LINE


def test_a_packed_file_that_unpacks_without_end_is_left(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.jsonl.gz", "wb") as out:
        out.write(b'{"text": "first"}\n')
        for _ in range(15):
            out.write(b" " * (10 << 20) + b"\n")
    (file,) = walk([tmp_path])
    assert isinstance(file, SourceFile)
    assert file.size < 1 << 20
    *documents, told = read(file)
    assert [one.text for one in documents if isinstance(one, Document)] == ["first"]
    assert isinstance(told, Skipped)
    assert "unpacks to more than 100 MB" in told.reason


def test_a_damaged_packed_file_gives_what_came_before_and_is_told(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"text": os.urandom(40).hex()}).encode() + b"\n" for _ in range(1000))
    packed = gzip.compress(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "b.jsonl.gz").write_bytes(b"not packed at all")
    first, second = walk([tmp_path])
    found = list(read(first))  # type: ignore[arg-type]
    assert 0 < len(found) < 1000
    assert isinstance(found[-1], Skipped)
    assert found[-1].reason.startswith(f"is damaged after line {len(found) - 1}")
    assert [type(one) for one in read(second)] == [Skipped]  # type: ignore[arg-type]


def test_json_lines_are_split_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "m", "text": "One two three. Four five six."}), "utf-8")
    build([tmp_path / "a.jsonl"], tmp_path / "i", BuildSettings(encoder=None, words=3), ReadOptions(split=True))
    (unit,) = Index.open(tmp_path / "i").visible(None, "passage")
    assert unit.ids == ["m#1", "m#2"]


# Owners


@pytest.mark.parametrize("name", ["user", "owner", "Owner"])
def test_records_that_may_have_owners_need_to_be_explained(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        rows(tmp_path, {"text": "a"}, {"text": "b", name: None})
    assert (caught.value.exit_code, caught.value.next) == (2, f"--owner-field {name}, or --owner-field none")
    assert "a.jsonl, line 2" in caught.value.happened
    public = rows(tmp_path, {"text": "b", name: "alice"}, options=ReadOptions(owner_field="none"))
    assert [one.owner for one in public if isinstance(one, Document)] == [None]


def test_a_record_is_public_only_where_its_owner_is_null(tmp_path: Path) -> None:
    found = rows(tmp_path, {"text": "a", "by": "alice"}, {"text": "b", "by": None}, options=ReadOptions(owner_field="by"))
    assert [one.owner for one in found if isinstance(one, Document)] == ["alice", None]


@pytest.mark.parametrize("value", ["", " ", 5, True, ["alice"], {}, "a\0", "a\ud800"])
def test_an_owner_that_is_no_name_stops_the_build(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.jsonl, line 2: .* names nobody"):
        rows(tmp_path, {"text": "a", "by": "alice"}, {"text": "b", "by": value}, options=ReadOptions(owner_field="by"))


def test_a_record_without_the_owner_field_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.jsonl, line 2 has no field 'by'"):
        rows(tmp_path, {"text": "a", "by": "alice"}, {"text": "b"}, options=ReadOptions(owner_field="by"))


def test_an_owners_rows_of_a_table_are_seen_by_that_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("note,user\nfirst star,alice\nsecond star,bob\n", "utf-8")
    build([tmp_path / "n.csv"], tmp_path / "i", PLAIN, ReadOptions(owner_field="user"))
    index = Index.open(tmp_path / "i")
    seen = {user: BM25(index).search(Query("star", user=user)) for user in ("alice", "bob", None)}
    assert [len(ranking) for ranking in seen.values()] == [1, 1, 0]
    assert index.find(seen["alice"].ids, "alice")[0].text == "note: first star\nuser: alice"


def test_an_owner_field_needs_a_name() -> None:
    for wrong in ({"owner_field": " "}, {"megabytes": 0}, {"seconds": 0}, {"memory": 0}):
        with pytest.raises(UsageError):
            ReadOptions(**wrong)  # type: ignore[arg-type]


# Text that cannot be stored


def test_nul_and_lone_surrogates_are_replaced_and_told(tmp_path: Path) -> None:
    line = rb'{"id": "a\u0000b", "title": "T\udc00", "text": "x\ud800y\u0000 \ud83d\ude00", "k\u0000": ["v\ud800"]}'
    (found,) = rows(tmp_path, line)
    assert isinstance(found, Document)
    assert (found.id, found.title, found.text) == ("a\ufffdb", "T\ufffd", "x\ufffdy\ufffd 😀")
    assert found.fields == {"k\ufffd": ["v\ufffd"], "fathom_replaced": {"title": [[1, 0xDC00]], "text": [[1, 0xD800], [3, 0]]}}
    build([tmp_path / "a.jsonl"], tmp_path / "i", PLAIN)
    assert Index.open(tmp_path / "i").document("a\ufffdb").text == "x\ufffdy\ufffd 😀"


@given(st.text(alphabet=st.characters(exclude_categories=()) | st.sampled_from("\0\ud800\udfff")))
@example("a\0b")
@example("a\udfffb")
def test_what_is_stored_is_utf8_as_long_as_before_and_can_be_turned_back(text: str) -> None:
    kept = storable(text)
    assert kept.encode().decode() == kept
    assert "\0" not in kept
    back = list(kept)
    for place, code in replaced(text):
        assert back[place] == "\ufffd"
        back[place] = chr(code)
    assert "".join(back) == text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    row=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_is_a_record_or_is_told(row: Any, tmp_path: Path) -> None:
    for line in (row, {"text": "a star", "extra": row}):
        (found,) = rows(tmp_path, line, options=ReadOptions(owner_field="none")) or [None]
        if isinstance(found, Document):
            found.text.encode()
            assert json.loads(json.dumps(dict(found.fields))) == found.fields
        else:
            assert found is None or found.reason


# Builds


def test_a_build_tells_what_was_guessed_once_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Größe der Bahnen".encode("cp1252"))
    (tmp_path / "b.jsonl").write_bytes(b'{"text": "x\\u0000"}\n' * 3)
    report = build([tmp_path], tmp_path / "i", PLAIN)
    assert report.warnings == (
        "a.txt: read as cp1252, which is a guess",
        "b.jsonl: characters that cannot be stored (NUL or lone surrogates) were replaced by U+FFFD",
    )


def test_what_was_skipped_is_listed_and_kept_in_the_index(tmp_path: Path) -> None:
    put(tmp_path / "docs", "a.txt", "b.mp3")
    (tmp_path / "docs/c.pdf").write_bytes(b"%PDF-1.4 broken")
    report = build([tmp_path / "docs"], tmp_path / "i", PLAIN)
    assert [one.path for one in report.skipped] == ["b.mp3", "c.pdf"]
    assert [one["path"] for one in Index.open(tmp_path / "i").summary()["skipped"]] == ["b.mp3", "c.pdf"]


QUESTION = '{"id": "q1", "question": "What has rings?", "text": "What has rings?", "supporting_ids": ["d1"]}\n'


def test_the_questions_of_a_data_set_are_no_documents(tmp_path: Path) -> None:
    """They are skipped by name, whatever their rows hold, and the way to index them is told."""
    (tmp_path / "set" / "deep").mkdir(parents=True)
    (tmp_path / "set/corpus.jsonl").write_text('{"id": "d1", "text": "Saturn has rings."}\n', "utf-8")
    (tmp_path / "set/queries.jsonl").write_text(QUESTION, "utf-8")
    (tmp_path / "set/deep/queries_test.jsonl.gz").write_bytes(gzip.compress(QUESTION.encode()))
    (tmp_path / "set/queries of mine.md").write_text("# Queries\n\nWhat I asked.", "utf-8")
    (tmp_path / "set/my_queries.jsonl").write_text('{"id": "d2", "text": "A record."}\n', "utf-8")
    report = build([tmp_path / "set"], tmp_path / "i", PLAIN)
    assert [(one.path, one.reason) for one in report.skipped] == [
        ("deep/queries_test.jsonl.gz", "questions of a data set, not documents"),
        ("queries.jsonl", "questions of a data set, not documents"),
    ]
    assert f"fathom index {tmp_path / 'set/queries.jsonl'} --out INDEX" in report.skipped[1].next
    assert sorted(Index.open(tmp_path / "i").visible(None, "passage")[0].ids) == ["d1", "d2", "queries of mine.md#1"]


@pytest.mark.parametrize("named", [["queries.jsonl"], ["", "queries.jsonl"], ["queries.jsonl", ""]])
def test_a_file_of_questions_that_is_named_itself_is_indexed(tmp_path: Path, named: list[str]) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/queries.jsonl").write_text(QUESTION, "utf-8")
    found = list(walk([tmp_path / "set" / one for one in named]))
    assert [(type(one), one.name) for one in found if isinstance(one, SourceFile)] == [(SourceFile, "queries.jsonl")]
    assert not [one for one in found if isinstance(one, Skipped)]


def test_a_link_to_questions_is_skipped_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text(QUESTION, "utf-8")
    (tmp_path / "records.jsonl").symlink_to("queries.jsonl")
    assert [(one.path, one.reason) for one in walk([tmp_path]) if isinstance(one, Skipped)] == [
        ("queries.jsonl", "questions of a data set, not documents")
    ]


def test_a_folder_of_a_data_set_gives_its_corpus(data: Callable[[str], Path]) -> None:
    files = list(walk([data("hotpotqa_train100")]))
    found = [one for file in files if isinstance(file, SourceFile) for one in read(file)]
    assert sum(isinstance(one, Document) for one in found) == len(found) == 994
    assert [one.path for one in files if isinstance(one, Skipped)] == ["queries.jsonl"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1610", "1610"), (1610, "1610"), ("1610-01", "1610-01"), ("1610-01-07", "1610-01-07"),
        (" 1610-01-07 20:00", "1610-01-07"), ("1610-13", ""), ("1610-02-30", ""), ("7 January 1610", ""), (None, ""),
        (True, ""), (16.1, ""), ("0000", ""), ("10-01-07", ""),
    ],
)  # fmt: skip
def test_dates_are_iso_or_none(value: Any, expected: str) -> None:
    assert iso_date(value) == expected

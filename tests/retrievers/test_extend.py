"""An index that grows file by file: ids, owners apart, names replaced, bytes kept, and failures that change nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.base import Query, Sources
from retrievers.build import BuildSettings, build
from retrievers.corpus import ReadOptions
from retrievers.errors import FathomError, IndexCorrupt, UsageError
from retrievers.extend import create, extend, remove
from retrievers.generation import CURRENT
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.recipes import hybrid
from retrievers.source import NothingToIndex

PLAIN = BuildSettings(encoder=None)
Filer = Callable[..., dict[str, Path]]


@pytest.fixture
def files(tmp_path: Path) -> Filer:
    """`files({"a.md": "text"})`: files that lie under names of their own choice, as an upload's do."""

    def written(texts: Mapping[str, str | bytes]) -> dict[str, Path]:
        home = tmp_path / f"in-{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        places = {name: home / str(number) for number, name in enumerate(texts)}
        for name, text in texts.items():
            places[name].write_bytes(text if isinstance(text, bytes) else text.encode())
        return places

    return written


@pytest.fixture
def root(tmp_path: Path, files: Filer) -> Path:
    create(tmp_path / "an.index", files({"mars.md": "# Mars\n\nMars is red.\n", "moon.txt": "The moon is grey."}), settings=PLAIN)
    return tmp_path / "an.index"


def ids(root: Path, user: str | None = None) -> list[str]:
    return [id for part in Index.open(root).partitions(user) for id in part.unit("passage").ids]


def found(root: Path, text: str, user: str | None = None) -> list[tuple[str, bytes]]:
    ranking = BM25(Index.open(root)).search(Query(text, user=user), k=10)
    return [(id, score.tobytes()) for id, score in zip(ranking.ids, ranking.scores, strict=True)]


def rows(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_new_file_stands_beside_those_that_were_there(root: Path, files: Filer) -> None:
    report = extend(root, files({"venus.txt": "Venus is bright."}))
    assert ids(root) == ["mars.md#1", "moon.txt#1", "venus.txt#1"]
    assert report.counts == {"documents": 3, "passage": 3}
    assert Index.open(root).source(Index.open(root).document("mars.md")) == b"# Mars\n\nMars is red.\n"


def test_growing_file_by_file_gives_what_building_at_once_gives(tmp_path: Path, root: Path, files: Filer) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "mars.md").write_text("# Mars\n\nMars is red.\n", "utf-8")
    (folder / "moon.txt").write_text("The moon is grey.", "utf-8")
    (folder / "a.csv").write_text("star,colour\nSirius,white\n", "utf-8")
    extend(root, files({"a.csv": "star,colour\nSirius,white\n"}))
    assert build([folder], tmp_path / "at-once", PLAIN).identity == Index.open(root).identity


def test_a_file_of_a_name_that_is_there_replaces_it(root: Path, files: Filer) -> None:
    extend(root, files({"moon.txt": "The moon is made of cheese."}))
    assert ids(root) == ["mars.md#1", "moon.txt#1"]
    assert Index.open(root).item("moon.txt#1").text == "The moon is made of cheese."


def test_an_owners_files_are_seen_by_that_owner_alone(root: Path, files: Filer) -> None:
    extend(root, files({"diary.txt": "I saw the moon of Mars."}), owner="alice")
    assert ids(root) == ids(root, "bob") == ["mars.md#1", "moon.txt#1"]
    assert ids(root, "alice") == ["mars.md#1", "moon.txt#1", "diary.txt#1"]
    assert Index.open(root).document("diary.txt", "alice").owner == "alice"
    with pytest.raises(FathomError, match=r"no document 'diary\.txt'"):
        Index.open(root).document("diary.txt", "bob")


def test_names_of_different_parts_do_not_touch(root: Path, files: Filer) -> None:
    extend(root, files({"mars.md": "Alice's Mars is green."}), owner="alice")
    extend(root, files({"mars.md": "Bob's Mars is blue."}), owner="bob")
    index = Index.open(root)
    assert index.item("mars.md#1").text == index.item("mars.md#1", "alice").text == "Mars is red."
    assert ids(root, "alice")[2:] == ["alice:mars.md#1"]
    assert index.item("alice:mars.md#1", "alice").text == "Alice's Mars is green."
    assert index.item("bob:mars.md#1", "bob").text == "Bob's Mars is blue."


def test_the_owners_earlier_files_stay_theirs(root: Path, files: Filer) -> None:
    extend(root, files({"one.txt": "One."}), owner="alice")
    extend(root, files({"two.txt": "Two."}), owner="alice")
    extend(root, files({"all.txt": "For all."}))
    assert ids(root) == ["all.txt#1", "mars.md#1", "moon.txt#1"]
    assert ids(root, "alice")[3:] == ["one.txt#1", "two.txt#1"]


def test_records_never_choose_another_owner(root: Path, files: Filer) -> None:
    forged = rows({"id": "f", "text": "Planted.", "user": "bob"}, {"id": "g", "text": "Public?", "owner": None})
    extend(root, files({"forged.jsonl": forged, "forged.csv": "user,note\nbob,Planted too\n"}), owner="alice")
    assert ids(root, "bob") == ids(root) == ["mars.md#1", "moon.txt#1"]
    assert set(ids(root, "alice")[2:]) == {"f", "g", "forged.csv#1"}


def test_records_never_choose_another_owner_where_the_index_asks_records(tmp_path: Path, files: Filer) -> None:
    root = tmp_path / "owned.index"
    start = rows({"id": "p", "text": "For all.", "user": None}, {"id": "b", "text": "Bob's own.", "user": "bob"})
    create(root, files({"start.jsonl": start}), settings=PLAIN, options=ReadOptions(owner_field="user"))
    extend(root, files({"forged.jsonl": rows({"id": "f", "text": "Planted.", "user": "bob"})}), owner="alice")
    assert (ids(root), ids(root, "bob"), ids(root, "alice")) == (["p"], ["p", "b"], ["p", "f"])


def test_public_records_that_may_be_somebodys_are_refused_as_at_building(root: Path, files: Filer) -> None:
    with pytest.raises(UsageError, match="has a field 'user'"):
        extend(root, files({"r.jsonl": rows({"id": "f", "text": "Whose?", "user": "bob"})}))


def test_what_others_find_and_its_scores_are_the_same_bits_before_and_after(root: Path, files: Filer) -> None:
    extend(root, files({"bob.txt": "Bob looks at the red moon of Mars."}), owner="bob")
    before = [found(root, "red moon mars", user) for user in (None, "bob", "carol")]
    extend(root, files({"a.txt": "Red red moon moon mars mars.", "b.txt": "Another moon."}), owner="alice")
    assert [found(root, "red moon mars", user) for user in (None, "bob", "carol")] == before
    assert len(found(root, "red moon mars", "alice")) == 4


def test_vectors_are_used_again(tmp_path: Path, files: Filer) -> None:
    from retrievers.encoder import Encoder

    settings = BuildSettings(encoder=Encoder(dtype="float32", device="cpu"))
    create(tmp_path / "i", files({"a.txt": "Mars is red.", "b.txt": "The moon is grey."}), settings=settings)
    report = extend(tmp_path / "i", files({"c.txt": "Venus is bright."}), owner="alice")
    assert (report.encoded, report.reused) == (1, 2)
    stage = hybrid(Sources(Index.open(tmp_path / "i")))
    assert stage.search(Query("bright Venus", user="alice"), k=1).ids == ("c.txt#1",)
    assert "c.txt#1" not in stage.search(Query("bright Venus"), k=9).ids


def test_an_index_of_one_owner_alone_can_be_searched(tmp_path: Path, files: Filer) -> None:
    root = tmp_path / "own"
    create(root, files({"a.txt": "Mars is red."}), owner="alice", settings=PLAIN)
    assert [id for id, _ in found(root, "mars", "alice")] == ["a.txt#1"]
    assert found(root, "mars") == found(root, "mars", "bob") == []


def test_what_cannot_be_read_is_told_and_told_again_after_the_next_change(root: Path, files: Filer) -> None:
    odd = files({"ok.txt": "Fine.", "empty.txt": "", "song.mp3": b"x", "blank.md": " \n", "broken.pdf": b"%PDF-1.4 nothing"})
    report = extend(root, odd, owner="alice")
    assert {one.path: one.owner for one in report.skipped} == dict.fromkeys(
        ("empty.txt", "song.mp3", "blank.md", "broken.pdf"), "alice"
    )
    again = extend(root, files({"more.txt": "More."}))
    assert sorted(again.skipped, key=str) == sorted(report.skipped, key=str)
    assert ids(root, "alice")[-1] == "ok.txt#1"


def test_a_file_that_was_mended_is_no_longer_told(root: Path, files: Filer) -> None:
    extend(root, files({"ok.txt": "Fine.", "empty.txt": ""}))
    assert extend(root, files({"empty.txt": "Not empty now."})).skipped == ()


def test_files_of_which_none_can_be_read_change_nothing(root: Path, files: Filer) -> None:
    before = (root / CURRENT).read_bytes()
    with pytest.raises(NothingToIndex, match=r"empty.txt: is empty") as failed:
        extend(root, files({"empty.txt": "", "song.mp3": b"x"}), owner="alice")
    assert [(one.path, one.owner) for one in failed.value.skipped] == [("empty.txt", "alice"), ("song.mp3", "alice")]
    assert (root / CURRENT).read_bytes() == before
    assert list(root.glob(".building-*")) == []


def test_an_index_without_kept_bytes_says_so(tmp_path: Path, files: Filer) -> None:
    create(tmp_path / "i", files({"a.txt": "Mars."}), settings=BuildSettings(encoder=None, keep=False))
    with pytest.raises(FathomError, match="does not keep its files' bytes"):
        extend(tmp_path / "i", files({"b.txt": "Moon."}))


def test_a_damaged_index_is_not_built_upon(root: Path, files: Filer) -> None:
    kept = next(path for path in root.glob("gen-*/sources/*/*") if path.read_bytes() == b"The moon is grey.")
    kept.write_bytes(b"The moon is blue.")
    with pytest.raises(IndexCorrupt, match="is damaged"):
        extend(root, files({"b.txt": "Moon."}))


def test_a_manifest_from_before_owners_of_files_is_read(root: Path, files: Filer) -> None:
    assert all(len(row) == 3 for row in Index.open(root).generation.manifest["sources"])
    extend(root, files({"a.txt": "Hers."}), owner="alice")
    assert [len(row) for row in Index.open(root).generation.manifest["sources"]] == [3, 3, 4]


def test_a_new_index_that_fails_leaves_no_folder(tmp_path: Path, files: Filer) -> None:
    with pytest.raises(NothingToIndex):
        create(tmp_path / "new", files({"empty.txt": ""}), settings=PLAIN)
    assert not (tmp_path / "new").exists()


def test_there_is_nothing_to_extend_where_there_is_no_index(tmp_path: Path, files: Filer) -> None:
    with pytest.raises(FathomError, match="no index at"):
        extend(tmp_path / "none", files({"a.txt": "Mars."}))
    assert not (tmp_path / "none").exists()


def test_a_file_is_removed_from_its_own_part_alone(root: Path, files: Filer) -> None:
    extend(root, files({"mars.md": "Alice's Mars is green."}), owner="alice")
    remove(root, ["mars.md"], owner="alice")
    assert ids(root, "alice") == ["mars.md#1", "moon.txt#1"]
    with pytest.raises(FathomError, match=r"no file 'mars\.md' to remove"):
        remove(root, ["mars.md"], owner="bob")
    remove(root, ["mars.md"])
    assert ids(root) == ["moon.txt#1"]


def test_spreadsheets_and_tables_are_read_from_kept_bytes_too(tmp_path: Path, root: Path, files: Filer) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["star", "colour"])
    book.active.append(["Sirius", "white"])
    book.save(tmp_path / "stars.xlsx")
    extend(root, files({"stars.xlsx": (tmp_path / "stars.xlsx").read_bytes(), "t.tsv": "a, b\tc\n1\t2\n"}))
    before = Index.open(root).document("stars.xlsx"), Index.open(root).document("t.tsv")
    report = extend(root, files({"z.txt": "Last."}))
    assert report.skipped == ()
    assert (Index.open(root).document("stars.xlsx"), Index.open(root).document("t.tsv")) == before


def test_a_build_that_is_killed_leaves_the_old_generation(root: Path, files: Filer) -> None:
    before = found(root, "moon")
    (place,) = files({"more.txt": "The moon again."}).values()
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom retrievers.extend import extend\n"
        "def slow(step, done, total):\n    print(step, flush=True)\n    time.sleep(60 if step == 'seal' else 0)\n"
        "extend(sys.argv[1], {'more.txt': Path(sys.argv[2])}, progress=slow)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(root), str(place)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == "seal":
            break
    with pytest.raises(FathomError, match="is being built by process"):
        extend(root, {"other.txt": place})
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert found(root, "moon") == before
    extend(root, {"more.txt": place})
    assert ids(root)[-2:] == ["moon.txt#1", "more.txt#1"]
    assert list(root.glob(".building-*")) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a.jsonl", "b.jsonl", "c.jsonl"]), st.sampled_from([None, "alice", "bob"]), st.sampled_from("xyz")
        ),
        min_size=1,
        max_size=3,
    )
)
def test_whatever_is_added_each_reader_sees_the_public_files_and_their_own(changes: list[tuple[str, str | None, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, place = Path(folder) / "i", Path(folder) / "upload"
        place.write_text(rows({"text": "start"}), "utf-8")
        create(root, {"start.jsonl": place}, settings=PLAIN)
        expected: dict[str | None, dict[str, str]] = {None: {"start.jsonl": "start"}, "alice": {}, "bob": {}}
        for name, owner, text in changes:
            place.write_text(rows({"text": text}), "utf-8")
            extend(root, {name: place}, owner)
            expected[owner][name] = text
        index = Index.open(root)
        for user in (None, "alice", "bob"):
            seen = [
                {d.path: d.text for d in map(part.document_at, range(len(part.document_ids)))} for part in index.partitions(user)
            ]
            assert seen == [expected[None], *([expected[user]] if user is not None and expected[user] else [])]

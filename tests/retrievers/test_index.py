"""The index: partitions, units, ids, duplicates, what a rebuild encodes, and who may see what."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrievers.base import Query
from retrievers.build import BuildSettings, build
from retrievers.corpus import ReadOptions
from retrievers.dense import Dense
from retrievers.errors import FathomError, UsageError
from retrievers.index import Index
from retrievers.lexical import BM25, OkapiBM25
from retrievers.postings import Analyzer, Tuning
from retrievers.scope import Scope

PUBLIC = [
    {"id": "moons", "title": "Jupiter", "text": "Galileo saw four moons of Jupiter in 1610.", "date": "1610-01-07"},
    {"id": "rings", "title": "Saturn", "text": "Huygens explained the rings of Saturn.", "date": "1655-03-25"},
    {"id": "comet", "title": "Halley", "text": "Halley foretold the return of a comet.", "type": "note"},
    {"id": "again", "title": "Saturn", "text": "Huygens explained the rings of Saturn."},
]
ALICE = [{"id": "moons", "title": "Diary", "text": "My telescope shows moons on Tuesday.", "user": "alice"}]
BOB = [{"id": "plan", "title": "Plan", "text": "Buy a telescope for the moons.", "user": "bob"}]

Maker = Callable[..., Index]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    def made(rows: list[dict[str, Any]], *, encoder: bool = False, out: str = "an.index", **options: Any) -> Index:
        source = tmp_path / f"{out}.jsonl"
        source.write_text("".join(json.dumps({"user": None, **row} if "owner" in out else row) + "\n" for row in rows), "utf-8")
        settings = BuildSettings() if encoder else BuildSettings(encoder=None)
        build([source], tmp_path / out, settings, ReadOptions(**options))
        return Index.open(tmp_path / out)

    return made


def owned(make: Maker, tmp_path: Path, private: list[dict[str, Any]], out: str, *, encoder: bool = False) -> Index:
    """The public rows of one file, and the private rows of another with `--owner-field user`."""
    (tmp_path / out).mkdir()
    folder = tmp_path / f"{out}-docs"
    folder.mkdir()
    for number, row in enumerate(PUBLIC):
        (folder / f"{number}.md").write_text(f"# {row['title']}\n\n{row['text']}\n", "utf-8")
    (folder / "private.jsonl").write_text("".join(json.dumps(row) + "\n" for row in private), "utf-8")
    settings = BuildSettings() if encoder else BuildSettings(encoder=None)
    build([folder], tmp_path / out, settings, ReadOptions(owner_field="user"))
    return Index.open(tmp_path / out)


def test_an_item_is_its_documents_text_between_its_offsets(make: Maker) -> None:
    index = make(PUBLIC)
    item = index.item("moons")
    assert item.text == "Galileo saw four moons of Jupiter in 1610."
    assert index.document(item.document).text[item.start : item.end] == item.text
    assert item.searchable == "Jupiter\nGalileo saw four moons of Jupiter in 1610."


def test_duplicates_share_a_row_and_keep_their_ids(make: Maker) -> None:
    index = make(PUBLIC)
    (unit,) = index.visible(None, "passage")
    assert (len(unit.ids), unit.size) == (4, 3)
    found = BM25(index).search("rings of Saturn")
    assert found.ids == ("again", "rings")  # equal scores, ties by id
    assert found.scores[0] == found.scores[1]


def test_a_record_whose_id_came_before_is_skipped_and_told(tmp_path: Path) -> None:
    source = tmp_path / "twice.jsonl"
    rows = [PUBLIC[0], {"id": "moons", "title": "", "text": "Something else."}]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    report = build([source], tmp_path / "i", BuildSettings(encoder=None))
    assert [("came before, with a different text" in one.reason) for one in report.skipped] == [True]
    assert Index.open(tmp_path / "i").item("moons").text == PUBLIC[0]["text"]


def test_bm25_scores_are_lucenes_worked_by_hand(make: Maker) -> None:
    rows = [{"id": "a", "text": "moon moon star"}, {"id": "b", "text": "star"}]
    index = make(rows)
    # N=2, df(moon)=1, idf=ln(1+1.5/1.5)=ln 2; avgdl=2, dl=3; tf=2: 2/(2+0.9*(0.6+0.4*3/2))
    expected = np.log(2) * 2 / (2 + 0.9 * (1 - 0.4 + 0.4 * 3 / 2))
    assert BM25(index).search("moon").scores.tolist() == [pytest.approx(expected, abs=1e-6)]


def test_another_k1_opens_a_side_index_and_changes_the_scores(make: Maker) -> None:
    index = make([{"id": "a", "text": "moon moon star"}, {"id": "b", "text": "star"}])
    changed = BM25(index, k1=2.0, b=0.0).search("moon").scores[0]
    assert changed == pytest.approx(np.log(2) * 2 / (2 + 2.0), abs=1e-6)
    assert len(list((index.path / "side").iterdir())) == 1
    BM25(Index.open(index.path), k1=2.0, b=0.0).search("moon")
    assert len(list((index.path / "side").iterdir())) == 1


def test_a_damaged_side_index_is_made_again(make: Maker) -> None:
    index = make(PUBLIC)
    before = BM25(index, k1=2.0).search("moons Saturn").scores.tolist()
    (side,) = (index.path / "side").iterdir()
    data = side / "data.csc.index.npy"
    content = bytearray(data.read_bytes())
    content[-1] ^= 0x40
    data.write_bytes(bytes(content))
    assert BM25(Index.open(index.path), k1=2.0).search("moons Saturn").scores.tolist() == before


def test_bm25_in_rank_bm25s_variant_equals_rank_bm25(data: Callable[[str], Path], tmp_path: Path) -> None:
    source = data("hotpotqa_train100")
    variant = Tuning(1.5, 0.75, "atire", "robertson")
    build([source / "corpus.jsonl"], tmp_path / "h", BuildSettings(encoder=None, tuning=variant))
    index = Index.open(tmp_path / "h")
    for line in (source / "queries.jsonl").read_text("utf-8").splitlines()[:30]:
        text = json.loads(line)["question"].replace('"', "")
        ours, reference = BM25(index).search(text), OkapiBM25(index).search(text)
        assert ours.ids == reference.ids
        np.testing.assert_allclose(ours.scores, reference.scores, atol=1e-4)


def test_a_quoted_part_must_stand_word_for_word(make: Maker) -> None:
    index = make(PUBLIC)
    assert BM25(index).search('"moons of Jupiter"').ids == ("moons",)
    assert BM25(index).search('"Jupiter moons"').ids == ()
    assert BM25(index).search('"the rings" Halley').ids == ("again", "rings")


def test_scope_filters_before_scoring(make: Maker) -> None:
    index = make(PUBLIC)
    dated = Query("Saturn Jupiter Halley", scope=Scope.parse(["date<1650"]))
    assert BM25(index).search(dated).ids == ("moons",)
    noted = Query("Saturn Jupiter Halley", scope=Scope.parse(["type=note"]))
    assert BM25(index).search(noted).ids == ("comet",)
    one = Query("rings", scope=Scope(documents=("rings",)))
    assert BM25(index).search(one).ids == ("rings",)


def test_an_owner_sees_the_public_part_and_their_own(make: Maker, tmp_path: Path) -> None:
    index = owned(make, tmp_path, ALICE + BOB, "an.index")
    assert [item.document for item in index.find(BM25(index).search(Query("telescope", user="alice")).ids, "alice")] == ["moons"]
    assert BM25(index).search("telescope").ids == ()
    with pytest.raises(FathomError, match="no item 'plan'"):
        index.item("plan", "alice")
    assert index.item("plan", "bob").owner == "bob"


def test_a_private_id_that_is_also_public_is_prefixed_by_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "moons").with_suffix(".md").write_text("The moons of Jupiter.", "utf-8")
    rows = [{"id": "moons.md", "text": "My own moons.", "user": "alice"}]
    (folder / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    build([folder], tmp_path / "i", BuildSettings(encoder=None, units=("document",)), ReadOptions(owner_field="user"))
    index = Index.open(tmp_path / "i")
    assert set(BM25(index, unit="document").search(Query("moons", user="alice")).ids) == {"moons.md", "alice:moons.md"}
    assert index.document("moons.md", "alice").text == "The moons of Jupiter."
    assert index.document("alice:moons.md", "alice").text == "My own moons."


@pytest.mark.parametrize("stage", [BM25, OkapiBM25, Dense])
def test_no_score_depends_on_anothers_private_text(stage: Any, make: Maker, tmp_path: Path) -> None:
    """Byte-equal rankings for bob and for nobody, whether alice's records exist or not."""
    with_alice = owned(make, tmp_path, ALICE + BOB, "with.index", encoder=stage is Dense)
    without = owned(make, tmp_path, BOB, "without.index", encoder=stage is Dense)
    for user in ("bob", None):
        query = Query("telescope moons of Jupiter", user=user)
        first, second = stage(with_alice).search(query), stage(without).search(query)
        assert len(first) > 0
        assert first.ids == second.ids
        assert first.scores.tobytes() == second.scores.tobytes()


def test_private_rows_are_scored_by_public_counts_completed_by_their_own(make: Maker, tmp_path: Path) -> None:
    """Alice's row scores as it would in one corpus of the public rows and hers."""
    index = owned(make, tmp_path, ALICE + BOB, "an.index")
    merged = tmp_path / "merged"
    merged.mkdir()
    for number, row in enumerate(PUBLIC):
        (merged / f"{number}.md").write_text(f"# {row['title']}\n\n{row['text']}\n", "utf-8")
    (merged / "private.jsonl").write_text(json.dumps({**ALICE[0], "user": "x"}) + "\n", "utf-8")
    build([merged], tmp_path / "one", BuildSettings(encoder=None), ReadOptions(owner_field="none"))
    together = dict(zip(*_pairs(BM25(Index.open(tmp_path / "one")).search("telescope moons")), strict=True))
    apart = dict(zip(*_pairs(BM25(index).search(Query("telescope moons", user="alice"))), strict=True))
    assert apart["moons"] == pytest.approx(together["moons"], abs=1e-6)


def _pairs(ranking: Any) -> tuple[tuple[str, ...], list[float]]:
    return ranking.ids, ranking.scores.tolist()


def test_a_rebuild_encodes_only_what_changed(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("one", "two", "three"):
        (folder / f"{name}.txt").write_text(f"The story of {name} star.", "utf-8")
    assert build([folder], tmp_path / "i").encoded == 3
    (folder / "two.txt").write_text("The story of two moons.", "utf-8")
    (folder / "three.txt").rename(folder / "drei.txt")
    (folder / "one.txt").unlink()
    report = build([folder], tmp_path / "i")
    assert (report.encoded, report.reused) == (2, 0)  # the title, and so the text that is encoded, is the file's name
    again = build([folder], tmp_path / "i")
    assert (again.encoded, again.reused, again.identity) == (0, 2, report.identity)
    assert sorted(Index.open(tmp_path / "i").visible(None, "passage")[0].ids) == ["drei.txt#1", "two.txt#1"]


def test_old_generations_are_collected_once_no_reader_holds_them(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    settings = BuildSettings(encoder=None)
    source.write_text("First moon.", "utf-8")
    build([source], tmp_path / "i", settings)
    reader = Index.open(tmp_path / "i")
    source.write_text("Second moon.", "utf-8")
    build([source], tmp_path / "i", settings)
    assert BM25(reader).search("First").ids == ("a.txt#1",)
    assert len(list((tmp_path / "i").glob("gen-*"))) == 2
    reader.generation.held.close()
    source.write_text("Third moon.", "utf-8")
    assert len(build([source], tmp_path / "i", settings).collected) == 2


def test_units_are_built_side_by_side(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("The first star is red. The second star is blue.", "utf-8")
    build([source], tmp_path / "i", BuildSettings(encoder=None, units=("passage", "document", "sentence")))
    index = Index.open(tmp_path / "i")
    assert BM25(index, unit="document").search("star").ids == ("a.txt",)
    assert BM25(index, unit="sentence").search("blue").ids == ("a.txt#2",)
    assert index.find(["a.txt"])[0].unit == "document"
    with pytest.raises(FathomError, match="no unit 'window'"):
        BM25(index, unit="window").search("star")


def test_nothing_to_index_is_a_named_failure(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FathomError, match="nothing to index"):
        build([tmp_path / "empty"], tmp_path / "i", BuildSettings(encoder=None))
    with pytest.raises(FathomError, match="no index at"):
        Index.open(tmp_path / "i")


def test_wrong_settings_are_usage_errors() -> None:
    for wrong in (
        lambda: BuildSettings(units=("chapter",)),
        lambda: BuildSettings(words=0),
        lambda: Analyzer("xx"),
        lambda: Tuning(b=2),
    ):
        with pytest.raises(UsageError):
            wrong()


def test_kept_sources_are_the_bytes_that_were_read(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes(b"A star.\r\nA moon.\r\n")
    build([source], tmp_path / "i", BuildSettings(encoder=None))
    index = Index.open(tmp_path / "i")
    assert index.source(index.document("a.txt")) == b"A star.\r\nA moon.\r\n"
    build([source], tmp_path / "j", BuildSettings(encoder=None, keep=False))
    index = Index.open(tmp_path / "j")
    with pytest.raises(FathomError, match="were not kept"):
        index.source(index.document("a.txt"))

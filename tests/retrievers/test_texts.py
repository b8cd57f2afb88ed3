"""Pieces of long texts: the same characters as a slice, at the cost of the piece alone."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.build import BuildSettings, build
from retrievers.corpus import ReadOptions
from retrievers.errors import FathomError
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.maxp import MaxP
from retrievers.texts import STRIDE, Texts

WORDS = ("moon ", "Ünalan ", "月の石", "🪐🔭 ", "\n\n", "e\u0301")


def column(*chunks: list[str]) -> Texts:
    return Texts(pa.chunked_array([pa.array(chunk, pa.large_string()) for chunk in chunks], pa.large_string()))


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.integers(1, 900)), max_size=6), st.data())
def test_a_piece_is_a_slice_of_the_text(runs: list[tuple[str, int]], data: st.DataObject) -> None:
    text = "".join(word * times for word, times in runs)
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text) + 3))))
    assert column(["a" * 40, text, ""]).piece(1, start, end) == text[start:end]


@pytest.mark.parametrize("length", [0, 1, STRIDE - 1, STRIDE, STRIDE + 1, 2 * STRIDE, 2 * STRIDE + 1])
@pytest.mark.parametrize("sign", ["a", "é", "月", "🪐"])
def test_pieces_at_the_bounds_of_the_stride_are_right(sign: str, length: int) -> None:
    text = sign * length
    texts = column([text])
    for start in {0, length // 2, max(length - 1, 0), length}:
        for end in {start, min(start + 1, length), length, length + 5}:
            assert texts.piece(0, start, end) == text[start:end]


def test_a_text_is_found_in_whichever_chunk_it_lies() -> None:
    parts = [["a" * 3000, "é" * 3000], [], ["月" * 3000]]
    texts = column(*parts)
    sliced = Texts(pa.chunked_array([pa.array(["x", "é" * 3000, "🪐" * 3000], pa.large_string()).slice(1)]))
    assert [texts.piece(place, 2000, 2002) for place in range(3)] == ["aa", "éé", "月月"]
    assert [sliced.piece(place, 2000, 2002) for place in range(2)] == ["éé", "🪐🪐"]


def test_a_block_may_end_within_a_code_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrievers.texts._BLOCK", 7)
    text = "a月é🪐" * 1500
    assert column([text]).piece(0, 4321, 4444) == text[4321:4444]


def test_nothing_but_the_piece_is_decoded() -> None:
    """The bytes on both sides are no UTF-8 at all: whoever decodes the whole text fails."""
    good = "é月".encode() * 1024
    content = b"\xff" * (4 * STRIDE) + good + b"\xff" * (4 * STRIDE)
    offsets = pa.py_buffer(np.array([0, len(content)], np.int64).tobytes())
    texts = Texts(pa.chunked_array([pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(content)])]))
    with pytest.raises(UnicodeDecodeError):
        texts.whole(0)
    assert texts.piece(0, 4 * STRIDE + 1000, 4 * STRIDE + 1004) == "é月é月"


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[Index, str]:
    """An index of one text of some three million characters, in passages of one line."""
    home = tmp_path_factory.mktemp("long")
    text = "\n\n".join(f"Übersicht {number}: the telescope saw star {number} of {'Kepler ' * 60}." for number in range(6000))
    (home / "long.jsonl").write_text(json.dumps({"id": "long", "title": "Stars", "text": text}), "utf-8")
    build([home / "long.jsonl"], home / "index", BuildSettings(encoder=None, words=80), ReadOptions(split=True))
    return Index.open(home / "index"), text


def peak(index: Index, ids: list[str]) -> int:
    """The most memory that reading these items held at once, in bytes."""
    tracemalloc.start()
    for id in ids:
        index.item(id)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_reading_an_item_of_a_long_document_holds_the_item_alone(long: tuple[Index, str]) -> None:
    index, text = long
    (unit,) = index.visible(None, "passage")
    assert (len(unit.ids) >= 6000, len(text) > 2_500_000) == (True, True)
    for id in (unit.ids[0], unit.ids[3000], unit.ids[-1]):  # the first notes where the code points are
        item = index.item(id)
        assert item.text == text[item.start : item.end] == index.text("long", item.start, item.end)
    assert peak(index, unit.ids[::100]) < 200_000 < len(text) / 10


def test_phrases_and_best_passages_of_a_long_document_are_read_in_pieces(
    long: tuple[Index, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    index, _ = long

    def refuse(self: Texts, place: int) -> str:
        pytest.fail("the whole document was decoded")

    monkeypatch.setattr(Texts, "whole", refuse)
    found = (BM25(index) >> MaxP(index)).search('"saw star 4711"')
    assert found.ids == ("long",)
    assert index.item(found.trails[0][-1].detail.removeprefix("best passage ")).text.startswith("Übersicht 4711")


def test_a_piece_of_a_document_that_is_not_there_is_a_named_error(long: tuple[Index, str]) -> None:
    with pytest.raises(FathomError, match="no document 'short'"):
        long[0].text("short", 0, 1)

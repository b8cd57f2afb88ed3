"""JSON lists: every object in order wherever chunks end, in little memory, and a file that is broken is named."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.formats import arrays
from evals.formats.arrays import objects
from retrievers.errors import FathomError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), max_size=6)


@given(OBJECTS, st.sampled_from([None, 1, 4]), st.booleans(), st.integers(1, 30))
def test_every_object_is_read_in_order_wherever_a_chunk_ends(
    given: list[dict[str, Any]], indent: int | None, ascii: bool, chunk: int
) -> None:
    with TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "CHUNK", chunk)
        path = Path(home) / "a.json"
        path.write_text(f" {json.dumps(given, indent=indent, ensure_ascii=ascii)}\n", encoding="utf-8")
        assert list(objects(path, "{}")) == list(enumerate(given, start=1))


def test_a_long_list_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    with path.open("w") as out:
        out.write("[" + ",".join(f'{{"title": "{place}", "text": "{"x" * 2000}"}}' for place in range(10_000)) + "]")
    tracemalloc.start()
    try:
        assert sum(len(row["text"]) for _, row in objects(path, "{}")) == 20_000_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "a.json is not a list"),
        ('{"a": 1}', "a.json is not a list"),
        ("[", "item 1 of .*a.json is not an object"),
        ("[{}, 3]", "item 2 of .*a.json is not an object"),
        ("[{},]", "item 2 of .*a.json is not an object"),
        ('[{}, {"a": }]', "item 2 of .*a.json is not JSON"),
        ('[{}, {"a": 1', "item 2 of .*a.json is not JSON"),
        ("[{}, {}", "a.json is broken after item 2: 'it ends'"),
        ("[{} {}]", "a.json is broken after item 1: '{'"),
        ("[{}] []", "a.json is broken after item 1"),
        ("[] 1", "a.json is broken at its beginning"),
        ('[{"a": ' + "[" * 100_000, "item 1 of .*a.json is not JSON"),
    ],
)
def test_a_file_that_is_broken_is_named(text: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(FathomError, match=what):
        list(objects(tmp_path / "a.json", "{}"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'[{"a": "\xff"}]')
    for name in ("a.json", "b.json"):
        with pytest.raises(FathomError, match=f"{name} cannot be read"):
            list(objects(tmp_path / name, "{}"))

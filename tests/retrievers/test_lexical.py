"""Lexical retrieval: terms, BM25 against its formula in plain Python, phrases, and what the names say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrievers.base import Query
from retrievers.errors import UsageError
from retrievers.index import Index
from retrievers.lexical import BM25, OkapiBM25, quoted
from retrievers.postings import Analyzer, Postings, Tuning, write_postings

PLAIN = Analyzer("none")


@dataclass(frozen=True)
class Rows:
    """As much of a unit as counting needs."""

    lines: tuple[str, ...]

    def texts(self) -> Iterator[str]:
        return iter(self.lines)


def scored(rows: Sequence[str], query: str, tuning: Tuning, outside: Sequence[str] = ()) -> list[float]:
    """Scores of `rows` by the files that an index holds, statistics completed by `outside`."""
    with TemporaryDirectory() as home:
        public: Any = None
        if outside:
            write_postings(Rows(tuple(outside)), None, PLAIN, tuning, Path(home, "public"))  # type: ignore[arg-type]
            public = Postings(Path(home, "public"))
        write_postings(Rows(tuple(rows)), public, PLAIN, tuning, Path(home, "own"))  # type: ignore[arg-type]
        return Postings(Path(home, "own")).scores(PLAIN.terms(query)).tolist()


def lucene(rows: Sequence[str], query: str, tuning: Tuning, outside: Sequence[str] = ()) -> list[float]:
    """The formula: idf = ln(1 + (N - df + 0.5) / (df + 0.5)), tf / (tf + k1 (1 - b + b |d| / mean |d|))."""
    whole = [row.split() for row in (*rows, *outside)]
    mean = sum(map(len, whole)) / len(whole)
    found: list[float] = []
    for words in whole[: len(rows)]:
        score = 0.0
        for term in query.split():
            seen, frequency = words.count(term), sum(term in other for other in whole)
            idf = math.log(1 + (len(whole) - frequency + 0.5) / (frequency + 0.5))
            if seen:
                score += idf * seen / (seen + tuning.k1 * (1 - tuning.b + tuning.b * len(words) / mean))
        found.append(score)
    return found


some_text = st.lists(st.sampled_from("abcde"), min_size=1, max_size=8).map(" ".join)


@given(st.lists(some_text, min_size=1, max_size=6), some_text, st.lists(some_text, max_size=3), st.floats(0, 3), st.floats(0, 1))
@settings(max_examples=30)
def test_scores_are_the_formulas(rows: list[str], query: str, outside: list[str], k1: float, b: float) -> None:
    tuning = Tuning(k1, b)
    np.testing.assert_allclose(scored(rows, query, tuning, outside), lucene(rows, query, tuning, outside), atol=1e-5)


def test_a_term_that_no_row_has_adds_nothing() -> None:
    rows = ["a b", "b c"]
    assert scored(rows, "a zzz", Tuning()) == scored(rows, "a", Tuning())
    assert scored(rows, "zzz", Tuning()) == [0.0, 0.0]


def test_terms_are_folded_stopped_and_stemmed() -> None:
    assert Analyzer().terms("The MOONS of Jupiter, ﬁrst") == ["moon", "jupit", "first"]
    assert Analyzer(stem=False).terms("The Moons") == ["moons"]
    assert Analyzer(stop_words=False, stem=False).terms("The Moons") == ["the", "moons"]
    assert Analyzer("de").terms("Die Ringe des Saturns") == ["ring", "saturn"]
    assert Analyzer("none").terms("The Straße") == ["the", "strasse"]
    with pytest.raises(UsageError, match="the language 'xx'"):
        Analyzer("xx")


def test_a_query_without_a_term_finds_nothing(library: Index) -> None:
    for text in ("", "the of and", "zyzzyva", "!?"):
        assert BM25(library).search(text).ids == ()
        assert OkapiBM25(library).search(text).ids == ()


def test_the_name_says_what_the_scores_depend_on(library: Index) -> None:
    plain = BM25(library)
    assert repr(plain).startswith("BM25(k1=0.9, b=0.4, Analyzer(language='en', stop_words=True, stem=True), unit='passage'")
    changed = [replace(plain, k1=1.2), replace(plain, b=0.7), replace(plain, analyzer=PLAIN), replace(plain, unit="document")]
    assert len({repr(one) for one in [plain, *changed, replace(plain, depth=5)]}) == 6
    assert repr(library.path) not in repr(OkapiBM25(library))


def test_another_analyzer_opens_a_side_index(library: Index) -> None:
    assert BM25(library).search("moon").ids == ("moons",)
    assert BM25(library, analyzer=Analyzer(stem=False)).search("moon").ids == ()
    assert BM25(library, analyzer=Analyzer(stem=False)).search("moons").ids == ("moons",)


def test_the_depth_is_how_many_are_found(library: Index) -> None:
    assert len(BM25(library).search("Saturn", k=100)) == 3
    assert len(BM25(library, depth=2).search("Saturn", k=100)) == 2


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ('"rings of Saturn"', ("gap",)),
        ('"Rings of saturn,"', ("gap",)),
        ('"ring of Saturn"', ()),
        ("“four moons” telescope", ("moons",)),
        ('"that the" comet', ("comet",)),
        ('"of the" comet', ()),
        ('"rings of Saturn" "in 1675"', ("gap",)),
        ('"rings of Saturn" "in 1676"', ()),
        ('"" comet', ("comet",)),
        ('comet "', ("comet",)),
    ],
)
def test_a_quoted_part_must_stand_word_for_word(library: Index, asked: str, found: tuple[str, ...]) -> None:
    assert BM25(library).search(asked).ids == found


def test_a_phrase_is_told_in_the_trail(library: Index) -> None:
    assert quoted('"a b" c “d”') == ["a b", "d"]
    assert BM25(library).search('"rings of Saturn"').trails[0][-1].detail == "phrases 'rings of Saturn'"


def test_documents_are_a_unit_of_their_own(library: Index) -> None:
    assert BM25(library, unit="document").search(Query("telescope", user="bob")).ids == ("moons", "plan")

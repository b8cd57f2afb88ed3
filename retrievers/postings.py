"""The inverted index of a unit's rows, in bm25s's files, with statistics that keep partitions apart.

Public rows are scored with public statistics alone. Private rows are scored with public statistics completed by their own
partition's, as if both were one corpus: so no score that one user sees depends on another's text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from retrievers.errors import UsageError

if TYPE_CHECKING:
    from retrievers.partition import Unit

_WORD = re.compile(r"\w+")
LANGUAGES = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
    "tr": "turkish",
}  # fmt: skip


@dataclass(frozen=True)
class Analyzer:
    """Text to terms: NFKC, case folded, `\\w+` words, stop words out, Snowball stems.

    `language` is an ISO 639-1 code with a Snowball stemmer, or `none` for words as they are.

    >>> Analyzer().terms("The moons of Jupiter")
    ['moon', 'jupit']
    """

    language: str = "en"
    stop_words: bool = True
    stem: bool = True

    def __post_init__(self) -> None:
        if self.language != "none" and self.language not in LANGUAGES:
            raise UsageError(f"the language {self.language!r}", f"none or one of {', '.join(LANGUAGES)}", "--language en")

    def words(self, text: str) -> list[str]:
        """All words, folded, in order."""
        return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())

    def terms(self, text: str) -> list[str]:
        """The words that are searched."""
        kept = [word for word in self.words(text) if word not in self.stops]
        return cast("list[str]", self._stemmer.stemWords(kept)) if self._stemmer is not None else kept

    @cached_property
    def stops(self) -> frozenset[str]:
        """The words that are left out; none where there is no list for the language."""
        if not self.stop_words or self.language == "none":
            return frozenset()
        from bm25s import stopwords

        name = "EN_PLUS" if self.language == "en" else LANGUAGES[self.language].upper()
        words: Iterable[str] = getattr(stopwords, f"STOPWORDS_{name}", ())  # bm25s has no list for fi, hu, ro
        return frozenset(words)

    @cached_property
    def _stemmer(self) -> Any:
        if not self.stem or self.language == "none":
            return None
        import Stemmer

        return Stemmer.Stemmer(LANGUAGES[self.language])


@dataclass(frozen=True)
class Tuning:
    """BM25's k1 and b, and bm25s's variant of the formula (Kamphuis et al., ECIR 2020)."""

    k1: float = 0.9
    b: float = 0.4
    method: str = "lucene"
    idf_method: str = "lucene"

    def __post_init__(self) -> None:
        if self.k1 < 0 or not 0 <= self.b <= 1:
            raise UsageError(f"k1={self.k1}, b={self.b}", "k1 >= 0 and 0 <= b <= 1", "BM25(index, k1=0.9, b=0.4)")


@dataclass(frozen=True)
class Statistics:
    """What idf and length normalisation need: rows, terms in all, and rows by term."""

    rows: int
    length: int
    frequency: dict[str, int]


@dataclass(frozen=True)
class Postings:
    """A unit's opened inverted index."""

    folder: Path = field(repr=False)

    @cached_property
    def engine(self) -> Any:
        """The bm25s index, memory-mapped."""
        import bm25s

        return bm25s.BM25.load(str(self.folder), mmap=True, allow_pickle=False, show_progress=False, verbosity=0)

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """One BM25 score a row; a term that no row has adds nothing."""
        ids = self.term_ids(terms)
        if not ids:
            return np.zeros(self.engine.scores["num_docs"], np.float32)
        return cast("NDArray[np.float32]", self.engine.get_scores_from_ids(ids))

    def term_ids(self, terms: Sequence[str]) -> list[int]:
        """The numbers of the terms that the index knows, in order, repeats kept."""
        vocabulary = self.engine.vocab_dict
        return [vocabulary[term] for term in terms if term in vocabulary]

    def rows_with(self, terms: Sequence[str]) -> NDArray[np.int64]:
        """The rows that hold every one of `terms`."""
        distinct = sorted(set(terms))
        ids = self.term_ids(distinct)
        if len(ids) < len(distinct):
            return np.zeros(0, np.int64)
        found: NDArray[np.int64] | None = None
        pointers, indices = self.engine.scores["indptr"], self.engine.scores["indices"]
        for id in ids:
            rows = np.asarray(indices[pointers[id] : pointers[id + 1]], dtype=np.int64)
            found = rows if found is None else np.intersect1d(found, rows)
        return np.zeros(0, np.int64) if found is None else np.sort(found)

    @cached_property
    def statistics(self) -> Statistics:
        """The counts that another partition completes."""
        facts = json.loads((self.folder / "statistics.json").read_text("utf-8"))
        counts = np.diff(self.engine.scores["indptr"])
        return Statistics(facts["rows"], facts["length"], {term: int(counts[id]) for term, id in self.engine.vocab_dict.items()})


def write_postings(unit: Unit, public: Postings | None, analyzer: Analyzer, tuning: Tuning, home: Path) -> None:
    """Count a unit's rows and write its index to `home`; `public`'s statistics complete those of a private unit."""
    import bm25s

    home.mkdir(parents=True, exist_ok=True)
    vocabulary, terms, lengths = _count(unit, analyzer)
    outside = public.statistics if public is not None else Statistics(0, 0, {})
    engine = bm25s.BM25(k1=tuning.k1, b=tuning.b, method=tuning.method, idf_method=tuning.idf_method, backend="numpy")
    engine.scores = _eager(vocabulary, terms, lengths, outside, tuning)
    engine.vocab_dict = vocabulary
    engine.unique_token_ids_set = set(vocabulary.values())
    engine.nonoccurrence_array = None
    engine.save(str(home), allow_pickle=False, show_progress=False)
    (home / "statistics.json").write_text(json.dumps({"rows": len(lengths), "length": int(lengths.sum())}), "utf-8")


def _count(unit: Unit, analyzer: Analyzer) -> tuple[dict[str, int], NDArray[np.int32], NDArray[np.int64]]:
    """Vocabulary, term numbers of all rows end to end, and the number of terms of each row."""
    vocabulary: dict[str, int] = {}
    terms, lengths = array("i"), array("q")
    for text in unit.texts():
        found = analyzer.terms(text)
        terms.extend(vocabulary.setdefault(term, len(vocabulary)) for term in found)
        lengths.append(len(found))
    return vocabulary, np.frombuffer(terms, np.int32) if terms else np.zeros(0, np.int32), np.frombuffer(lengths, np.int64)


def _eager(
    vocabulary: dict[str, int], terms: NDArray[np.int32], lengths: NDArray[np.int64], outside: Statistics, tuning: Tuning
) -> dict[str, Any]:
    """bm25s's score matrix (rows x terms, compressed by column), by its own formulas, over the completed statistics."""
    from bm25s.scoring import _select_idf_scorer, _select_tfc_scorer  # pyright: ignore[reportPrivateUsage]

    rows = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    keys, counts = np.unique(terms.astype(np.int64) * len(lengths) + rows, return_counts=True)
    columns, rows = np.divmod(keys, len(lengths))
    frequency = np.bincount(columns, minlength=len(vocabulary))
    pointers = np.concatenate([[0], np.cumsum(frequency)])
    beyond = np.array([outside.frequency.get(term, 0) for term in vocabulary], dtype=np.int64)
    total, mean = len(lengths) + outside.rows, (lengths.sum() + outside.length) / (len(lengths) + outside.rows)
    idf_of, tfc_of = _select_idf_scorer(tuning.idf_method), _select_tfc_scorer(tuning.method)
    idf = np.array([idf_of(int(df), N=total) for df in frequency + beyond], dtype=np.float64)
    weights = tfc_of(tf_array=counts, l_d=lengths[rows], l_avg=max(mean, 1e-9), k1=tuning.k1, b=tuning.b, delta=0.0)
    data = (idf[columns] * weights).astype(np.float32)
    return {"data": data, "indices": rows.astype(np.int32), "indptr": pointers.astype(np.int64), "num_docs": len(lengths)}

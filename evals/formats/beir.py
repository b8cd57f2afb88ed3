"""BEIR's format (Thakur et al. 2021): `corpus.jsonl[.gz]`, `queries.jsonl[.gz]` and `qrels/SPLIT.tsv`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.formats.judged import Place, relevant
from evals.lines import Row, lines, rows, wrong
from retrievers.errors import FathomError, UsageError

HEADER = ["query-id", "corpus-id", "score"]
_LIKE = '{"_id": "d1", "text": "..."}'


@dataclass(frozen=True)
class Beir:
    """A BEIR folder and one of its splits. A document is relevant where its score is above 0.

    Rows are read as a stream; what is kept in memory are the ids, the judgements and nothing of the texts. A line that cannot
    be meant, an id given twice, and a judgement of an unknown question or document raise `FathomError` naming file and line.

    >>> next(Beir.open(Path("scifact"), "test").documents())["id"]
    """

    corpus: Path
    queries: Path
    qrels: Path

    @classmethod
    def open(cls, folder: Path, split: str | None = None) -> Beir:
        """The files of `split`, or of the only one. Raises `UsageError` where a file is missing or the split is not clear."""
        found = splits(folder)
        if not found:
            raise UsageError(f"{folder} has no qrels/SPLIT.tsv", "judgements of at least one split", "name a BEIR folder")
        if split is None and len(found) > 1:
            raise UsageError(f"{folder} has several splits", f"one of {', '.join(found)}", f"--queries {found[0]}")
        chosen = split if split is not None else found[0]
        if chosen not in found:
            raise UsageError(f"no split {chosen!r} in {folder}", f"one of {', '.join(found)}", f"--queries {found[0]}")
        return cls(_file(folder, "corpus"), _file(folder, "queries"), folder / "qrels" / f"{chosen}.tsv")

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that the conversion reads."""
        return self.corpus, self.queries, self.qrels

    def documents(self) -> Iterator[dict[str, Any]]:
        """The corpus in native rows: `id`, `title`, `text`."""
        seen = set[str]()
        for number, row in rows(self.corpus, (), _LIKE):
            title = row.get("title") or ""
            if not isinstance(title, str):
                raise _wrong(self.corpus, number, "has a title that is not a string")
            yield {"id": _new(self.corpus, number, row, seen), "title": title, "text": _text(self.corpus, number, row)}

    def questions(self, known: set[str]) -> Iterator[dict[str, Any]]:
        """The judged questions in native rows: `id`, `question`, `supporting_ids`; `known` are the ids of the corpus."""
        judged, seen = relevant(Place(str(self.qrels)), _judgements(self.qrels), known), set[str]()
        for number, row in rows(self.queries, (), _LIKE):
            id = _new(self.queries, number, row, seen)
            if id in judged:
                yield {"id": id, "question": _text(self.queries, number, row), "supporting_ids": judged[id], "answers": []}
        missing = [id for id in judged if id not in seen]
        if missing:
            happened = f"{self.qrels} judges the question {missing[0]!r}, which is not in {self.queries}"
            raise FathomError(happened, "a question for every judgement", f"add it to {self.queries.name}, or take its lines out")


def splits(folder: Path) -> list[str]:
    """The names of the splits that a folder has judgements for; none where it is not BEIR's format."""
    return sorted(path.stem for path in (folder / "qrels").glob("*.tsv"))


def _file(folder: Path, kind: str) -> Path:
    found = [path for path in (folder / f"{kind}.jsonl", folder / f"{kind}.jsonl.gz") if path.is_file()]
    if len(found) != 1:
        happened = f"{folder} has {'both' if found else 'no'} {kind}.jsonl {'and' if found else 'or'} {kind}.jsonl.gz"
        raise UsageError(happened, "one of them", "complete the folder, or take one away")
    return found[0]


def _judgements(path: Path) -> Iterator[tuple[int, str, str, int]]:
    with lines(path) as read:
        for place, (number, line) in enumerate(read):
            parts = line.rstrip("\r\n").split("\t")
            if place == 0 and parts != HEADER:
                raise _wrong(path, number, "is not the header", "query-id<TAB>corpus-id<TAB>score")
            if place and (len(parts) != 3 or not parts[2].strip().removeprefix("-").isdecimal()):
                raise _wrong(path, number, "is not a judgement", "query-id<TAB>corpus-id<TAB>score, a whole number")
            if place:
                yield number, parts[0], parts[1], int(parts[2])


def _new(path: Path, number: int, row: Row, seen: set[str]) -> str:
    id = row.get("_id")
    if not isinstance(id, str) or not id:
        raise _wrong(path, number, "has no field '_id' that is a string")
    if id in seen:
        raise _wrong(path, number, f"has the id {id!r} a second time", "an id of its own for each line")
    seen.add(id)
    return id


def _text(path: Path, number: int, row: Row) -> str:
    text = row.get("text")
    if not isinstance(text, str):
        raise _wrong(path, number, "has no field 'text' that is a string")
    return text


def _wrong(path: Path, number: int, what: str, expected: str = f"a line like {_LIKE}") -> FathomError:
    return wrong(path, number, what, expected)

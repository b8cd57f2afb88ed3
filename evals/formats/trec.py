"""TREC's format: a corpus, `topics*` and `qrels*` files (Voorhees and Harman 2005)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.formats.judged import Judgement, Place, Topic, asked, relevant
from evals.lines import lines, rows, wrong
from retrievers.errors import UsageError

_DOCUMENT = '{"id": "d1", "title": "...", "text": "..."}'
_TAGGED = "<DOC>, <DOCNO>d1</DOCNO>, <TEXT>...</TEXT>, </DOC>"
_TOPIC = "<top>, <num> Number: 1, <title> ..., </top>"
_TAG = re.compile(r"</?[a-z!?][^<>]*>", re.IGNORECASE)
_FIELD = re.compile(r"<(num|title)>(.*?)(?=</?[a-z]+>|\Z)", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(r"\A\s*(number|topic)\s*:", re.IGNORECASE)
_TITLES = ("title", "headline", "head", "hl", "ttl")
_KIND = re.compile(r"^(topics|queries|qrels)[._-]*|\.(txt|tsv|trec|xml|qrels|topics)$")


@dataclass(frozen=True)
class Trec:
    """A folder with a corpus, one file of topics and one of judgements. A document is relevant where its score is above 0.

    The corpus is `corpus*.jsonl[.gz]` in native rows, or one file `corpus*` of documents between `<DOC>` and `</DOC>`. Topics are
    the classical ones (`<top>`, of which the title is asked) or lines of `id<TAB>text`; judgements have four columns. All may
    be packed (.gz). Documents are read as a stream. A line that cannot be meant, an id given twice, a judgement of an unknown
    question or document and a question without judgements raise `FathomError` naming the file and the line.

    >>> next(Trec.open(Path("robust04")).documents())["id"]
    """

    corpus: Path
    topics: Path
    qrels: Path

    @classmethod
    def open(cls, folder: Path, split: str | None = None) -> Trec:
        """The files of `split`, or the only ones: `dev` means `topics.dev.txt` and `qrels.dev.txt`, or the only one of a kind.

        Raises `UsageError` where a file is missing or the choice is not clear.
        """
        topics, qrels = _files(folder, "topics*", "queries*"), _files(folder, "qrels*")
        for found, kind in ((topics, "topics"), (qrels, "qrels")):
            if not found:
                raise UsageError(f"{folder} has no {kind}* file", f"one like {kind}.txt", "complete the folder")
        wanted = next((_key(path) for path in (*topics, *qrels) if path.name == split), split)
        several = next((found for found in (topics, qrels) if len(found) > 1), None)
        if split is not None or several:
            _known(folder, wanted, several or [*topics, *qrels])
        return cls(_corpus(folder), _one(folder, topics, wanted), _one(folder, qrels, wanted))

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that the conversion reads."""
        return self.corpus, self.topics, self.qrels

    def documents(self) -> Iterator[dict[str, Any]]:
        """The corpus in native rows."""
        place, seen = Place(str(self.corpus)), set[str]()
        for number, row in _rows(self.corpus) if ".jsonl" in self.corpus.suffixes[-2:] else _documents(self.corpus):
            place.new(number, row["id"], seen)
            yield row

    def questions(self, known: set[str]) -> Iterator[dict[str, Any]]:
        """The topics in native rows: `id`, `question`, `supporting_ids`; `known` are the ids of the corpus."""
        judgements = Place(str(self.qrels))
        judged = relevant(judgements, _judgements(self.qrels), known)
        yield from asked(Place(str(self.topics)), _topics(self.topics), judgements, judged)


def recognised(folder: Path) -> bool:
    """Whether a folder holds judgements in TREC's form."""
    return bool(_files(folder, "qrels*"))


def _files(folder: Path, *patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in folder.glob(pattern) if path.is_file())


def _key(path: Path) -> str:
    """What tells a file from others of its kind: `dev` of `topics.dev.txt`."""
    return _KIND.sub("", _KIND.sub("", path.name.removesuffix(".gz")))


def _known(folder: Path, wanted: str | None, found: Sequence[Path]) -> None:
    """Make sure that something was chosen, and means one of these files."""
    if wanted is None or wanted not in map(_key, found):
        names = [_key(path) or path.name for path in found]
        happened = f"{folder} has several files" if wanted is None else f"no topics or judgements {wanted!r} in {folder}"
        raise UsageError(happened, f"one of {', '.join(names)}", f"--queries {names[0]}")


def _one(folder: Path, found: Sequence[Path], wanted: str | None) -> Path:
    if len(found) == 1:
        return found[0]
    fits = [path for path in found if _key(path) == wanted]
    _known(folder, wanted, found)
    if len(fits) > 1:
        happened = f"{folder} has {' and '.join(path.name for path in fits)}"
        raise UsageError(happened, f"one file for {wanted!r}", "take one of them away")
    return fits[0]


def _corpus(folder: Path) -> Path:
    found = _files(folder, "corpus*")
    if len(found) != 1:
        there = ", ".join(path.name for path in found) or "no corpus* file"
        raise UsageError(f"{folder} has {there}", "one corpus.jsonl, or one file of <DOC>", "complete the folder, or leave one")
    return found[0]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in rows(path, ("id", "text"), _DOCUMENT):
        if not isinstance(row["id"], str | int) or not isinstance(row["text"], str):
            raise wrong(path, number, "has an id or a text that is not a string", f"a line like {_DOCUMENT}")
        yield number, {**row, "id": str(row["id"])}


def _documents(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, block in _blocks(path, "doc"):
        ids = [one.strip() for one in _elements(block, "docno")]
        if len(ids) != 1 or not ids[0]:
            raise wrong(path, number, f"begins a document with {len(ids) or 'no'} <DOCNO>", _TAGGED)
        titles = [one for tag in _TITLES for one in _elements(block, tag)]
        bodies = _elements(block, "text") or [_without(block, "docno", *_TITLES)]
        yield number, {"id": ids[0], "title": _plain(titles[0]) if titles else "", "text": _plain("\n".join(bodies))}


def _topics(path: Path) -> Iterator[Topic]:
    with lines(path) as read:
        _, first = next(read, (0, ""))
    yield from _tagged(path) if first.lstrip().startswith("<") else _tabbed(path)


def _tagged(path: Path) -> Iterator[Topic]:
    for number, block in _blocks(path, "top"):
        fields = {match[1].lower(): " ".join(_LABEL.sub("", match[2], count=1).split()) for match in _FIELD.finditer(block)}
        missing = [name for name in ("num", "title") if not fields.get(name)]
        if missing:
            raise wrong(path, number, f"begins a topic without <{missing[0]}>", _TOPIC)
        yield number, fields["num"], html.unescape(fields["title"])


def _tabbed(path: Path) -> Iterator[Topic]:
    with lines(path) as read:
        for number, line in read:
            parts = [part.strip() for part in line.split("\t")]
            if len(parts) != 2 or not all(parts):
                raise wrong(path, number, "is not a topic", f"id<TAB>text, or {_TOPIC}")
            yield number, parts[0], parts[1]


def _judgements(path: Path) -> Iterator[Judgement]:
    with lines(path) as read:
        for number, line in read:
            parts = line.split()
            if len(parts) != 4 or not parts[3].removeprefix("-").isdecimal():
                raise wrong(path, number, "is not a judgement", "question, iteration, document and score, a whole number")
            yield number, parts[0], parts[2], int(parts[3])


def _blocks(path: Path, tag: str) -> Iterator[tuple[int, str]]:
    """What stands between `<tag>` and `</tag>`, which begin and end lines, with the number of its first line."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    first, last, held = 0, 0, list[str]()
    with lines(path) as read:
        for number, line in read:
            begins = line.lstrip().lower().startswith(opening)
            if begins == bool(held):
                where = f"begins a {opening} inside that of line {first}" if begins else f"is outside {opening}"
                raise wrong(path, number, where, f"{opening} ... {closing}")
            first, last = (number, number - 1) if begins else (first, last)
            held.append("\n" * (number - last - 1) + line)
            last = number
            if line.rstrip().lower().endswith(closing):
                yield first, "".join(held).strip()[len(opening) : -len(closing)]
                held = []
    if held:
        raise wrong(path, first, f"begins a {opening} that is never closed", f"{opening} ... {closing}")


def _elements(block: str, tag: str) -> list[str]:
    return re.findall(_element(tag), block, re.IGNORECASE | re.DOTALL)


def _without(block: str, *tags: str) -> str:
    for tag in tags:
        block = re.sub(_element(tag), "", block, flags=re.IGNORECASE | re.DOTALL)
    return block


def _element(tag: str) -> str:
    return rf"<{tag}(?:\s[^<>]*)?>(.*?)</{tag}\s*>"


def _plain(text: str) -> str:
    """Text without tags and with its entities resolved."""
    return html.unescape(_TAG.sub(" ", text)).strip()

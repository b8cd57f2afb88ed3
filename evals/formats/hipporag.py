"""HippoRAG's format (Gutiérrez et al. 2024): `NAME_corpus.json` and `NAME.json` of 2WikiMultihopQA, HotpotQA and MuSiQue."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from evals.formats.arrays import objects
from evals.formats.judged import Place
from retrievers.errors import FathomError, UsageError

Row = Mapping[str, Any]
Passage = tuple[str, str]

_DOCUMENT = '{"title": "...", "text": "..."}'
_QUESTION = (
    '{"_id": "q1", "question": "...", "answer": "...", "supporting_facts": [["title", 0]], "context": [["title", ["..."]]]}'
)
_GOLD = "supporting_facts with context, or paragraphs with is_supporting"
_GROUPS = ("type", "level")
_HOPS = re.compile(r"(\d+)hop\d*__")
_SUFFIX = "_corpus.json"


@dataclass(frozen=True)
class HippoRag:
    """The corpus and the questions of one data set of a folder.

    A passage is its title and its text together: passages of one title and other texts are different documents, a passage that
    the corpus repeats is one. Passages that support a question are found by both, so that the right one of a title counts.
    Both files are read as streams. What cannot be meant raises `FathomError` with its item, and its question's id.

    >>> next(HippoRag.open(Path("dataset"), "musique").questions(known))["hops"]
    2
    """

    corpus: Path
    queries: Path

    @classmethod
    def open(cls, folder: Path, name: str | None = None) -> HippoRag:
        """The data set of this name, or the only one. Raises `UsageError` where that is not clear or a file is missing."""
        found = names(folder)
        if name is None and len(found) > 1:
            raise UsageError(f"{folder} has several data sets", f"one of {', '.join(found)}", f"--queries {found[0]}")
        chosen = name.removesuffix(".json") if name is not None else found[0]
        if chosen not in found:
            raise UsageError(f"no {chosen}{_SUFFIX} in {folder}", f"one of {', '.join(found)}", f"--queries {found[0]}")
        if not (folder / f"{chosen}.json").is_file():
            raise UsageError(f"{folder} has no {chosen}.json", f"the questions of {chosen}{_SUFFIX}", "complete the folder")
        return cls(folder / f"{chosen}{_SUFFIX}", folder / f"{chosen}.json")

    @property
    def name(self) -> str:
        """What the data set is called."""
        return self.queries.stem

    @property
    def inputs(self) -> tuple[Path, ...]:
        """The files that the conversion reads."""
        return self.corpus, self.queries

    def documents(self) -> Iterator[dict[str, Any]]:
        """The corpus in native rows: `id`, `title`, `text`; the id is made of title and text."""
        place, seen = Place(str(self.corpus), "item"), set[str]()
        for number, row in objects(self.corpus, _DOCUMENT):
            title, text = row.get("title"), row.get("text")
            if not isinstance(title, str) or not isinstance(text, str):
                raise place.wrong(number, "has no title or no text that is a string", _DOCUMENT)
            id = identity((title, text))
            if id not in seen:
                seen.add(id)
                yield {"id": id, "title": title, "text": text}

    def questions(self, known: set[str]) -> Iterator[dict[str, Any]]:
        """The questions in native rows, with `type`, `level` and `hops` where they have them; `known` are the corpus's ids."""
        place, seen = Place(str(self.queries), "item"), set[str]()
        for number, row in objects(self.queries, _QUESTION):
            id, text = row.get("_id", row.get("id")), row.get("question")
            if not isinstance(id, str) or not isinstance(text, str) or not id:
                raise place.wrong(number, "has no id or no question that is a string", _QUESTION)
            place.new(number, id, seen)
            one = _Asked(place, number, id, row, known)
            gold, answers = one.gold(), one.answers()
            yield {"id": id, "question": text, "supporting_ids": gold, "answers": answers if gold else [], **one.groups()}


def names(folder: Path) -> list[str]:
    """The data sets that a folder has a corpus of; none where it is not HippoRAG's format."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}") if path.name != _SUFFIX)


def identity(passage: Passage) -> str:
    """The id of a passage: a hash of its title and its text.

    >>> identity(("Ceres", "Ceres is a dwarf planet."))
    """
    title, text = passage
    return hashlib.sha256(f"{len(title)}\n{title}\n{text}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Asked:
    """A question that is being read."""

    place: Place
    number: int
    id: str
    row: Row
    known: Container[str]

    def gold(self) -> list[str]:
        """The ids of the passages that support the question; none where it says that it cannot be answered."""
        passages = self._facts() if "supporting_facts" in self.row else self._paragraphs()
        found = list(dict.fromkeys(self._found(*same) for same in passages))
        if not found and self.row.get("answerable") is not False:
            raise self._wrong("has no supporting passage", _GOLD)
        return found

    def answers(self) -> list[str]:
        """The answer and its other names."""
        answer, more = self.row.get("answer"), self.row.get("answer_aliases")
        given = [answer] if isinstance(answer, str) else self._list("answer", answer)
        found = [*given, *(self._list("answer_aliases", more) if more is not None else [])]
        if not all(isinstance(one, str) for one in found):
            raise self._wrong("has an answer that is not a string", _QUESTION)
        return list(dict.fromkeys(cast("list[str]", found)))

    def groups(self) -> dict[str, str | int]:
        """What the question is told apart by."""
        found: dict[str, str | int] = {name: self.row[name] for name in _GROUPS if isinstance(self.row.get(name), str)}
        hops = _HOPS.match(self.id)
        return {**found, "hops": int(hops[1])} if hops else found

    def _facts(self) -> Iterator[list[Passage]]:
        """For each title that a fact names its passage of the context, in both ways in which sentences are joined."""
        context = [self._pair("context", one) for one in self._list("context", self.row.get("context"))]
        facts = [self._pair("supporting_facts", one) for one in self._list("supporting_facts", self.row["supporting_facts"])]
        for title in dict.fromkeys(title for title, _ in facts):
            texts = {tuple(self._sentences(title, body)) for name, body in context if name == title}
            if len(texts) != 1:
                what = "several times with other sentences" if texts else "not at all"
                raise self._wrong(f"is supported by {title!r}, which its context has {what}", "one passage of the context")
            (sentences,) = texts
            yield [(title, joint.join(sentences)) for joint in ("", " ")]

    def _paragraphs(self) -> Iterator[list[Passage]]:
        name = "contexts" if "contexts" in self.row else "paragraphs"
        for one in self._list(name, self.row.get(name)):
            if not isinstance(one, dict):
                raise self._wrong(f"has {name} that are not objects", _GOLD)
            passage = cast("Row", one)
            title, text = passage.get("title"), passage.get("text", passage.get("paragraph_text"))
            if passage.get("is_supporting", True) is True:
                yield [(self._string(name, title), self._string(name, text))]

    def _found(self, *same: Passage) -> str:
        """The one id of the corpus that a passage has, however its sentences are joined."""
        found = {id for id in map(identity, same) if id in self.known}
        if len(found) != 1:
            what = "twice, joined in two ways" if found else "not at all"
            raise self._wrong(
                f"is supported by {same[0][0]!r}, which the corpus has {what}", "one passage of this title and text"
            )
        return found.pop()

    def _sentences(self, title: str, body: object) -> Sequence[str]:
        return [self._string(f"context of {title!r}", one) for one in self._list(f"context of {title!r}", body)]

    def _pair(self, name: str, value: object) -> tuple[str, object]:
        pair = self._list(name, value)
        if len(pair) != 2:
            raise self._wrong(f"has {name} that are not pairs", _GOLD)
        return self._string(name, pair[0]), pair[1]

    def _list(self, name: str, value: object) -> list[object]:
        if not isinstance(value, list):
            raise self._wrong(f"has no list {name}", _QUESTION)
        return cast("list[object]", value)

    def _string(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise self._wrong(f"has {name} without a string", _GOLD)
        return value

    def _wrong(self, what: str, expected: str) -> FathomError:
        return self.place.wrong(self.number, f"(question {self.id!r}) {what}", expected)

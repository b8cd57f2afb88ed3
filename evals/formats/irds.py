"""Data sets of ir_datasets by name (MacAvaney et al. 2021), which may be fetched from the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from evals.formats.judged import Judgement, Place, Topic, asked, relevant
from retrievers.errors import FathomError, Unavailable, UsageError

PREFIX = "irds:"
_PARTS = {"docs": "documents", "queries": "questions", "qrels": "judgements"}
_SHOWN = 6


@dataclass(frozen=True)
class Irds:
    """A data set that the package ir_datasets knows. A document is relevant where its relevance is above 0.

    Everything is read as a stream, and fetched first where this machine lacks it. Raises `FathomError` for an id given twice,
    a judgement of an unknown question or document, and a question without judgements.

    >>> next(Irds.open("vaswani").documents())["id"]
    '1'
    """

    name: str
    loaded: Any

    @classmethod
    def open(cls, name: str) -> Irds:
        """The data set of this name; nothing is fetched yet.

        Raises `Unavailable` where the package is not installed, `UsageError` where it knows no such data set or one that has no
        documents, questions or judgements.
        """
        try:
            import ir_datasets
        except ImportError as error:
            happened = f"{PREFIX}{name} is read by ir_datasets, which is not installed"
            raise Unavailable(happened, "the package ir-datasets", "pip install ir-datasets") from error
        known = list(map(str, ir_datasets.registry))
        try:
            loaded = ir_datasets.load(name)
        except KeyError as error:
            near = get_close_matches(name, known, _SHOWN) or known[:_SHOWN]
            raise UsageError(f"ir_datasets knows no data set {name!r}", f"a name like {', '.join(near)}", _eval(near)) from error
        missing = [word for part, word in _PARTS.items() if not getattr(loaded, f"has_{part}")()]
        if missing:
            inner = [one for one in known if one.startswith(f"{name}/")][:_SHOWN]
            there = f"one of {', '.join(inner)}" if inner else "a data set with documents, questions and judgements"
            raise UsageError(f"{PREFIX}{name} has no {missing[0]}", there, _eval(inner))
        return cls(name, loaded)

    def documents(self) -> Iterator[dict[str, Any]]:
        """The corpus in native rows: `id`, `title`, `text`."""
        place, seen = self._place("document", "documents"), set[str]()
        for number, one in enumerate(self._read(self.loaded.docs_iter), start=1):
            title, text = getattr(one, "title", ""), getattr(one, "text", None)
            if not isinstance(title, str) or not isinstance(text, str):
                title, text = "", one.default_text()
            yield {"id": place.new(number, str(one.doc_id), seen), "title": title, "text": text.strip()}

    def questions(self, known: set[str]) -> Iterator[dict[str, Any]]:
        """The questions in native rows: `id`, `question`, `supporting_ids`; `known` are the ids of the corpus."""
        judgements = self._place("judgement", "judgements")
        judged = relevant(judgements, self._judgements(), known)
        yield from asked(self._place("question", "questions"), self._topics(), judgements, judged)

    def _topics(self) -> Iterator[Topic]:
        for number, one in enumerate(self._read(self.loaded.queries_iter), start=1):
            yield number, str(one.query_id), one.default_text().strip()

    def _judgements(self) -> Iterator[Judgement]:
        for number, one in enumerate(self._read(self.loaded.qrels_iter), start=1):
            yield number, str(one.query_id), str(one.doc_id), int(one.relevance)

    def _place(self, each: str, all: str) -> Place:
        return Place(
            f"the {all} of {PREFIX}{self.name}", each, f"choose another part of {self.name}: see https://ir-datasets.com"
        )

    def _read(self, iterate: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        """What the package gives; a failure of its own is named."""
        try:
            yield from iterate()
        except (OSError, RuntimeError, ImportError, ValueError) as error:
            happened = f"ir_datasets cannot read {self.name}: {type(error).__name__}: {error}"
            raise FathomError(happened, "a data set that can be fetched and read", "see https://ir-datasets.com") from error


def _eval(names: list[str]) -> str:
    return f"fathom eval {PREFIX}{names[0]} --allow-download" if names else "see https://ir-datasets.com"

"""Documents, questions and judgements that have to fit each other, and every one that does not, by its place."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retrievers.errors import FathomError

Judgement = tuple[int, str, str, int]
Topic = tuple[int, str, str]


@dataclass(frozen=True)
class Place:
    """Where things are read from, to name one that is wrong: `each` is what they are called, counted from 1.

    >>> raise Place("qrels.txt").wrong(3, "is not a judgement", "four columns")
    """

    name: str
    each: str = "line"
    remedy: str = "mend the line, or take it out"

    def wrong(self, number: int, what: str, expected: str) -> FathomError:
        """The error that the thing of this number is `what`."""
        return FathomError(f"{self.each} {number} of {self.name} {what}", expected, self.remedy)

    def new(self, number: int, id: str, seen: set[str]) -> str:
        """An id that was not there before; it is added to `seen`."""
        if id in seen:
            raise self.wrong(number, f"has the id {id!r} a second time", f"an id of its own for each {self.each}")
        seen.add(id)
        return id


def relevant(place: Place, judgements: Iterable[Judgement], known: Container[str]) -> dict[str, list[str]]:
    """For each judged question its relevant documents: those with a score above 0.

    A judgement is its number, question, document and score. Raises `FathomError` for a document that is not `known`, for one
    that is judged twice, and for a question without any relevant document.

    >>> relevant(Place("qrels.txt"), [(1, "q1", "d1", 2), (2, "q1", "d2", 0)], {"d1", "d2"})
    {'q1': ['d1']}
    """
    found, seen = dict[str, list[str]](), set[tuple[str, str]]()
    for number, question, document, score in judgements:
        if document not in known:
            raise place.wrong(number, f"judges the document {document!r}, which is not in the corpus", "a document of the corpus")
        if (question, document) in seen:
            raise place.wrong(number, f"judges {document!r} for {question!r} a second time", "one judgement of each document")
        seen.add((question, document))
        found.setdefault(question, []).extend([document] if score > 0 else [])
    empty = [id for id, documents in found.items() if not documents]
    if empty:
        happened = f"{place.name} has no relevant document for the question {empty[0]!r}"
        raise FathomError(happened, "a score above 0 for every question", "take the question out: it cannot be measured")
    return found


def asked(
    place: Place, topics: Iterable[Topic], judgements: Place, judged: Mapping[str, Sequence[str]]
) -> Iterator[dict[str, Any]]:
    """The questions in native rows: `id`, `question`, `supporting_ids`.

    Raises `FathomError` for an id given twice, for a question without judgements, and for judgements without a question.

    >>> list(asked(Place("topics.txt"), [(1, "q1", "Which?")], Place("qrels.txt"), {"q1": ["d1"]}))[0]["supporting_ids"]
    ['d1']
    """
    seen = set[str]()
    for number, id, text in topics:
        place.new(number, id, seen)
        if id not in judged:
            raise place.wrong(number, f"asks {id!r}, which {judgements.name} does not judge", "judgements of every question")
        yield {"id": id, "question": text, "supporting_ids": list(judged[id]), "answers": []}
    missing = [id for id in judged if id not in seen]
    if missing:
        happened = f"{judgements.name} judges the question {missing[0]!r}, which is not in {place.name}"
        raise FathomError(happened, "a question for every judgement", "add the question, or take its judgements out")

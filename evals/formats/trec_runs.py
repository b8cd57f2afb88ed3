"""TREC's run files: a line a result, `question Q0 document rank score tag`."""

from __future__ import annotations

import gzip
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from evals.lines import lines, wrong
from retrievers.errors import FathomError, UsageError
from retrievers.generation import write_durably

_LINE = "question Q0 document rank score tag"
_Result = tuple[float, int, str]


def read_run(path: Path, questions: Collection[str] | None = None) -> Mapping[str, Sequence[str]]:
    """The documents found for each question, by score, the best first; equal scores by rank.

    With `questions` every one of them is in the answer, with nothing found where the file has no line of it. Raises
    `FathomError` for a line that is not a result, a question that is not among `questions`, a document that a question has
    twice, and a file without results.

    >>> read_run(Path("bm25.run"))["q1"][0]
    'd7'
    """
    known = frozenset(questions) if questions is not None else None
    found, seen = {question: list[_Result]() for question in questions or ()}, set[tuple[str, str]]()
    for number, question, document, order in _results(path):
        if known is not None and question not in known:
            raise wrong(path, number, f"answers {question!r}, which is not a question of the data set", "a known question")
        if (question, document) in seen:
            raise wrong(path, number, f"finds {document!r} for {question!r} a second time", "a document once")
        seen.add((question, document))
        found.setdefault(question, []).append((*order, document))
    if not seen:
        raise FathomError(f"{path} has no results", f"lines like {_LINE}", "name another file")
    return {question: tuple(document for _, _, document in sorted(results)) for question, results in found.items()}


def write_run(path: Path, tag: str, rankings: Mapping[str, Sequence[str]]) -> None:
    """Write what was found, the best first, so that a reader sees the old file or the new one.

    Scores fall by 1 from rank to rank, so that a tool that orders by score alone finds this order. A question that found
    nothing has no line: the format cannot say so. Raises `UsageError` for an id or tag that is empty or holds a space, and for
    a document that a question has twice.

    >>> write_run(Path("bm25.run"), "bm25", {"q1": ["d7", "d2"]})
    """
    _word("the tag", tag)
    text = "".join(line for question, documents in rankings.items() for line in _lines(tag, question, documents))
    content = text.encode()
    write_durably(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _lines(tag: str, question: str, documents: Sequence[str]) -> Iterator[str]:
    _word("the question", question)
    if len(set(documents)) < len(documents):
        twice = next(one for place, one in enumerate(documents) if one in documents[:place])
        raise UsageError(f"{twice!r} is found for {question!r} a second time", "a document once", "take one away")
    for place, document in enumerate(documents):
        yield f"{question} Q0 {_word('the document', document)} {place + 1} {len(documents) - place} {tag}\n"


def _word(what: str, text: str) -> str:
    if text.split() != [text]:
        raise UsageError(f"{what} {text!r} cannot stand in a run file", "one word without spaces", "give it another name")
    return text


def _results(path: Path) -> Iterator[tuple[int, str, str, tuple[float, int]]]:
    with lines(path) as read:
        for number, line in read:
            parts = line.split()
            if len(parts) != 6:
                raise wrong(path, number, f"has {len(parts)} columns", _LINE)
            yield number, parts[0], parts[2], (-_score(path, number, parts[4]), _rank(path, number, parts[3]))


def _score(path: Path, number: int, text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if math.isnan(score):
        raise wrong(path, number, f"has the score {text!r}, which is not a number", _LINE)
    return score


def _rank(path: Path, number: int, text: str) -> int:
    if not text.isdecimal():
        raise wrong(path, number, f"has the rank {text!r}, which is not a whole number", _LINE)
    return int(text)

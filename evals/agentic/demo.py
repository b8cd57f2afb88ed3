"""The demo corpus as an index and its questions, for showing an evaluation without any data set."""

from __future__ import annotations

from pathlib import Path

from evals.datasets import Question
from evals.lines import rows
from retrievers.build import Progress, build
from retrievers.index import Index

DEMO = Path(__file__).parents[1] / "demo"
_FIELDS = ("id", "question", "supporting_ids", "answers")


def questions(home: Path = DEMO) -> tuple[Question, ...]:
    """The questions that the corpus answers.

    >>> questions()[0].relevant
    ('johannes-kepler.md',)
    """
    read = [row for _, row in rows(home / "questions.jsonl", _FIELDS, '{"id": "demo-01", "question": "...", ...}')]
    made = [Question(row["id"], row["question"], tuple(row["supporting_ids"]), tuple(row["answers"])) for row in read]
    return tuple(one for one in made if one.relevant)


def index(place: Path, progress: Progress | None = None) -> Index:
    """The articles, indexed at `place`.

    >>> index(Path("demo.index")).search
    """
    build([DEMO / "articles"], place, progress=progress)
    return Index.open(place)

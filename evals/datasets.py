"""Data sets for evaluation: a folder with a corpus and questions.

`corpus*.jsonl[.gz]` has a row a document: `{"id", "title", "text", ...}`; or the folder has one folder, with documents of any
kind that can be indexed, whose ids are their paths in it. `queries*.jsonl[.gz]` (or `questions*`) has a row a question:
`{"id", "question", "supporting_ids": [...], "answers": [...], "user", ...}`. `supporting_ids` are the relevant documents
(binary); an empty list without answers means that the corpus cannot answer the question, one with answers that nobody has
judged it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from agent.entries.rows import Gold
from evals.lines import Row, rows, wrong
from retrievers.errors import FathomError, UsageError

MOST_GROUPS = 20
_OWN_FIELDS = frozenset({"id", "question", "answers", "supporting_ids"})
_ROW = '{"id": "q1", "question": "...", "supporting_ids": ["d1"]}'
_DOCUMENT = '{"id": "d1", "title": "...", "text": "..."}'
_NEXT = "mend the line, or leave the file out"


@dataclass(frozen=True)
class Question:
    """A question, the ids that are relevant to it, and its answers; `user` is who asks.

    `groups` are the fields by which results are also told apart (type, level, hops, ...): name to value.
    """

    id: str
    text: str
    relevant: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    user: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, gold: Gold, text: str) -> Question:
        """The question of which the ledger kept this."""
        return cls(gold.id, text, gold.relevant, gold.answers, gold.user, gold.groups)

    @property
    def gold(self) -> Gold:
        """What the ledger keeps of it beside its text."""
        return Gold(self.id, self.relevant, self.answers, self.user, dict(self.groups))

    @property
    def unanswerable(self) -> bool:
        """Whether the corpus holds nothing relevant, on purpose: a question that has answers has only not been judged."""
        return not self.relevant and not self.answers


@dataclass(frozen=True)
class Dataset:
    """A corpus (a file of documents, or a folder of them), a file of questions, and the questions."""

    name: str
    corpus: Path
    queries: Path
    questions: tuple[Question, ...]
    owner_field: str | None = None

    @property
    def answerable(self) -> tuple[Question, ...]:
        """The questions that have something relevant, or an answer to be found: those that retrieval is measured on."""
        return tuple(question for question in self.questions if not question.unanswerable)


def load(
    dataset: str | Path, *, data: str | Path | None = None, queries: str | None = None, owner_field: str | None = None
) -> Dataset:
    """Read a data set: a folder, or the name of one in the folder `data`.

    `queries` picks one of several files of questions. `owner_field` names the field of a corpus row that says whose it is
    (None or `none`: all is public), as for indexing. Raises `UsageError` for a folder or file that is not there or not the
    only one, `FathomError` naming file and line for a row that lacks a field or names an id that its user cannot see, and
    for a data set without a single relevant id or answer.

    >>> load("scifact", data="shared/data", queries="queries_test.jsonl").questions[0].relevant
    ('31715818',)
    """
    folder = folder_of(dataset, data)
    corpus, asked = _corpus(folder), _only(folder, "queries", queries)
    owners = _owners(corpus, owner_field) if corpus.is_file() else None
    read = list(rows(asked, ("id", "question", "supporting_ids"), _ROW))
    questions = tuple(_question(asked, line, row, owners) for line, row in read)
    _check(asked, questions)
    groups = _groups([row for _, row in read])
    grouped = tuple(
        Question(one.id, one.text, one.relevant, one.answers, one.user, found)
        for one, found in zip(questions, groups, strict=True)
    )
    return Dataset(folder.resolve().name, corpus, asked, grouped, owner_field)


def folder_of(dataset: str | Path, data: str | Path | None) -> Path:
    """The folder of a data set, itself or by its name in `data`. Raises `UsageError` where there is none."""
    if Path(dataset).is_dir():
        return Path(dataset)
    home = Path(data) if data is not None else None
    if home is not None and (home / dataset).is_dir():
        return home / dataset
    known = sorted(path.name for path in home.iterdir() if path.is_dir()) if home is not None and home.is_dir() else []
    there = f"a folder, or one of {', '.join(known)}" if known else "a folder with corpus.jsonl and queries.jsonl"
    raise UsageError(f"no data set {str(dataset)!r}", there, "name the folder that holds data sets: --data DIR")


def _corpus(folder: Path) -> Path:
    """The one file of the corpus; where there is none, the one folder of documents."""
    folders = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))]
    if len(folders) == 1 and not _files(folder, "corpus"):
        return folders[0]
    return _only(folder, "corpus", None)


def _files(folder: Path, kind: str) -> list[Path]:
    return sorted([*folder.glob(f"{kind}*.jsonl"), *folder.glob(f"{kind}*.jsonl.gz")])


def _only(folder: Path, kind: str, chosen: str | None) -> Path:
    """The one file of this kind, or the one that was chosen."""
    found = _files(folder, kind) or (_files(folder, "questions") if kind == "queries" else [])
    if chosen is not None:
        path = next((path for path in (folder / chosen, Path(chosen)) if path.is_file()), None)
        if path is None:
            raise UsageError(f"no file {chosen!r} in {folder}", f"one of {_names(found)}", f"--{kind} FILE")
        return path
    if not found:
        raise UsageError(f"{folder} has no {kind}*.jsonl", f"a data set with {kind}.jsonl or {kind}.jsonl.gz", "see the README")
    if len(found) > 1:
        raise UsageError(f"{folder} has several files of {kind}", f"one of {_names(found)}", f"--{kind} {found[0].name}")
    return found[0]


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths) or "none there"


def _wrong(path: Path, number: int, what: str, expected: str = f"a line like {_ROW}") -> FathomError:
    return wrong(path, number, what, expected)


class _Owners:
    """Who may see a record of the corpus: everyone, or its owners."""

    def __init__(self, owners: Mapping[str, set[str | None]]) -> None:
        self._owners = owners

    def seen(self, id: str, user: str | None) -> str | None:
        """The id by which `user` sees this record, or None. An index prefixes a private id that is also a public one."""
        owners = self._owners.get(id, set[str | None]())
        if user is not None and user in owners:
            return f"{user}:{id}" if None in owners else id
        return id if None in owners else None

    def __contains__(self, id: str) -> bool:
        return id in self._owners


def _owners(corpus: Path, owner_field: str | None) -> _Owners:
    owned = owner_field if owner_field not in (None, "none") else None
    found: dict[str, set[str | None]] = {}
    for _, row in rows(corpus, ("id",), _DOCUMENT):
        owner = row.get(owned) if owned is not None else None
        found.setdefault(str(row["id"]), set()).add(str(owner) if owner not in (None, "") else None)
    return _Owners(found)


def _question(path: Path, line: int, row: Row, owners: _Owners | None) -> Question:
    text, user = row["question"], row.get("user")
    if not isinstance(text, str) or not text.strip():
        raise _wrong(path, line, "has an empty question")
    asker = str(user) if user not in (None, "") else None
    answers = _strings(path, line, row, "answers") if row.get("answers") is not None else ()
    relevant = tuple(_seen(path, line, id, asker, owners) for id in dict.fromkeys(_strings(path, line, row, "supporting_ids")))
    return Question(str(row["id"]), text, relevant, answers, asker)


def _seen(path: Path, line: int, id: str, user: str | None, owners: _Owners | None) -> str:
    if owners is None:  # a folder's documents are known when it is indexed: evals/indexes.py looks then
        return id
    known = owners.seen(id, user)
    if known is None:
        why = f"which {user or 'no user'} cannot see" if id in owners else "which is not in the corpus"
        raise _wrong(path, line, f"names {id!r} in supporting_ids, {why}", "ids of records that the question's user sees")
    return known


def _strings(path: Path, line: int, row: Row, name: str) -> tuple[str, ...]:
    value = row[name]
    if not isinstance(value, list) or not all(isinstance(one, str | int) for one in cast("list[object]", value)):
        raise _wrong(path, line, f"has {name} that are not a list of strings")
    return tuple(str(one) for one in cast("list[str | int]", value))


def _check(path: Path, questions: Sequence[Question]) -> None:
    if not questions:
        raise FathomError(f"{path} has no questions", f"lines like {_ROW}", "choose another file: --queries FILE")
    twice = [id for id, count in Counter(question.id for question in questions).items() if count > 1]
    if twice:
        raise FathomError(f"{path} has the id {twice[0]!r} twice", "an id of its own for each question", _NEXT)
    if all(question.unanswerable for question in questions):
        raise FathomError(
            f"every supporting_ids in {path} is empty: it has no judgements that retrieval could be measured by, and no answers",
            "relevant ids or answers for at least one question",
            "choose a data set with judgements",
        )


def _groups(rows: Sequence[Row]) -> list[dict[str, str]]:
    """For each row its group fields: plain values that many rows share (at most `MOST_GROUPS` different ones of a field)."""
    names = sorted({name for row in rows for name in row} - _OWN_FIELDS)
    values = {name: [_plain(row.get(name)) for row in rows] for name in names}
    kept = [name for name in names if 2 <= len(set(values[name]) - {None}) <= min(MOST_GROUPS, len(rows) // 2)]
    found = [{name: values[name][place] for name in kept} for place in range(len(rows))]
    return [{name: value for name, value in one.items() if value is not None} for one in found]


def _plain(value: object) -> str | None:
    """A string, whole number or truth value as text; None for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int) else None

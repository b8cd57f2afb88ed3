"""Run files of BrowseComp-Plus and of the agentic-ranking study: a folder with one JSON file a question."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from evals.formats.trajectory import Entry, Record
from retrievers.errors import FathomError, UsageError

KINDS = ("reasoning", "tool_call", "output_text")
_LIKE = '{"query_id": "1", "tool_call_counts": {"search": 2}, "status": "completed", "retrieved_docids": ["7"], "result": [...]}'
_ENTRY = '{"type": "tool_call", "tool_name": "search", "arguments": "{...}", "output": "[...]"}'
_MEND = "mend the file, or take it out of the folder and ask its question again"


def read_runs(folder: str | Path, questions: Collection[str] | None = None, *, missing: bool = False) -> list[Record]:
    """The records of a folder, in the order of their files' names.

    `questions` are the ids that the data set has: each of them must have a record (with `missing` it need not: whoever measures
    counts it as wrong), and nothing else may have one. Raises `UsageError` for a folder
    without run files, `FathomError` naming the file for a record that is corrupt, of an unknown question, or a question's second,
    and for questions without a record: a mean over fewer questions is another mean.

    >>> [record.query_id for record in read_runs("runs/bm25")]
    ['769', '1091']
    """
    home = Path(folder)
    paths = sorted(home.glob("*.json"))
    if not paths:
        raise UsageError(f"{home} holds no run files", "a folder with one JSON file a question", "name the folder of the run")
    files: dict[str, Path] = {}
    found: list[Record] = []
    for path in paths:
        found.append(_read(path))
        _check(path, found[-1].query_id, files, questions)
        files[found[-1].query_id] = path
    absent = [id for id in questions or () if id not in files]
    if absent and not missing:
        happened = f"{home} has no record of {len(absent)} of the {len(questions or ())} questions, like {absent[0]!r}"
        raise FathomError(happened, "a record for every question", "ask them, or count them as wrong: missing=True")
    return found


def write_runs(records: Sequence[Record], folder: str | Path) -> list[Path]:
    """Write each record to a file of its own, `run_00001.json` on; the files.

    Raises `UsageError` where run files are there already.

    >>> write_runs(records, "runs/mine")
    """
    home = Path(folder)
    if home.is_dir() and any(home.glob("*.json")):
        raise UsageError(f"{home} holds run files already", "an empty folder, or a new one", "name another folder")
    home.mkdir(parents=True, exist_ok=True)
    paths = [home / f"run_{number:05d}.json" for number, _ in enumerate(records, start=1)]
    for path, record in zip(paths, records, strict=True):
        path.write_text(json.dumps(record.as_json(), indent=2) + "\n", "utf-8")
    return paths


def _check(path: Path, id: str, files: Mapping[str, Path], questions: Collection[str] | None) -> None:
    if id in files:
        happened = f"{path} is a second record of the question {id!r}: the first is {files[id]}"
        raise FathomError(happened, "one record for each question", "take one of the two away")
    if questions is not None and id not in questions:
        happened = f"{path} is of the question {id!r}, which the data set does not have"
        raise FathomError(happened, "a question of the data set", "take the file away, or name the data set that was asked")


def _read(path: Path) -> Record:
    try:
        row = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FathomError(f"{path} cannot be read: {error}", f"a record like {_LIKE}", _MEND) from error
    if not isinstance(row, dict):
        raise _wrong(path, "is not an object")
    told = cast("Mapping[str, Any]", row)
    id, status, counts = told.get("query_id"), told.get("status"), told.get("tool_call_counts")
    if not _is_id(id):
        raise _wrong(path, "has no query_id")
    if not isinstance(status, str) or not status:
        raise _wrong(path, "has no status")
    if not isinstance(counts, dict) or not all(type(one) is int and one >= 0 for one in cast("dict[str, Any]", counts).values()):
        raise _wrong(path, "has no tool_call_counts of whole numbers")
    docids, about = told.get("retrieved_docids"), told.get("metadata") or {}
    if not isinstance(docids, list) or not all(map(_is_id, cast("list[object]", docids))):
        raise _wrong(path, "has no list retrieved_docids of ids")
    if not isinstance(told.get("result"), list) or not isinstance(about, dict):
        raise _wrong(path, "has no list result" if isinstance(about, dict) else "has metadata that are not an object")
    entries = tuple(_entry(path, number, one) for number, one in enumerate(told["result"], start=1))
    ids = tuple(str(one) for one in cast("list[object]", docids))
    return Record(str(id), status, cast("dict[str, int]", counts), ids, entries, cast("dict[str, Any]", about))


def _entry(path: Path, number: int, row: object) -> Entry:
    told = cast("Mapping[str, Any]", row) if isinstance(row, dict) else {}
    if told.get("type") not in KINDS:
        raise _wrong(path, f"has in its result, at place {number}, none of {', '.join(KINDS)}", f"an entry like {_ENTRY}")
    output, name = told.get("output"), told.get("tool_name")
    if told["type"] == "tool_call":
        if not isinstance(name, str) or not name:
            raise _wrong(path, f"has in its result, at place {number}, a call of no tool", f"an entry like {_ENTRY}")
        return Entry("tool_call", _as_text(output), name, _as_text(told.get("arguments")))
    if isinstance(output, list):
        return Entry(told["type"], tuple(map(_words, cast("list[object]", output))))
    if not isinstance(output, str):
        raise _wrong(path, f"has in its result, at place {number}, no words", "an output that is a text, or a list of texts")
    return Entry(told["type"], output)


def _as_text(value: object) -> str | None:
    """JSON as it stands in a file: most clients keep it as text, some as values."""
    return value if isinstance(value, str) or value is None else json.dumps(value)


def _words(part: object) -> str:
    """A part of reasoning, which some servers wrap."""
    return str(cast("Mapping[str, object]", part).get("text", "")) if isinstance(part, dict) else str(part)


def _is_id(value: object) -> bool:
    return (isinstance(value, str) and bool(value)) or type(value) is int


def _wrong(path: Path, what: str, expected: str = f"a record like {_LIKE}") -> FathomError:
    return FathomError(f"{path} {what}", expected, _MEND)

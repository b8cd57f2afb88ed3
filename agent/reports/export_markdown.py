"""A question's record as Markdown with footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.reports.footnotes import Footnoted, Sentence, Source, footnoted
from agent.reports.wording import KINDS, came, effort_of, ended, headline
from retrievers.printable import one_line

Record = Mapping[str, Any]
_MARKS = re.compile(r"[\\`*_{}\[\]<>&|~$^@]|(?<!\S)#|:(?=//|[\w+-]+:)|(?<=\bwww)\.", re.IGNORECASE)
_START = re.compile(r"[-+]|\d{1,9}(?=[.)])")


def paper(records: Sequence[Record]) -> str:
    """The answers, their sources as footnotes, and how each was found.

    >>> paper([record(ledger, run)]).splitlines()[0]
    '# In which town were the Rudolphine Tables printed?'
    """
    several = len(records) > 1
    parts = [_question(one, f"{number}-" if several else "") for number, one in enumerate(records, start=1)]
    return "\n\n".join("\n\n".join(part) for part in parts) + "\n"


def escaped(text: str) -> str:
    """`text` on one line in Markdown that means these letters and nothing else.

    >>> escaped("![x](http://a.b) 1. *y*")
    '!\\\\[x\\\\](http\\\\://a.b) 1. \\\\*y\\\\*'
    """
    line = _MARKS.sub(lambda mark: f"\\{mark[0]}", one_line(text))
    start = _START.match(line)
    if start is None:
        return line
    return f"\\{line}" if start[0] in "-+" else f"{start[0]}\\{line[start.end() :]}"


def _question(record: Record, prefix: str) -> Iterator[str]:
    noted = footnoted(record)
    yield f"# {escaped(record['question'])}"
    yield f"**{escaped(headline(record))}**"
    yield from _body(record, noted, prefix)
    if record["failures"]:
        yield "## What failed"
        yield "\n".join(_failure(one) for one in record["failures"])
    yield "## How it was found"
    yield _facts(record)
    if record["searches"]:
        yield _searches(record["searches"])
    if noted.sources:
        yield "\n".join(_note(one, prefix) for one in noted.sources)


def _body(record: Record, noted: Footnoted, prefix: str) -> Iterator[str]:
    if noted.sentences:
        yield from (_sentence(one, prefix) for one in noted.sentences)
    elif record["answer"]["text"] and record["answer"]["text"] != headline(record):
        yield escaped(record["answer"]["text"])
    for dispute in noted.disputes:
        yield f"## {KINDS['conflict']}: {escaped(dispute.about)}"
        yield "\n".join(f"- {_sentence(one, prefix)}" for one in dispute.sentences)


def _sentence(one: Sentence, prefix: str) -> str:
    marks = "".join(f"[^{prefix}{number}]" for number in one.sources)
    if one.supported:
        return f"{escaped(one.text)}{marks}"
    return f"{escaped(one.text)}{marks} *(not supported by what was shown{': ' + escaped(one.reason) if one.reason else ''})*"


def _note(one: Source, prefix: str) -> str:
    place = f"{escaped(one.item)}, characters {one.start} to {one.end}"
    title = f"**{escaped(one.title)}**, " if one.title else ""
    path = f" (by {escaped(' / '.join(one.path))})" if one.path else ""
    return f"[^{prefix}{one.number}]: {title}{place}{path}: “{escaped(one.quote)}”"


def _failure(one: Record) -> str:
    happened = escaped(one.get("happened") or one["kind"])
    remedy = f"; {escaped(one['remedy'])}" if one["remedy"] else ""
    return f"- {escaped(one['step'])}: {happened}{remedy}"


def _facts(record: Record) -> str:
    how = f"policy {escaped(record['policy'])}, recipe {escaped(record['recipe'])}, {effort_of(record)}"
    return f"Run {escaped(record['run'])}: {how}. The search ended because {ended(record)}."


def _searches(searches: Sequence[Record]) -> str:
    rows = [f"| {number} | {escaped(one['query'])} | {came(one)} |" for number, one in enumerate(searches, start=1)]
    return "\n".join(["| | searched | came to |", "|--:|:--|--:|", *rows])

"""The child process: reads requests from its standard input, a line of JSON each, and answers with a line of JSON.

It holds itself to limits of memory and of CPU time for each file, writes no file, and ends at anything that it does not
expect: its parent starts another.
"""

from __future__ import annotations

import json
import logging
import math
import re
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from retrievers.errors import UsageError
from retrievers.parsers import mail, markdown, pdf, sheets, slides, tables, text, web, word
from retrievers.parsers.draft import Parser, Request, Unreadable

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
PARSERS: dict[str, Parser] = {
    "txt": text.parse,
    "md": markdown.parse,
    "html": web.parse,
    "pdf": pdf.parse,
    "docx": word.parse,
    "xlsx": sheets.parse,
    "pptx": slides.parse,
    "eml": mail.parse,
    "csv": tables.parse,
    "tsv": tables.parse,
}


def main(memory: int) -> None:
    """Answer requests until the input ends; `memory` is how many MB parsing may take beyond what the start took."""
    logging.disable()
    sys.excepthook = _last_words
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    if (size := _address_space()) is not None:
        _limit(resource.RLIMIT_AS, size + (memory << 20))
    _say({"ready": True})
    for line in sys.stdin.buffer:
        _say(answer(json.loads(line)))


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What a request gives: `{documents}`, `{unreadable: [reason, next]}` or `{usage: [happened, expected, next]}`.

    Memory that runs out is not caught here: what is left of the heap is good for a last word only.
    """
    _limit(resource.RLIMIT_CPU, math.ceil(_cpu()) + asked["seconds"])
    request = Request(Path(asked["path"]), asked["name"], asked["limit"], asked["owner_field"])
    try:
        return {"documents": [asdict(parsed) for parsed in PARSERS[asked["format"]](request)]}
    except Unreadable as error:
        return {"unreadable": [error.reason, error.next]}
    except UsageError as error:
        return {"usage": [error.happened, error.expected, error.next]}


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    sys.stdout.buffer.flush()


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A parser failed in a way that nobody named: say how, the same each time, and end."""
    _say({"failed": kind.__name__, "detail": _ADDRESS.sub("", str(error))[:200]})


def _limit(what: int, value: int) -> None:
    """Lower the soft limit, never above the hard one."""
    hard = resource.getrlimit(what)[1]
    resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _address_space() -> int | None:
    """Bytes of address space in use, or None where the system does not say (then only time and output are limited)."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except FileNotFoundError:
        return None
    return pages * resource.getpagesize()

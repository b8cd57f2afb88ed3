"""A page of a pdf as a picture with the cited words boxed, drawn in a child process: a pdf is a stranger's program."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, cast

from retrievers.document import Mark
from retrievers.errors import FathomError, Unavailable
from ui.parts.pdf_words import turn

# -P keeps the folder in which the server was started, and a file named like a module in it, off the child's path.
_BOOT = "import sys; sys.path.append(sys.argv[1]); from ui.parts.pdf_child import main; main()"
_ROOT = str(Path(__file__).parents[2])
_MOST = 16 << 20
_WAIT = 4.0


@dataclass(frozen=True)
class Limits:
    """What the drawing of one page may take: seconds of CPU (and thrice that by the clock), and MB of memory."""

    seconds: int = 10
    memory: int = 512


@dataclass(frozen=True)
class Part:
    """The part of a span that stands on one page (from 1): its words, and how many times the page says them before."""

    page: int
    words: str
    turn: int = 0


@dataclass(frozen=True)
class Picture:
    """A page as a PNG, `width` pixels wide; `boxes` are those of the cited words, line by line (left, top, right, bottom); none
    where the page does not say them."""

    page: int
    png: bytes = field(repr=False)
    width: int
    height: int
    boxes: tuple[tuple[float, float, float, float], ...]


def parts(text: str, marks: Sequence[Mark], start: int, end: int) -> list[Part]:
    """The parts of [start, end) of a document's text, by the pages that its marks say; none where it has no pages.

    >>> parts("One.\\n\\nTwo.", [Mark("page", 0, "1"), Mark("page", 6, "2")], 6, 10)
    [Part(page=2, words='Two.', turn=0)]
    """
    pages = sorted((mark for mark in marks if mark.kind == "page" and mark.label.isdigit()), key=lambda mark: mark.start)
    begins = [mark.start for mark in pages]
    found: list[Part] = []
    for place in range(max(0, bisect_right(begins, start) - 1), bisect_right(begins, end - 1)):
        low, high = begins[place], begins[place + 1] if place + 1 < len(begins) else len(text)
        first, last = max(start, low), min(end, high)
        if text[first:last].strip():
            found.append(Part(int(pages[place].label), text[first:last], turn(text[low:high], first - low, last - low)))
    return found


def picture(content: bytes, part: Part, limits: Limits | None = None) -> Picture:
    """Draw the page of a part of a pdf, its words boxed. Raises `Unavailable` where that does not come off within the limits.

    >>> picture(index.source(document), parts(document.text, document.marks, start, end)[0]).boxes
    ((118.0, 100.0, 552.0, 120.0),)
    """
    limits = limits or Limits()
    request = {"page": part.page, "words": part.words, "turn": part.turn, "seconds": limits.seconds, "memory": limits.memory}
    code, said = _asked(json.dumps(request).encode() + b"\n" + content, 3.0 * limits.seconds + _WAIT)
    line, ended, png = said.partition(b"\n")
    answer: dict[str, Any] = json.loads(line) if ended else {}
    if "width" not in answer or not png.startswith(b"\x89PNG"):
        raise _failed(part.page, code, answer, limits)
    boxes = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in answer["boxes"])
    return Picture(part.page, png, answer["width"], answer["height"], boxes)


def _asked(request: bytes, seconds: float) -> tuple[int, bytes]:
    """The exit code of a child that was given this request, and what it said, as far as that may go."""
    with TemporaryFile() as given:
        given.write(request)
        given.seek(0)
        child = subprocess.Popen(  # noqa: S603 our own interpreter and code, and none of the server's secrets
            [sys.executable, "-P", "-B", "-W", "ignore", "-c", _BOOT, _ROOT],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            start_new_session=True,
        )
        late = threading.Timer(seconds, child.kill)
        late.start()
        try:
            said = cast("IO[bytes]", child.stdout).read(_MOST)
        finally:
            late.cancel()
            if child.stdout is not None:
                child.stdout.close()
            code = _ended(child)
    return code, said


def _ended(child: subprocess.Popen[bytes]) -> int:
    try:
        return child.wait(_WAIT)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _failed(page: int, code: int, answer: dict[str, Any], limits: Limits) -> FathomError:
    why = answer.get("failed")
    if why == "MemoryError" or why is None:
        told = f"was not drawn within {limits.seconds} s and {limits.memory} MB (exit code {code})"
    else:
        told = f"cannot be drawn ({why}: {answer['detail']})"
    return Unavailable(f"page {page} {told}", "a page that can be drawn", "open the file itself in a viewer")

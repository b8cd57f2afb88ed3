"""The child process that draws a page of a pdf: a request on its standard input, a picture on its standard output.

It holds itself to limits of memory and CPU time, writes no file, imports nothing of ours but its neighbour, and ends at anything
that it does not expect. Asked a line of JSON {page, words, turn, memory, seconds} and the file's bytes, it answers a line of
JSON, {width, height, boxes} or {failed}, and the bytes of a PNG.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.parts.pdf_words import within

if TYPE_CHECKING:
    from PIL.Image import Image

Box = tuple[float, float, float, float]
WIDTH, HEIGHT, SCALE = 1000, 1600, 3.0
_LETTERS = 200_000
_LINE, _FILL, _ROOM = (179, 90, 0, 255), (255, 176, 32, 70), 3


def main() -> None:
    """Answer one request."""
    asked = json.loads(sys.stdin.buffer.readline())
    content = sys.stdin.buffer.read()
    sys.excepthook = lambda kind, error, trace: _say({"failed": kind.__name__, "detail": str(error)[:200]})
    for name in ("pypdfium2", "PIL.ImageDraw", "PIL.PngImagePlugin"):
        import_module(name)  # the limit on memory counts from here
    _hold(asked["memory"], asked["seconds"])
    picture, boxes = draw(content, asked["page"], asked["words"], asked["turn"])
    out = BytesIO()
    picture.save(out, "PNG")
    _say({"width": picture.width, "height": picture.height, "boxes": boxes}, out.getvalue())


def draw(content: bytes, number: int, words: str, turn: int) -> tuple[Image, list[Box]]:
    """Page `number` (from 1) as a picture, and the boxes of `words` in its pixels (left, top, right, bottom), drawn on it; no
    boxes where the page does not say them."""
    import pypdfium2

    page = pypdfium2.PdfDocument(content)[number - 1]
    wide, high = (max(1.0, side) for side in page.get_size())
    scale: Any = min(SCALE, WIDTH / wide, HEIGHT / high)
    bitmap = page.render(scale)
    place = bitmap.get_posconv(page)
    boxes = [_pixels(box, place) for box in lines(_letters(page.get_textpage(), words, turn))]
    return _boxed(bitmap.to_pil(), boxes), boxes


def lines(boxes: Sequence[Box]) -> list[Box]:
    """The boxes of letters (left, bottom, right, top) joined to one a line: neighbours that overlap by half of their height.

    >>> lines([(0, 0, 5, 10), (5, 1, 9, 11), (0, -20, 5, -10)])
    [(0, 0, 9, 11), (0, -20, 5, -10)]
    """
    found: list[Box] = []
    for box in boxes:
        last = found[-1] if found else None
        if last is not None and min(last[3], box[3]) - max(last[1], box[1]) >= 0.5 * min(last[3] - last[1], box[3] - box[1]):
            found[-1] = min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])
        else:
            found.append(box)
    return found


def _letters(page: Any, words: str, turn: int) -> list[Box]:
    """The boxes of the letters that say `words`, in the page's own units."""
    from pypdfium2 import raw

    count = min(page.count_chars(), _LETTERS)
    said = "".join(chr(raw.FPDFText_GetUnicode(page, place) & 0x1FFFFF) for place in range(count))
    found = within(said, words, turn)
    if found is None:
        return []
    return [page.get_charbox(place, loose=True) for place in range(*found) if said[place].strip()]


def _pixels(box: Box, place: Any) -> Box:
    (x, y), (u, v) = place.to_bitmap(box[0], box[1]), place.to_bitmap(box[2], box[3])
    return min(x, u), min(y, v), max(x, u), max(y, v)


def _boxed(picture: Image, boxes: Sequence[Box]) -> Image:
    """The picture with a frame around each box, and what is in it tinted."""
    from PIL import Image, ImageDraw

    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    for left, top, right, bottom in boxes:
        pen.rectangle((left - _ROOM, top - _ROOM, right + _ROOM, bottom + _ROOM), fill=_FILL, outline=_LINE, width=2)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _hold(memory: int, seconds: int) -> None:
    """At most `memory` MB beyond what the start took, and `seconds` of CPU; no file, no core."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CPU: int(used.ru_utime + used.ru_stime) + 1 + seconds,
    }
    statm = Path("/proc/self/statm")
    if statm.is_file():
        limits[resource.RLIMIT_AS] = int(statm.read_text("ascii").split()[0]) * resource.getpagesize() + (memory << 20)
    for what, value in limits.items():
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _say(answer: dict[str, Any], picture: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + picture)
    sys.stdout.buffer.flush()

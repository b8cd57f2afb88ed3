"""Plain text, and the encoding of any text file."""

from __future__ import annotations

import codecs
import re
from typing import Any

from retrievers.parsers.draft import Parsed, Request, Unreadable, newlines

_BOMS = (
    (codecs.BOM_UTF8, "utf_8_sig"),
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF32_BE, "utf_32"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)
# What text is really written in. The full list of guesses holds a dozen code pages that differ in a few letters only.
_WRITTEN = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp850", "koi8_r", "mac_roman", "cp932", "euc_jp",
    "gb18030", "big5", "euc_kr", "utf_16_le", "utf_16_be",
]  # fmt: skip
_WESTERN = {"cp1250", "cp1254", "cp850", "mac_roman"}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONVERT = "save it as UTF-8"


def parse(request: Request) -> list[Parsed]:
    """A text file as it is, line ends made one kind."""
    text, encoding = decode(request.path.read_bytes())
    if len(text) > request.limit:
        raise Unreadable(f"holds more than {request.limit} characters of text", "split it into smaller files")
    return [Parsed(newlines(text), **told(encoding))]


def told(encoding: str) -> dict[str, Any]:
    """`fields` and `notes` that say which encoding was guessed; nothing for UTF-8 or a byte order mark."""
    if not encoding:
        return {}
    return {"fields": {"encoding": encoding}, "notes": (f"read as {encoding}, which is a guess",)}


def decode(content: bytes, declared: str = "") -> tuple[str, str]:
    """The text of `content`, and its encoding where that had to be guessed (else empty); nothing is ever replaced.

    In order: a byte order mark, UTF-8, the encoding that the file itself declares, the likeliest one that decodes every
    byte. Raises `Unreadable` for binary data and where no encoding fits.
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _strictly(content, encoding), ""
    for encoding in ("utf_8", *([declared] if declared and _known(declared) else ())):
        try:
            return _no_binary(content.decode(encoding)), ""
        except UnicodeDecodeError:
            continue
    return _guess(content)


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"begins with the mark of {encoding} and is not in it: {error.reason}", _CONVERT) from error


def _known(encoding: str) -> bool:
    try:
        return bool(codecs.lookup(encoding)._is_text_encoding)  # type: ignore[attr-defined]  # pyright: ignore
    except LookupError:
        return False


def _no_binary(text: str) -> str:
    """`text`, unless more than one in twenty characters is a control character: then it is no text."""
    if len(_CONTROL.findall(text)) * 20 > len(text):
        raise Unreadable("holds binary data, not text", "give the file the name ending of its format")
    return text


def _guess(content: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    found = list(from_bytes(content, cp_isolation=_WRITTEN))
    if not found:
        raise Unreadable("holds binary data, or text in an encoding that is not recognised", _CONVERT)
    encoding = found[0].encoding
    western = next((one for one in found if "cp1252" in one.could_be_from_charset), None)
    # Western pages tie on short texts, and the commonest of them is the better guess.
    if encoding in _WESTERN and western is not None and western.coherence >= found[0].coherence:
        encoding = "cp1252"
    return _no_binary(content.decode(encoding)), encoding

"""Files on their way from a browser into an index: a folder that only this account can open, gone when they are indexed."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from retrievers.corpus import FORMATS
from retrievers.errors import FathomError
from retrievers.printable import one_line
from retrievers.storable import storable

_PLACE, _LOCK = ".incoming", "lock"
_LONGEST, _YOUNG = 150, 60.0


@dataclass(frozen=True)
class Incoming:
    """Uploaded files: `files` are their places by the names that they keep. A name is data: no path is made of it."""

    folder: Path
    files: MappingProxyType[str, Path]
    _held: ExitStack = field(repr=False)

    @classmethod
    def take(cls, home: Path, given: Sequence[tuple[str, bytes]]) -> Incoming:
        """Write uploads, (name, content) each, below `home`; raises `FathomError` where there is no room or right to.

        >>> Incoming.take(home, [("../../notes.md", b"Mars")]).files
        mappingproxy({'notes.md': PosixPath('.../0.md')})
        """
        try:
            (home / _PLACE).mkdir(0o700, parents=True, exist_ok=True)
            sweep(home)
            folder = Path(tempfile.mkdtemp(dir=home / _PLACE))
            held = ExitStack()
            lock = held.enter_context((folder / _LOCK).open("wb"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            files: dict[str, Path] = {}
            for number, (name, content) in enumerate(given):
                name = _apart(plain_name(name), files)
                files[name] = folder / f"{number}{_suffix(name)}"
                files[name].write_bytes(content)
            return cls(folder, MappingProxyType(files), held)
        except OSError as error:
            happened = f"the files could not be taken in: {error.strerror}"
            raise FathomError(happened, "room and permission to write", "free some space, and send them again") from error

    def clear(self) -> None:
        """Remove them."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._held.close()


def sweep(home: Path) -> None:
    """Remove what servers that died left behind: folders that no process holds any more."""
    for folder in (home / _PLACE).iterdir():
        try:
            old = time.time() - folder.stat().st_mtime > _YOUNG
            with (folder / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        except FileNotFoundError:
            old = folder.is_dir() and time.time() - folder.stat().st_mtime > _YOUNG
        if old:
            shutil.rmtree(folder, ignore_errors=True)


def plain_name(name: str) -> str:
    """What a file is called: the last part of the name that a browser gives, on one line, nothing hidden in it, not too long.

    >>> plain_name("C:\\\\papers\\\\..\\\\mars.pdf")
    'mars.pdf'
    """
    last = one_line(storable(name)).replace("\\", "/").rpartition("/")[2].strip().lstrip(".") or "file"
    suffix = _suffix(last) or last[last.rfind(".") :][-12:] if "." in last else ""
    return last if len(last) <= _LONGEST else last[: _LONGEST - len(suffix)] + suffix


def _suffix(name: str) -> str:
    """The ending of a known format, in small letters; empty for any other."""
    return max((suffix for suffix in FORMATS if name.lower().endswith(suffix)), key=len, default="")


def _apart(name: str, taken: dict[str, Path]) -> str:
    """The name, or with a number where another file of this upload is called so: `mars (2).pdf`."""
    suffix = _suffix(name)
    stem, number, found = name[: len(name) - len(suffix)], 1, name
    while found in taken:
        number += 1
        found = f"{stem} ({number}){name[len(stem) :]}"
    return found

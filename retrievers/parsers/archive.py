"""The zip that an Office file is, looked at before anything of it is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from retrievers.parsers.draft import Unreadable

MEMBERS = 10_000
UNPACKED = 512 << 20
RATIO = 100
_SMALL = 10 << 20
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def check(path: Path) -> None:
    """Raise `Unreadable` for a file that is no zip, or one made to fill memory or to write elsewhere.

    Refused are more than 10,000 members, more than 512 MiB unpacked, more than 100 times its size unpacked (above 10 MiB),
    and member names that are absolute or climb (`..`). The sizes are those that the archive declares: Python's zipfile
    unpacks no byte more than that.
    """
    with path.open("rb") as stream:
        if stream.read(8) == _OLE:
            raise Unreadable("is encrypted, or in the binary format of old Office versions", "save it again without a password")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise Unreadable(f"is broken: {error}", "open it in its program and save it again") from error
    if len(members) > MEMBERS:
        raise Unreadable(
            f"is an archive of {len(members)} members, more than {MEMBERS}", "leave it out: it looks like a zip bomb"
        )
    unpacked = sum(member.file_size for member in members)
    if unpacked > UNPACKED or unpacked > max(_SMALL, RATIO * path.stat().st_size):
        raise Unreadable(f"would unpack to {unpacked >> 20} MB", "leave it out: it looks like a zip bomb")
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts:
            raise Unreadable(f"holds a member named {member.filename!r}", "leave it out: it was made to write elsewhere")
        if member.flag_bits & 1:
            raise Unreadable("is encrypted", "save it again without a password")

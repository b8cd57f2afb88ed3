"""Who holds a run: a process, named so that another one on the same machine can see that it is gone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def holder(of: object) -> str:
    """This process's name as a lease's owner, apart from that of every other; `of` tells apart what holds leases in it.

    >>> holder(runs)
    'host/4026531836:4711:140101'
    """
    return f"{_place()}:{os.getpid()}:{id(of)}"


def gone(owner: str) -> bool:
    """Whether a lease's owner was a process of this machine (and of this container) that is no more. Where that cannot be known,
    it is taken to be alive, and its lease runs out."""
    place, _, rest = owner.partition(":")
    pid = rest.partition(":")[0]
    if not _namespace() or place != _place() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return _zombie(int(pid))


def _zombie(pid: int) -> bool:
    """Whether a process has ended and only its parent has not taken note."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] == "Z"
    return False


def _place() -> str:
    return f"{os.uname().nodename.replace(':', '-')}/{_namespace()}"


def _namespace() -> str:
    """What process ids are counted in: a container has its own."""
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    return ""

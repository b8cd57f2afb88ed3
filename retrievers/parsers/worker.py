"""The parent's end of the parsing child: started when first needed, kept for many files, and started anew when it dies."""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from retrievers.document import Mark, ReadOptions, SourceFile
from retrievers.errors import Unavailable, UsageError
from retrievers.parsers.draft import Parsed, Unreadable

# The child gets the parsers alone: the package's front door would load arrays and tables that it has no use for. -P keeps
# the folder in which the command was typed, and so a file named like a module in it, off the child's path.
_BOOT = """
import sys, types
package = types.ModuleType("retrievers")
package.__path__ = [sys.argv[1]]
sys.modules["retrievers"] = package
from retrievers.parsers.child import main
main(int(sys.argv[2]))
"""
_START = 60.0
_BLOCK = 1 << 16


class Parsers:
    """Parses files in a child process with limits (`ReadOptions`), one after another.

    >>> with Parsers(ReadOptions()) as parsers: parsers.parse(file, "pdf")
    """

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self._child: subprocess.Popen[bytes] | None = None
        self._late = False

    def parse(self, file: SourceFile, format: str) -> list[Parsed]:
        """The documents of a file. Raises `Unreadable` where it cannot be read within the limits, `UsageError` where its
        records' owners are not plain, `Unavailable` where no child can be started."""
        options = self.options
        request = {
            "path": str(file.path),
            "name": file.name,
            "format": format,
            "limit": options.megabytes << 20,
            "owner_field": options.owner_field,
            "seconds": options.seconds,
        }
        child = self._running()
        said = self._ask(child, json.dumps(request).encode() + b"\n", 2.0 * options.seconds + 5)
        return self._understood(child, said)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def __enter__(self) -> Parsers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        if self._child is None:
            command = [sys.executable, "-P", "-B", "-W", "ignore", "-c", _BOOT, str(Path(__file__).parents[1])]
            self._child = subprocess.Popen(  # noqa: S603 our own interpreter, our own arguments
                [*command, str(self.options.memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is the parent's to handle
            )
            if b'"ready"' not in (self._ask(self._child, b"", _START) or b""):
                self.close()
                raise Unavailable(
                    "the parsing process does not start",
                    "the parsers' packages installed",
                    'python -c "import retrievers.parsers.child" shows what is missing',
                )
        return self._child

    def _ask(self, child: subprocess.Popen[bytes], line: bytes, seconds: float) -> bytes | None:
        """Send a line; the line that comes back, or None where the child ended or was ended."""
        try:
            cast("IO[bytes]", child.stdin).write(line)
        except BrokenPipeError:
            return None
        stdout = cast("IO[bytes]", child.stdout)
        waiting = select.poll()
        waiting.register(stdout, select.POLLIN)
        deadline, most = time.monotonic() + seconds, 8 * (self.options.megabytes << 20)
        said = bytearray()
        while not said.endswith(b"\n"):
            left = deadline - time.monotonic()
            self._late = left <= 0 or not waiting.poll(left * 1000)
            block = b"" if self._late else stdout.read(_BLOCK)
            if not block or len(said) > most:
                child.kill()
                return None
            said += block
        return bytes(said)

    def _understood(self, child: subprocess.Popen[bytes], said: bytes | None) -> list[Parsed]:
        answer: dict[str, Any] = {} if said is None else json.loads(said.decode("utf-8", "surrogatepass"))
        if "documents" in answer:
            return [_parsed(one) for one in answer["documents"]]
        if "unreadable" in answer:
            raise Unreadable(*answer["unreadable"])
        if "usage" in answer:
            raise UsageError(*answer["usage"])
        code = child.wait()
        self.close()
        raise self._died(code, answer)

    def _died(self, code: int, answer: dict[str, Any]) -> Unreadable:
        """Why a child ended without a document."""
        options, failed = self.options, answer.get("failed")
        if failed == "MemoryError":
            return Unreadable(f"needs more than {options.memory} MB of memory to parse", "split it into smaller files")
        if failed is not None:
            return Unreadable(
                f"is broken, or of a kind that its parser does not know ({failed}: {answer['detail']})",
                "open it in its program and save it again",
            )
        if self._late or code == -signal.SIGXCPU:
            return Unreadable(f"was not parsed within {options.seconds} s", "split it into smaller files")
        return Unreadable(f"ended its parser (exit code {code})", "open it in its program and save it again")


def _parsed(one: dict[str, Any]) -> Parsed:
    marks = tuple(Mark(mark["kind"], mark["start"], mark["label"], mark["level"]) for mark in one["marks"])
    return Parsed(one["text"], marks, one["title"], one["date"], one["fields"], tuple(one["notes"]), one["owner"])

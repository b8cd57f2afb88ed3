"""Checkpoints of a workflow in the ledger's database: bytes that the workflow serialised, by thread, namespace and id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.conditions import Before
from agent.handle import Handle
from agent.rows import made


@dataclass(frozen=True)
class CheckpointRow:
    """One checkpoint; `type` says how `blob` was serialised."""

    thread: str
    ns: str
    id: str
    parent: str | None
    type: str
    blob: bytes
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class WriteRow:
    """One pending write of a task, at a checkpoint."""

    task: str
    idx: int
    channel: str
    type: str
    blob: bytes
    path: str


class Checkpoints(Handle):
    """Keeps a workflow's checkpoints. Ids grow with time, so the greatest is the newest."""

    def put_checkpoint(
        self, thread: str, ns: str, id: str, parent: str | None, type: str, blob: bytes, metadata: Mapping[str, Any]
    ) -> None:
        """Keep a checkpoint, in the place of one of the same id."""
        row = {"thread": thread, "ns": ns, "id": id, "parent": parent, "type": type, "blob": blob, "metadata": metadata}
        with self._writing() as rows:
            rows.add("checkpoint", [row], "replace")

    def get_checkpoint(self, thread: str, ns: str, id: str | None = None) -> CheckpointRow | None:
        """A checkpoint, or the newest of the thread; None if there is none."""
        which: dict[str, Any] = {} if id is None else {"id": id}
        with self._reading() as rows:
            found = rows.rows("checkpoint", order=("-id",), limit=1, thread=thread, ns=ns, **which)
            return made(CheckpointRow, found[0]) if found else None

    def checkpoints(
        self, thread: str, ns: str | None = None, *, before: str | None = None, limit: int | None = None
    ) -> list[CheckpointRow]:
        """A thread's checkpoints, newest first, those `before` an id alone if one is given."""
        where = {"ns": ns, "id": None if before is None else Before(before)}
        chosen: dict[str, Any] = {name: value for name, value in where.items() if value is not None}
        with self._reading() as rows:
            return [
                made(CheckpointRow, row) for row in rows.rows("checkpoint", order=("-id",), limit=limit, thread=thread, **chosen)
            ]

    def put_writes(
        self, thread: str, ns: str, checkpoint: str, task: str, writes: Sequence[tuple[int, str, str, bytes]], path: str = ""
    ) -> None:
        """Keep a task's pending writes (idx, channel, type, blob). One that is there stays, one of a negative idx (an error, an
        interrupt) takes its place."""
        key = {"thread": thread, "ns": ns, "checkpoint": checkpoint, "task": task, "path": path}
        with self._writing() as rows:
            for idx, channel, type, blob in writes:
                row = {**key, "idx": idx, "channel": channel, "type": type, "blob": blob}
                rows.add("checkpoint_write", [row], "replace" if idx < 0 else "keep")

    def get_writes(self, thread: str, ns: str, checkpoint: str) -> list[WriteRow]:
        """A checkpoint's pending writes, by task path, task and idx."""
        with self._reading() as rows:
            where: dict[str, Any] = {"thread": thread, "ns": ns, "checkpoint": checkpoint}
            return [made(WriteRow, row) for row in rows.rows("checkpoint_write", order=("path", "task", "idx"), **where)]

    def delete_thread(self, thread: str) -> None:
        """Delete a thread's checkpoints and writes."""
        with self._writing() as rows:
            rows.remove("checkpoint", thread=thread)
            rows.remove("checkpoint_write", thread=thread)

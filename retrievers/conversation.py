"""Conversations: a record is a turn, and neighbouring turns of a session are a window."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retrievers.document import Document
from retrievers.errors import UsageError
from retrievers.units import Span, spans

UNITS = ("turn", "window")


@dataclass(frozen=True)
class Dialogue:
    """How conversations are cut and searched: `window` neighbouring turns are a window, and what is searched carries `time`
    (title and date), `speaker` and `caption` (what a shared picture shows) beside the words.

    What a turn says often names neither who says it nor what it answers (Maharana et al., LoCoMo, ACL 2024): the question
    does. Raises `UsageError` for windows of fewer than two turns. The defaults are the best that
    `python -m evals.tune_conversation locomo5 --users conv-26,conv-30` finds.

    >>> BuildSettings(units=("turn", "window"), dialogue=Dialogue(window=5))
    """

    window: int = 3
    time: bool = True
    speaker: bool = True
    caption: bool = True

    def __post_init__(self) -> None:
        if self.window < 2:
            raise UsageError(f"windows of {self.window} turns", "at least 2", "--window 3")

    def searched(self, turns: Sequence[Turn]) -> str:
        """What is searched for these turns: when they were said, then a line for each."""
        return "\n".join([*((turns[0].time,) if self.time and turns[0].time else ()), *(self._line(turn) for turn in turns)])

    def _line(self, turn: Turn) -> str:
        speaker = f"{turn.speaker}: " if self.speaker and turn.speaker else ""
        caption = f" [{turn.caption}]" if self.caption and turn.caption else ""
        return f"{speaker}{turn.text}{caption}"


@dataclass(frozen=True)
class Turn:
    """What one record says in a session of a conversation; `place` is where its document stands in the documents' table."""

    id: str
    place: int
    span: Span
    conversation: str
    session: str
    time: str
    speaker: str
    text: str
    caption: str

    @classmethod
    def of(cls, document: Document, place: int) -> Turn:
        """A record as a turn, by its fields `conversation` (or `user`) and `session`; `speaker`, `date` and `caption` may be
        missing or null. Raises `UsageError` naming the record and the field that does not fit.

        >>> Turn.of(Document("1", "May", "Hi!", "jsonl", "a.jsonl", "", fields={"user": "u", "session": 1}), 0).session
        '1'
        """
        date = _said(document, "date")
        (span,) = spans(document, "turn", 0)
        return cls(
            document.id,
            place,
            span,
            _needed(document, "conversation", "user"),
            _needed(document, "session"),
            "\n".join(part for part in (document.title, date if date not in document.title else "") if part),
            _said(document, "speaker"),
            document.text[span.start : span.end],
            _said(document, "caption"),
        )


@dataclass
class Windows:
    """Gathers turns as they come, in the order of their session, into windows of `size` that move on by one turn.

    >>> [[turn.id for turn in window] for window in windows.add(turn)]
    """

    size: int
    _open: dict[tuple[str, str], deque[Turn]] = field(default_factory=dict[tuple[str, str], "deque[Turn]"])

    def add(self, turn: Turn) -> Iterator[tuple[Turn, ...]]:
        """The window that this turn fills, if it fills one."""
        held = self._open.setdefault((turn.conversation, turn.session), deque(maxlen=self.size))
        held.append(turn)
        if len(held) == self.size:
            yield tuple(held)

    def rest(self) -> Iterator[tuple[Turn, ...]]:
        """Each session that was too short for one window, as a window."""
        for held in self._open.values():
            if len(held) < self.size:
                yield tuple(held)


def _needed(document: Document, *names: str) -> str:
    """The first of these fields that the record has."""
    for name in names:
        if found := _said(document, name):
            return found
    raise _unfit(document, f"has no field {' or '.join(map(repr, names))}")


def _said(document: Document, name: str) -> str:
    """What a field says on one line; empty where the record lacks it."""
    fields: Mapping[str, Any] = document.fields
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _unfit(document, f"holds neither text nor a whole number in its field {name!r}")
    return " ".join(str(value).split())


def _unfit(document: Document, what: str) -> UsageError:
    return UsageError(
        f"{document.path}: the record {document.id!r} {what}: it is no turn of a conversation",
        "for the units turn and window, records with the fields conversation (or user) and session, and speaker where known",
        "give each record these fields, or --units passage",
    )

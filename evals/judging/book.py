"""What a judge said, as the ledger keeps it: found again by the content of what was judged, in whichever run that was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast, get_args

from agent.entries.rows import Judgement
from agent.ledger import Ledger
from evals.judging.verdict import NOTHING, Case, Said, Verdict
from retrievers.base import Usage

CORRECT = "correct"
"""What is judged: whether an answer is correct."""

Place = tuple[str, int]


@dataclass(frozen=True)
class Entry:
    """One judgement: the `key` of what was judged (empty where no judge was needed: it tells nothing of another such answer), and
    the verdict; with none, the `failure` and the `reason` for it."""

    key: str
    verdict: Verdict | None
    failure: str = ""
    reason: str = ""
    usage: Usage = field(default=NOTHING, compare=False)

    @classmethod
    def read(cls, judgement: Judgement) -> Entry | None:
        """The entry that was kept; None for a judgement that holds none, which is as good as not made."""
        try:
            told = cast("dict[str, Any]", json.loads(judgement.detail))
            said, usage = told["verdict"], Usage(**told["usage"])
            if said in get_args(Said):
                return cls(told["key"], Verdict(cast("Said", said), told["reason"], usage))
            return cls(told["key"], None, told["failure"], told["reason"], usage) if told["failure"] else None
        except (ValueError, KeyError, TypeError):
            return None

    def kept(self, judge: str, settings: Mapping[str, Any]) -> Judgement:
        """What the ledger keeps of it."""
        verdict = self.verdict
        told = {
            "verdict": verdict.said if verdict else None,
            "reason": verdict.reason if verdict else self.reason,
            "failure": self.failure,
            "key": self.key,
            **settings,
            "usage": asdict(verdict.usage if verdict else self.usage),
        }
        return Judgement(CORRECT, judge, verdict.value if verdict else None, json.dumps(told, ensure_ascii=False))


@dataclass(frozen=True)
class Book:
    """All that the judge of this identity has said in a ledger; `settings` is recorded beside each verdict."""

    ledger: Ledger
    judge: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    by_key: dict[str, Entry] = field(default_factory=dict[str, Entry], repr=False)
    by_place: dict[Place, Entry] = field(default_factory=dict[Place, Entry], repr=False)

    @classmethod
    def open(cls, ledger: Ledger, judge: str, settings: Mapping[str, Any] | None = None) -> Book:
        """The judge's book as it stands.

        >>> Book.open(ledger, "NormalisedMatch").find(Case("Who?", ("Galle",), "galle"))
        """
        book = cls(ledger, judge, settings or {})
        for place, judgement in ledger.judgements_by(CORRECT, judge).items():
            if (entry := Entry.read(judgement)) is not None:
                book._note(place, entry)
        return book

    def find(self, case: Case) -> Entry | None:
        """What was said of the same case in any run: a verdict rather than a failure."""
        return self.by_key.get(case.key(self.judge))

    def keep(self, place: Place, entry: Entry) -> None:
        """Record what was said just now."""
        told = entry.kept(self.judge, self.settings)
        self.ledger.judge(*place, told.what, told.judge, told.value, told.detail)
        self._note(place, entry)

    def keep_all(self, run: str, entries: Mapping[int, Entry]) -> None:
        """Record what was known, by the question's number, but for what stands there already."""
        new = {number: one for number, one in entries.items() if self.by_place.get((run, number)) != one}
        self.ledger.record_judgements(run, {number: one.kept(self.judge, self.settings) for number, one in new.items()})
        for number, one in new.items():
            self._note((run, number), one)

    def _note(self, place: Place, entry: Entry) -> None:
        self.by_place[place] = entry
        before = self.by_key.get(entry.key)
        if entry.key and (before is None or before.verdict is None):
            self.by_key[entry.key] = entry

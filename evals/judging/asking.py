"""Asks a judge about many cases at once, and stops where nobody answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from agent.llm import EndpointError
from evals.judging.book import Entry
from evals.judging.verdict import Case, Judge, Nonsense, Verdict
from retrievers.base import Query
from retrievers.errors import FathomError

IN_A_ROW = 20
NONSENSE = "nonsense"
GONE = ("refused", "auth", "rate_limited", "html")
"""Failures that say nothing of the answer: the next one would fail alike."""


class Halted(FathomError):
    """Judging was stopped where it would have gone on in vain; what was said before stays."""


@dataclass(frozen=True)
class Asking:
    """Asks `judge` about cases, `parallel` at a time.

    >>> list(Asking(judge, 4)({"a key": (case, Query("judge"))}))
    """

    judge: Judge
    parallel: int = 4

    def __call__(self, cases: Mapping[str, tuple[Case, Query]]) -> Iterator[Entry]:
        """An entry for each case as it comes: its verdict, or why there is none.

        Raises `Halted` where the endpoint is down, refuses the key or asks to wait, and after 20 answers in a row without a
        verdict: once what was under way has come, so that nothing that was paid for is lost.
        """
        waiting, under = iter(cases.items()), dict[Future[Verdict], str]()
        stopped: Halted | None = None
        row = 0
        pool = ThreadPoolExecutor(self.parallel, "judge")
        try:
            while True:
                for key, asked in islice(waiting, 0 if stopped else self.parallel - len(under)):
                    under[pool.submit(self.judge.judge, *asked)] = key
                if not under:
                    break
                for call in wait(under, return_when=FIRST_COMPLETED).done:
                    found = _entry(under.pop(call), call)
                    if isinstance(found, Halted):
                        stopped = stopped or found
                        continue
                    yield found
                    row = 0 if found.verdict else row + 1
                    stopped = stopped or (_speechless(found) if row == IN_A_ROW else None)
        finally:
            if under:  # whoever asked has gone: Ctrl-C, or an error of theirs
                self.judge.stop()
            pool.shutdown()
        if stopped:
            raise stopped


def _entry(key: str, call: Future[Verdict]) -> Entry | Halted:
    """What came of one call; an error where the others would fail alike."""
    try:
        return Entry(key, call.result())
    except Nonsense as error:
        return Entry(key, None, NONSENSE, error.happened, error.usage)
    except EndpointError as error:
        gone = error.outage or error.kind in GONE
        return Halted(error.happened, error.expected, error.next) if gone else Entry(key, None, error.kind, error.happened)


def _speechless(last: Entry) -> Halted:
    happened = f"the judge gave no verdict on {IN_A_ROW} answers in a row, last: {last.reason}"
    return Halted(happened, "a verdict in JSON", "judge with another model: --model NAME")

"""Progress on standard error: for each step what is done, at what rate, and how long it will still take."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from ui.terminal.console import err

_EVERY = 10.0
Steps = Mapping[str, tuple[str, str]]
BUILD: Steps = {
    "parse": ("reading", "documents"),
    "lexical": ("counting words", ""),
    "encode": ("making vectors", "passages"),
    "self-test": ("testing", ""),
    "seal": ("sealing", ""),
    "publish": ("publishing", ""),
    "collect": ("clearing up", ""),
}


@dataclass(frozen=True)
class Mark:
    """How far a step is: its words, what it counts (or nothing), done of total (None: not known), a second's worth, a note."""

    words: str
    unit: str
    done: int = 0
    total: int | None = None
    rate: float = 0.0
    note: str = ""

    @property
    def amount(self) -> str:
        """`120 of 4,000 passages`."""
        if not self.unit:
            return ""
        of = "" if self.total in (None, self.done) else f" of {self.total:,}"
        return f"{self.done:,}{of} {self.unit}"

    @property
    def pace(self) -> str:
        """`50/s, 0:04 left`, as far as it is known.

        >>> Mark("making vectors", "passages", 100, 300, 50.0).pace
        '50/s, 0:04 left'
        """
        if self.rate <= 0 or not self.unit:
            return ""
        left = self.total - self.done if self.total is not None else 0
        shown = f"{self.rate:,.0f}/s" if self.rate >= 10 else f"{self.rate:.1f}/s"
        return f"{shown}, {clock(round(left / self.rate))} left" if left > 0 else shown


class Meter(ABC):
    """A `progress(step, done, total)` callable that shows each step as it goes; `steps` gives their words and what they count.

    >>> with meter() as progress: build(["papers/"], "papers.index", progress=progress)
    """

    def __init__(self, steps: Steps, unit: str, now: Callable[[], float]) -> None:
        self._steps, self._unit, self._now = steps, unit, now
        self._step, self._began, self._heard = "", now(), now()

    def __call__(self, step: str, done: int, total: int | None, note: str = "") -> None:
        """Take note of how far a step is. One that begins with something done began where the last one was heard of."""
        now = self._now()
        if step != self._step:
            self._end()
            self._step, self._began = step, now if done == 0 else self._heard
        words, unit = self._steps.get(step, (step, self._unit))
        rate = done / (now - self._began) if done and now > self._began else 0.0
        self._heard = now
        self._show(Mark(words, unit, done, total, rate, note))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._end()

    @abstractmethod
    def _show(self, mark: Mark) -> None:
        """Show how far the step is."""

    @abstractmethod
    def _end(self) -> None:
        """The step is over, or what it was part of."""


class Bars(Meter):
    """A bar a step, drawn in place on a terminal and gone at the end."""

    def __init__(self, console: Console, steps: Steps, unit: str) -> None:
        super().__init__(steps, unit, time.monotonic)
        columns = (SpinnerColumn(style="name", finished_text=Text("✓", style="good")), TextColumn("{task.description}"))
        self._bars = Progress(*columns, BarColumn(bar_width=28), _Amount(), console=console, transient=True)
        self._task: TaskID | None = None
        self._mark = Mark("", "")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._bars.stop()

    def _show(self, mark: Mark) -> None:
        if self._task is None:
            self._task = self._bars.add_task(mark.words, total=None)
        self._mark = mark
        self._bars.update(self._task, completed=mark.done, total=mark.total or None, mark=mark)

    def _end(self) -> None:
        if self._task is not None:
            whole = max(self._mark.done, self._mark.total or 0, 1)
            self._bars.update(self._task, completed=whole, total=whole)
        self._task = None


class Lines(Meter):
    """A line now and then, and one at the end of each step that counts something: for logs."""

    def __init__(self, console: Console, steps: Steps, unit: str, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(steps, unit, now)
        self._console, self._told = console, now()
        self._mark: Mark | None = None
        self._printed: Mark | None = None

    def _show(self, mark: Mark) -> None:
        self._mark = mark
        if self._now() - self._told >= _EVERY:
            self._print(mark)

    def _end(self) -> None:
        if self._mark is not None and self._mark != self._printed:
            self._print(self._mark)
        self._mark = None

    def _print(self, mark: Mark) -> None:
        self._told, self._printed = self._now(), mark
        if mark.unit:
            self._console.print(
                Text(f"{mark.words}: {', '.join(filter(None, (mark.amount, mark.pace, mark.note)))}"), soft_wrap=True
            )


class Silence(Meter):
    """Shows nothing."""

    def __init__(self) -> None:
        super().__init__({}, "", time.monotonic)

    def _show(self, mark: Mark) -> None:
        pass

    def _end(self) -> None:
        pass


def meter(steps: Steps = BUILD, unit: str = "", *, quiet: bool = False) -> Meter:
    """Bars where somebody looks on, else lines; with `quiet` no lines, so that standard error holds errors alone."""
    console = err()
    if console.is_terminal:
        return Bars(console, steps, unit)
    return Silence() if quiet else Lines(console, steps, unit)


def clock(seconds: int) -> str:
    """`1:02:03` or `2:03`.

    >>> clock(123)
    '2:03'
    """
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


class _Amount(ProgressColumn):
    """How much is done, at what rate, and how long it will still take."""

    def render(self, task: Task) -> Text:
        """The column's text for one step."""
        mark = task.fields.get("mark")
        return (
            Text.assemble(mark.amount, (f"  {mark.pace}", "soft"), (f"  {mark.note}", "name"))
            if isinstance(mark, Mark)
            else Text("")
        )

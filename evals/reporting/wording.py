"""The words and figures of a report, the same in a page and in Markdown."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence

CAUSE_WORDS: Mapping[str, str] = {
    "right": "right",
    "corpus_miss": "not in the corpus",
    "retrieval_miss": "not retrieved",
    "rank_miss": "ranked too low",
    "cut": "cut by depth or budget",
    "shown_unused": "shown, not cited",
    "wrong_answer": "used and answered wrong",
    "wrong_refusal": "wrongly refused",
    "unsupported": "unsupported",
    "unwarranted": "answered where nothing answers",
    "failed": "failed",
}
"""Each cause of a missed answer in a few words, in the order in which they are decided."""

_WHOLE, _TENTHS = 1000, 10


def figure(value: float | None) -> str:
    """A value with as many places as its size is worth.

    >>> figure(0.51234), figure(17.25), figure(1234.5)
    ('0.512', '17.2', '1,234')
    """
    if value is None:
        return "none"
    size = abs(value)
    return f"{value:,.0f}" if size >= _WHOLE else f"{value:.1f}" if size >= _TENTHS else f"{value:.3f}"


def gap(value: float) -> str:
    """The same with its sign, which nothing has not.

    >>> gap(0.05), gap(-12.5), gap(0.0)
    ('+0.050', '-12.5', '0.000')
    """
    told = figure(value)
    return f"+{told}" if value > 0 else told.removeprefix("-") if value == 0 else told


def chance(p: float) -> str:
    """A test's p.

    >>> chance(0.0004)
    'below .001'
    """
    return "below .001" if p < 0.001 else f"{p:.3f}"


def share(value: float) -> str:
    """A share in whole percent.

    >>> share(0.125)
    '12 %'
    """
    return f"{value:.0%}".replace("%", " %")


def day(seconds: float) -> str:
    """A time in UTC, to the minute.

    >>> day(0)
    '1970-01-01 00:00 UTC'
    """
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def command(*words: str, **options: Sequence[str]) -> str:
    """A command to type, its options in their order, each as often as it has values; everything is quoted for a shell.

    >>> command("fathom", "compare", "a b", measure=["R@10"])
    "fathom compare 'a b' --measure R@10"
    """
    given = [part for name, values in options.items() for value in values for part in (f"--{name.replace('_', '-')}", value)]
    return shlex.join([*words, *given])

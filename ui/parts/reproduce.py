"""What it takes to ask the same again: a run's configuration, and the command that repeats it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from agent.reports.wording import counted, price
from agent.spec import Spec
from agent.state import EFFORTS, Effort
from retrievers.printable import printable


def command(spec: Spec, question: str) -> str:
    """The command that asks `question` with this configuration, quoted for a shell.

    An evaluation of retrieval is measured again, without its name: that is taken.

    >>> command(Spec("moons.index", "bm25"), "Who found Titan?")
    "fathom ask 'Who found Titan?' --index moons.index --recipe bm25 --policy extractive --effort standard"
    """
    options: list[tuple[str, str | None]] = [("recipe", spec.recipe), ("recipes", spec.recipes), ("where", str(spec.scope))]
    model = [("endpoint", spec.endpoint), ("model", spec.model)]
    if spec.alone:
        return _joined(["fathom", "eval", spec.dataset], options + model)
    asked = [("policy", spec.policy), ("effort", spec.effort.name), ("user", spec.user)]
    return _joined(["fathom", "ask", question], [("index", spec.index), *options, *asked, *model])


def configuration(spec: Spec) -> tuple[tuple[str, str], ...]:
    """A run's configuration as (name, value), in words; what was left out is left out."""
    told = (
        ("Recipe", spec.recipe + (f", of {spec.recipes}" if spec.recipes else "")),
        ("Policy", spec.policy if not spec.alone else "none: each question is searched once, as it stands"),
        ("Model", f"{spec.model} at {spec.endpoint}" if spec.endpoint else ""),
        ("Effort", _effort(spec.effort) if not spec.alone else ""),
        ("Scope", str(spec.scope) or "the whole corpus"),
        ("Seen", f"the public part and what is {spec.user}'s" if spec.user else "the public part"),
        ("Data set", spec.dataset + (", measured by document" if spec.level == "records" else "") if spec.dataset else ""),
        ("Following up", "" if spec.reflect else "off"),
        ("Index", spec.index),
        ("Generation", spec.identity),
    )
    return tuple((name, value) for name, value in told if value)


def exact(spec: Spec) -> bool:
    """Whether the command says all of it: an effort of one's own and a research without following up have no option."""
    return spec.alone or (EFFORTS.get(spec.effort.name) == spec.effort and spec.reflect)


def quoted(text: str) -> str:
    """`text` as one word of a shell; what would hide itself or turn the line around is written as its code point.

    >>> quoted("it's")
    '\\'it\\'"\\'"\\'s\\''
    """
    if printable(text) == text and "\n" not in text and "\t" not in text:
        return shlex.quote(text)
    return f"$'{''.join(map(_spelt, text))}'"


def _spelt(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if printable(letter) == letter and letter not in "\n\t":
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _joined(words: list[str], options: Sequence[tuple[str, str | None]]) -> str:
    given = [word for name, value in options if value for word in (f"--{name}", value)]
    return " ".join(map(quoted, words + given))


def _effort(effort: Effort) -> str:
    parts = [
        counted(effort.searches, "search", "searches"),
        counted(effort.shown, "passage"),
        counted(effort.turns, "turn"),
        f"{effort.tokens:,} tokens",
        f"{effort.seconds:g} s",
    ]
    return f"{effort.name}: up to {', '.join(parts)}" + (f", cost {price(effort.cost)}" if effort.cost is not None else "")

"""`make demo`: the main job on a small corpus, by the commands that anybody would type."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

import evals
from ui.cli import main as fathom
from ui.commands.workplace import LAST, Workplace
from ui.terminal.console import DONE, out

ARTICLES = Path(evals.__file__).parent / "demo" / "articles"
INDEX = "demo.index"
QUESTIONS = (
    "Which refractor has the larger lens, that of Lick Observatory or that of Yerkes Observatory?",
    "On which island was the astronomer born whose example decided Vera Rubin's choice of college?",
)


def main(articles: Path = ARTICLES) -> int:
    """Index the articles, ask two questions, show why one passage was used, and say what to type next; the exit code.

    >>> main()
    0
    """
    told = articles.relative_to(Path.cwd()) if articles.is_relative_to(Path.cwd()) else articles
    console = out()
    commands: list[list[str]] = [["index", str(told), "--out", INDEX]]
    commands += [["ask", question, "--index", INDEX] for question in QUESTIONS]
    for command in commands:
        code = _type(console, command)
        if code != DONE:
            return code
    passage = _cited()
    code = _type(console, ["why", LAST, "--passage", passage]) if passage else DONE
    _next(console)
    return code


def _type(console: Console, command: Sequence[str]) -> int:
    """Show a command as it is typed, and run it."""
    console.print()
    console.print(Text(f"$ fathom {shlex.join(command)}", style="bold cyan"), soft_wrap=True)
    return fathom(command)


def _cited() -> str | None:
    """The last passage that the last answer cites, or else that was shown for it."""
    place = Workplace.at()
    record = place.records(place.run(LAST))[0]
    cited = [citation["item"] for claim in record["claims"] for citation in claim["citations"]]
    known = [*(one["item"] for one in record["shown"]), *cited]
    return str(known[-1]) if known else None


def _next(console: Console) -> None:
    """What to try now."""
    home = Path(sys.executable).parent
    lines = (
        ("", f"export PATH={shlex.quote(str(home))}:$PATH"),
        ("its answers, with footnotes", "fathom export last --format html --out answer.html"),
        ("a question it cannot answer", f'fathom ask "How much did the mirror of the Leviathan weigh?" --index {INDEX}'),
        ("one search, stage by stage", f'fathom search "rings of Saturn" --index {INDEX} --recipe hybrid-maxsim -k 3'),
        ("your own documents", "fathom index FOLDER --out my.index"),
    )
    console.print()
    console.print("what to type next", style="head")
    for said, command in lines:
        console.print(Text.assemble(f"  {command}", (f"   # {said}" if said else "", "soft")), soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())

"""Evidence as a question was shown it, and views over it, for the tests of the policy without a model."""

from __future__ import annotations

from agent.extraction.coverage import Coverage
from agent.extraction.lines import lines
from agent.extraction.question import asked
from agent.state import Done, Evidence, Left, Search, Turn, View

PLENTY = Left(searches=10, shown=10, turns=3, tokens=10_000, seconds=60.0)


def passage(number: int, title: str, text: str, *, document: str = "", start: int = 0) -> Evidence:
    """One passage; its document is named after its title."""
    name = document or title.lower().replace(" ", "-")
    return Evidence(number, f"{name}#{start}", name, title, start, start + len(text), text)


def covered(question: str, *evidence: Evidence) -> Coverage:
    """The coverage of a question by passages."""
    return Coverage(asked(question), lines(evidence))


def view(question: str, *evidence: Evidence, left: Left = PLENTY, searched: tuple[str, ...] = ()) -> View:
    """What the policy sees after one turn that showed the evidence, and looked up `searched` besides."""
    actions = (Search(question), *map(Search, searched))
    done = tuple(
        Done(n, 1, action, hits=9, shown=tuple(e.number for e in evidence) if n == 1 else ())
        for n, action in enumerate(actions, 1)
    )
    return View(question, left, turns=(Turn(1, "", actions),), done=done, evidence=evidence)


DANE = passage(
    1,
    "Uraniborg",
    "Tycho left Hven in 1597. In 1671 the French astronomer Jean Picard came to the island. A young Dane who helped him in this "
    "work, Ole Rømer, went back to France with him.",
)
ROMER = passage(2, "Ole Rømer", "Ole Rømer was born in Aarhus on 25 September 1644. He died in Copenhagen in 1710.")
PICARD = passage(3, "Jean Picard", "Jean Picard was born in La Flèche and measured a degree of the meridian.")
HOPS = "In which town was the young Dane born who assisted Jean Picard on Hven in 1671?"

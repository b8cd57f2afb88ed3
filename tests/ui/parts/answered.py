"""A corpus that disagrees, deceives and has pages, and answers over it that a policy could have written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from agent.entries.packing import Candidates
from agent.settings import Settings
from agent.spec import Spec
from agent.state import Answer, Citation, Claim, Conflict, Done, Evidence, Failure, Search, Spent, Turn
from retrievers.index import Index
from tests.retrievers.test_parsers import pdf
from ui.cli import main
from ui.service import Service
from ui.visit import Visit

HANG = 60.0
HOSTILE = (
    "The Kestrel <script>alert(1)</script> has a mirror of 3.2 metres ![x](http://evil.example/x.png), "
    "built by [Otto](javascript:alert(1)) in Leeds [9]. \u202eelttil\u202c **bold** :red[red] $x$."
)
PAGES = pdf(
    ["The Lapwing array has 48 dishes.", "It opened in 1974, and its cor-", "relator is old."],
    ["In 1981 it found a pulsar.", "In 1981 it found a pulsar."],
    title="The Lapwing array",
)
FOUNDED = "The Wren Observatory was founded in 1887 by Thomas Askew."
FOUNDED_LATER = "The Wren Observatory was founded in 1891 by Thomas Askew."


def built(folder: Path) -> Path:
    """The index, without vectors, in a folder `mix` of a new home."""
    docs, out = folder / "docs", folder / "home" / "mix"
    docs.mkdir(parents=True)
    (docs / "wren-a.md").write_text(f"# Wren Observatory\n\n{FOUNDED} It stands on a hill.\n", "utf-8")
    (docs / "wren-b.md").write_text(f"# The north\n\n## Wren\n\n{FOUNDED_LATER} Mary Hollis led it.\n", "utf-8")
    (docs / "hostile.txt").write_text(HOSTILE, "utf-8")
    (docs / "lapwing.pdf").write_bytes(PAGES)
    assert main(["index", str(docs), "--out", str(out), "--encoder", "none"]) == 0
    return out


@dataclass(frozen=True)
class Room:
    """A visitor of a service of their own, and the index that they ask."""

    visit: Visit
    index: Index

    def cite(self, document: str, quote: str) -> Citation:
        """A citation of the first place where a document says this."""
        start = self.index.document(document).text.index(quote)
        return Citation(document, f"{document}#1", start, start + len(quote), quote)

    def write(
        self, answer: Answer, question: str = "What is known?", identity: str = "", failures: Sequence[Failure] = ()
    ) -> str:
        """A finished run with one search that showed the first passage of every document, and this answer; its id."""
        ledger = self.visit.ledger
        spec = Spec(str(self.index.path.resolve()), "bm25", identity=identity or self.index.identity)
        run = ledger.start_run(spec.as_json(), [question], purpose="chat")
        items = self.index.find(["wren-a.md#1", "wren-b.md#1", "hostile.txt#1", "lapwing.pdf#1"])
        ids = tuple(item.id for item in items)
        stages = [
            Candidates("BM25", "wren founded", ids, (4.0, 3.0, 2.0, 1.0), ("founded 1.5", "", "", ""), 40),
            Candidates("Rerank(<b>)", "wren founded", ids[1:], (0.75, 0.5, 0.25), ("", "", ""), 3),
        ]
        ledger.record_turn(run, 1, Turn(1, "", (Search("wren <i>founded</i>"),)))
        ledger.record_action(run, 1, Done(1, 1, Search("wren <i>founded</i>"), "wren founded", 4), 0.5, stages)
        shown = [
            Evidence(n, i.id, i.document, i.title, i.start, i.end, i.text, i.heading, 12, "words", False, 1, n, 1.0)
            for n, i in enumerate(items, start=1)
        ]
        ledger.record_shown(run, 1, 1, shown)
        for failure in failures:
            ledger.record_failure(run, 1, failure)
        ledger.record_draft(run, 1, answer, "budget")
        ledger.record_answer(run, 1, answer, "budget", Spent(1, 0, 0, 1.5, 0.0))
        ledger.finish_run(run, "done")
        return run

    def disputed(self) -> Answer:
        """An answer with everything in it: a claim that holds, one that does not, and sources that disagree."""
        a, b = self.cite("wren-a.md", FOUNDED), self.cite("wren-b.md", FOUNDED_LATER)
        hostile = self.cite("hostile.txt", "has a mirror of 3.2 metres ![x](http://evil.example/x.png)")
        claims = (
            Claim("Its mirror has 3.2 metres [9] <script>alert(2)</script>.", (hostile, a, hostile), True),
            Claim("It opened in 1999.", (hostile,), False, "the number 1999 is in <b>no</b> cited span"),
        )
        sides = (Claim("Founded in 1887.", (a,), True), Claim("Founded in 1891.", (b,), True))
        short = "3.2 metres **bold** ![s](http://evil.example/s.png)"
        return Answer("conflict", short, "", claims, (), (Conflict("the year of <i>Wren</i>", sides),), 0.5)

    def page(self, run: str, user: str = "local") -> AppTest:
        """The answer's card of a run, drawn once."""
        app = AppTest.from_function(drawn, args=(replace(self.visit, user=user), run), default_timeout=HANG).run()
        assert not app.exception
        return app


@contextmanager
def room(home: Path, folder: Path) -> Iterator[Room]:
    """A room over the home's index `mix`, with a new ledger in `folder`."""
    service = Service.open(Settings.load(ledger=f"sqlite:///{folder / 'ledger.db'}", home=home))
    try:
        yield Room(Visit(service, "local", None), Index.open(home / "mix"))
    finally:
        service.store.close()


def drawn(visit: object, run: str) -> None:
    """What `Room.page` runs."""
    from agent.record import record
    from ui.parts.answer import answer
    from ui.parts.problem import told

    with told():
        answer(visit, visit.ledger.run(run), record(visit.ledger, run))  # pyright: ignore


def said(app: AppTest) -> str:
    """All text that is shown as it is."""
    return "\n".join(str(one.value) for one in app.text)


def marked(app: AppTest) -> str:
    """All text that is read as markup: labels and tooltips too."""
    blocks = (app.markdown, app.caption, app.info, app.error, app.warning)
    parts = [str(one.value) for several in blocks for one in several]
    parts += [f"{one.label} {one.help}" for one in app.button]
    return "\n".join([*parts, *(one.label for one in app.expander)])

"""Many people at once, each with a tab of their own: no error, nobody's words on another's page or in their rows, no leak."""

from __future__ import annotations

import json
import random
import sqlite3
import string
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.settings import Settings
from agent.spec import Spec
from retrievers import checkpoints, encoder
from tests.browser.conftest import Open, Serve, indexed
from tests.browser.served import Served
from tests.browser.tabs import Tab
from tests.faults.header_proxy import HEADER, HeaderProxy

GROWTH = 200 << 20
_ANEW = 5


@dataclass(frozen=True)
class Person:
    """Somebody with documents that nobody else may see: a word a vault that stands nowhere else."""

    name: str
    words: Sequence[str]

    def documents(self) -> list[dict[str, str | None]]:
        return [
            {"id": f"{word}-{n}", "title": f"Vault {n}", "text": f"The code word of vault {n} is {word}.", "owner": self.name}
            for n, word in enumerate(self.words, start=1)
        ]


@pytest.fixture(scope="module")
def people(full: bool) -> list[Person]:
    """3 of them with 5 vaults each, or 10 with 20."""
    users, vaults = (10, 20) if full else (3, 5)
    chance = random.Random(7)
    made = ["".join(chance.choices(string.ascii_lowercase, k=9)).capitalize() for _ in range(users * vaults)]
    assert len(set(made)) == len(made)
    return [Person(f"person{n}", made[n * vaults : (n + 1) * vaults]) for n in range(users)]


@pytest.fixture(scope="module")
def vaults(people: list[Person], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their documents in one index with vectors, each in its owner's partition, and public ones."""
    folder = tmp_path_factory.mktemp("vaults")
    rows = [row for person in people for row in person.documents()]
    rows += [
        {"id": f"public-{n}", "title": "Vaults", "text": f"A vault of kind {n} has a door of steel.", "owner": None}
        for n in range(9)
    ]
    (folder / "vaults.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return indexed(folder, folder.with_name("vaults.index"), "--owner-field", "owner")


def test_many_sessions_ask_at_once_and_none_hears_of_another(
    people: list[Person], vaults: Path, serve: Serve, browse: Open
) -> None:
    served = serve("--index", vaults, "--user-header", HEADER)
    with ExitStack() as stack:
        proxy = stack.enter_context(HeaderProxy(served.port))
        tabs = [browse(proxy.sign_in(person.name)).open() for person in people]
        memory: list[int] = []
        for turn in range(len(people[0].words)):
            _ask_all(people, tabs, turn)
            memory.append(served.memory())
        for tab in tabs:
            tab.page.close()
    for person in people:
        _rows_are_own(served, person, people)
    assert "Traceback" not in served.log
    assert memory[-1] - memory[0] < GROWTH, [one >> 20 for one in memory]


def _ask_all(people: Sequence[Person], tabs: Sequence[Tab], turn: int) -> None:
    """Everybody asks the same at the same time, and reads their own word."""
    anew = turn % _ANEW == 0
    for tab in tabs:
        if anew and turn:
            tab.press("new-conversation")
            tab.sees("Ask your documents")
        tab.ask(f"What is the code word of vault {turn + 1}?")
    for person, tab in zip(people, tabs, strict=True):
        tab.answered(turn % _ANEW + 1)
        words = tab.words
        assert person.words[turn] in words
        assert [foreign for foreign in _foreign(person, people) if foreign.casefold() in words.casefold()] == []


def _foreign(person: Person, people: Sequence[Person]) -> list[str]:
    return [word for other in people if other is not person for word in (*other.words, other.name)]


def _rows_are_own(served: Served, person: Person, people: Sequence[Person]) -> None:
    """All their questions were answered, and no row of theirs, in any table, has a word of another's."""
    runs = served.ledger(person.name).runs(limit=1000)
    assert [run.status for run in runs] == ["done"] * len(person.words)
    with closing(sqlite3.connect(served.database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in _rows(connection, table, person.name)]
    held = "\n".join(map(repr, rows)).casefold()
    assert len(rows) > 10 * len(person.words)
    assert [word for word in person.words if word.casefold() not in held] == []
    assert [word for word in _foreign(person, people) if word.casefold() in held] == []


def _rows(connection: sqlite3.Connection, table: str, user: str) -> list[object]:
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    if "owner" not in columns:
        return []
    return connection.execute(f'SELECT * FROM "{table}" WHERE "owner" = ?', (user,)).fetchall()


def test_the_encoder_is_loaded_once_whoever_asks_first(vectors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.service import Service

    loaded: list[object] = []
    load = checkpoints.load

    def counted(*arguments: object) -> object:
        loaded.append(arguments)
        return load(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoints, "load", counted)
    encoder._loaded.cache_clear()
    service = Service.open(Settings(ledger=f"sqlite:///{tmp_path}/ledger.db", home=tmp_path))
    barrier = threading.Barrier(6)

    def visitor() -> None:
        barrier.wait(60)
        service.workshop.stage(Spec(str(vectors))).search("Titan", k=1)

    visitors = [threading.Thread(target=visitor) for _ in range(5)]
    for one in visitors:
        one.start()
    barrier.wait(60)
    service.warm(vectors)
    for one in visitors:
        one.join(120)
    assert len(loaded) == 1

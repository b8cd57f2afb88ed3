"""The ledger's database: SQLite in a file or PostgreSQL, opened, migrated, and written in transactions bound to one user."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    event,
    func,
    literal,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError

from agent.entries.conditions import After, Before, Holds, Starts
from agent.entries.faults import StoreError, held, in_words
from agent.entries.sqlite import copy, create, journal_for, prepare, set_journal
from agent.migrations.schema import HEAD, METADATA, Words, escape
from agent.migrations.upgrade import revision, upgrade
from retrievers.errors import UsageError

Row = Mapping[str, Any]
_URLS = "sqlite:////home/me/ledger.db or postgresql+psycopg://user:password@host/database"
_BEGIN = {"write": "BEGIN IMMEDIATE", "read": "BEGIN", "none": ""}
_INSERT = {"sqlite": insert_sqlite, "postgresql": insert_postgresql}
_FIND = {"sqlite": func.instr, "postgresql": func.strpos}
_MIGRATING = 7_283_011  # the advisory lock of PostgreSQL under which a schema is changed


@dataclass(frozen=True)
class Transaction:
    """One user's rows inside one open transaction: every statement is confined to them, and every row it adds is theirs.

    Tables and columns are named as in agent/migrations/schema.py; a condition is a value, a list of them, or one of
    `After Before Starts Holds`.

    >>> transaction.rows("event", order=("seq",), run=run, seq=After(12))
    """

    connection: Connection = field(repr=False)
    user: str

    def rows(
        self,
        table: str,
        *,
        only: Sequence[str] = (),
        order: Sequence[str] = (),
        limit: int | None = None,
        lock: bool = False,
        **where: Any,
    ) -> list[Row]:
        """The rows that satisfy `where`, or `only` these columns of them, by the columns of `order` (`-name`: descending).

        `lock` keeps other writers off them until the transaction ends.
        """
        own = METADATA.tables[table]
        columns = [own.c[name[1:]].desc() if name.startswith("-") else own.c[name] for name in order]
        wanted = [own.c[name] for name in only] or own.c
        query = select(*wanted).where(*self._mine(own, where)).order_by(*columns).limit(limit)
        result = self.connection.execute(query.with_for_update() if lock else query)
        return cast("list[Row]", result.mappings().all())

    def one(self, table: str, *, only: Sequence[str] = (), lock: bool = False, **where: Any) -> Row | None:
        """The first row that satisfies `where`, or None."""
        return next(iter(self.rows(table, only=only, limit=1, lock=lock, **where)), None)

    def top(self, table: str, column: str, **where: Any) -> int:
        """The greatest number in `column` among the rows that satisfy `where`; 0 if there is none."""
        own = METADATA.tables[table]
        return self.connection.execute(
            select(func.coalesce(func.max(own.c[column]), 0)).where(*self._mine(own, where))
        ).scalar_one()

    def totals(self, table: str, by: Sequence[str], sums: Sequence[str] = (), **where: Any) -> list[Row]:
        """The rows that satisfy `where` in groups that agree in the columns of `by`: these columns, the sum of each column of
        `sums` (None where no row has a value), as `count` how many rows there are and as `unknown` how many lack such a value.
        """
        own = METADATA.tables[table]
        keys, summed = [own.c[name] for name in by], [own.c[name] for name in sums]
        lacking = func.count() - func.count(sum(summed[1:], summed[0])) if summed else literal(0)
        wanted = *keys, *(func.sum(column).label(column.name) for column in summed)
        query = select(*wanted, func.count().label("count"), lacking.label("unknown"))
        result = self.connection.execute(query.where(*self._mine(own, where)).group_by(*keys))
        return cast("list[Row]", result.mappings().all())

    def add(self, table: str, rows: Sequence[Row], clash: Literal["refuse", "keep", "replace"] = "refuse") -> None:
        """Add `rows`, all of the same columns; a row whose key is there is an error, left as it is, or replaced."""
        if not rows:
            return
        own = METADATA.tables[table]
        insert = _INSERT[self.connection.dialect.name](own)
        keys = list(own.primary_key.columns)
        if clash == "keep":
            insert = insert.on_conflict_do_nothing(index_elements=keys)
        elif clash == "replace":
            rest = {column.name: insert.excluded[column.name] for column in own.c if not column.primary_key}
            insert = insert.on_conflict_do_update(index_elements=keys, set_=rest, where=own.c.owner == self.user)
        self.connection.execute(insert, [{**row, "owner": self.user} for row in rows])

    def change(self, table: str, values: Row, **where: Any) -> int:
        """Set `values` in the rows that satisfy `where`; how many there were."""
        own = METADATA.tables[table]
        return self.connection.execute(update(own).where(*self._mine(own, where)).values(**values)).rowcount

    def remove(self, table: str, **where: Any) -> int:
        """Delete the rows that satisfy `where`, and what hangs on them; how many there were."""
        own = METADATA.tables[table]
        return self.connection.execute(delete(own).where(*self._mine(own, where))).rowcount

    def _mine(self, table: Table, where: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        own = [table.c.owner == self.user]
        return own + [_condition(self.connection.dialect.name, table.c[name], value) for name, value in where.items()]


def _condition(dialect: str, column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    match value:
        case After():
            return column > value.value
        case Before():
            return column < value.value
        case Starts():
            return func.substr(column, 1, len(escape(value.text)), type_=Words()) == value.text
        case Holds():
            return _FIND[dialect](column, escape(value.text)) > 0
        case list() | tuple():
            return column.in_(cast("Sequence[Any]", value))
        case _:
            return column.is_(None) if value is None else column == value


@dataclass(frozen=True)
class Description:
    """What `fathom doctor` says of a ledger; `size` is in bytes."""

    place: str
    database: str
    journal: str
    why: str
    schema: str
    size: int


@dataclass(frozen=True)
class Store:
    """An open ledger's database, at its newest schema; safe to share between threads. Make one with `Store.open`."""

    place: str
    url: URL = field(repr=False)
    engine: Engine = field(repr=False)
    wait: float = field(default=30.0, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @classmethod
    def open(cls, url: str, *, wait: float = 30.0) -> Store:
        """Open the ledger at `url`, made or migrated as needed; a writer waits up to `wait` seconds for its turn.

        Raises `UsageError` for a URL of another kind, `StoreError` for a database that is full, locked, damaged, unreachable,
        not writable, of a newer schema, or somebody else's. No message holds a password.

        >>> store = Store.open("sqlite:///ledger.db")
        """
        address = _address(url)
        embedded = address.drivername == "sqlite"
        if embedded:
            create(Path(cast("str", address.database)))
        engine = _sqlite(address, wait) if embedded else _postgresql(address, wait)
        store = cls(_place(address), address, engine, wait)
        try:
            with _named(store.place):
                if embedded:
                    store._settle()
                store._migrate()
        except BaseException:
            engine.dispose()
            raise
        return store

    @contextmanager
    def read(self, user: str) -> Generator[Transaction]:
        """One snapshot of `user`'s rows."""
        with self._connection("read") as connection:
            yield Transaction(connection, user)

    @contextmanager
    def write(self, user: str) -> Generator[Transaction]:
        """A transaction over `user`'s rows: committed when the block ends, undone if it raises."""
        with self._connection("write") as connection:
            yield Transaction(connection, user)

    def users(self) -> list[str]:
        """Everyone who has a row, in order."""
        owner = METADATA.tables["conversation"].c.owner
        with self._connection("read") as connection:
            return sorted(connection.scalars(select(owner).distinct()))

    def expired(self, now: float) -> list[tuple[str, str]]:
        """(user, run) of every run that is under way and whose lease has ended, oldest first."""
        run = METADATA.tables["run"]
        query = (
            select(run.c.owner, run.c.id)
            .where(run.c.status == "running", run.c.lease_until < now)
            .order_by(run.c.created, run.c.id)
        )
        with self._connection("read") as connection:
            return [(user, id) for user, id in connection.execute(query)]

    def forget(self, user: str) -> int:
        """Delete every row of `user`; how many there were. Deleted bytes are overwritten in an SQLite file, its log included."""
        with self._connection("write") as connection:
            tables = reversed(METADATA.sorted_tables)
            gone = sum(connection.execute(delete(table).where(table.c.owner == user)).rowcount for table in tables)
        if self._embedded:
            with self._connection("none") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    def backup(self, to: Path) -> None:
        """A complete copy of an SQLite ledger at `to`, a new file, while it is in use; `StoreError` for PostgreSQL."""
        if not self._embedded:
            raise StoreError(f"the ledger {self.place} is a server's", "an SQLite ledger", f"pg_dump {self.url.database} > {to}")
        with self._connection("none") as connection:
            copy(cast("Any", connection.connection.dbapi_connection), to)

    def describe(self) -> Description:
        """Database and version, journal and why, schema, size."""
        with self._connection("read") as connection:
            version = ".".join(map(str, connection.dialect.server_version_info or ()))
            schema = revision(connection) or ""
            if not self._embedded:
                size = connection.execute(select(func.pg_database_size(func.current_database()))).scalar_one()
                return Description(
                    self.place, f"PostgreSQL {version}", "the server's", "PostgreSQL keeps its own log", schema, size
                )
            mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()).upper()
            _, why = journal_for(sqlite3.sqlite_version_info)
            return Description(self.place, f"SQLite {version}", mode, why, schema, Path(str(self.url.database)).stat().st_size)

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    @property
    def _embedded(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def _connection(self, transaction: Literal["read", "write", "none"]) -> Generator[Connection]:
        options: dict[str, Any] = {"transaction": transaction}
        if not self._embedded and transaction == "read":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._taking_turns(transaction), _named(self.place), self.engine.execution_options(**options).begin() as connection:
            yield connection

    @contextmanager
    def _taking_turns(self, transaction: str) -> Generator[None]:
        """Writers of this process wait for each other here: SQLite, which lets whoever asks at the right moment in, would have
        some of them wait beyond measure."""
        if transaction != "write" or not self._embedded:
            yield
            return
        if not self._turn.acquire(timeout=self.wait):
            raise held(self.place)
        try:
            yield
        finally:
            self._turn.release()

    def _settle(self) -> None:
        with self._connection("none") as connection:
            set_journal(cast("Any", connection.connection.dbapi_connection))

    def _migrate(self) -> None:
        with self._connection("read") as connection:
            if revision(connection) == HEAD:
                return
        with self._connection("write") as connection:
            if not self._embedded:
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
            upgrade(connection, self.place)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError("the ledger's URL cannot be read", _URLS, "--ledger URL") from None
    if address.drivername in ("postgresql", "postgresql+psycopg") and address.database:
        return address.set(drivername="postgresql+psycopg")
    if address.drivername != "sqlite" or not address.database or address.database == ":memory:" or address.query:
        raise UsageError(f"a ledger of the kind {address.drivername!r}", _URLS, "--ledger URL")
    return address.set(database=str(Path(address.database).expanduser().absolute()))


def _place(address: URL) -> str:
    """A ledger's name in messages: its file, or host and database, without user or password."""
    return str(address.database) if address.drivername == "sqlite" else f"{address.host or 'localhost'}/{address.database}"


def _sqlite(address: URL, wait: float) -> Engine:
    engine = create_engine(address, hide_parameters=True, max_overflow=-1, connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        prepare(connection)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # The driver's own transactions lose updates without an error, and a deferred one cannot wait: a writer begins as one.
        if begin := _BEGIN[connection.get_execution_options()["transaction"]]:
            connection.exec_driver_sql(begin)

    return engine


def _postgresql(address: URL, wait: float) -> Engine:
    engine = create_engine(address, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": max(2, int(wait))})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: Any) -> None:
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (str(int(wait * 1000)),))
        connection.commit()

    return engine


@contextmanager
def _named(place: str) -> Generator[None]:
    """Errors of the environment as a `StoreError`; a mistake of ours stays what it is."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        named = in_words(cause, place, lost=type(cause).__name__ == "OperationalError" and not isinstance(cause, sqlite3.Error))
        if named is None:
            raise
        raise named from error

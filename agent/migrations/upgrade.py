"""Brings a database to the newest schema, in the caller's transaction and under its lock."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect

from agent.entries.faults import StoreError
from agent.migrations.schema import HEAD, METADATA

FOLDER = Path(__file__).parent


def revision(connection: Connection) -> str | None:
    """The schema that a database has; None if it was never a ledger."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def upgrade(connection: Connection, place: str) -> None:
    """Apply the revisions that are missing; `StoreError` for a newer schema, or for a database that is somebody else's."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    now = revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if now is not None and now not in known:
        raise StoreError(
            f"the ledger {place} has the schema {now}, which this fathom does not know",
            f"the schema {HEAD} or an older one",
            "install the newer fathom, or name another ledger: --ledger URL",
        )
    if now is None and set(inspect(connection).get_table_names()) & set(METADATA.tables):
        raise StoreError(
            f"the database {place} holds tables that are not a ledger's",
            "a ledger or an empty database",
            "name another ledger: --ledger URL",
        )
    command.upgrade(config, "head")

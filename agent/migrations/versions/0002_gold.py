"""What a data set says of a question: its id there, what is relevant to it, and its answers."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column; a question that was asked by a person has nothing there."""
    op.add_column("question", Column("gold", JSON))

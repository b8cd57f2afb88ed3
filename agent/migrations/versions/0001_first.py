"""The first schema of the ledger."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORDS = JSON = Text().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "conversation",
        Column("owner", WORDS, nullable=False),
        Column("id", WORDS, nullable=False),
        Column("title", WORDS, nullable=False),
        Column("created", Float(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_conversation"),
    )
    op.create_table(
        "run",
        Column("owner", WORDS, nullable=False),
        Column("id", WORDS, nullable=False),
        Column("conversation", WORDS, nullable=False),
        Column("parent", WORDS),
        Column("parent_turn", BigInteger()),
        Column("purpose", WORDS, nullable=False),
        Column("spec", JSON, nullable=False),
        Column("title", WORDS, nullable=False),
        Column("size", BigInteger(), nullable=False),
        Column("folded", WORDS, nullable=False),
        Column("status", WORDS, nullable=False),
        Column("lease_owner", WORDS, nullable=False),
        Column("lease_until", Float(), nullable=False),
        Column("stop_asked", Boolean(), nullable=False),
        Column("created", Float(), nullable=False),
        Column("ended", Float()),
        ForeignKeyConstraint(["conversation"], ["conversation.id"], name="fk_run_conversation", ondelete="CASCADE"),
        ForeignKeyConstraint(["parent"], ["run.id"], name="fk_run_run", ondelete="SET NULL"),
        PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_conversation", "run", ["conversation"])
    op.create_index("ix_run_owner", "run", ["owner", "created"])
    op.create_table(
        "event",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("seq", BigInteger(), nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("at", Float(), nullable=False),
        Column("kind", WORDS, nullable=False),
        Column("payload", JSON, nullable=False),
        ForeignKeyConstraint(["run"], ["run.id"], name="fk_event_run", ondelete="CASCADE"),
        PrimaryKeyConstraint("run", "seq", name="pk_event"),
    )
    op.create_table(
        "question",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("asked", WORDS, nullable=False),
        Column("text", WORDS),
        Column("parts", JSON),
        Column("stop", WORDS),
        Column("draft", JSON),
        Column("answer", JSON),
        Column("spent", JSON),
        ForeignKeyConstraint(["run"], ["run.id"], name="fk_question_run", ondelete="CASCADE"),
        PrimaryKeyConstraint("run", "number", name="pk_question"),
    )
    op.create_table(
        "action",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("turn", BigInteger(), nullable=False),
        Column("kind", WORDS, nullable=False),
        Column("query", WORDS, nullable=False),
        Column("item", WORDS, nullable=False),
        Column("part", BigInteger(), nullable=False),
        Column("wanted", BigInteger(), nullable=False),
        Column("reason", WORDS, nullable=False),
        Column("rewritten", WORDS, nullable=False),
        Column("hits", BigInteger(), nullable=False),
        Column("repeats", BigInteger()),
        Column("failure", WORDS),
        Column("seconds", Float(), nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_action_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_action"),
    )
    op.create_table(
        "call",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("at", Float(), nullable=False),
        Column("cause", WORDS, nullable=False),
        Column("action", BigInteger(), nullable=False),
        Column("purpose", WORDS, nullable=False),
        Column("model", WORDS, nullable=False),
        Column("tokens_in", BigInteger(), nullable=False),
        Column("tokens_out", BigInteger(), nullable=False),
        Column("seconds", Float(), nullable=False),
        Column("cost", Float()),
        Column("attempts", BigInteger(), nullable=False),
        Column("failure", WORDS),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_call_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_call"),
    )
    op.create_table(
        "claim",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("conflict", BigInteger()),
        Column("text", WORDS, nullable=False),
        Column("supported", Boolean(), nullable=False),
        Column("reason", WORDS, nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_claim_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_claim"),
    )
    op.create_table(
        "conflict",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("about", WORDS, nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_conflict_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_conflict"),
    )
    op.create_table(
        "failure",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("step", WORDS, nullable=False),
        Column("kind", WORDS, nullable=False),
        Column("happened", WORDS, nullable=False),
        Column("remedy", WORDS, nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_failure_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_failure"),
    )
    op.create_table(
        "feedback",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("at", Float(), nullable=False),
        Column("claim", BigInteger()),
        Column("citation", BigInteger()),
        Column("verdict", WORDS, nullable=False),
        Column("note", WORDS, nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_feedback_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_feedback"),
    )
    op.create_table(
        "judgement",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("what", WORDS, nullable=False),
        Column("judge", WORDS, nullable=False),
        Column("at", Float(), nullable=False),
        Column("value", Float()),
        Column("detail", WORDS, nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_judgement_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "what", "judge", name="pk_judgement"),
    )
    op.create_table(
        "shown",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("turn", BigInteger(), nullable=False),
        Column("action", BigInteger(), nullable=False),
        Column("item", WORDS, nullable=False),
        Column("document", WORDS, nullable=False),
        Column("title", WORDS, nullable=False),
        Column("heading", WORDS, nullable=False),
        Column("span_start", BigInteger(), nullable=False),
        Column("span_end", BigInteger(), nullable=False),
        Column("tokens", BigInteger(), nullable=False),
        Column("tokenizer", WORDS, nullable=False),
        Column("cut", Boolean(), nullable=False),
        Column("rank", BigInteger(), nullable=False),
        Column("score", Float(), nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_shown_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_shown"),
    )
    op.create_table(
        "turn",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("reasoning", WORDS, nullable=False),
        Column("actions", JSON, nullable=False),
        Column("draft", WORDS, nullable=False),
        Column("read", Boolean(), nullable=False),
        ForeignKeyConstraint(
            ["run", "question"], ["question.run", "question.number"], name="fk_turn_question", ondelete="CASCADE"
        ),
        PrimaryKeyConstraint("run", "question", "number", name="pk_turn"),
    )
    op.create_table(
        "candidates",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("action", BigInteger(), nullable=False),
        Column("position", BigInteger(), nullable=False),
        Column("stage", WORDS, nullable=False),
        Column("query", WORDS, nullable=False),
        Column("total", BigInteger(), nullable=False),
        Column("packed", LargeBinary(), nullable=False),
        ForeignKeyConstraint(
            ["run", "question", "action"],
            ["action.run", "action.question", "action.number"],
            name="fk_candidates_action",
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("run", "question", "action", "position", name="pk_candidates"),
    )
    op.create_table(
        "citation",
        Column("owner", WORDS, nullable=False),
        Column("run", WORDS, nullable=False),
        Column("question", BigInteger(), nullable=False),
        Column("claim", BigInteger(), nullable=False),
        Column("number", BigInteger(), nullable=False),
        Column("shown", BigInteger()),
        Column("document", WORDS, nullable=False),
        Column("item", WORDS, nullable=False),
        Column("span_start", BigInteger(), nullable=False),
        Column("span_end", BigInteger(), nullable=False),
        Column("quote", WORDS, nullable=False),
        Column("path", JSON, nullable=False),
        ForeignKeyConstraint(
            ["run", "question", "claim"],
            ["claim.run", "claim.question", "claim.number"],
            name="fk_citation_claim",
            ondelete="CASCADE",
        ),
        PrimaryKeyConstraint("run", "question", "claim", "number", name="pk_citation"),
    )


def downgrade() -> None:
    """Ledgers are not taken back: an older fathom refuses a newer schema by name."""
    raise NotImplementedError("a ledger's schema is never taken back: put a backup in its place")

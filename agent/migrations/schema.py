"""The ledger's tables as they stand after the last revision: from a conversation down to a citation and what was made of it.

Every table has an `owner`: the user whose row it is. Rows of a question are keyed by (run, question number, own number), so a
step that is recorded twice meets its first row. No text of the corpus lies here: `shown` and `citation` hold offsets.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

HEAD = "0002"

_ODD = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


def escape(text: str) -> str:
    """`text` as every database can hold it: NUL and lone surrogates become U+001A and four hex digits, as U+001A itself does."""
    return _ODD.sub(lambda match: f"\x1a{ord(match[0]):04x}", text)


def restore(text: str) -> str:
    """What `escape` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class Words(TypeDecorator[str]):
    """Text that round-trips whatever it holds, alike on every database, ordered by code point."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escape(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else restore(value)


class Json(TypeDecorator[Any]):
    """A JSON value as readable text; None is SQL's NULL."""

    impl = Words
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def _key(name: str, type: Any = BigInteger) -> Column[Any]:
    return Column(name, type, primary_key=True, autoincrement=False)


def _must(name: str, type: Any) -> Column[Any]:
    return Column(name, type, nullable=False)


def _maybe(name: str, type: Any) -> Column[Any]:
    return Column(name, type, nullable=True)


def _below(parent: Table, *columns: str) -> ForeignKeyConstraint:
    keys = [column.name for column in parent.primary_key.columns]
    return ForeignKeyConstraint(columns, [f"{parent.name}.{key}" for key in keys], ondelete="CASCADE")


def _of_question(name: str, *columns: Column[Any]) -> Table:
    keys = (_must("owner", Words), _key("run", Words), _key("question"))
    return Table(name, METADATA, *keys, *columns, _below(QUESTION, "run", "question"))


CONVERSATION = Table(
    "conversation", METADATA, _must("owner", Words), _key("id", Words), _must("title", Words), _must("created", Float)
)
RUN = Table(
    "run",
    METADATA,
    _must("owner", Words),
    _key("id", Words),
    _must("conversation", Words),
    _maybe("parent", Words),
    _maybe("parent_turn", BigInteger),
    _must("purpose", Words),
    _must("spec", Json),
    _must("title", Words),  # the first question
    _must("size", BigInteger),  # how many questions
    _must("folded", Words),  # the questions, case-folded, for searching
    _must("status", Words),
    _must("lease_owner", Words),
    _must("lease_until", Float),  # seconds since 1970; 0: nobody's
    _must("stop_asked", Boolean),
    _must("created", Float),
    _maybe("ended", Float),
    _below(CONVERSATION, "conversation"),
    ForeignKeyConstraint(["parent"], ["run.id"], ondelete="SET NULL"),
    Index(None, "owner", "created"),
    Index(None, "conversation"),
)
QUESTION = Table(
    "question",
    METADATA,
    _must("owner", Words),
    _key("run", Words),
    _key("number"),
    _must("asked", Words),
    _maybe("text", Words),
    _maybe("parts", Json),
    _maybe("stop", Words),
    _maybe("draft", Json),  # the policy's answer, whole, before it is verified
    _maybe("answer", Json),  # what was verified, less its claims and conflicts
    _maybe("spent", Json),
    _maybe("gold", Json),  # what a data set says of it
    _below(RUN, "run"),
)
TURN = _of_question(
    "turn", _key("number"), _must("reasoning", Words), _must("actions", Json), _must("draft", Words), _must("read", Boolean)
)
ACTION = _of_question(
    "action",
    _key("number"),
    _must("turn", BigInteger),
    _must("kind", Words),
    _must("query", Words),
    _must("item", Words),
    _must("part", BigInteger),
    _must("wanted", BigInteger),
    _must("reason", Words),
    _must("rewritten", Words),
    _must("hits", BigInteger),
    _maybe("repeats", BigInteger),
    _maybe("failure", Words),
    _must("seconds", Float),
)
CANDIDATES = Table(
    "candidates",
    METADATA,
    _must("owner", Words),
    _key("run", Words),
    _key("question"),
    _key("action"),
    _key("position"),
    _must("stage", Words),
    _must("query", Words),
    _must("total", BigInteger),
    _must("packed", LargeBinary),
    _below(ACTION, "run", "question", "action"),
)
SHOWN = _of_question(
    "shown",
    _key("number"),
    _must("turn", BigInteger),
    _must("action", BigInteger),
    _must("item", Words),
    _must("document", Words),
    _must("title", Words),
    _must("heading", Words),
    _must("span_start", BigInteger),
    _must("span_end", BigInteger),
    _must("tokens", BigInteger),
    _must("tokenizer", Words),
    _must("cut", Boolean),
    _must("rank", BigInteger),
    _must("score", Float),
)
CONFLICT = _of_question("conflict", _key("number"), _must("about", Words))
CLAIM = _of_question(
    "claim",
    _key("number"),
    _maybe("conflict", BigInteger),
    _must("text", Words),
    _must("supported", Boolean),
    _must("reason", Words),
)
CITATION = Table(
    "citation",
    METADATA,
    _must("owner", Words),
    _key("run", Words),
    _key("question"),
    _key("claim"),
    _key("number"),
    _maybe("shown", BigInteger),
    _must("document", Words),
    _must("item", Words),
    _must("span_start", BigInteger),
    _must("span_end", BigInteger),
    _must("quote", Words),
    _must("path", Json),
    _below(CLAIM, "run", "question", "claim"),
)
FAILURE = _of_question(
    "failure",
    _key("number"),
    _must("step", Words),
    _must("kind", Words),
    _must("happened", Words),
    _must("remedy", Words),
)
CALL = _of_question(
    "call",
    _key("number"),
    _must("at", Float),
    _must("cause", Words),
    _must("action", BigInteger),
    _must("purpose", Words),
    _must("model", Words),
    _must("tokens_in", BigInteger),
    _must("tokens_out", BigInteger),
    _must("seconds", Float),
    _maybe("cost", Float),
    _must("attempts", BigInteger),
    _maybe("failure", Words),
)
EVENT = Table(
    "event",
    METADATA,
    _must("owner", Words),
    _key("run", Words),
    _key("seq"),
    _must("question", BigInteger),
    _must("at", Float),
    _must("kind", Words),
    _must("payload", Json),
    _below(RUN, "run"),
)
FEEDBACK = _of_question(
    "feedback",
    _key("number"),
    _must("at", Float),
    _maybe("claim", BigInteger),
    _maybe("citation", BigInteger),
    _must("verdict", Words),
    _must("note", Words),
)
JUDGEMENT = _of_question(
    "judgement",
    _key("what", Words),
    _key("judge", Words),
    _must("at", Float),
    _maybe("value", Float),
    _must("detail", Words),
)

"""A verified answer in rows: its claims, their citations, and its conflicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from agent.entries.rows import Row, citation_json, citation_of, made
from agent.state import Answer, Citation, Claim, Conflict
from agent.store import Transaction


def answers(rows: Transaction, run: str, number: int | None = None) -> dict[int, Answer]:
    """The recorded answers of a run's questions, or of one, by the question's number."""
    which: dict[str, Any] = {} if number is None else {"number": number}
    questions = rows.rows("question", only=("number", "answer"), run=run, **which)
    stored = {row["number"]: row["answer"] for row in questions if row["answer"] is not None}
    if not stored:
        return {}
    key: dict[str, Any] = {"run": run} if number is None else {"run": run, "question": number}
    claims = _claims(rows, key)
    conflicts: defaultdict[int, list[Conflict]] = defaultdict(list)
    for row in rows.rows("conflict", order=("question", "number"), **key):
        conflicts[row["question"]].append(Conflict(row["about"], tuple(claims[row["question"], row["number"]])))
    return {
        number: Answer(
            answer["kind"],
            answer["short"],
            answer["text"],
            tuple(claims[number, None]),
            tuple(answer["entities"]),
            tuple(conflicts[number]),
            answer["confidence"],
        )
        for number, answer in stored.items()
    }


def add_answer(rows: Transaction, key: Row, answer: Answer) -> None:
    """Add an answer's claims, conflicts and citations. Claims count from 1, those of the conflicts after the answer's own."""
    claims: list[tuple[Claim, int | None]] = [(claim, None) for claim in answer.claims]
    for number, conflict in enumerate(answer.conflicts, start=1):
        claims += [(claim, number) for claim in conflict.claims]
    rows.add("conflict", [{**key, "number": n, "about": one.about} for n, one in enumerate(answer.conflicts, start=1)])
    rows.add("claim", [{**key, **_claim(n, claim, conflict)} for n, (claim, conflict) in enumerate(claims, start=1)])
    shown = rows.rows("shown", only=("number", "item", "span_start", "span_end"), order=("number",), **key)
    cited = [
        {**key, **citation_json(one), "claim": claim, "number": number, "shown": _shown(one, shown)}
        for claim, (own, _) in enumerate(claims, start=1)
        for number, one in enumerate(own.citations, start=1)
    ]
    rows.add("citation", cited)


def answer_json(answer: Answer) -> dict[str, object]:
    """What of an answer is no row of its own."""
    parts = ("kind", "short", "text", "entities", "confidence")
    return {name: value for name, value in asdict(answer).items() if name in parts}


def _claims(rows: Transaction, key: Row) -> defaultdict[tuple[int, int | None], list[Claim]]:
    """Claims by (question, conflict): of the answer itself where the conflict is None."""
    cited: defaultdict[tuple[int, int], list[Citation]] = defaultdict(list)
    for row in rows.rows("citation", order=("question", "claim", "number"), **key):
        cited[row["question"], row["claim"]].append(citation_of(row))
    claims: defaultdict[tuple[int, int | None], list[Claim]] = defaultdict(list)
    for row in rows.rows("claim", order=("question", "number"), **key):
        own = tuple(cited[row["question"], row["number"]])
        claims[row["question"], row["conflict"]].append(made(Claim, {**row, "citations": own}))
    return claims


def _claim(number: int, claim: Claim, conflict: int | None) -> Row:
    return {"number": number, "conflict": conflict, "text": claim.text, "supported": claim.supported, "reason": claim.reason}


def _shown(citation: Citation, shown: Sequence[Row]) -> int | None:
    """The number of the first passage shown that holds the cited span."""
    for one in shown:
        inside = one["span_start"] <= citation.start and citation.end <= one["span_end"]
        if one["item"] == citation.item and inside:
            return one["number"]
    return None

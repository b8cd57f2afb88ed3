"""A question's rows as one JSON object: what `ask`, `show` and `export` print, and pages read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Answer, Citation, Claim, Done, Evidence, Failure, Search, Spent

STOPS: Mapping[str, str] = {
    "answered": "the question was covered",
    "saturated": "further searches brought nothing new",
    "budget": "the effort's budget was spent",
    "stopped": "the run was stopped",
    "failed": "a step failed",
}


def record(ledger: Ledger, run: str, number: int = 1) -> dict[str, Any]:
    """Everything that is known of a question: answer, claims with their spans, searches, what was shown, failures and usage.

    `start` and `end` are code points of the parsed document, `end` exclusive; an unknown cost is None. A question of a data set
    has `dataset`, and as `gold` what that says of it.

    >>> record(ledger, run)["answer"]["short"]
    """
    row, question = ledger.run(run), ledger.question(run, number)
    spec = Spec.from_json(row.spec)
    answer = question.answer or Answer("not_found")
    return {
        "run": row.id,
        "number": question.number,
        "question": question.asked,
        "searched": question.text,
        "policy": spec.policy,
        "recipe": spec.recipe,
        "stop": question.stop,
        "answer": {
            "kind": answer.kind,
            "short": answer.short,
            "text": answer.text,
            "entities": list(answer.entities),
            "confidence": answer.confidence,
        },
        "claims": [_claim(claim) for claim in answer.claims],
        "conflicts": [{"about": one.about, "claims": [_claim(claim) for claim in one.claims]} for one in answer.conflicts],
        "failures": [_failure(failure) for failure in ledger.failures(row.id, number)],
        "shown": [_shown(one) for one in ledger.shown(row.id, number)],
        "searches": [_search(done, spec.recipe) for done in ledger.done(row.id, number) if isinstance(done.action, Search)],
        "usage": _usage(question.spent or ledger.spent(row.id, number)),
        **({"dataset": spec.dataset, "gold": _gold(question.gold)} if question.gold is not None else {}),
    }


def nearest(ledger: Ledger, run: str, number: int, most: int = 3) -> Sequence[Evidence]:
    """The shown passages that came nearest: what a refusal names beside the searches that were tried."""
    return sorted(ledger.shown(run, number), key=lambda one: (one.rank, one.number))[:most]


def _claim(claim: Claim) -> dict[str, Any]:
    citations = [_citation(one) for one in claim.citations]
    told = {"text": claim.text, "supported": claim.supported, "citations": citations}
    return told if claim.supported else {**told, "reason": claim.reason}


def _citation(citation: Citation) -> dict[str, Any]:
    told = {name: value for name, value in asdict(citation).items() if name != "path"}
    return {**told, "path": list(citation.path)} if citation.path else told


def _shown(one: Evidence) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("number", "document", "item", "title", "start", "end", "tokens", "cut")}


def _search(done: Done, recipe: str) -> dict[str, Any]:
    query = done.action.text if isinstance(done.action, Search) else ""
    told = {"query": query, "rewritten": done.rewritten or query, "recipe": recipe, "hits": done.hits}
    extra = {"repeats": done.repeats, "failure": done.failure}
    return {**told, **{name: value for name, value in extra.items() if value is not None}}


def _failure(failure: Failure) -> dict[str, Any]:
    return asdict(failure)


def _gold(gold: Gold) -> dict[str, Any]:
    return {**asdict(gold), "relevant": list(gold.relevant), "answers": list(gold.answers)}


def _usage(spent: Spent) -> dict[str, Any]:
    return asdict(spent)

"""An agent's evaluation whose answers are made up, in a real ledger, and a model that marks by a list of right words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Answer, Failure, Spent
from tests.faults.stub_llm import Reply

RIGHT = {"Who found Neptune?": "Johann Galle", "Who found Uranus?": "William Herschel", "Who found Ceres?": "Giuseppe Piazzi"}
SAME = {"Galle": "correct", "Johann Galle": "correct", "F. W. Herschel": "correct", "Piazzi or Bode": "cannot_tell"}


def evaluation(ledger: Ledger, name: str, answers: Mapping[str, str | None], label: str = "") -> str:
    """A finished run of these questions: "" is a refusal, None a failure; one that is not in RIGHT has no right answer."""
    spec = Spec("small.index", "bm25", identity="g1", dataset="small", label=label)
    gold = [Gold(f"q{n}", ("d1",), (RIGHT[text],) if text in RIGHT else ()) for n, text in enumerate(answers, start=1)]
    run = ledger.start_run(spec.as_json(), list(answers), purpose=name, gold=gold)
    for number, said in enumerate(answers.values(), start=1):
        if said is None:
            ledger.record_failure(run, number, Failure("plan", "timeout", "the index is gone", "build it"))
            ledger.record_answer(run, number, Answer("found", "Johann Galle"), "failed", Spent())
        else:
            answer = Answer("found", said, f"It was {said}.") if said else Answer("not_found")
            ledger.record_answer(run, number, answer, "answered", Spent(1))
    ledger.finish_run(run, "done")
    return run


def fields(body: Any) -> dict[str, Any]:
    """The case that a request asks about."""
    return json.loads(body["messages"][1]["content"])


def marking(body: Any) -> Reply:
    """What a sound judge replies: by SAME, all else is incorrect."""
    said = fields(body)["given_answer"]
    return verdict(SAME.get(said, "incorrect"), f"it says {said}")


def verdict(said: str, reason: str = "so it is") -> Reply:
    return Reply(json.dumps({"verdict": said, "reason": reason}))


def answers_asked(bodies: Sequence[Any]) -> list[str]:
    return sorted(fields(body)["given_answer"] for body in bodies)

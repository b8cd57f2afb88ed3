"""A run's configuration, to the ledger and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.spec import Spec, effort
from retrievers.errors import FathomError
from retrievers.scope import Scope


def test_what_the_ledger_kept_is_what_was_asked_for() -> None:
    spec = Spec("a.index", "bm25", effort=effort("deep"), user="ada", scope=Scope.parse(["type=pdf,date>=2020"]), reflect=False)
    assert Spec.from_json(json.loads(json.dumps(spec.as_json()))) == spec


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"index": "x"},
        {"index": "x", "scope": None},
        {**Spec("x").as_json(), "colour": 1},
        {**Spec("x").as_json(), "effort": 3},
    ],
)
def test_what_cannot_be_read_is_named_and_not_guessed(stored: dict[str, Any]) -> None:
    with pytest.raises(FathomError, match="the settings of a run cannot be read"):
        Spec.from_json(stored)

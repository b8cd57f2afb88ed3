"""Settings of a recipe by their paths: read, changed, and refused where they are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pytest

from retrievers.base import Ranking, Stage
from retrievers.errors import UsageError
from retrievers.fusion import Fuse, MinMax, ReciprocalRank
from retrievers.vary import Setting, settings, vary


@dataclass(frozen=True)
class Arm(Stage):
    corpus: object = field(repr=False)
    depth: int = 100
    share: float | None = None
    side: Literal["left", "right"] = "left"
    loud: bool = False

    def __call__(self, batch: list[Ranking]) -> list[Ranking]:  # type: ignore[override]
        return batch


HYBRID = Fuse((Arm("secret"), Arm("secret", 7)), ReciprocalRank()) % 50


def test_every_setting_has_its_path_and_what_a_repr_hides_is_none() -> None:
    assert settings(HYBRID) == {
        "inner.stages.0.depth": 100,
        "inner.stages.0.share": None,
        "inner.stages.0.side": "left",
        "inner.stages.0.loud": False,
        "inner.stages.1.depth": 7,
        "inner.stages.1.share": None,
        "inner.stages.1.side": "left",
        "inner.stages.1.loud": False,
        "inner.method.k": 60,
        "k": 50,
    }


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("k", "10", {"k": 10}),
        ("method.k", "10.5", {"inner.method.k": 10.5}),
        ("stages.1.depth", "20", {"inner.stages.1.depth": 20}),
        ("inner.stages.0.share", "0.3", {"inner.stages.0.share": 0.3}),
        ("stages.0.side", "right", {"inner.stages.0.side": "right"}),
        ("stages.0.loud", "true", {"inner.stages.0.loud": True}),
    ],
)
def test_one_setting_is_changed_and_nothing_else(path: str, value: str, told: dict[str, Setting]) -> None:
    before = settings(HYBRID)
    changed = vary(HYBRID, path, value)
    assert settings(changed) == {**before, **told}
    assert settings(HYBRID) == before


def test_a_weight_among_several_can_be_changed() -> None:
    assert vary(Fuse((Arm(1), Arm(2)), MinMax((0.5, 0.5))), "weights.0", "0.25") == Fuse((Arm(1), Arm(2)), MinMax((0.25, 0.5)))


def test_an_ambiguous_path_lists_those_that_are_meant_and_an_unknown_one_all() -> None:
    with pytest.raises(UsageError, match="'depth' could be 2 settings") as caught:
        vary(HYBRID, "depth", "1")
    assert caught.value.expected == "one of inner.stages.0.depth=100, inner.stages.1.depth=7"
    with pytest.raises(UsageError, match="no setting 'corpus'") as caught:
        vary(HYBRID, "corpus", "1")
    assert "inner.method.k=60" in caught.value.expected


@pytest.mark.parametrize(
    ("path", "value"),
    [("stages.0.depth", "1.5"), ("k", "many"), ("stages.0.side", "up"), ("stages.0.loud", "1"), ("method.k", "-1")],
)
def test_a_value_that_the_setting_cannot_have_is_refused(path: str, value: str) -> None:
    with pytest.raises(UsageError):
        vary(HYBRID, path, value)

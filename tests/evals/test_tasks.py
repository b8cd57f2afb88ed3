"""The systems of a grid: their labels, their settings, and what is no setting."""

from __future__ import annotations

import pytest

from agent.spec import Spec
from evals.tasks import Varied, grid
from retrievers.errors import UsageError

BASE = Spec("an.index")


def test_every_combination_of_what_is_varied_is_a_system_at_each_effort() -> None:
    varied = [Varied("hybrid", "k", ("10", "60")), Varied("hybrid", "b", ("0.4",)), Varied("bm25", "b", ("0.5", "0.9"))]
    found = grid(BASE, ["dense", "hybrid", "bm25", "dense"], ["quick", "deep"], varied)
    labels = [spec.label for spec in found]
    assert labels[:4] == [
        "dense quick",
        "dense deep",
        "hybrid k=10 b=0.4 quick",
        "hybrid k=10 b=0.4 deep",
    ]
    assert len(found) == (1 + 2 + 2) * 2
    assert found[2].varied == (("k", "10"), ("b", "0.4"))
    assert (found[2].effort.name, found[3].effort.name) == ("quick", "deep")


def test_one_effort_is_not_told_apart() -> None:
    (only,) = grid(BASE, ["bm25"], ["quick"])
    assert (only.label, only.effort.name) == ("bm25", "quick")


def test_a_setting_is_of_the_recipe_with_the_longest_name_that_fits() -> None:
    recipes = ["my", "my.own"]
    assert Varied.parse("my.own.k=1,2,1", recipes) == Varied("my.own", "k", ("1", "2"))
    assert Varied.parse("my.method.k= 1", recipes) == Varied("my", "method.k", ("1",))


@pytest.mark.parametrize("text", ["hybrid.k", "hybrid.k=", "hybrid.k=1,,2", "hybrid=3", "dense.k=3", ".k=3", "hybrid.=3"])
def test_what_is_no_setting_of_a_compared_recipe_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the varied setting"):
        Varied.parse(text, ["hybrid", "bm25"])


def test_a_spec_with_settings_comes_back_from_the_ledger() -> None:
    spec = grid(BASE, ["hybrid"], varied=[Varied("hybrid", "k", ("10",))])[0]
    assert Spec.from_json(spec.as_json()) == spec


def test_each_system_may_be_followed_by_its_reader_given_the_gold() -> None:
    found = grid(BASE, ["bm25", "dense"], gold=True)
    assert [(spec.label, spec.given) for spec in found] == [
        ("bm25", ""),
        ("bm25 given gold", "gold"),
        ("dense", ""),
        ("dense given gold", "gold"),
    ]

"""What is to be typed to measure systems again gives the same systems."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.ledger import Ledger
from agent.spec import NONE, Spec
from agent.store import Store
from evals.reporting.repeating import again, facts
from evals.scores import Kept, systems
from evals.tasks import Varied, grid
from retrievers.scope import Scope


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(Store.open(f"sqlite:///{tmp_path / 'ledger.db'}"))


def kept(ledger: Ledger, specs: Sequence[Spec], name: str = "first") -> list[Kept]:
    for spec in specs:
        ledger.finish_run(ledger.start_run(spec.as_json(), ["who?"], purpose=name), "done")
    return systems(ledger, name)


def given(line: str) -> dict[str, list[str]]:
    """The options of a command and their values."""
    words = shlex.split(line)
    found: dict[str, list[str]] = {}
    for name, value in zip(words[3::2], words[4::2], strict=True):
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize(("policy", "efforts"), [(NONE, []), ("extractive", ["quick"]), ("extractive", ["standard", "quick"])])
def test_a_grid_is_typed_as_what_makes_it(ledger: Ledger, policy: str, efforts: list[str]) -> None:
    base = Spec("small.index", policy=policy, dataset="small", scope=Scope.parse(["path=a b/*", "date>=2020"]))
    varied = [Varied("hybrid", "k", ("10", "60")), Varied("bm25", "b", ("0.4",))]
    specs = grid(base, ["bm25", "hybrid"], efforts, varied)
    (line,) = again(kept(ledger, specs))
    typed = given(line)
    assert shlex.split(line)[:3] == ["fathom", "eval", "small"]
    told = [Varied.parse(text, typed["--recipe"]) for text in typed["--vary"]]
    assert Scope.parse(typed["--where"]) == base.scope
    assert [one.label for one in grid(base, typed["--recipe"], typed.get("--effort", []), told)] == [one.label for one in specs]
    assert typed.get("--policy", [NONE]) == [policy]


def test_a_models_name_an_endpoint_a_depth_and_a_recipes_file_are_typed(ledger: Ledger) -> None:
    chat = Spec("i", policy="chat", dataset="my set", endpoint="http://127.0.0.1:8000/v1", model="qwen 3", recipes="my own.py")
    typed = given(again(kept(ledger, [chat]))[0])
    assert (typed["--endpoint"], typed["--model"], typed["--recipes"]) == ([chat.endpoint], ["qwen 3"], ["my own.py"])
    (line,) = again(kept(ledger, [Spec("i", policy=NONE, dataset="small", depth=1000)], "deep"))
    assert line == "fathom eval small --recipe hybrid --depth 1000 --run NEW-NAME"


def test_each_evaluation_has_a_line_of_its_own(ledger: Ledger) -> None:
    one = kept(ledger, [Spec("i", "bm25", policy=NONE, dataset="small")], "one")
    two = kept(ledger, [Spec("i", "dense", policy=NONE, dataset="small")], "two")
    assert [given(line)["--recipe"] for line in again([*one, *two])] == [["bm25"], ["dense"]]


def test_a_fact_that_a_system_does_not_have_is_left_out(ledger: Ledger) -> None:
    (alone,) = kept(ledger, [Spec("i", policy=NONE, dataset="small", varied=(("k", 10),))])
    told = facts(alone)
    assert told["settings varied"] == "k=10"
    assert not {"effort", "model", "confined to", "prompts"} & set(told)
    assert "" not in told.values()

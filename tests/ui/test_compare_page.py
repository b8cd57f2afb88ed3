"""The page Compare and the replay of a run, without a browser: figures, flips, causes, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.settings import Settings
from agent.spec import NONE, Spec
from retrievers.errors import FathomError
from tests.evals.synthetic import record
from ui.cli import main
from ui.parts.comparing import Finding, finding
from ui.parts.evaluations import beside, evaluations, only_own, systems
from ui.service import Service
from ui.visit import LOCAL, Visit

HANG = 120.0
HOSTILE = "Who found Neptune? <script>alert(1)</script> [x](http://evil.example) \u202etxt"
CORPUS = [
    {"id": "d1", "title": "Neptune", "text": "Johann Galle found Neptune in Berlin in 1846."},
    {"id": "d2", "title": "Uranus", "text": "William Herschel found Uranus in Bath in 1781."},
    {"id": "d3", "title": "Rings", "text": "Huygens explained the rings of Saturn."},
]
QUERIES: list[dict[str, Any]] = [
    {"id": "q1", "question": HOSTILE, "supporting_ids": ["d1"], "answers": ["Johann Galle"]},
    {"id": "q2", "question": "Who found Uranus in Bath?", "supporting_ids": ["d2"], "answers": ["William Herschel"]},
    {"id": "q3", "question": "Who lives on Pluto?", "supporting_ids": [], "answers": []},
]
RECIPES = """
from dataclasses import dataclass
from retrievers.base import Ranking, Stage
from retrievers.lexical import BM25

@dataclass(frozen=True)
class Always(Stage):
    id: str

    def __call__(self, batch):
        return [Ranking.ranked(one.query, [self.id], [1.0], self.label) for one in batch]

RECIPES = {"words": lambda sources: BM25(sources.index), "rings": lambda sources: Always("d3")}
"""
Gone = list[tuple[str, dict[str, str]]]


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    monkeypatch.chdir(tmp_path)
    for name in ("ENDPOINT", "MODEL", "SETTINGS", "USER_HEADER", "INDEX", "HOME", "DATA", "DEBUG"):
        monkeypatch.delenv(f"FATHOM_{name}", raising=False)
    monkeypatch.setenv("FATHOM_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("FATHOM_CACHE", str(tmp_path / "cache"))
    service = Service.open(Settings.load(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", home=tmp_path / "home"))
    yield Visit(service, LOCAL, None)
    service.store.close()


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> Gone:
    """Where a page was left for."""
    left: Gone = []

    def leave(name: str, **parameters: str) -> None:
        left.append((name, parameters))

    for module in ("compared", "replay", "run_head", "run_list", "fork"):
        monkeypatch.setattr(f"ui.parts.{module}.go", leave)
    return left


@pytest.fixture
def agents(visit: Visit, tmp_path: Path) -> tuple[str, str]:
    """The runs of `good`, which searches by words, and of `bad`, which finds the same document whatever is asked."""
    folder, own = tmp_path / "small", tmp_path / "own.py"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)), "utf-8")
    (folder / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)), "utf-8")
    own.write_text(RECIPES, "utf-8")
    options = ("--encoder", "none", "--recipes", str(own), "--policy", "extractive", "--json")
    for name, recipe in (("good", "words"), ("bad", "rings")):
        assert main(["eval", str(folder), *options, "--recipe", recipe, "--run", name]) == 0
    good, bad = (next(iter(visit.ledger.runs(purpose=name))).id for name in ("good", "bad"))
    return good, bad


def page(visit: Visit, module: str = "ui.compare_page", **parameters: str) -> AppTest:
    def draw(visit, module):  # type: ignore[no-untyped-def]  # it is run as a script, which knows nothing of this file
        from importlib import import_module

        from ui.parts.problem import told

        with told():
            import_module(module).render(visit)

    app = AppTest.from_function(draw, default_timeout=HANG, kwargs={"visit": visit, "module": module})
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception
    return "\n".join(str(one.value) for one in (*app.text, *app.caption, *app.info))


def opened(app: AppTest) -> list[str]:
    """The runs that are listed."""
    return [str(one.key).removeprefix("open-") for one in app.button if str(one.key).startswith("open-")]


def tables(app: AppTest) -> list[list[dict[str, Any]]]:
    return [one.value.to_dict("records") for one in app.dataframe]


def alone(ledger: Ledger, name: str, first: str, recipe: str = "bm25", dataset: str = "small", **options: Any) -> str:
    """Of four questions the first is answered by `first`, the others by what is relevant."""
    found = {f"q{n}": [f"d{n}", "x"] for n in range(1, 5)}
    relevant = {id: [ids[0]] for id, ids in found.items()}
    return record(ledger, name, {**found, "q1": [first, "x"]}, relevant, recipe=recipe, dataset=dataset, **options)


def test_without_an_evaluation_the_page_says_how_to_make_one(visit: Visit) -> None:
    app = page(visit)
    assert app.code[0].value == "fathom eval DATASET --policy extractive --run NAME"
    assert "An evaluation is made so:" in app.markdown[0].value
    alone(visit.ledger, "first", "d1")
    alone(visit.ledger, "half", "d1", status="stopped", searched=2)
    assert "There is one evaluation that came to its end." in page(visit).markdown[0].value


def test_two_recipes_are_compared_by_measure_and_the_changed_question_is_opened(visit: Visit, gone: Gone) -> None:
    a, b = alone(visit.ledger, "first", "x1"), alone(visit.ledger, "second", "d1")
    app = page(visit, a=a, b=b)
    ndcg, recall, *_ = tables(app)[0]
    # the first misses one of four; with four differences of 1, 0, 0, 0 either sign is as extreme: p = 1
    assert (recall["measure"], recall["A"], recall["B"], recall["difference"]) == ("R@10", "0.750", "1.000", "+0.250")
    assert (recall["95 % interval"], recall["p"], recall["Holm"]) == ("0.000 to +0.750", "1.000", "1.000")
    assert (recall["n"], recall["up"], recall["down"]) == (4, 1, 0)
    assert ndcg["measure"] == "nDCG@10"
    assert "q1  what is q1?" in said(app)
    assert "nDCG@10 0.000 to 1.000, R@10 0.000 to 1.000" in said(app)
    assert [one.value for one in app.code] == ["fathom why first --question q1"]
    app.button(key="compare-open-B-0").click().run()
    assert gone == [("runs", {"run": b, "question": "1"})]


def test_a_curve_stands_above_its_figures(visit: Visit) -> None:
    a, b = alone(visit.ledger, "first", "x1"), alone(visit.ledger, "second", "d1")
    app = page(visit, a=a, b=b)
    assert [one.value for one in app.subheader] == ["Changed most", "Recall by depth"]
    assert tables(app)[1] == [{"places": 1, "A": "0.750", "B": "1.000"}, {"places": 2, "A": "0.750", "B": "1.000"}]
    assert len(app.get("vega_lite_chart")) == 1


def test_the_other_systems_of_the_same_data_set_are_offered_first(visit: Visit) -> None:
    ledger = visit.ledger
    a = alone(ledger, "first", "d1")
    two = [alone(ledger, "two", "d1", recipe=recipe) for recipe in ("bm25", "dense")]
    other = alone(ledger, "other", "d1", dataset="large")
    failed = alone(ledger, "failed", "d1", status="failed")
    alone(ledger, "alive", "d1", status="running")
    known = systems(visit)
    assert [one.name for one in known] == ["failed:bm25", "other:bm25", "two:bm25", "two:dense", "first:bm25"]
    first = next(one for one in known if one.row.id == a)
    assert [one.row.id for one in beside(known, first)] == [failed, *two, other]


def test_what_cannot_be_compared_says_why(visit: Visit) -> None:
    a, b = alone(visit.ledger, "first", "d1"), alone(visit.ledger, "second", "d1", dataset="large")
    text = said(page(visit, a=a, b=b))
    assert "First asked the data set 'small', second the data set 'large'" in text
    assert "Expected: two evaluations of the same questions of one data set" in text
    assert "What to do: fathom eval small --recipe RECIPE --run NEW-NAME" in text


def test_the_choice_is_kept_in_the_address_and_another_run_cannot_be_both(visit: Visit) -> None:
    a, b = alone(visit.ledger, "first", "x1"), alone(visit.ledger, "second", "d1")
    app = page(visit)
    assert (app.query_params["a"], app.query_params["b"]) == (b, a)
    app.selectbox(key="compare-a").set_value(a).run()
    assert (app.query_params["a"], app.query_params["b"]) == (a, b)
    assert not app.error


def test_a_pair_is_worked_out_once(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = alone(visit.ledger, "first", "x1"), alone(visit.ledger, "second", "d1")
    rows = [visit.ledger.run(run) for run in (a, b)]
    found = finding(visit, *rows)
    assert isinstance(found, Finding)
    assert finding(visit, *rows) is found
    assert finding(visit, *rows[::-1]) is not found


def test_another_users_evaluation_is_as_missing_as_one_that_never_was(visit: Visit) -> None:
    own = [alone(visit.ledger, "first", "d1"), alone(visit.ledger, "second", "d1")]
    theirs = alone(visit.service.ledger("bob"), "canary", "d1")
    assert [one.row.id for one in systems(visit)] == own[::-1]
    told = [said(page(visit, a=run)).replace(run, "ID") for run in (theirs, "20000101-000000-000abcdef01")]
    assert told[0] == told[1]
    assert "No run 'ID'" in told[0]
    assert "canary" not in told[0]


def test_a_run_that_is_no_evaluation_is_refused_and_the_others_are_offered(visit: Visit) -> None:
    alone(visit.ledger, "first", "d1")
    alone(visit.ledger, "second", "d1")
    asked = visit.ledger.start_run(Spec("small.index", policy=NONE).as_json(), ["Who?"])
    app = page(visit, a=asked)
    assert f"Run {asked} cannot be compared here" in said(app)
    assert app.query_params["a"] != asked


def test_names_of_evaluations_follow_what_comes_and_goes(visit: Visit) -> None:
    assert evaluations(visit) == []
    first = alone(visit.ledger, "first", "d1")
    visit.ledger.start_run(Spec("small.index").as_json(), ["Who?"], purpose="chat")
    assert evaluations(visit) == ["first"]
    alone(visit.ledger, "second", "d1")
    assert evaluations(visit) == ["second", "first"]
    visit.ledger.delete(visit.ledger.run(first).conversation)
    assert evaluations(visit) == ["second"]


def test_an_evaluation_older_than_the_newest_runs_is_found(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second", "third"):
        alone(visit.ledger, name, "d1")
    monkeypatch.setattr("ui.parts.evaluations._MOST", 1)
    assert evaluations(visit) == ["third", "second", "first"]


def test_agents_are_compared_with_curves_and_causes_and_words_stay_words(visit: Visit, agents: tuple[str, str]) -> None:
    good, bad = agents
    app = page(visit, a=bad, b=good)
    measures, *rest = tables(app)
    exact = next(one for one in measures if one["measure"] == "ExactMatch")
    assert (exact["A"], exact["B"], exact["up"], exact["down"], exact["n"]) == ("0.000", "0.500", 1, 0, 2)
    titles = [one.value for one in app.subheader]
    assert titles == [
        "Changed most",
        "Evidence recall by searches",
        "Evidence recall by tokens shown",
        "Why answers were missed",
    ]
    counts = {one["cause"]: (one["A"], one["B"]) for one in rest[-1]}
    # of three questions `good` answers q2, refuses q3 rightly and q1, whose words mean nothing to it, wrongly; `bad` refuses all
    assert counts == {"right": (1, 2), "not retrieved": (2, 0), "wrongly refused": (0, 1)}
    assert len(app.get("vega_lite_chart")) == 3
    assert HOSTILE.replace("\u202e", "<U+202E>") in said(app)
    assert not any("evil.example" in str(one.value) for one in (*app.markdown, *app.caption))
    assert "\u202e" not in said(app) + "".join(one.value for one in app.code)


def test_where_an_index_is_gone_the_causes_say_so_and_the_rest_is_shown(visit: Visit, agents: tuple[str, str]) -> None:
    good, bad = agents
    reader = Visit(visit.service, LOCAL, "ada")  # behind a proxy: the corpus is none of hers
    app = page(reader, a=bad, b=good)
    assert [one.value for one in app.info] == ["A has no causes", "B has no causes"]
    assert "The corpus of this run is not there any more" in said(app)
    assert len(tables(app)[0]) > 5


def test_a_run_page_names_its_evaluation_and_leads_to_the_comparison(visit: Visit, agents: tuple[str, str], gone: Gone) -> None:
    good, _ = agents
    app = page(visit, "ui.runs_page", run=good)
    assert "Evaluation good, system words, data set small" in said(app)
    app.button(key=f"compare-run-{good}").click().run()
    assert gone == [("compare", {"a": good})]


def test_runs_are_filtered_by_their_evaluation(visit: Visit) -> None:
    first, second = alone(visit.ledger, "first", "d1"), alone(visit.ledger, "second", "d1")
    app = page(visit, "ui.runs_page")
    assert "evaluation first · bm25 · " in said(app)
    app.selectbox(key="runs-purpose").set_value("evaluation first").run()
    assert opened(app) == [first]
    visit.ledger.delete(visit.ledger.run(first).conversation)
    app.run()
    assert not app.exception
    assert app.selectbox(key="runs-purpose").value == "any"
    assert opened(app) == [second]


def test_a_system_is_listed_by_what_its_evaluation_calls_it(visit: Visit) -> None:
    spec = Spec("small.index", "bm25", policy=NONE, dataset="small", label="bm25 k1=2")
    visit.ledger.start_run(spec.as_json(), ["Who?"], purpose="grid", gold=[Gold("q1", ("d1",))])
    assert "evaluation grid · bm25 k1=2 · " in said(page(visit, "ui.runs_page"))


def test_a_run_is_replayed_with_another_recipe(visit: Visit, agents: tuple[str, str]) -> None:
    good, _ = agents
    app = page(visit, "ui.runs_page", run=good)
    assert [tab.label for tab in app.tabs][-1] == "Replay"
    app.selectbox(key=f"replay-recipe-{good}").set_value("rings").run()
    app.button(key=f"replay-{good}").click().run()
    recall, lost = tables(app)[-2:]
    # each of the two judged questions was shown its document; the other recipe shows d3 alone
    assert [(one["which"], one["recipe"], one["evidence recall"]) for one in recall] == [
        ("logged", "words", "1.000"),
        ("replayed", "rings", "0.000"),
    ]
    assert "replayed less logged: -1.000, 95 % interval -1.000 to -1.000" in said(app)
    assert [(one["question"], one["document"]) for one in lost] == [("q1", "d1"), ("q2", "d2")]
    assert "**Gained: what would have been seen and was not**: 0" in [one.value for one in app.markdown]


def test_a_replay_that_cannot_be_is_not_offered_or_says_why(visit: Visit, agents: tuple[str, str]) -> None:
    good, _ = agents
    reader = Visit(visit.service, LOCAL, "ada")
    app = page(reader, "ui.runs_page", run=good)
    assert f"replay-{good}" not in [one.key for one in app.button]
    measured = alone(visit.ledger, "first", "d1")
    assert "Replay" not in [tab.label for tab in page(visit, "ui.runs_page", run=measured).tabs]


def test_what_others_asked_is_not_searched_again_for_a_reader(visit: Visit) -> None:
    only_own(visit, {None, "bob"})
    ada = Visit(visit.service, "ada", "ada")
    only_own(ada, {None, "ada"})
    with pytest.raises(FathomError, match="in the name of other users"):
        only_own(ada, {"ada", "bob"})


def test_a_run_of_many_questions_draws_one_of_them(visit: Visit) -> None:
    gold = [Gold(f"q{n}", ("d1",)) for n in range(1, 1001)]
    spec = Spec("small.index", "bm25", policy=NONE, identity="g1", dataset="small")
    run = visit.ledger.start_run(spec.as_json(), [f"asked {n}" for n in range(1, 1001)], purpose="many", gold=gold)
    app = page(visit, "ui.runs_page", run=run, question="777")
    assert "asked 777" in said(app)
    assert "asked 776" not in said(app)
    assert len(app.main.children) < 20

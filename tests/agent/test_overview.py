"""Runs at a glance, on both databases: which are wanted, in which order, and what each took."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from agent.entries.batches import Searched
from agent.entries.overview import Wanted
from agent.entries.packing import Candidates
from agent.ledger import Ledger
from agent.model.account import Call
from agent.spec import Spec
from agent.state import Answer, Done, Open, Search, Spent, Turn
from agent.store import Store


class Clock:
    """Seconds since 1970: the next one at each look."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    opened = Store.open(ledger_url)
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, "ada", Clock())


def begun(ledger: Ledger, at: float, *questions: str, recipe: str = "bm25", purpose: str = "chat") -> str:
    Clock.now = at
    return ledger.start_run(Spec("i", recipe).as_json(), questions, purpose=purpose)


def called(ledger: Ledger, run: str, cost: float | None, *, number: int = 1, action: int = 0) -> None:
    cause = f"{run}/{number}/{action}" if action else f"{run}/{number}"
    ledger.charge(run, number, cause, Call("plan", "small", 100, 20, 1.5, cost, 1, None))


def ids(ledger: Ledger, wanted: Wanted) -> list[str]:
    return [one.run.id for one in ledger.overview(wanted)[1]]


def test_runs_come_newest_first_a_page_at_a_time(ledger: Ledger) -> None:
    runs = [begun(ledger, float(1000 + n), f"question {n}") for n in range(5)]
    total, page = ledger.overview(Wanted(), offset=1, limit=2)
    assert (total, [one.run.id for one in page]) == (5, [runs[3], runs[2]])
    assert page[0].run == ledger.run(runs[3])
    assert ledger.overview(Wanted(), offset=5) == (5, [])
    assert Ledger(ledger.store, "bob").overview(Wanted()) == (0, [])


def test_a_run_under_way_is_summed_from_its_steps_and_one_that_ended_as_it_was_recorded(ledger: Ledger) -> None:
    run = begun(ledger, 1000.0, "How many moons has Mars?")
    ledger.record_plan(run, 1, (), Turn(1, "", (Search("a"), Search("a"), Open("x"))))
    ledger.record_action(run, 1, Done(1, 1, Search("a"), hits=3), 0.25, ())
    ledger.record_action(run, 1, Done(2, 1, Search("a"), repeats=1), 0.0, ())
    ledger.record_action(run, 1, Done(3, 1, Open("x"), hits=1), 0.5, ())
    called(ledger, run, 0.25)
    called(ledger, run, 0.5, action=1)
    (one,) = ledger.overview(Wanted())[1]
    assert (one.stops, one.kind, one.short) == ({"": 1}, None, "")
    assert one.spent == Spent(1, 200, 40, 0.25 + 0.5 + 1.5, 0.75) == ledger.spent(run)
    ledger.record_answer(run, 1, Answer("found", "two", "Mars has two moons."), "answered", Spent(1, 200, 40, 9.0, 0.75))
    ledger.finish_run(run, "done")
    (one,) = ledger.overview(Wanted())[1]
    assert (one.stops, one.kind, one.short, one.spent.seconds) == ({"answered": 1}, "found", "two", 9.0)
    called(ledger, run, None)
    assert ledger.overview(Wanted(ended="answered"))[1][0].spent.cost == 0.75, "what was recorded stands"


def test_a_run_of_several_questions_is_summed_and_its_ends_are_counted(ledger: Ledger) -> None:
    run = begun(ledger, 1000.0, "a", "b", "c")
    for number in (1, 2):
        called(ledger, run, 0.5 if number == 1 else None, number=number)
        ledger.record_answer(run, number, Answer("not_found"), "budget", Spent(9, 9, 9, 9.0, 9.0))
    (one,) = ledger.overview(Wanted())[1]
    assert one.stops == {"budget": 2, "": 1}
    assert one.spent == Spent(0, 200, 40, 3.0, None)


def test_words_are_found_in_any_question_and_case(ledger: Ledger) -> None:
    run = begun(ledger, 1000.0, "Ceres", "Wo steht die Straße?")
    begun(ledger, 1001.0, "Vesta")
    assert ids(ledger, Wanted("STRASSE")) == ids(ledger, Wanted("ceres")) == [run]
    assert ids(ledger, Wanted("%")) == []


def test_days_bound_a_run_from_the_first_moment_to_before_the_last(ledger: Ledger) -> None:
    runs = [begun(ledger, at, "q") for at in (1000.0, 2000.0, 3000.0)]
    assert ids(ledger, Wanted(since=2000.0)) == [runs[2], runs[1]]
    assert ids(ledger, Wanted(until=2000.0)) == [runs[0]]
    assert ids(ledger, Wanted(since=2000.0, until=3000.0)) == [runs[1]]


def test_a_recipe_is_its_whole_name_and_nothing_that_a_question_says(ledger: Ledger) -> None:
    plain = begun(ledger, 1000.0, '"recipe": "hybrid"', recipe="bm25")
    fused = begun(ledger, 1001.0, "q", recipe="hybrid")
    maxsim = begun(ledger, 1002.0, "q", recipe="hybrid-maxsim")
    odd = begun(ledger, 1003.0, "q", recipe='mein "é" %')
    assert [ids(ledger, Wanted(recipe=name)) for name in ("hybrid", "hybrid-maxsim", "bm25", 'mein "é" %', "dense")] == [
        [fused],
        [maxsim],
        [plain],
        [odd],
        [],
    ]
    assert ledger.recipes() == ["bm25", "hybrid", "hybrid-maxsim", 'mein "é" %']
    assert Ledger(ledger.store, "bob").recipes() == []


def test_an_end_is_that_of_any_question_or_of_the_run_as_a_whole(ledger: Ledger) -> None:
    budget = begun(ledger, 1000.0, "a", "b")
    ledger.record_answer(budget, 2, Answer("not_found"), "budget", Spent())
    cut = begun(ledger, 1001.0, "c")
    ledger.finish_run(cut, "failed")
    assert ids(ledger, Wanted(ended="budget")) == [budget]
    assert ids(ledger, Wanted(ended="failed")) == [cut]
    assert ids(ledger, Wanted(ended="running")) == [budget]
    assert ids(ledger, Wanted(ended="answered")) == []


def test_a_cost_is_at_most_so_much_or_unknown_and_no_model_costs_nothing(ledger: Ledger) -> None:
    free, cheap, dear, unknown = (begun(ledger, 1000.0 + n, "q") for n in range(4))
    for cost in (0.25, 0.25):
        called(ledger, cheap, cost)
    called(ledger, dear, 0.75)
    called(ledger, unknown, 0.25)
    called(ledger, unknown, None)
    assert ids(ledger, Wanted(cost=0.5)) == [cheap, free]
    assert ids(ledger, Wanted(cost=0.0)) == [free]
    assert ids(ledger, Wanted(cost=1.0)) == [dear, cheap, free]
    assert ids(ledger, Wanted(unpriced=True)) == [unknown]
    assert [one.spent.cost for one in ledger.overview(Wanted())[1]] == [None, 0.75, 0.5, 0.0]


def test_a_purpose_is_one_of_these_or_none_of_those(ledger: Ledger) -> None:
    chat, ask, first = (begun(ledger, 1000.0 + n, "q", purpose=name) for n, name in enumerate(("chat", "ask", "first try")))
    assert ids(ledger, Wanted(purposes=("chat",))) == [chat]
    assert ids(ledger, Wanted(purposes=("chat", "ask"))) == [ask, chat]
    assert ids(ledger, Wanted(without=("chat", "ask"))) == [first]


def test_conditions_hold_together(ledger: Ledger) -> None:
    run = begun(ledger, 1000.0, "moons", recipe="hybrid")
    wanted = Wanted("moon", 1000.0, 1001.0, "hybrid", "running", 0.0, purposes=("chat",))
    assert ids(ledger, wanted) == [run]
    others = [
        replace(wanted, text="sun"), replace(wanted, since=1000.5), replace(wanted, until=1000.0), replace(wanted, recipe="x"),
        replace(wanted, ended="budget"), replace(wanted, unpriced=True), replace(wanted, purposes=("ask",)),
        replace(wanted, without=("chat",)),
    ]  # fmt: skip
    assert [ids(ledger, other) for other in others] == [[]] * len(others)


def test_a_filter_leaves_what_a_look_at_each_run_would(store: Store) -> None:
    ledger = Ledger(store, "ada")

    @given(st.lists(st.tuples(st.sampled_from(["bm25", "dense"]), st.sampled_from([None, 0.0, 0.5])), max_size=6))
    def the_same(runs: list[tuple[str, float | None]]) -> None:
        store.forget("ada")
        for recipe, cost in runs:
            called(ledger, ledger.start_run(Spec("i", recipe).as_json(), ["q"]), cost)
        every = ledger.overview(Wanted())[1]
        own = [one for one in every if one.run.spec["recipe"] == "bm25" and one.spent.cost is not None and one.spent.cost <= 0.25]
        assert ledger.overview(Wanted(recipe="bm25", cost=0.25)) == (len(own), own)

    the_same()


def test_many_runs_take_no_more_queries_than_few(ledger: Ledger, store: Store) -> None:
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts: list[int] = []
    for most in (2, 40):
        for n in range(most):
            run = begun(ledger, 1000.0 + n, "q", "r")
            ledger.record_searches(run, [Searched(1, Search("x"), 7, 0.5, (Candidates("S", "x", (), (), (), 0),))])
        asked.clear()
        total, page = ledger.overview(Wanted("q", recipe="bm25", ended="running", cost=1.0))
        assert (total, len(page), page[0].spent.searches) == ((2, 2, 1) if most == 2 else (42, 20, 1))
        counts.append(len([query for query in asked if query.lstrip().upper().startswith("SELECT")]))
    assert counts[0] == counts[1] <= 14

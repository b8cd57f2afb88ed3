"""The workflow over a real index and a real ledger: what is recorded, what is not repeated, and that every end is an answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agent.desk import Desk
from agent.ledger import Ledger
from agent.model.account import Exhausted
from agent.state import Answer, Decision, Open, Search, View
from agent.store import Store
from agent.workflow import Workflow
from retrievers.base import Ranking, Stage
from retrievers.errors import FathomError, Unavailable
from retrievers.index import Index
from retrievers.scope import Scope
from tests.agent.scripted import EFFORT, Counting, ScriptedPolicy, desk_of, quoting, searches, small_index


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return small_index(tmp_path_factory.mktemp("index"))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(Store.open(f"sqlite:///{tmp_path}/ledger.db"))


def research(desk: Desk, **options: Any) -> Answer:
    return asyncio.run(Workflow(**options).research(desk))


def counts(desk: Desk) -> dict[str, int]:
    stage = desk.tools.stage
    assert isinstance(stage, Counting)
    return stage.counts


def kinds(desk: Desk) -> list[str]:
    return [event.kind for event in desk.ledger.events(desk.run)]


def test_every_step_is_recorded_and_the_answer_cites_what_was_shown(index: Index, ledger: Ledger) -> None:
    policy = ScriptedPolicy([searches("Uranus discovered", parts=("Where was Uranus found?",)), searches("Bath city")])
    desk = desk_of(ledger, index, policy)
    answer = research(desk)
    assert answer.kind == "found"
    assert all(claim.supported for claim in answer.claims)
    row = desk.row
    assert (row.stop, row.parts, row.answer) == ("answered", ("Where was Uranus found?",), answer)
    assert [done.action for done in ledger.done(desk.run, 1)] == [Search("Uranus discovered"), Search("Bath city")]
    assert next(one.item for one in ledger.shown(desk.run, 1)) == "uranus"
    assert [one.stage for one in ledger.candidates(desk.run, 1, 1)] == ["BM25", "Counting"]
    assert kinds(desk)[:6] == ["run", "plan", "turn", "action", "shown", "turn"]
    assert kinds(desk)[-2:] == ["stop", "answer"]


def test_what_was_done_is_not_done_again(index: Index, ledger: Ledger) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus")]))
    first = research(desk)
    events = ledger.events(desk.run)
    assert research(replace(desk, policy=ScriptedPolicy([]))) == first
    assert ledger.events(desk.run) == events
    assert counts(desk) == {"Uranus": 1}


def test_a_repeated_query_is_noted_and_not_searched(index: Index, ledger: Ledger) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus", "uranus?"), searches("  URANUS ", "Ceres")]))
    research(desk)
    assert counts(desk) == {"Uranus": 1, "Ceres": 1}
    assert [done.repeats for done in ledger.done(desk.run, 1)] == [None, 1, 1, None]
    assert ledger.spent(desk.run, 1).searches == 2


def test_a_cap_of_n_searches_means_n(index: Index, ledger: Ledger) -> None:
    script = [searches("Uranus", "Neptune"), searches("Ceres", "Pluto", "Bath"), searches("Palermo")]
    desk = desk_of(ledger, index, ScriptedPolicy(script), effort=replace(EFFORT, searches=3))
    research(desk)
    assert counts(desk) == {"Uranus": 1, "Neptune": 1, "Ceres": 1}
    assert desk.row.stop == "budget"


def test_a_cap_of_n_passages_means_n_and_none_is_shown_twice(index: Index, ledger: Ledger) -> None:
    script = [searches("discovered found", "discovered"), searches("Uranus Neptune Ceres Pluto", show=4)]
    desk = desk_of(ledger, index, ScriptedPolicy(script), effort=replace(EFFORT, shown=3))
    research(desk)
    items = [one.item for one in ledger.shown(desk.run, 1)]
    assert len(items) == len(set(items)) == 3


def test_a_search_that_fails_ends_its_own_branch_alone(index: Index, ledger: Ledger) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus", "broken query", "Ceres")]), bad="broken")
    answer = research(desk)
    assert answer.kind == "found"
    assert [done.failure for done in ledger.done(desk.run, 1)] == [None, "FathomError", None]
    assert [(one.step, one.kind, one.remedy) for one in ledger.failures(desk.run, 1)] == [
        ("search 2", "FathomError", "try again")
    ]
    assert {one.item for one in ledger.shown(desk.run, 1)} >= {"uranus", "ceres"}


def test_when_every_search_fails_the_run_says_so(index: Index, ledger: Ledger) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("broken")]), bad="broken")
    assert research(desk).kind == "not_found"
    assert desk.row.stop == "failed"


@pytest.mark.parametrize(
    ("error", "stop"),
    [(Unavailable("the model is down", "a model", "start it"), "failed"), (Exhausted("no tokens left"), "budget")],
)
def test_a_policy_that_fails_leaves_an_answer_from_what_was_shown(
    error: FathomError, stop: str, index: Index, ledger: Ledger
) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus"), error]))
    answer = research(desk)
    assert answer.kind == "found"
    assert desk.row.stop == stop
    assert [(one.step, one.kind) for one in ledger.failures(desk.run, 1)] == [("reflect", type(error).__name__)]


def test_a_policy_that_cannot_write_is_written_for_and_it_is_told(index: Index, ledger: Ledger) -> None:
    def fails(view: View) -> Answer:
        raise Unavailable("the model is down")

    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus")], writes=fails))
    assert research(desk).kind == "found"
    assert desk.row.stop == "failed"
    assert [one.step for one in ledger.failures(desk.run, 1)] == ["write"]


def test_a_stopped_run_gives_a_partial_cited_answer_at_once(index: Index, ledger: Ledger) -> None:
    never = threading.Event()

    def asks_to_stop_and_hangs() -> Decision:
        ledger.ask_stop(desk.run)
        never.wait(60)
        return Decision()

    def asked(view: View) -> Answer:
        raise FathomError("a stopped run is written for, not asked")

    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus"), asks_to_stop_and_hangs], writes=asked))
    began = time.monotonic()
    answer = research(desk)
    assert time.monotonic() - began < 30
    never.set()
    assert desk.row.stop == "stopped"
    assert answer.claims[0].citations[0].document == "uranus"
    assert ledger.failures(desk.run, 1) == ()


def test_without_reflection_the_plan_is_all_there_is(index: Index, ledger: Ledger) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus"), searches("Ceres")]))
    research(desk, reflect=False)
    assert counts(desk) == {"Uranus": 1}


def test_opening_shows_what_follows_in_the_document(tmp_path: Path, ledger: Ledger) -> None:
    index = small_index(tmp_path)
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus"), Decision((Open("uranus"), Open("no such passage")))]))
    research(desk)
    opened, unknown = ledger.done(desk.run, 1)[1:]
    assert (opened.hits, opened.failure) == (0, None)  # a record is one passage: nothing follows it
    assert unknown.failure == "FathomError"


def test_time_that_is_over_ends_in_an_answer(index: Index, ledger: Ledger) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus"), searches("Ceres")]), effort=replace(EFFORT, seconds=0.001))
    research(desk)
    assert desk.row.stop == "budget"
    assert desk.row.answer is not None


def test_a_policy_that_only_talks_is_saturated(index: Index, ledger: Ledger) -> None:
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus"), Decision(reasoning="hm")]))
    research(desk)
    assert desk.row.stop == "saturated"


def test_a_follow_up_is_made_self_contained_and_starts_with_what_was_cited(index: Index, ledger: Ledger) -> None:
    first = desk_of(ledger, index, ScriptedPolicy([searches("Uranus", show=1)]))
    research(first)
    run = ledger.start_run({"recipe": "bm25", "identity": index.identity}, ["And Neptune?"], following=first.run)
    policy = ScriptedPolicy([searches("Neptune", show=1)])
    second = replace(first, run=run, policy=policy)
    research(second)
    assert second.row.text == "And Neptune? (Where was Uranus found?)"
    assert [one.item for one in policy.views[0].evidence] == ["uranus"]
    assert [(one.number, one.item, one.action) for one in ledger.shown(run, 1)] == [(1, "uranus", 0), (2, "neptune", 1)]


ONCE, AGAIN = ("record_plan", "record_draft", "record_answer"), ("record_action", "record_shown", "record_turn")


@pytest.mark.parametrize(("step", "nth"), [*((step, 1) for step in ONCE + AGAIN), *((step, 2) for step in AGAIN)])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_dies_at_any_step_ends_as_if_it_had_not(step: str, when: str, nth: int, index: Index, tmp_path: Path) -> None:
    """The process dies before or after the n-th recording of a step; another takes the question up from the ledger."""
    script = [searches("Uranus", "Ceres"), searches("Bath", "uranus")]
    whole = desk_of(Ledger(Store.open(f"sqlite:///{tmp_path}/whole.db")), index, ScriptedPolicy(script))
    expected = research(whole)
    ledger = Ledger(Store.open(f"sqlite:///{tmp_path}/cut.db"))
    desk = desk_of(ledger, index, ScriptedPolicy(script))
    dying = replace(desk, ledger=_Dying.of(ledger, step, when, nth))
    with pytest.raises(_Dies):
        research(dying)
    assert research(desk) == expected
    assert [(done.number, done.repeats) for done in ledger.done(desk.run, 1)] == [
        (done.number, done.repeats) for done in whole.ledger.done(whole.run, 1)
    ]
    assert ledger.shown(desk.run, 1) == whole.ledger.shown(whole.run, 1)
    assert kinds(desk).count("answer") == 1
    repeated = sum(counts(desk).values()) - sum(counts(whole).values())
    assert repeated <= 2  # at most what was under way when it died


class _Dies(BaseException):
    """The process is gone: nothing catches this."""


class _Dying(Ledger):
    """A ledger whose process dies at the n-th recording of one step."""

    @classmethod
    def of(cls, ledger: Ledger, step: str, when: str, nth: int) -> Ledger:
        made = cls(ledger.store, ledger.user, ledger.clock)
        left = [nth]

        def record(*args: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and when == "before":
                raise _Dies
            given = getattr(ledger, step)(*args)
            if left[0] == 0:
                raise _Dies
            return given

        object.__setattr__(made, step, record)
        return made


def test_quoting_is_what_the_tests_assume(index: Index, ledger: Ledger) -> None:
    """The scripted writer cites nothing where nothing was shown."""
    desk = desk_of(ledger, index, ScriptedPolicy([searches("zzz")]))
    assert quoting(desk.view()).kind == "not_found"
    assert research(desk).kind == "not_found"


def test_what_an_interruption_left_unread_is_shown_after_a_resume(index: Index, ledger: Ledger) -> None:
    """One of two searches was under way when the run was asked to stop: the resumed run shows what both bring, once."""
    desk = desk_of(ledger, index, ScriptedPolicy([searches("Uranus", "Ceres", show=1)]))
    ledger.lease(desk.run, "first", 30)
    stage = desk.tools.stage
    assert isinstance(stage, Counting)
    hangs = replace(desk, tools=replace(desk.tools, stage=_Hangs(stage, ledger, desk.run, "Ceres")))
    research(hangs)
    assert desk.row.stop == "stopped"
    assert [one.item for one in ledger.shown(desk.run, 1)] == ["uranus"]
    ledger.finish_run(desk.run, "stopped")
    ledger.lease(desk.run, "first", 30)
    research(desk)
    assert desk.row.stop == "answered"
    assert [one.item for one in ledger.shown(desk.run, 1)] == ["uranus", "ceres"]
    assert counts(desk)["Uranus"] == 1


@dataclass(frozen=True)
class _Hangs(Stage):
    """Asks its run to stop and holds one query open."""

    inner: Stage
    ledger: Ledger
    run: str
    query: str

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        if batch[0].query.text == self.query:
            time.sleep(0.5)  # the other search is done by then
            self.ledger.ask_stop(self.run)
            threading.Event().wait(20)
        return self.inner(batch)


def test_what_an_earlier_answer_cited_is_carried_only_into_a_scope_that_admits_it(index: Index, ledger: Ledger) -> None:
    first = desk_of(ledger, index, ScriptedPolicy([searches("Uranus", show=1)]))
    research(first)
    run = ledger.start_run({"recipe": "bm25", "identity": index.identity}, ["And Neptune?"], following=first.run)
    narrow = replace(first.tools, scope=Scope(documents=("neptune",)))
    second = replace(first, run=run, tools=narrow, policy=ScriptedPolicy([searches("Neptune", show=1)]))
    research(second)
    assert [one.item for one in ledger.shown(run, 1)] == ["neptune"]


def test_a_follow_up_that_searches_nothing_rests_on_what_it_recorded(index: Index, ledger: Ledger) -> None:
    first = desk_of(ledger, index, ScriptedPolicy([searches("Uranus", show=1)]))
    research(first)
    run = ledger.start_run({"recipe": "bm25", "identity": index.identity}, ["And when?"], following=first.run)
    second = replace(first, run=run, policy=ScriptedPolicy([Decision(stop="answered")]))
    answer = research(second)
    assert [one.item for one in ledger.shown(run, 1)] == ["uranus"]
    assert answer.kind == "found"

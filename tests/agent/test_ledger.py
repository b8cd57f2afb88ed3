"""The ledger on both databases: what goes in comes out, once, whole, and for its user alone."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from agent.entries.batches import Searched
from agent.entries.faults import StoreError
from agent.entries.handle import Handle
from agent.entries.leases import LeaseHeld
from agent.entries.overview import Wanted
from agent.entries.packing import Candidates, pack, unpack
from agent.entries.rows import Gold
from agent.ledger import Admin, Ledger, new_id
from agent.migrations.schema import METADATA
from agent.model.account import Call
from agent.state import (
    Answer,
    Citation,
    Claim,
    Conflict,
    Done,
    Evidence,
    Exchange,
    Failure,
    Open,
    Search,
    Spent,
    Turn,
)
from agent.store import Store
from retrievers.base import Hit, Query, Ranking, Step
from retrievers.errors import FathomError, UsageError

PLAN = Turn(1, "two moons to compare", (Search("moons of Mars", "first", 0, 3), Search("moons of Jupiter", part=1)))
NEXT = Turn(2, "more of it", (Open("mars#1", "what follows"), Search("Moons of Mars?")), "a draft")
FOUND = (
    Candidates("BM25", "moons of Mars", ("mars#1", "mars#2", "io#1"), (3.5, 2.25, 0.5), ("", "", ""), 700),
    Candidates("MaxSim", "moons of Mars", ("mars#2", "mars#1"), (0.75, 0.5), ("18 tokens", ""), 2),
)
SHOWN = (
    Evidence(1, "mars#2", "mars", "Mars", 40, 90, "Phobos and Deimos", "Moons", 12, "words", True, 1, 1, 0.75),
    Evidence(2, "mars#1", "mars", "Mars", 0, 40, "Mars is red.", "", 9, "words", False, 1, 2, 0.5),
)
TWO = Claim("Mars has two moons.", (Citation("mars", "mars#2", 45, 60, "Phobos", ("Mars", "has", "Phobos")),), True)
NONE = Claim("Mars has no moon.", (Citation("old", "old#1", 0, 9, "no moon"),), True, "an older source")
UNCITED = Claim("It is far.", reason="no citation")
ANSWER = Answer("conflict", "two", "Mars has two moons.", (TWO, UNCITED), ("Mars",), (Conflict("moons", (TWO, NONE)),), 0.5)
CALL = Call("converse", "small", 100, 20, 1.5, 0.25, 1, None)


@dataclass
class Clock:
    """Seconds since 1970, as a test sets them."""

    now: float = 1_000_000.0

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


@pytest.fixture
def run(ledger: Ledger) -> str:
    return ledger.start_run({"recipe": "hybrid"}, ["How many moons has Mars?", "And Jupiter?"])


def dump(store: Store, *, owner: str | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, or a user's."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with store.engine.execution_options(transaction="read").begin() as connection:
        for name, table in METADATA.tables.items():
            query = select(table) if owner is None else select(table).where(table.c.owner == owner)
            found[name] = sorted((tuple(row) for row in connection.execute(query)), key=repr)
    return found


Recorded = Callable[[Ledger, str], Any]
STEPS: dict[str, Recorded] = {
    "text": lambda ledger, run: ledger.set_text(run, 1, "How many moons has the planet Mars?"),
    "plan": lambda ledger, run: ledger.record_plan(run, 1, ("Mars", "Jupiter"), PLAN),
    "action": lambda ledger, run: ledger.record_action(run, 1, Done(1, 1, PLAN.actions[0], "moons mars", 700), 0.25, FOUND),
    "failed action": lambda ledger, run: ledger.record_action(
        run, 1, Done(2, 1, PLAN.actions[1], failure="Unavailable"), 0.5, ()
    ),
    "shown": lambda ledger, run: ledger.record_shown(run, 1, 1, SHOWN),
    "turn": lambda ledger, run: ledger.record_turn(run, 1, NEXT),
    "opening": lambda ledger, run: ledger.record_action(run, 1, Done(3, 2, NEXT.actions[0], hits=4), 0.125, ()),
    "repeat": lambda ledger, run: ledger.record_action(run, 1, Done(4, 2, NEXT.actions[1], repeats=1), 0.0, ()),
    "nothing shown": lambda ledger, run: ledger.record_shown(run, 1, 2, ()),
    "failure": lambda ledger, run: ledger.record_failure(run, 1, Failure("search 2", "Unavailable", "no server", "start it")),
    "draft": lambda ledger, run: ledger.record_draft(run, 1, replace(ANSWER, conflicts=()), "saturated"),
    "answer": lambda ledger, run: ledger.record_answer(run, 1, ANSWER, "saturated", Spent(3, 100, 20, 2.5, None)),
    "stop": lambda ledger, run: ledger.ask_stop(run),
    "finish": lambda ledger, run: ledger.finish_run(run, "done"),
}


def record_all(ledger: Ledger, run: str) -> None:
    for step in STEPS.values():
        step(ledger, run)


def test_a_run_is_read_back_as_it_was_started(ledger: Ledger, run: str) -> None:
    row = ledger.run(run)
    assert (row.spec, row.title, row.size, row.purpose) == ({"recipe": "hybrid"}, "How many moons has Mars?", 2, "ask")
    assert (row.status, row.parent, row.lease_owner, row.stop_asked, row.ended) == ("running", None, "", False, None)
    assert row.created == 1_000_000.0
    assert [(one.number, one.asked, one.text, one.answer) for one in ledger.questions(run)] == [
        (1, "How many moons has Mars?", "How many moons has Mars?", None),
        (2, "And Jupiter?", "And Jupiter?", None),
    ]
    assert [(event.seq, event.question, event.kind) for event in ledger.events(run)] == [(1, 0, "run")]
    assert [one.id for one in ledger.conversations()] == [row.conversation]
    with pytest.raises(UsageError):
        ledger.start_run({}, [])


def test_every_part_of_a_question_comes_back(ledger: Ledger, run: str) -> None:
    record_all(ledger, run)
    question = ledger.question(run, 1)
    assert question.text == "How many moons has the planet Mars?"
    assert question.asked == "How many moons has Mars?"
    assert question.parts == ("Mars", "Jupiter")
    assert question.draft == replace(ANSWER, conflicts=())
    assert question.answer == ANSWER
    assert (question.stop, question.spent) == ("saturated", Spent(3, 100, 20, 2.5, None))
    assert ledger.questions(run)[0] == question
    assert ledger.turns(run, 1) == (PLAN, NEXT)
    assert ledger.done(run, 1) == (
        Done(1, 1, PLAN.actions[0], "moons mars", 700, shown=(1, 2)),
        Done(2, 1, PLAN.actions[1], failure="Unavailable"),
        Done(3, 2, NEXT.actions[0], hits=4),
        Done(4, 2, NEXT.actions[1], repeats=1),
    )
    assert ledger.shown(run, 1) == tuple(replace(one, text="") for one in SHOWN)
    assert [ledger.was_read(run, 1, turn) for turn in (1, 2, 3)] == [True, True, False]
    assert ledger.failures(run, 1) == (Failure("search 2", "Unavailable", "no server", "start it"),)
    assert ledger.seconds(run, 1) == {1: 0.25, 2: 0.5, 3: 0.125, 4: 0.0}
    assert ledger.turns(run, 2) == ledger.done(run, 2) == ledger.shown(run, 2) == ()
    assert ledger.run(run).status == "done"


def test_a_citation_knows_which_passage_was_shown(ledger: Ledger, run: str, store: Store) -> None:
    """Mars's cited span lies in passage 1 as it was shown; the older source was never shown."""
    record_all(ledger, run)
    rows = {row[3:6] for row in dump(store)["citation"]}
    assert rows == {(1, 1, 1), (3, 1, 1), (4, 1, None)}


def test_a_step_that_is_recorded_twice_is_recorded_once(ledger: Ledger, run: str, store: Store) -> None:
    first = {name: step(ledger, run) for name, step in STEPS.items()}
    before = dump(store)
    again = Ledger(store, "ada", Clock(2_000_000.0))
    for name, step in STEPS.items():
        second = step(again, run)
        assert (replace(second, shown=()) if isinstance(second, Done) else second) == first[name], name
        assert dump(store) == before, name


def test_the_first_record_of_a_step_is_the_one_that_stands(ledger: Ledger, run: str) -> None:
    record_all(ledger, run)
    assert ledger.set_text(run, 1, "another") == "How many moons has the planet Mars?"
    assert ledger.record_turn(run, 1, Turn(1, "another")) == PLAN
    assert ledger.record_plan(run, 1, ("other",), Turn(1)) == PLAN
    assert ledger.question(run, 1).parts == ("Mars", "Jupiter")
    assert ledger.record_action(run, 1, Done(1, 9, Open("x")), 9.0, ()) == ledger.done(run, 1)[0]
    assert ledger.record_shown(run, 1, 1, ()) == tuple(replace(one, text="") for one in SHOWN)
    assert ledger.record_answer(run, 1, Answer("not_found"), "budget", Spent()) == ANSWER
    assert ledger.record_draft(run, 1, Answer("not_found"), "budget") == replace(ANSWER, conflicts=())


def test_a_step_whose_event_fails_leaves_nothing(ledger: Ledger, run: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise RuntimeError("no event")

    for name, step in STEPS.items():
        before = dump(store)
        with monkeypatch.context() as patched:
            patched.setattr(Handle, "_emit", broken)
            with pytest.raises(RuntimeError):
                step(ledger, run)
        assert dump(store) == before, name
        step(ledger, run)
        assert dump(store) != before, name


def test_each_step_emits_its_event_in_order_without_gaps(ledger: Ledger, run: str) -> None:
    record_all(ledger, run)
    ledger.event(run, 1, "draft", {"text": "The planet"})
    events = ledger.events(run)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    first, second = ("text", "plan", "turn", "action", "action", "shown"), ("turn", "action", "action", "shown")
    kinds = ["run", *first, *second, "failure", "stop", "answer", "stop_asked", "run", "draft"]
    assert [event.kind for event in events] == kinds
    assert [event.kind for event in ledger.events(run, after=len(events) - 2)] == ["run", "draft"]
    assert events[4].payload["query"] == "moons of Mars"
    assert [one["item"] for one in events[6].payload["passages"]] == ["mars#2", "mars#1"]
    assert events[-1].payload == {"text": "The planet"}
    assert events[-1].question == 1


def test_several_steps_together_are_seen_whole_or_not_at_all(ledger: Ledger, run: str, store: Store) -> None:
    before = dump(store)

    def broken_off() -> None:
        with ledger.together() as step:
            step.record_plan(run, 1, (), PLAN)
            step.record_shown(run, 1, 1, SHOWN)
            assert step.turns(run, 1) == (PLAN,)
            raise RuntimeError("between two steps")

    with pytest.raises(RuntimeError, match="between two steps"):
        broken_off()
    assert dump(store) == before
    with ledger.together() as step:
        step.record_plan(run, 1, (), PLAN)
        step.record_shown(run, 1, 1, SHOWN)
    assert len(ledger.shown(run, 1)) == 2


def test_what_was_spent_is_the_sum_of_its_rows(ledger: Ledger, run: str) -> None:
    """Two searches (the repeat was not run, an opening is none) of 0.25 and 0.5 s, the opening's 0.125 s, and calls: the policy's
    1.5 s, and 4 s inside the first search, which its own seconds hold already."""
    record_all(ledger, run)
    assert ledger.spent(run, 1) == Spent(2, 0, 0, 0.875, 0.0)
    ledger.charge(run, 1, f"{run}/1", CALL)
    ledger.charge(run, 1, f"{run}/1/1", replace(CALL, seconds=4.0, cost=0.5))
    assert ledger.spent(run, 1) == Spent(2, 200, 40, 2.375, 0.75)
    assert [(row.number, row.action, row.purpose, row.cost) for row in ledger.calls(run, 1)] == [
        (1, 0, "converse", 0.25),
        (2, 1, "converse", 0.5),
    ]
    ledger.charge(run, 2, f"{run}/2", replace(CALL, tokens_in=1, cost=None, failure="timeout"))
    assert ledger.spent(run, 2) == Spent(0, 1, 20, 1.5, None)
    assert ledger.spent(run) == Spent(2, 201, 60, 3.875, None)
    ledger.charge(run, 2, f"{run}/2", CALL)
    assert ledger.spent(run, 2).cost is None
    assert [row.failure for row in ledger.calls(run, 2)] == ["timeout", None]


def test_candidates_of_every_stage_come_back(ledger: Ledger, run: str) -> None:
    record_all(ledger, run)
    assert ledger.candidates(run, 1, 1) == list(FOUND)
    lexical, reranked = ledger.candidates(run, 1, 1)
    assert (lexical.rank("io#1"), reranked.rank("io#1"), lexical.total) == (3, None, 700)
    assert next(iter(reranked)) == Hit("mars#2", 0.75, (Step("MaxSim", 1, 0.75, "18 tokens"),))
    assert ledger.candidates(run, 1, 2) == []


@given(
    st.lists(st.tuples(st.text(st.characters()), st.floats(width=32, allow_nan=False), st.text(st.characters())), max_size=30),
    st.text(st.characters()),
)
def test_packing_gives_back_every_text_and_score(places: list[tuple[str, float, str]], query: str) -> None:
    ids, scores, details = (tuple(column) for column in zip(*places, strict=True)) if places else ((), (), ())
    given_ = Candidates("s", query, ids, scores, details, len(ids))
    assert unpack(pack(given_), "s", query, len(ids)) == given_


def test_a_damaged_pack_is_a_named_error_at_any_byte() -> None:
    packed = pack(FOUND[0])
    for place in range(len(packed)):
        flipped = packed[:place] + bytes([packed[place] ^ 0x10]) + packed[place + 1 :]
        with suppress(StoreError):
            assert unpack(flipped, "BM25", FOUND[0].query, 700) == FOUND[0]


def test_a_ranking_is_what_packing_takes() -> None:
    ranking = Ranking.ranked(Query("q"), ["a", "b"], np.array([1.1, 2.2]), "BM25", details=["x", "y"])
    staged = Candidates("BM25", "q", ranking.ids, tuple(ranking.scores.tolist()), tuple(t[-1].detail for t in ranking.trails), 2)
    assert list(unpack(pack(staged), "BM25", "q", 2)) == list(ranking)


def test_a_run_is_found_by_a_beginning_that_is_its_alone(ledger: Ledger) -> None:
    clock = ledger.clock
    assert isinstance(clock, Clock)
    first = ledger.start_run({}, ["a"])
    clock.now += 90_000
    second = ledger.start_run({}, ["b"])
    assert first < second
    assert re.fullmatch(r"\d{8}-\d{6}-\d{3}[0-9a-f]{10}", first)
    common = next(place for place, (one, two) in enumerate(zip(first, second, strict=True)) if one != two)
    assert ledger.run(first[: common + 1]).id == first
    assert ledger.run(second[:-1]).id == second
    with pytest.raises(FathomError, match=f"several runs begin with .*{second}, {first}"):
        ledger.run(first[:common])
    for wrong in ("", "%", "_" * len(first), first + "0", first.upper() + "x"):
        with pytest.raises(FathomError, match="no run"):
            ledger.run(wrong)


def test_ids_sort_by_time_and_do_not_repeat() -> None:
    times = [0.0, 0.0015, 1.0, 1_000.999, 1_700_000_000.5, 1_700_000_000.75]
    ids = [new_id(now) for now in times]
    assert all(one < two for one, two in pairwise(ids))
    assert len({new_id(0.0) for _ in range(1000)}) == 1000
    assert new_id(1_795_558_905.0315)[:19] == "20261124-222145-031"


def test_runs_are_listed_newest_first_and_searched_in_any_case(ledger: Ledger) -> None:
    clock = ledger.clock
    assert isinstance(clock, Clock)
    made = []
    for questions in (["Größe des Mars?"], ["100% of it_all"], ["100x of it all", "und die GRÖSSE?"]):
        made.append(ledger.start_run({}, questions, purpose="eval" if "x" in questions[0] else "ask"))
        clock.now += 1
    assert [row.id for row in ledger.runs()] == made[::-1]
    assert [row.id for row in ledger.runs(limit=1)] == [made[2]]
    assert [row.id for row in ledger.runs("GRÖßE")] == [made[2], made[0]]
    assert [row.id for row in ledger.runs("0%")] == [made[1]]
    assert [row.id for row in ledger.runs("it_a")] == [made[1]]
    assert [row.id for row in ledger.runs(purpose="eval")] == [made[2]]
    assert [row.id for row in ledger.runs(conversation=ledger.run(made[0]).conversation)] == [made[0]]
    assert ledger.runs("no such words") == []
    assert ledger.runs("x" * 100_000) == []


def test_a_lease_keeps_others_out_until_it_ends(ledger: Ledger, run: str, store: Store) -> None:
    clock = ledger.clock
    assert isinstance(clock, Clock)
    admin = Admin(store)
    assert admin.expired(clock.now) == [("ada", run)]
    ledger.lease(run, "host:1", 30)
    assert admin.expired(clock.now + 30) == []
    assert admin.expired(clock.now + 30.5) == [("ada", run)]
    with pytest.raises(LeaseHeld, match="host:1, for 30 s more"):
        ledger.lease(run, "host:2", 30)
    with pytest.raises(LeaseHeld):
        ledger.renew(run, "host:2", 30)
    ledger.release(run, "host:2")
    assert ledger.run(run).lease_owner == "host:1"
    clock.now += 29
    ledger.renew(run, "host:1", 30)
    clock.now += 29
    with pytest.raises(LeaseHeld):
        ledger.lease(run, "host:2", 30)
    clock.now += 2
    ledger.lease(run, "host:2", 30)
    with pytest.raises(LeaseHeld, match="host:2"):
        ledger.renew(run, "host:1", 30)
    ledger.release(run, "host:2")
    with pytest.raises(LeaseHeld, match="nobody's"):
        ledger.renew(run, "host:2", 30)
    ledger.lease(run, "host:1", 30)
    ledger.finish_run(run, "done")
    ledger.release(run, "host:1")
    assert admin.expired(clock.now + 1e6) == []
    with pytest.raises(FathomError, match="is done"):
        ledger.lease(run, "host:1", 30)


def test_a_stopped_run_that_is_leased_again_opens_what_it_left_unanswered(ledger: Ledger, run: str) -> None:
    ledger.lease(run, "host:1", 30)
    record = {1: ("answered", ANSWER), 2: ("stopped", replace(ANSWER, conflicts=(), short="partial"))}
    for number, (stop, answer) in record.items():
        ledger.record_turn(run, number, PLAN)
        ledger.record_draft(run, number, answer, stop)  # type: ignore[arg-type]
        ledger.record_answer(run, number, answer, stop, Spent())  # type: ignore[arg-type]
    ledger.ask_stop(run)
    assert ledger.stop_asked(run)
    ledger.finish_run(run, "stopped")
    ledger.lease(run, "host:1", 30)
    row = ledger.run(run)
    assert (row.status, row.stop_asked, row.ended) == ("running", False, None)
    first, second = ledger.questions(run)
    assert first.answer == ANSWER
    assert (second.answer, second.draft, second.stop, second.spent) == (None, None, None, None)
    assert ledger.turns(run, 2) == (PLAN,)
    assert [event.payload["short"] for event in ledger.events(run) if event.kind == "answer"] == ["two", "partial"]
    ledger.record_answer(run, 2, ANSWER, "answered", Spent())
    assert ledger.question(run, 2).answer == ANSWER


def test_a_run_that_was_asked_to_stop_still_is_when_its_process_died(ledger: Ledger, run: str) -> None:
    ledger.lease(run, "host:1", 1)
    ledger.ask_stop(run)
    clock = ledger.clock
    assert isinstance(clock, Clock)
    clock.now += 2
    ledger.lease(run, "host:2", 30)
    assert ledger.stop_asked(run)


def answered(ledger: Ledger, question: str, **how: Any) -> str:
    run = ledger.start_run({}, [question], **how)
    clock = ledger.clock
    assert isinstance(clock, Clock)
    clock.now += 1
    ledger.record_answer(run, 1, Answer("found", f"short {question}", f"text {question}"), "answered", Spent())
    return run


def told(*questions: str) -> tuple[Exchange, ...]:
    return tuple(Exchange(one, f"short {one}", f"text {one}") for one in questions)


def test_a_follow_up_has_the_history_of_what_it_follows(ledger: Ledger) -> None:
    first = answered(ledger, "a")
    second = answered(ledger, "b", following=first)
    other = answered(ledger, "c", following=first)
    third = answered(ledger, "d", following=second)
    assert ledger.history(first) == ()
    assert ledger.history(third) == told("a", "b")
    assert ledger.history(other) == told("a")
    assert len({ledger.run(run).conversation for run in (first, second, other, third)}) == 1
    open_ = ledger.start_run({}, ["e"], following=third)
    assert ledger.history(ledger.start_run({}, ["f"], following=open_)) == told("a", "b", "d")
    ledger.set_text(open_, 1, "e, spelt out")
    ledger.record_answer(open_, 1, Answer("found", "short", "text"), "answered", Spent())
    assert ledger.history(ledger.start_run({}, ["g"], following=open_))[-1] == Exchange("e, spelt out", "short", "text")


def test_a_run_in_a_conversation_has_all_that_was_asked_before(ledger: Ledger) -> None:
    first = answered(ledger, "a")
    conversation = ledger.run(first).conversation
    second = answered(ledger, "b", conversation=conversation)
    ledger.record_turn(second, 1, PLAN)
    ledger.fork_run(second, 1, 1, None, {})
    assert ledger.history(answered(ledger, "c", conversation=conversation)) == told("a", "b")
    assert len(ledger.conversations()) == 1


def test_a_fork_shares_the_turns_before_it_and_decides_its_own_anew(ledger: Ledger, run: str) -> None:
    record_all(ledger, run)
    forked = ledger.fork_run(run, 1, 2, "moons of Saturn", {"recipe": "bm25"})
    row = ledger.run(forked)
    assert (row.parent, row.parent_turn, row.spec, row.size, row.status) == (run, 2, {"recipe": "bm25"}, 1, "running")
    assert row.conversation == ledger.run(run).conversation
    question = ledger.question(forked, 1)
    assert (question.asked, question.text) == ("How many moons has Mars?", "How many moons has the planet Mars?")
    assert (question.parts, question.answer, question.draft) == (("Mars", "Jupiter"), None, None)
    assert ledger.turns(forked, 1) == (PLAN, Turn(2, NEXT.reasoning, (Search("moons of Saturn"),)))
    assert ledger.done(forked, 1) == ledger.done(run, 1)[:2]
    assert ledger.shown(forked, 1) == ledger.shown(run, 1)
    assert ledger.candidates(forked, 1, 1) == list(FOUND)
    assert [ledger.was_read(forked, 1, turn) for turn in (1, 2)] == [True, False]
    assert ledger.spent(forked, 1).searches == 2
    again = ledger.fork_run(run, 1, 1, None, {})
    assert ledger.turns(again, 1) == (PLAN,)
    assert ledger.done(again, 1) == ledger.shown(again, 1) == ()
    with pytest.raises(FathomError, match="no turn 3"):
        ledger.fork_run(run, 1, 3, None, {})


def test_feedback_and_judgements_stay_with_their_answer(ledger: Ledger, run: str) -> None:
    record_all(ledger, run)
    ledger.give_feedback(run, 1, "right")
    ledger.give_feedback(run, 1, "wrong", claim=1, citation=1, note="another planet")
    assert [(one.verdict, one.claim, one.citation, one.note) for one in ledger.feedback(run, 1)] == [
        ("right", None, None, ""),
        ("wrong", 1, 1, "another planet"),
    ]
    ledger.judge(run, 1, "correct", "exact-match", 0.0)
    ledger.judge(run, 1, "correct", "exact-match", 1.0, "after NFKC")
    ledger.judge(run, 1, "correct", "model", None, "its reply was no JSON")
    assert [(one.judge, one.value, one.detail) for one in ledger.judgements(run, 1)] == [
        ("exact-match", 1.0, "after NFKC"),
        ("model", None, "its reply was no JSON"),
    ]


GOLD = (Gold("q7", ("mars", "mars#2"), ("two",), "ada"), Gold("q9"))


def test_what_a_data_set_says_of_a_question_is_kept_and_shared_by_its_forks(ledger: Ledger) -> None:
    run = ledger.start_run({}, ["How many moons has Mars?", "And Venus?"], purpose="first", gold=GOLD)
    assert [one.gold for one in ledger.questions(run)] == list(GOLD)
    ledger.record_turn(run, 1, PLAN)
    forked = ledger.fork_run(run, 1, 1, None, {})
    assert ledger.question(forked, 1).gold == GOLD[0]
    assert ledger.question(ledger.start_run({}, ["How many moons has Mars?"]), 1).gold is None
    with pytest.raises(ValueError, match="zip"):
        ledger.start_run({}, ["a", "b"], gold=GOLD[:1])
    assert {row.id for row in ledger.runs(purpose="first")} == {run, forked}


def test_searches_that_were_made_together_are_read_like_those_of_a_research(ledger: Ledger, run: str) -> None:
    both = [Searched(number, Search(f"moons {number}", show=10), 7, 0.5, FOUND) for number in (1, 2)]
    ledger.record_searches(run, both)
    for number in (1, 2):
        assert ledger.turns(run, number) == (Turn(1, actions=(Search(f"moons {number}", show=10),)),)
        (done,) = ledger.done(run, number)
        assert (done.number, done.turn, done.action, done.hits, done.shown) == (1, 1, Search(f"moons {number}", show=10), 7, ())
        assert done.rewritten == " | ".join(dict.fromkeys(one.query for one in FOUND))
        assert ledger.candidates(run, number, 1) == list(FOUND)
        assert (ledger.was_read(run, number, 1), ledger.seconds(run, number)) == (True, {1: 0.5})
    assert ledger.hits(run) == {1: 7, 2: 7}
    assert [(one.kind, one.payload) for one in ledger.events(run)][1:] == [("searches", {"questions": [1, 2]})]


def test_searches_that_are_recorded_twice_are_recorded_once_and_those_of_no_question_never(
    ledger: Ledger, run: str, store: Store
) -> None:
    one, other = (Searched(number, Search("moons"), 7, 0.5, FOUND) for number in (1, 2))
    ledger.record_searches(run, [one])
    before = dump(store)
    ledger.record_searches(run, [one])
    assert dump(store) == before
    with pytest.raises(FathomError, match="has no question 3"):
        ledger.record_searches(run, [other, Searched(3, Search("moons"), 7, 0.5, FOUND)])
    assert dump(store) == before
    ledger.record_searches(run, [one, other])
    assert ledger.hits(run) == {1: 7, 2: 7}


CANARY = "canary-4711"


def fill(ledger: Ledger) -> dict[str, Any]:
    """A user's ledger with a canary wherever a text can be; the values by which its rows are named."""
    run = ledger.start_run({"note": CANARY}, [CANARY, "b"])
    ledger.lease(run, CANARY, 30)
    ledger.set_text(run, 1, f"{CANARY} text")
    ledger.record_plan(run, 1, (CANARY,), Turn(1, CANARY, (Search(CANARY, CANARY),), CANARY))
    staged = Candidates(CANARY, CANARY, (CANARY,), (1.0,), (CANARY,), 1)
    ledger.record_action(run, 1, Done(1, 1, Search(CANARY), CANARY, 1), 1.0, [staged])
    ledger.record_shown(run, 1, 1, [Evidence(1, CANARY, CANARY, CANARY, 0, 5, "")])
    ledger.record_failure(run, 1, Failure(CANARY, CANARY, CANARY, CANARY))
    ledger.charge(run, 1, f"{run}/1", Call(CANARY, CANARY))
    ledger.record_draft(run, 1, ANSWER, "answered")
    ledger.record_answer(run, 1, replace(ANSWER, short=CANARY), "answered", Spent())
    ledger.give_feedback(run, 1, CANARY)
    ledger.judge(run, 1, CANARY, CANARY, 1.0, CANARY)
    return {"run": run, "following": run, "conversation": ledger.run(run).conversation}


OTHERS = {
    "number": 1, "turn": Turn(1), "action": 1, "after": 0, "text": "", "limit": 10, "purpose": "ask",
    "spec": {}, "questions": ["q"], "query": "x", "kind": "k", "payload": {}, "parts": (),
    "done": Done(1, 1, Search("x")), "seconds": 30.0, "stages": (), "evidence": (), "failure": Failure("a", "b", "c"),
    "cause": "c", "call": Call("a", "b"), "draft": ANSWER, "stop": "answered", "answer": ANSWER, "spent": Spent(),
    "owner": CANARY, "status": "done", "verdict": "v", "claim": 1, "citation": 1,
    "note": "n", "what": "w", "judge": "j", "value": 1.0,
    "detail": "d", "gold": (), "searches": (), "only": None, "said": {},
    "wanted": Wanted(), "offset": 0, "title": "t", "lease": ("o", 30.0),
}  # fmt: skip
NAMES_NO_RUN = {"runs", "conversations", "overview", "recipes", "judges", "judgements_by"}
METHODS = sorted(
    name
    for name, member in inspect.getmembers(Ledger, callable)
    if not name.startswith("_") and name not in ("together", "clock")
)


def outcome(ledger: Ledger, method: str, named: dict[str, Any]) -> str:
    """What a method gives or raises, as text, with the ids that it was given taken out."""
    call = getattr(ledger, method)
    names = list(inspect.signature(call).parameters)
    arguments = {name: named[name] if name in named else OTHERS[name] for name in names}
    if "turn" in names and inspect.signature(call).parameters["turn"].annotation == "int":
        arguments["turn"] = 1
    try:
        result = f"gave {call(**arguments)!r}"
    except FathomError as error:
        result = f"raised {type(error).__name__} {error} {error.__cause__!r}"
    for value in named.values():
        result = result.replace(value, "ID")
    return re.sub(r"\d{8}-\d{6}-\d{3}[0-9a-f]{10}", "NEW", result)


def test_what_is_another_users_is_answered_like_what_never_was(store: Store) -> None:
    """Every public method with ada's ids in bob's hands: the same answer as for ids that nobody has; ada's rows stay."""
    ids = fill(Ledger(store, "ada", Clock()))
    before = dump(store, owner="ada")
    missing = dict.fromkeys(ids, "20000101-000000-000abcdef") | {"thread": "no-thread"}
    bob = Ledger(store, "bob", Clock())
    for method in METHODS:
        foreign = outcome(bob, method, ids)
        assert foreign == outcome(bob, method, missing), method
        assert CANARY not in foreign, method
        assert dump(store, owner="ada") == before, method
        assert foreign.startswith("raised") or method in NAMES_NO_RUN, method


@pytest.mark.parametrize("how", ["following", "conversation"])
def test_a_run_cannot_join_another_users_conversation(store: Store, how: str) -> None:
    ids = fill(Ledger(store, "ada"))
    with pytest.raises(FathomError, match=r"no (run|conversation)"):
        Ledger(store, "bob").start_run({}, ["q"], **{how: ids[how]})
    assert Ledger(store, "bob").runs() == Ledger(store, "bob").conversations() == []


def test_the_canary_stands_where_the_walk_would_find_it(store: Store) -> None:
    """The walk above proves something: the same calls by ada do give the canary."""
    ada = Ledger(store, "ada", Clock())
    ids = fill(ada)
    silent = {"stop_asked", "was_read", "seconds", "spent", "history", "hits"}
    reading = {
        name for name in METHODS if not any(word in name for word in ("record", "put", "start", "fork", "delete", "rename"))
    }
    giving = {name for name in reading if CANARY in outcome(ada, name, ids)}
    wanted = {"run", "runs", "question", "questions", "turns", "done", "shown", "candidates", "failures", "calls", "events"}
    assert wanted | {"feedback", "judgements", "conversations"} <= giving | silent


def test_a_user_that_is_forgotten_leaves_nothing_and_others_everything(store: Store) -> None:
    fill(Ledger(store, "ada"))
    fill(Ledger(store, "bob"))
    admin = Admin(store)
    assert admin.users() == ["ada", "bob"]
    bobs = dump(store, owner="bob")
    assert admin.forget("ada") == sum(map(len, bobs.values()))
    assert dump(store) == bobs
    assert admin.users() == ["bob"]
    assert admin.forget("ada") == 0


def test_a_ledger_needs_a_user(store: Store) -> None:
    with pytest.raises(UsageError):
        Ledger(store, "")


ODD = st.text(st.characters(), max_size=40) | st.sampled_from(["\0", "\ud83d\ude00", "\x1a0000", "\x1a", "\r\n"])


def test_odd_text_comes_back_alike_from_both_databases(store: Store) -> None:
    ledger = Ledger(store, "odd \0 \udfff user")

    @given(ODD, ODD)
    def comes_back(text: str, other: str) -> None:
        run = ledger.start_run({"key": text, text: [other]}, [text, other])
        assert [one.asked for one in ledger.questions(run)] == [text, other]
        assert ledger.run(run).spec == {"key": text, text: [other]}
        ledger.set_text(run, 1, other)
        ledger.event(run, 1, text[:50], {"text": text})
        assert ledger.question(run, 1).text == other
        last = ledger.events(run)[-1]
        assert (last.kind, last.payload) == (text[:50], {"text": text})
        if text:
            assert run in [row.id for row in ledger.runs(text, limit=100_000)]

    comes_back()
    marks = "a" + "\u0301\0" * 250_000
    assert ledger.question(ledger.start_run({}, [marks]), 1).asked == marks


def test_hostile_ids_find_nothing_and_change_nothing(store: Store) -> None:
    ledger = Ledger(store, "ada")
    fill(ledger)
    before = dump(store)
    hostile = ODD | st.sampled_from(["' OR 1=1 --", '"; DROP TABLE run; --', "%", "_", "2%", "run/../..", ":id", "?", "{}"])

    @given(hostile, st.integers())
    def finds_nothing(id: str, number: int) -> None:
        for call in (ledger.questions, ledger.events, ledger.ask_stop, ledger.history, ledger.run):
            with pytest.raises(FathomError, match=r"no run|several runs"):
                call(id)
        with pytest.raises(FathomError):
            ledger.question(id, number)
        with pytest.raises(FathomError, match="no conversation"):
            ledger.start_run({}, ["q"], conversation=id)

    finds_nothing()
    assert dump(store) == before


def test_no_number_breaks_the_question(ledger: Ledger, run: str) -> None:
    for number in (0, -1, 3, 2**31, 2**63, 10**30):
        with pytest.raises(FathomError, match="has no question"):
            ledger.question(run, number)


def test_no_passage_text_is_stored(ledger: Ledger, run: str, store: Store) -> None:
    record_all(ledger, run)
    whole = json.dumps(dump(store), default=repr)
    assert "Phobos and Deimos" not in whole
    assert "Mars is red." not in whole

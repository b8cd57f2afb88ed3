"""Why answers were missed: each cause on a real run of a scripted policy over a small index, and the table of a whole run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.batch import Batch
from agent.desk import Desk
from agent.entries.packing import Candidates
from agent.entries.rows import Gold, QuestionRow
from agent.ledger import Ledger
from agent.settings import Settings
from agent.spec import NONE, Spec
from agent.state import Answer, Citation, Claim, Decision, Done, Search, View
from agent.store import Store
from agent.tools import Cutter, Found, Tools
from agent.why import Cause, Why, why
from agent.workflow import Workflow
from agent.workshop import Workshop
from evals import fates
from evals.attribution import Attributed, attribute, difference
from evals.causes import CAUSES, late
from evals.datasets import Question
from evals.outcomes import Outcome
from retrievers.errors import FathomError
from tests.agent.scripted import DOCUMENTS, EFFORT, ScriptedPolicy, searches, small_index

URANUS, PLUTO = DOCUMENTS["uranus"], DOCUMENTS["pluto"]
RECIPES = "from retrievers.lexical import BM25\n\nRECIPES = {'one': lambda sources: BM25(sources.index) % 1}\n"
Writes = Callable[[View], Answer]


def citing(short: str, *documents: str, says: str = "") -> Writes:
    """A policy's answer: a claim for each of these documents, verbatim or with other words, on the whole of what was shown."""

    def write(view: View) -> Answer:
        spans = [
            Citation(one.document, one.item, one.start, one.end, one.text) for one in view.evidence if one.document in documents
        ]
        return Answer("found", short, claims=tuple(Claim(says or span.quote, (span,)) for span in spans))

    return write


def refusing(view: View) -> Answer:
    return Answer("not_found")


@dataclass(frozen=True)
class Case:
    """A question of a data set, what the policy does with it, and what should come of that."""

    gold: Gold
    script: Sequence[Decision | BaseException]
    writes: Writes
    cause: str
    document: str = ""


BOTH = searches("discovered Uranus Herschel Pluto Tombaugh")  # shows the two that hold these words
CASES = (
    Case(Gold("right", ("uranus",), ("William Herschel",)), [BOTH], citing("The William Herschel!", "uranus"), "right"),
    Case(Gold("corpus", ("uranus", "vulcan"), ("Le Verrier",)), [BOTH], refusing, "corpus_miss", "vulcan"),
    Case(Gold("retrieval", ("palermo",), ("Sicily",)), [BOTH], refusing, "retrieval_miss", "palermo"),
    Case(
        Gold("rank", ("pluto", "uranus"), ("William Herschel",)),
        [searches("discovered Pluto at Flagstaff", show=1)],
        citing("Tombaugh", "pluto"),
        "rank_miss",
        "uranus",
    ),
    Case(Gold("unused", ("uranus",), ("1781",)), [BOTH], citing("1930", "pluto"), "shown_unused", "uranus"),
    Case(Gold("wrong", ("uranus",), ("William Herschel",)), [BOTH], citing("1781", "uranus"), "wrong_answer", "uranus"),
    Case(Gold("wordless", ("uranus",), ("Bath",)), [BOTH], citing("", "uranus"), "wrong_answer", "uranus"),
    Case(Gold("refused", ("uranus", "pluto"), ("1781",)), [BOTH], refusing, "wrong_refusal", "uranus"),
    Case(
        Gold("struck", ("uranus",), ("1781",)),
        [BOTH],
        citing("1999", "uranus", says="William Herschel discovered Uranus in 1999."),
        "unsupported",
        "uranus",
    ),
    Case(Gold("short struck", ("uranus",), ("1781",)), [BOTH], citing("Galle", "uranus"), "unsupported", "uranus"),
    Case(Gold("unanswerable"), [BOTH], citing("1781", "uranus"), "unwarranted"),
    Case(Gold("rightly refused"), [BOTH], refusing, "right"),
    Case(Gold("failed", ("uranus",), ("1781",)), [FathomError("the model is down", "", "start it")], refusing, "failed"),
    Case(Gold("all cited", ("uranus", "pluto")), [BOTH], citing("", "uranus", "pluto"), "right"),
    Case(Gold("half cited", ("uranus", "pluto")), [BOTH], citing("", "uranus"), "shown_unused", "pluto"),
    Case(Gold("unnamed, wrong", (), ("1781",)), [BOTH], citing("1930", "pluto"), "wrong_answer"),
    Case(Gold("unnamed, refused", (), ("1781",)), [BOTH], refusing, "wrong_refusal"),
    Case(Gold("unnamed, nothing", (), ("1781",)), [searches("Vulcan")], refusing, "retrieval_miss"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    small_index(folder)
    (folder / "own.py").write_text(RECIPES, "utf-8")
    return folder


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(Settings())


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    store = Store.open(f"sqlite:///{tmp_path}/ledger.db")
    yield Ledger(store)
    store.close()


def spec_of(home: Path, workshop: Workshop, **changes: object) -> Spec:
    index = str(home / "small.index")
    return replace(Spec(index, "bm25", effort=EFFORT, identity=workshop.index(index).identity, dataset="planets"), **changes)


def researched(ledger: Ledger, workshop: Workshop, spec: Spec, cases: Sequence[Case], tools: type[Tools] = Tools) -> str:
    """A run of these questions, each researched by its script with the real workflow."""
    run = ledger.start_run(spec.as_json(), [case.gold.id for case in cases], purpose="first", gold=[case.gold for case in cases])
    for number, case in enumerate(cases, start=1):
        desk = workshop.desk(ledger, run, number, spec)
        hands = tools(desk.tools.index, desk.tools.stage, desk.tools.user)
        policy = ScriptedPolicy(case.script, case.writes)
        asyncio.run(Workflow().research(replace(desk, tools=hands, policy=policy, writer=ScriptedPolicy([], refusing))))
    ledger.finish_run(run, "done")
    return run


@pytest.fixture
def one(ledger: Ledger, workshop: Workshop, home: Path) -> Callable[..., Attributed]:
    """`one(case)`: the cause of a run's only question."""

    def attributed(case: Case, tools: type[Tools] = Tools, **changes: object) -> Attributed:
        run = researched(ledger, workshop, spec_of(home, workshop, **changes), [case], tools)
        (found,) = attribute(ledger, workshop, run).questions
        return found

    return attributed


@pytest.mark.parametrize("case", CASES, ids=[case.gold.id for case in CASES])
def test_each_cause(one: Callable[..., Attributed], case: Case) -> None:
    found = one(case)
    assert (found.id, found.cause, found.document) == (case.gold.id, case.cause, case.document)


def test_the_table_of_a_run_has_every_question_once_and_every_cause(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    run = researched(ledger, workshop, spec_of(home, workshop), CASES)
    found = attribute(ledger, workshop, run)
    assert found.as_json() == {
        "right": 3,
        "corpus_miss": 1,
        "retrieval_miss": 2,
        "rank_miss": 1,
        "cut": 0,
        "shown_unused": 2,
        "wrong_answer": 3,
        "wrong_refusal": 2,
        "unsupported": 2,
        "unwarranted": 1,
        "failed": 1,
    }
    assert list(found.counts()) == list(CAUSES)
    assert sum(found.counts().values()) == len(CASES)
    assert [one.id for one in found.of("wrong_refusal")] == ["refused", "unnamed, refused"]
    assert [one.id for one in attribute(ledger, workshop, run, [2, 5]).questions] == ["corpus", "unused"]


def test_the_words_say_how_it_came_about(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    run = researched(ledger, workshop, spec_of(home, workshop), CASES)
    words = {one.id: one.words for one in attribute(ledger, workshop, run).questions}
    assert words["right"] == ""
    assert words["rank"].startswith("in search 1 'discovered Pluto at Flagstaff': rank 2 of 2 by BM25; what ranked above it")
    assert words["wrong"].endswith("and cited; the short answer is '1781' and the right one 'William Herschel'")
    assert words["struck"].endswith("by a claim that it does not support; no claim of the answer held, and it was struck out")
    assert "'Galle' was struck out" in words["short struck"]
    assert words["failed"] == "plan: the model is down"


def test_what_a_document_came_to_is_what_why_says_of_it(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    spec = spec_of(home, workshop)
    run = researched(ledger, workshop, spec, CASES)
    did, asked = ledger.trajectories(run), ledger.questions(run)
    together = fates.fates(ledger, workshop, run, [(row, did[row.number]) for row in asked])
    for row, found in zip(asked, together, strict=True):
        desk = workshop.desk(ledger, run, row.number, spec)
        told = [why(desk, id) for id in row.gold.relevant] if row.gold else []
        assert [(one.cause, one.place, one.document) for one in found] == [(one.cause, one.place, one.document) for one in told]


TWICE = [searches("discovered Uranus Herschel Pluto Tombaugh", "Palermo Sicily capital")]
NARROW = replace(EFFORT, shown=2)


def test_what_was_to_be_shown_when_the_passages_were_spent_is_cut(one: Callable[..., Attributed]) -> None:
    found = one(Case(Gold("q", ("palermo",), ("Sicily",)), TWICE, refusing, ""), effort=NARROW)
    assert (found.cause, found.document) == ("cut", "palermo")
    assert found.words.endswith(
        "rank 1 of 2 by BM25; among the places that were to be shown, when the effort's passages were spent"
    )


def test_what_ranked_too_low_to_be_shown_with_any_budget_is_no_cut(one: Callable[..., Attributed]) -> None:
    script = [searches("discovered Uranus Herschel Pluto Tombaugh"), searches("Palermo Sicily capital", show=1)]
    found = one(Case(Gold("q", ("ceres",), ("Piazzi",)), script, refusing, ""), effort=NARROW)
    assert (found.cause, found.document) == ("rank_miss", "ceres")  # second to palermo, and one was to be shown
    assert "rank 2 of 2" in found.words


def test_a_passage_whose_end_was_cut_off_is_cut(one: Callable[..., Attributed]) -> None:
    class Short(Tools):
        @property
        def cutter(self) -> Cutter:  # type: ignore[override]
            return Cutter(self.index, limit=4)

    found = one(Case(Gold("q", ("uranus",), ("1781",)), [BOTH], refusing, ""), Short)
    assert (found.cause, found.document) == ("cut", "uranus")
    assert "up to character 34" in found.words


def test_what_a_stage_gave_and_the_last_did_not_is_a_rank_miss(one: Callable[..., Attributed], home: Path) -> None:
    case = Case(Gold("q", ("uranus",), ("1781",)), [searches("discovered Pluto at Flagstaff")], refusing, "")
    found = one(case, recipe="one", recipes=str(home / "own.py"))
    assert (found.cause, found.document) == ("rank_miss", "uranus")
    assert found.words.endswith("rank 2 of 2 by BM25; then not among the 1 of BM25 % 1")


def test_a_passage_that_says_the_same_as_one_that_was_shown_was_as_good_as_shown(
    ledger: Ledger, workshop: Workshop, tmp_path: Path
) -> None:
    small_index(tmp_path, {"first": "Ceres is round.", "second": "Ceres is round."})
    spec = spec_of(tmp_path, workshop)
    case = Case(Gold("q", ("first", "second"), ("flat",)), [searches("Ceres round")], citing("round", "first"), "")
    (found,) = attribute(ledger, workshop, researched(ledger, workshop, spec, [case])).questions
    assert (found.cause, found.document) == ("shown_unused", "second")
    assert "says nothing that the passages shown did not say" in found.words


class Shallow(Tools):
    """Logs one place a stage."""

    def search(self, action: Search, cause: str, logged: int | None = 1) -> Found:
        return super().search(action, cause, logged)


def test_below_the_logged_depth_it_is_searched_again_and_there_alone(
    one: Callable[..., Attributed], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def again(desk: Desk, done: Done) -> Sequence[Candidates]:
        made.append(done.action.text if isinstance(done.action, Search) else "")
        return search_again(desk, done)

    search_again = fates.again
    monkeypatch.setattr(fates, "again", again)
    script = [searches("discovered Pluto at Flagstaff", "Palermo", show=1)]
    low = one(Case(Gold("low", ("uranus", "ceres"), ("1781",)), script, refusing, ""), Shallow)
    # both searches gave two and logged one; uranus came second in the first of them, ceres second in the other
    assert (low.cause, low.document) == ("rank_miss", "uranus")
    assert "rank 2 of 2 by BM25" in low.words
    assert made == ["discovered Pluto at Flagstaff", "Palermo"]
    assert one(Case(Gold("shown", ("pluto",), ("1781",)), script, refusing, ""), Shallow).cause == "wrong_refusal"
    assert one(Case(Gold("gone", ("vulcan",), ("1781",)), script, refusing, ""), Shallow).cause == "corpus_miss"
    assert len(made) == 2


def test_retrieval_alone_is_right_where_all_that_is_relevant_was_found(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    asked = (
        ("Pluto", Gold("found", ("pluto",))),
        ("discovered Pluto at Flagstaff", Gold("low", ("pluto", "uranus"))),
        ("Ceres", Gold("lost", ("ceres", "bath"))),
    )
    spec = spec_of(home, workshop, policy=NONE, depth=1)
    run = ledger.start_run(spec.as_json(), [text for text, _ in asked], purpose="alone", gold=[gold for _, gold in asked])
    assert Batch(ledger, run, spec, workshop).all() == "done"
    found = attribute(ledger, workshop, run)
    assert [(one.cause, one.document) for one in found.questions] == [
        ("right", ""),
        ("rank_miss", "uranus"),
        ("retrieval_miss", "bath"),
    ]
    assert found.questions[1].words.endswith("rank 2 of 2 by BM25; below the one place that was measured")


def test_a_difference_names_the_questions_that_moved(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    spec = spec_of(home, workshop)
    better = [replace(case, writes=citing("1781", "uranus")) if case.gold.id in ("unused", "refused") else case for case in CASES]
    first, second = (
        attribute(ledger, workshop, researched(ledger, workshop, spec, cases)) for cases in (CASES, list(reversed(better)))
    )
    found = difference(first, second)
    told = found.as_json()
    assert told["moved"] == [
        {"id": "unused", "question": "unused", "from": "shown_unused", "to": "right"},
        {"id": "refused", "question": "refused", "from": "wrong_refusal", "to": "right"},
    ]
    assert (told["a"]["right"], told["b"]["right"]) == (3, 5)
    assert difference(first, first).moved == ()


def test_runs_of_other_questions_have_no_difference(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    spec = spec_of(home, workshop)
    a, b = (attribute(ledger, workshop, researched(ledger, workshop, spec, cases)) for cases in (CASES[:2], CASES[:1]))
    for pair in ((a, b), (b, a)):
        with pytest.raises(FathomError, match=r"1 questions of run .* are not in run .*, first: corpus"):
            difference(*pair)


def test_a_run_that_did_not_come_to_its_end_is_refused(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    spec = spec_of(home, workshop)
    run = ledger.start_run(spec.as_json(), ["a", "b"], purpose="first", gold=[Gold("a", ("uranus",)), Gold("b")])
    with pytest.raises(FathomError, match="2 of the 2 questions of first were not reached, first: a") as caught:
        attribute(ledger, workshop, run)
    assert caught.value.next == "fathom eval --resume first"


def test_runs_that_have_nothing_to_be_judged_by_are_refused(ledger: Ledger, workshop: Workshop, home: Path) -> None:
    run = ledger.start_run(spec_of(home, workshop).as_json(), ["a"])
    with pytest.raises(FathomError, match="has no gold"):
        attribute(ledger, workshop, run)
    with pytest.raises(FathomError, match="no run 'nowhere'"):
        attribute(ledger, workshop, "nowhere")
    done = researched(ledger, workshop, spec_of(home, workshop), CASES[:1])
    with pytest.raises(FathomError, match="has no such question"):
        attribute(ledger, workshop, done, [7])


def test_an_index_that_was_built_anew_is_refused(ledger: Ledger, workshop: Workshop, tmp_path: Path) -> None:
    small_index(tmp_path)
    run = researched(ledger, workshop, spec_of(tmp_path, workshop), CASES[1:2])
    small_index(tmp_path, {"other": "Another corpus."})
    with pytest.raises(FathomError, match="was built anew"):
        attribute(ledger, workshop, run)


LOST: tuple[Cause, ...] = ("corpus_miss", "retrieval_miss", "rank_miss", "cut", "shown_unused", "unsupported", "cited")


@given(st.lists(st.sampled_from(LOST), min_size=1, max_size=6))
def test_of_several_documents_the_one_that_was_lost_earliest_decides(causes: list[Cause]) -> None:
    row = QuestionRow("r", 1, "q", "q")
    outcome = Outcome(Question("q", "q", ("d",), ("right",)), ("d",), Answer("found", "wrong"))
    cause, document, _ = late(row, outcome, [Why(str(place), "d", one, "there") for place, one in enumerate(causes)])
    earliest = min(causes, key=LOST.index)
    assert cause == ("wrong_answer" if earliest == "cited" else earliest)
    assert document == str(causes.index(earliest))

"""A report: what it says of systems in a real ledger, what it refuses, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.entries.rows import Gold
from agent.ledger import Ledger
from agent.spec import Spec
from agent.state import Answer, Failure, Spent
from agent.store import Store
from agent.workshop import Workshop
from evals.answers import named
from evals.causes import CAUSES
from evals.report import Report, report, suffix, write
from evals.reporting.document import Block, Cell, Figure, Listing, Table, Words
from evals.reporting.wording import CAUSE_WORDS
from evals.scores import systems
from retrievers.errors import FathomError, UsageError
from tests.evals.synthetic import record
from ui.terminal.attribution import VERDICTS

RELEVANT = {"q1": ["d1"], "q2": ["d2"], "q3": ["d3", "d4"]}
FIRST = {"q1": ["d1"], "q2": ["d9", "d2"], "q3": ["d3", "d9"]}
SECOND = {"q1": ["d1"], "q2": ["d2", "d9"], "q3": ["d9", "d8"]}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(Store.open(f"sqlite:///{tmp_path / 'ledger.db'}"))


@pytest.fixture
def alone(ledger: Ledger) -> Report:
    """Two recipes: at R@1 q2 is gained, q3 lost; R@2 is 1, 1, 1/2 and 1, 1, 0."""
    record(ledger, "first", FIRST, RELEVANT)
    record(ledger, "second", SECOND, RELEVANT, recipe="dense")
    return of(ledger, "first", "second", measures=("R@2", "R@1"))


def of(ledger: Ledger, *names: str, measures: Sequence[str] = ("R@1",)) -> Report:
    found = [one for name in names for one in systems(ledger, name)]
    return report(found, named(measures, ledger), command="fathom report again")


def agent(ledger: Ledger, name: str, answers: Sequence[tuple[str, float | None] | None], searches: int = 2) -> str:
    """Questions whose right answer is `yes`, and what was answered how surely; None: a step failed."""
    spec = Spec("small.index", "bm25", identity="g1", stage="BM25()", dataset="small", label="bm25 quick")
    gold = [Gold(f"q{number}", answers=("yes",), groups={"hops": str(1 + number % 2)}) for number in range(1, len(answers) + 1)]
    run = ledger.start_run(spec.as_json(), [f"is it {one.id}?" for one in gold], purpose=name, gold=gold)
    for number, said in enumerate(answers, start=1):
        if said is None:
            ledger.record_failure(run, number, Failure("plan", "timeout", "the index is gone", "build it"))
        short, sure = said or ("", None)
        ledger.record_answer(
            run, number, Answer("found", short, confidence=sure), "answered" if said else "failed", Spent(searches)
        )
    ledger.finish_run(run, "done")
    return run


def blocks(found: Report, section: str) -> tuple[Block, ...]:
    return next(one.blocks for one in found.document().sections if one.title == section)


def table(found: Report, section: str, caption: str) -> Mapping[str, Sequence[Cell]]:
    tables = [one.numbers if isinstance(one, Figure) else one for one in blocks(found, section)]
    chosen = next(one for one in tables if isinstance(one, Table) and one.caption == caption)
    return {row[0].text: row[1:] for row in chosen.rows}


def texts(found: Report, section: str) -> list[str]:
    return [one.text for one in blocks(found, section) if isinstance(one, Words)]


def test_means_have_their_interval_and_n(alone: Report) -> None:
    means = table(alone, "Figures", "Means")
    assert [one.text for one in means["first"]] == ["0.833", "0.500"]  # (1 + 1 + 1/2) / 3; (1 + 0 + 1/2) / 3
    assert [one.text for one in means["second"]] == ["0.667", "0.667"]
    assert means["first"][0].soft == "0.500 to 1.000; n 3"
    assert "Errors: no question failed." in texts(alone, "Figures")


def test_differences_are_against_the_first_with_holms_correction_over_the_report(ledger: Ledger, alone: Report) -> None:
    rows = table(alone, "Differences", "second less first")
    assert [one.text for one in rows["R@2"][:3]] == ["0.833", "0.667", "-0.167"]
    assert [one.text for one in rows["R@2"][-3:]] == ["0", "1", "3"]
    assert [one.text for one in rows["R@1"][-3:]] == ["1", "1", "3"]
    five = {f"q{n}": ["d1"] for n in range(6)}
    for name, found in (("bad", "d2"), ("good", "d1"), ("best", "d1")):
        record(ledger, name, {key: [found] for key in five}, five)
    both = of(ledger, "bad", "good", "best").comparisons
    # McNemar of 6 to 0 is 2 / 2**6, twice in this report
    assert [(one.measures["R@1"].p, one.measures["R@1"].p_holm) for one in both.values()] == [(2 / 64, 4 / 64)] * 2


def test_a_surely_better_difference_has_its_tone_and_what_a_question_took_has_none(ledger: Ledger) -> None:
    agent(ledger, "wrong", [("no", 0.5)] * 4)
    agent(ledger, "right", [("yes", 0.5)] * 4)
    found = of(ledger, "wrong", "right", measures=("ExactMatch", "Searches"))
    tones = {name: row[2].tone for name, row in table(found, "Differences", "right less wrong").items()}
    assert tones == {"ExactMatch": "good", "Searches": ""}


def test_questions_that_changed_say_their_values_and_where_to_look(alone: Report) -> None:
    (listing,) = blocks(alone, "Questions that changed most")
    assert isinstance(listing, Listing)
    assert listing.caption == "first to second"
    told = [(one.id, one.text, one.values, one.why) for one in listing.questions]
    assert told == [
        ("q3", "what is q3?", "R@2 0.500 to 0.000, R@1 0.500 to 0.000", "fathom why second --question q3"),
        ("q2", "what is q2?", "R@1 0.000 to 1.000", "fathom why first --question q2"),
    ]


def test_a_question_that_only_took_longer_has_not_changed(ledger: Ledger) -> None:
    agent(ledger, "a", [("yes", 0.5)])
    agent(ledger, "b", [("yes", 0.5)], searches=9)
    found = of(ledger, "a", "b", measures=("ExactMatch", "Searches"))
    assert table(found, "Figures", "Means")["b"][1].text == "9.000"
    assert texts(found, "Questions that changed most") == ["a to b: no question changed."]


def test_retrieval_alone_has_recall_by_depth(alone: Report) -> None:
    (figure,) = blocks(alone, "Curves")
    assert isinstance(figure, Figure)
    assert figure.title == "Recall by depth"
    assert figure.numbers.head == ("system", "1", "2")
    assert [[cell.text for cell in row] for row in figure.numbers.rows] == [
        ["first", "0.500", "0.833"],
        ["second", "0.667", "0.667"],
    ]


def test_errors_count_as_nothing_and_the_means_without_them_are_told(ledger: Ledger) -> None:
    agent(ledger, "first", [("yes", 0.9), ("no", 0.8), None])
    found = of(ledger, "first", measures=("ExactMatch",))
    (cell,) = table(found, "Figures", "Means")["bm25 quick"]
    assert cell.text == "0.333"
    assert cell.soft.endswith("; n 3; 1 error, 0.500 without")
    assert "bm25 quick: 1 question failed, which counts as 0. Without errors: ExactMatch 0.500." in texts(found, "Figures")


def test_confidence_has_a_curve_an_area_and_both_calibration_errors(ledger: Ledger) -> None:
    """Surest first: right, wrong, right, wrong; risks 0, 1/2, 1/3, 1/2; ten pairs more of the same make 100 and one bin."""
    four = [("yes", 0.9), ("no", 0.8), ("yes", 0.7), ("no", 0.6)]
    agent(ledger, "few", four)
    agent(ledger, "many", four * 50)
    risks = table(of(ledger, "few", measures=("ExactMatch",)), "Curves", "Risk where so many answers are taken")
    assert [one.text for one in risks["bm25 quick"]] == ["0.000", "0.000", "0.500", "0.333", "0.500"]
    few = table(of(ledger, "few", measures=("ExactMatch",)), "Curves", "Confidence")["bm25 quick"]
    assert [one.text for one in few] == ["0.333", "0.250", "none", "4"]  # (0 + 1/2 + 1/3 + 1/2) / 4; 3/4 less 1/2
    many = table(of(ledger, "many", measures=("ExactMatch",)), "Curves", "Confidence")["bm25 quick"]
    # two bins: 0.85 sure and 1/2 right is 0.35, 0.65 sure and 1/2 right is 0.15, and the official one leaves out the surer
    assert [one.text for one in many[1:]] == ["0.269", "0.106", "200"]


def test_without_any_confidence_the_page_says_so(ledger: Ledger) -> None:
    agent(ledger, "first", [("yes", None)])
    told = texts(of(ledger, "first", measures=("ExactMatch",)), "Curves")
    assert told == ["No risk-coverage curve: no answer has both a confidence and a right answer to be held against."]


def test_groups_have_figures_of_their_own(ledger: Ledger) -> None:
    agent(ledger, "first", [("yes", 0.9), ("no", 0.8), ("yes", 0.7)])
    found = of(ledger, "first", measures=("ExactMatch",))
    assert table(found, "Groups of questions", "hops=1: 1 question")["bm25 quick"][0].text == "0.000"
    assert table(found, "Groups of questions", "hops=2: 2 questions")["bm25 quick"][0].text == "1.000"


def test_what_was_measured_is_told_once_where_it_is_the_same(alone: Report) -> None:
    common, own = table(alone, "What was measured", "All systems"), table(alone, "What was measured", "Each system")
    assert common["data set"][0].text == "small"
    assert common["index identity"][0].text == "g1"
    assert common["policy"][0].text == "nobody: retrieval alone"
    assert "effort" not in common
    assert [row[:2] for row in own.values()] == [(Cell("bm25"), Cell("BM25()")), (Cell("dense"), Cell("DENSE()"))]


def test_an_agents_effort_and_policy_are_told(ledger: Ledger) -> None:
    agent(ledger, "first", [("yes", 0.9)])
    told = table(of(ledger, "first", measures=("ExactMatch",)), "What was measured", "All systems")
    assert told["policy"][0].text == "extractive"
    words = "standard: up to 12 searches, 12 passages (5 a search), 4 turns, 80,000 model tokens, 120 s a question"
    assert told["effort"][0].text == words


def test_systems_of_one_evaluation_have_its_names_for_them(ledger: Ledger) -> None:
    for recipe in ("bm25", "dense"):
        record(ledger, "both", FIRST, RELEVANT, recipe=recipe)
    assert [one.name for one in of(ledger, "both").systems] == ["bm25", "dense"]
    record(ledger, "other", FIRST, RELEVANT)
    assert [one.name for one in of(ledger, "both", "other").systems] == ["both:bm25", "both:dense", "other"]


def test_a_system_that_is_named_twice_is_there_once_in_the_order_of_the_names(ledger: Ledger) -> None:
    for recipe in ("bm25", "dense"):
        record(ledger, "both", FIRST, RELEVANT, recipe=recipe)
    assert [one.name for one in of(ledger, "both:dense", "both").systems] == ["dense", "bm25"]


def test_different_questions_are_refused_by_name(ledger: Ledger) -> None:
    record(ledger, "first", FIRST, RELEVANT)
    record(ledger, "less", {"q1": ["d1"]}, {"q1": ["d1"]})
    with pytest.raises(FathomError, match="first and less asked different questions: 2 in first alone"):
        of(ledger, "first", "less")


def test_nothing_is_no_report(ledger: Ledger) -> None:
    record(ledger, "first", FIRST, RELEVANT)
    for found, measures in (([], named(["R@1"])), (systems(ledger, "first"), ())):
        with pytest.raises(UsageError, match="a report of nothing"):
            report(found, measures)


def test_where_the_index_is_gone_the_page_says_so_in_place_of_the_causes(ledger: Ledger, tmp_path: Path) -> None:
    from agent.settings import Settings

    agent(ledger, "first", [("no", 0.9)])
    workshop = Workshop(Settings(cache=tmp_path))
    found = report(systems(ledger, "first"), named(["ExactMatch"]), workshop)
    (told,) = texts(found, "Why answers were missed")
    assert told.startswith("bm25 quick has no causes: ")
    assert "small.index" in told


def test_causes_have_the_words_of_the_terminal() -> None:
    assert tuple(CAUSE_WORDS) == CAUSES
    said = {cause: VERDICTS[cause][0] for cause in CAUSES}
    assert dict(CAUSE_WORDS) == said


@pytest.mark.parametrize("name", ["report.html", "report.md", "REPORT.HTML"])
def test_a_report_is_written_as_its_name_says(alone: Report, tmp_path: Path, name: str) -> None:
    write(alone, tmp_path / name)
    written = (tmp_path / name).read_text("utf-8")
    assert written == (alone.markdown() if name.endswith("md") else alone.html())
    assert {path.name for path in tmp_path.iterdir()} - {"ledger.db", "ledger.db-wal", "ledger.db-shm"} == {name}


def test_a_file_that_is_there_is_replaced_by_force_alone(alone: Report, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("mine", "utf-8")
    with pytest.raises(FathomError, match="is there already"):
        write(alone, tmp_path / "a.md")
    assert (tmp_path / "a.md").read_text("utf-8") == "mine"
    write(alone, tmp_path / "a.md", force=True)
    assert (tmp_path / "a.md").read_text("utf-8") == alone.markdown()


@pytest.mark.parametrize(
    ("name", "happened"),
    [
        ("report.pdf", "a report as 'report.pdf'"),
        ("report", "a report as 'report'"),
        ("nowhere/report.html", "there is no folder"),
        ("folder.html", "is a folder"),
        (f"{'x' * 300}.html", "cannot be written"),
    ],
)
def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path, name: str, happened: str) -> None:
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(FathomError, match=happened):
        suffix(tmp_path / name, force=True)


def test_writing_again_gives_the_same_bytes(alone: Report) -> None:
    assert replace(alone).html() == alone.html()
    assert replace(alone).markdown() == alone.markdown()

"""`fathom report`: a page and a text of kept evaluations, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.ui.commands.test_compare import QUERIES, written
from tests.ui.conftest import Fathom

ANSWERED = [
    {"id": "q1", "question": "Who found Neptune?", "supporting_ids": ["d1"], "answers": ["Galle"]},
    {"id": "q2", "question": "Who found Pluto?", "supporting_ids": [], "answers": []},
    {"id": "<b>q3", "question": "Who found <script>Uranus</script>?", "supporting_ids": ["d3"], "answers": ["Huygens"]},
]


@pytest.fixture
def recipes(fathom: Fathom, tmp_path: Path) -> Fathom:
    """`first`, of two recipes."""
    dataset = written(tmp_path / "small", QUERIES)
    given = ("--recipe", "bm25", "--recipe", "okapi", "--run", "first", "--encoder", "none", "--json")
    assert fathom("eval", dataset, *given).code == 0
    return fathom


@pytest.fixture
def agents(fathom: Fathom, tmp_path: Path) -> Fathom:
    """`first`, the extractive agent at two efforts."""
    dataset = written(tmp_path / "small", ANSWERED)
    given = ("--recipe", "bm25", "--policy", "extractive", "--effort", "quick", "--effort", "standard", "--run", "first")
    assert fathom("eval", dataset, *given, "--encoder", "none", "--json").code == 0
    return fathom


def test_recipes_alone_have_a_page_with_their_curve(recipes: Fathom, tmp_path: Path) -> None:
    ran = recipes("report", "first", "--out", "first.html")
    assert (ran.code, ran.out) == (0, "")
    assert "first.html written" in ran.err
    page = (tmp_path / "first.html").read_text("utf-8")
    for words in ("okapi against bm25", "nDCG@10", "R@10", "Recall by depth", "okapi less bm25", "<svg"):
        assert words in page
    assert "Why answers were missed" not in page


def test_agents_have_curves_by_what_they_spent_causes_and_confidence(agents: Fathom, tmp_path: Path) -> None:
    assert agents("report", "first", "--out", "first.html").code == 0
    page = (tmp_path / "first.html").read_text("utf-8")
    for words in ("Evidence recall by searches", "Evidence recall by tokens shown", "Risk by coverage", "error (official)"):
        assert words in page
    assert page.count("<svg") == 4
    assert "Each question has one cause" in page
    counts = agents("attribute", "first:bm25 quick", "--json").json
    assert f"bm25 quick: {counts['right']} of {sum(counts.values())} right." in page
    assert "<script>" not in page
    assert "<b>" not in page


def test_markdown_has_the_numbers_and_the_commands(agents: Fathom, tmp_path: Path) -> None:
    assert agents("report", "first:bm25 standard", "first:bm25 quick", "--measure", "EvidenceRecall", "--out", "a b.md").code == 0
    text = (tmp_path / "a b.md").read_text("utf-8")
    assert text.startswith("# bm25 quick against bm25 standard\n")
    run = "fathom eval small --recipe bm25 --policy extractive --effort standard --effort quick --run NEW-NAME"
    again = "fathom report 'first:bm25 standard' 'first:bm25 quick' --out 'a b.md' --measure EvidenceRecall --force"
    assert f"- `{run}`\n" in text
    assert f"- `{again}`\n" in text
    assert "### Evidence recall by searches" in text
    assert "| TokenF1 |" not in text
    assert "| bm25 quick | 1.000 |" in text  # d1 and d3 are found by the first search of each question


def test_what_it_says_to_type_writes_the_same_report(recipes: Fathom, tmp_path: Path) -> None:
    recipes("report", "first", "--out", "first.md")
    before = (tmp_path / "first.md").read_bytes()
    assert recipes("report", "first", "--out", "first.md", "--force").code == 0
    assert (tmp_path / "first.md").read_bytes() == before


def test_json_says_what_was_written(recipes: Fathom) -> None:
    assert recipes("report", "first", "--out", "first.md", "--json").json == {
        "written": "first.md",
        "systems": ["first:bm25", "first:okapi"],
    }


def test_a_file_that_is_there_is_not_replaced_without_a_word(recipes: Fathom, tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("mine", "utf-8")
    ran = recipes("report", "first", "--out", "mine.html", "--json")
    assert (ran.code, ran.error["error"]) == (1, "mine.html is there already")
    assert "--force" in ran.error["next"]
    assert (tmp_path / "mine.html").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("given", "code", "happened"),
    [
        (("first", "--out", "first.pdf"), 2, "a report as 'first.pdf'"),
        (("first", "--out", "nowhere/first.html"), 1, "there is no folder nowhere"),
        (("first:dense", "--out", "first.html"), 2, "first has no system 'dense'"),
        (("first", "--measure", "nDGC@10", "--out", "first.html"), 2, "the measure 'nDGC@10'"),
        (("first", "--measure", "ExactMatch", "--out", "first.html"), 2, "ExactMatch looks at answers"),
        (("first",), 2, "missing option '--out'"),
    ],
)
def test_what_cannot_be_written_is_named_and_nothing_is_left(
    recipes: Fathom, tmp_path: Path, given: tuple[str, ...], code: int, happened: str
) -> None:
    before = sorted(tmp_path.iterdir())
    ran = recipes("report", *given, "--json")
    assert ran.code == code
    assert ran.error["error"].startswith(happened)
    assert sorted(tmp_path.iterdir()) == before


def test_runs_over_different_questions_are_refused(recipes: Fathom, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    dataset = written(tmp_path / "other" / "small", QUERIES[:2])
    assert recipes("eval", dataset, "--recipe", "bm25", "--run", "less", "--encoder", "none", "--json").code == 0
    ran = recipes("report", "first", "less", "--out", "both.html", "--json")
    assert (ran.code, ran.error["error"]) == (1, "first:bm25 and less asked different questions: 1 in first:bm25 alone (q 3)")


def test_without_the_index_the_rest_is_still_told(agents: Fathom, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "cache")
    assert agents("report", "first", "--measure", "EvidenceRecall", "--out", "first.md").code == 0
    text = (tmp_path / "first.md").read_text("utf-8")
    assert "bm25 quick has no causes" in text
    assert "### Evidence recall by searches" in text

"""The demo corpus is sound: its links, its questions, and the gold quotes that the questions rest on."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

DEMO = Path(__file__).resolve().parents[2] / "evals" / "demo"
ARTICLES = {path.name: path.read_text(encoding="utf-8") for path in sorted((DEMO / "articles").glob("*.md"))}
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line) for line in (DEMO / "questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [row for row in QUESTIONS if row["kind"] != "unanswerable"]
COUNTS = {"one-hop": 10, "two-hop": 9, "three-hop": 4, "comparison": 6, "conflict": 1, "unanswerable": 10}
HELD_BACK = {"one-hop": 5, "two-hop": 4, "three-hop": 2, "comparison": 3, "conflict": 1, "unanswerable": 5}
DOCUMENTS = {"one-hop": 1, "two-hop": 2, "three-hop": 3, "comparison": 2, "conflict": 2, "unanswerable": 0}
FIELDS = {"id", "question", "answers", "supporting_ids", "evidence", "kind", "held_back"}
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def name(row: dict[str, Any]) -> str:
    return row["id"]


def plain(article: str) -> str:
    """The article as a reader sees it: a link is its text alone."""
    return LINK.sub(r"\1", article)


def test_there_are_about_fifty_articles_with_a_plain_name() -> None:
    assert 45 <= len(ARTICLES) <= 60
    assert all(re.fullmatch(r"[a-z0-9-]+\.md", article) for article in ARTICLES)


@pytest.mark.parametrize("article", ARTICLES)
def test_an_article_has_one_title_some_sections_and_at_most_400_words(article: str) -> None:
    lines = ARTICLES[article].splitlines()
    assert re.fullmatch(r"# \S.*\S", lines[0])
    assert [line for line in lines if line.startswith("# ")] == [lines[0]]
    assert all(re.fullmatch(r"## \S.*", line) for line in lines[1:] if line.startswith("#"))
    assert 120 <= len(plain(ARTICLES[article]).split()) <= 400


def test_titles_are_unique() -> None:
    titles = [text.splitlines()[0] for text in ARTICLES.values()]
    assert len(set(titles)) == len(ARTICLES)


@pytest.mark.parametrize("article", ARTICLES)
def test_every_link_leads_once_to_another_article(article: str) -> None:
    targets = [target for _, target in LINK.findall(ARTICLES[article])]
    assert targets
    assert set(targets) <= set(ARTICLES) - {article}
    assert len(set(targets)) == len(targets)


def test_every_article_is_linked_from_another() -> None:
    assert {target for text in ARTICLES.values() for _, target in LINK.findall(text)} == set(ARTICLES)


def test_ids_and_questions_are_unique() -> None:
    assert [row["id"] for row in QUESTIONS] == [f"demo-{number:02d}" for number in range(1, 41)]
    assert len({row["question"] for row in QUESTIONS}) == 40
    assert all(set(row) == FIELDS for row in QUESTIONS)


def test_the_kinds_are_counted_and_half_of_them_are_held_back() -> None:
    assert Counter(row["kind"] for row in QUESTIONS) == COUNTS
    assert Counter(row["kind"] for row in QUESTIONS if row["held_back"] is True) == HELD_BACK
    assert sum(HELD_BACK.values()) == 20


@pytest.mark.parametrize("row", QUESTIONS, ids=name)
def test_a_question_has_as_many_gold_documents_as_its_kind_says(row: dict[str, Any]) -> None:
    assert len(set(row["supporting_ids"])) == len(row["supporting_ids"]) == DOCUMENTS[row["kind"]]
    assert [piece["document"] for piece in row["evidence"]] == row["supporting_ids"]


@pytest.mark.parametrize("row", QUESTIONS, ids=name)
def test_every_quote_stands_verbatim_in_its_article_with_and_without_markup(row: dict[str, Any]) -> None:
    for piece in row["evidence"]:
        article = ARTICLES[piece["document"]]
        assert piece["quote"].strip() == piece["quote"] != ""
        assert article.count(piece["quote"]) == 1
        assert plain(article).count(piece["quote"]) == 1


@pytest.mark.parametrize("row", ANSWERABLE, ids=name)
def test_the_answer_stands_in_a_gold_quote(row: dict[str, Any]) -> None:
    assert row["answers"]
    if row["kind"] == "comparison":
        if row["answers"] not in (["yes"], ["no"]):
            assert any(answer in ARTICLES[document] for answer in row["answers"] for document in row["supporting_ids"])
    elif row["kind"] == "conflict":
        assert [answer in piece["quote"] for answer, piece in zip(row["answers"], row["evidence"], strict=True)] == [True, True]
    else:
        assert any(answer in row["evidence"][-1]["quote"] for answer in row["answers"])


@pytest.mark.parametrize("row", [row for row in ANSWERABLE if row["kind"] in ("two-hop", "three-hop")], ids=name)
def test_a_question_of_several_hops_finds_its_answer_in_its_last_document_alone(row: dict[str, Any]) -> None:
    *bridges, last = row["supporting_ids"]
    assert row["answers"][0] in plain(ARTICLES[last])
    assert not any(row["answers"][0] in plain(ARTICLES[bridge]) for bridge in bridges)


@pytest.mark.parametrize("row", [row for row in QUESTIONS if row["kind"] == "unanswerable"], ids=name)
def test_an_unanswerable_question_has_no_gold_and_no_answer(row: dict[str, Any]) -> None:
    assert row["answers"] == row["supporting_ids"] == row["evidence"] == []

"""The scripted agent: web queries by rule, questions by rule, and nothing of the gold in either."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.state import Search
from evals.agentic import demo
from evals.agentic.scripted import TemplateChat, issue, web
from evals.datasets import Question
from retrievers.base import Query
from retrievers.q2q import Q2Q, numbers

ASKED = "Who assisted Jean Picard on the island of Hven in 1671?"


def test_queries_are_quoted_names_and_keywords_with_operators() -> None:
    assert web(ASKED) == [
        '"Jean Picard" assisted island Hven 1671 site:en.wikipedia.org',
        '"Hven" assisted Jean Picard island 1671 site:en.wikipedia.org',
        "assisted Jean Picard island Hven 1671 -site:en.wikipedia.org",
    ]


def test_several_names_stand_with_or_between_them() -> None:
    assert web("Did Galle meet Bessel or Encke in Berlin?")[1].startswith('"Bessel" OR "Encke" ')


def test_a_question_without_a_name_has_its_keywords_alone() -> None:
    assert web("how wide was the mirror?") == ["wide mirror -site:en.wikipedia.org"]


def test_the_reasoning_restates_the_question_and_the_gold_is_not_looked_at() -> None:
    bare, judged = issue(Question("q", ASKED)), issue(Question("q", ASKED, ("picard",), ("Ole Romer",)))
    assert [one.action for one in bare.queries] == [one.action for one in judged.queries]
    assert {one.action.reason for one in bare.queries} == {f"I have to find out: {ASKED}"}


def rewritten(text: str, reason: str, *, context: bool) -> Sequence[str]:
    return Q2Q(TemplateChat(), context)(Query(text, context=reason))


def test_a_query_becomes_a_question_without_its_operators() -> None:
    told = rewritten('"Hven" OR "Ulm" 1671 site:en.wikipedia.org', f"I have to find out: {ASKED}", context=False)
    assert told == ("what is known about hven ulm 1671?",)


def test_with_the_reasoning_it_becomes_what_the_reasoning_asks() -> None:
    assert rewritten(web(ASKED)[0], f"I have to find out: {ASKED}", context=True) == (ASKED,)
    assert rewritten('"Hven"', "Next the island.", context=True) == ("what is known about hven?",)


def test_a_question_that_would_lose_a_number_is_not_taken() -> None:
    assert rewritten('"Hven" 1671 1672', f"I have to find out: {ASKED}", context=True) == ('"Hven" 1671 1672',)


@pytest.mark.parametrize("context", [False, True])
def test_every_number_of_the_demos_queries_is_kept(context: bool) -> None:
    for issued in map(issue, demo.questions()):
        for action in (one.action for one in issued.queries):
            assert isinstance(action, Search)
            (told,) = rewritten(action.text, action.reason, context=context)
            assert numbers(action.text) == numbers(told)
            assert told.endswith("?")


@given(st.text())
def test_any_question_has_at_most_three_queries_each_once(text: str) -> None:
    queries = web(text)
    assert 1 <= len(queries) <= 3
    assert len(set(queries)) == len(queries)


def test_the_demos_questions_are_those_that_it_answers() -> None:
    assert len(demo.questions()) == 30
    assert all(one.relevant for one in demo.questions())

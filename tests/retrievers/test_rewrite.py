"""Rewriting: the two stages, the forms over a language model, and those that need none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.base import Query, Ranking, Stage
from retrievers.decompose import Decompose
from retrievers.errors import ReplyError, UsageError
from retrievers.fusion import MinMax
from retrievers.hyde import HyDE
from retrievers.index import Index
from retrievers.keyword import Keywords
from retrievers.lexical import BM25
from retrievers.multiquery import MultiQuery
from retrievers.operators import Operators
from retrievers.q2q import Q2Q, faithful, numbers
from retrievers.rewrite import Expand, Rewrite, texts_of

QUERY = Query('"rings of Saturn" 1655 Huygens', context="I need to know who explained the rings.", user="bob")


@dataclass(frozen=True)
class Says:
    """A rewriter with fixed texts."""

    texts: tuple[str, ...]

    def __call__(self, query: Query) -> Sequence[str]:
        return self.texts


@dataclass(frozen=True)
class Echo(Stage):
    """Finds the words of what is searched, the first best."""

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [
            Ranking.ranked(one.query, words, [len(words) - n for n in range(len(words))], "Echo")
            for one in batch
            for words in [one.query.text.split()]
        ]


def test_rewrite_changes_the_text_and_nothing_else() -> None:
    before = Ranking(QUERY)
    (after,) = Rewrite(Says(("saturn rings",)))([before])
    assert after.query == Query("saturn rings", asked=QUERY.text, context=QUERY.context, user="bob")
    assert before.query == QUERY
    assert (Rewrite(Says(("a b",))) >> Echo()).search("x").ids == ("a", "b")


def test_several_texts_are_for_expand() -> None:
    with pytest.raises(UsageError, match=r"made 2 queries of one.*Expand"):
        Rewrite(Says(("a", "b")))([Ranking(QUERY)])


def test_expand_fuses_what_each_text_finds_into_one_ranking_of_the_query() -> None:
    stage = Expand(Says(("a b", "b c")), Echo())
    one, two = stage([Ranking(QUERY), Ranking(Query("other"))])
    assert (one.query, two.query.text) == (QUERY, "other")
    assert one.ids == two.ids == ("b", "a", "c")
    assert one.scores.tolist() == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 62])
    assert [(step.stage, step.rank, step.detail) for step in one.trails[0]] == [
        ("Echo", 2, ""),
        ("Echo", 1, ""),
        ("Expand", 1, "'a b' 2, 'b c' 1"),
    ]
    assert one.trails[1][-1].detail == "'a b' 1, 'b c' absent"


def test_expand_takes_another_fusion_and_checks_its_weights() -> None:
    found = Expand(Says(("a b", "b c")), Echo(), MinMax((1, 0))).search("x")
    assert found.ids == ("a", "b", "c")
    with pytest.raises(UsageError, match="3 weights for 2"):
        Expand(Says(("a b", "b c")), Echo(), MinMax((1, 1, 1))).search("x")


def test_texts_are_trimmed_and_come_once() -> None:
    assert texts_of(Says((" a ", "", "b", "a")), QUERY) == ["a", "b"]
    assert texts_of(Says(()), Query("  ")) == ["  "]
    with pytest.raises(UsageError, match="made nothing of"):
        texts_of(Says(("", " ")), QUERY)


def test_each_text_searches_for_the_same_user_and_scope(library: Index) -> None:
    stage = Expand(Says(("telescope", "moons of Jupiter")), BM25(library))
    assert {"diary", "alice:moons"} <= set(stage.search(Query("x", user="alice")).ids)
    assert set(stage.search(Query("x")).ids) & {"diary", "plan", "debt", "alice:moons"} == set()


def test_q2q_asks_for_a_question_with_the_turns_reasoning(scripted: Any) -> None:
    chat = scripted(['{"question": "who explained\\n the rings of saturn in 1655"}'])
    assert Q2Q(chat)(QUERY) == ("who explained the rings of saturn in 1655",)
    assert chat.asked[0][1] == f"Notes: {QUERY.context}\nQuery: {QUERY.text}"
    assert chat.causes == [QUERY]
    assert "what the notes say" in chat.asked[0][0]


def test_q2q_without_context_sends_none_of_it(scripted: Any) -> None:
    for stage, query in ((Q2Q, QUERY), (Q2Q, Query(QUERY.text))):
        chat = scripted(['{"question": "what of 1655"}'])
        stage(chat, context=query.context == "")(query)
        assert chat.asked[0][1] == f"Query: {QUERY.text}"
        assert "notes say" not in chat.asked[0][0]


@pytest.mark.parametrize(
    "bad",
    [
        '{"question": ""}',
        '{"question": "who explained the rings"}',
        '{"question": "who explained the rings in 1656"}',
        '{"question": "who explained the rings in 1655 and 1700"}',
        "no json",
    ],
)
def test_q2q_tries_once_more_and_then_searches_the_query_as_it_is(scripted: Any, bad: str) -> None:
    good = '{"question": "who explained the rings in 1655"}'
    chat = scripted([bad, good])
    assert Q2Q(chat)(QUERY) == ("who explained the rings in 1655",)
    assert chat.asked[1][1].endswith("Numbers to keep as written: 1655")
    chat = scripted([bad, bad, good])
    assert Q2Q(chat)(QUERY) == (QUERY.text,)
    assert len(chat.asked) == 2


def test_numbers_are_read_as_they_are_written() -> None:
    assert numbers("1,000 ships in 1588, 3.5 m wide, v2, B-52.") == ["1,000", "1588", "3.5", "2", "52"]
    assert faithful("which 3.5 of 2", "2 3.5", "")
    assert not faithful("which 35", "3.5", "")
    assert not faithful("which 2", "2 and 2", "")
    assert faithful("which 2 in 1900", "2", "it was in 1900")


@given(st.lists(st.integers(0, 10**6), max_size=5), st.lists(st.integers(0, 10**6), max_size=5))
def test_a_faithful_question_has_the_numbers_of_the_query_and_no_other(asked: list[int], found: list[int]) -> None:
    text, question = " ".join(map(str, asked)), "what " + " ".join(map(str, found))
    kept = all(found.count(number) >= asked.count(number) for number in asked)
    assert faithful(question, text, "") == (kept and set(found) <= set(asked))


def test_multiquery_searches_the_query_and_other_wordings(scripted: Any) -> None:
    chat = scripted(['{"queries": ["a", "b", "c"]}', '{"queries": "a"}'])
    assert MultiQuery(chat, n=2)(QUERY) == (QUERY.text, "a", "b")
    assert "Write 2 other" in chat.asked[0][0]
    with pytest.raises(ReplyError, match="queries"):
        MultiQuery(chat)(QUERY)


def test_decompose_searches_the_query_and_its_parts(scripted: Any) -> None:
    chat = scripted(['{"questions": ["a", "b", "c"]}'] * 2)
    assert Decompose(chat, most=2)(QUERY) == (QUERY.text, "a", "b")
    assert QUERY.context in chat.asked[0][1]
    assert Decompose(chat, whole=False)(Query("why")) == ("a", "b", "c")
    assert chat.asked[1][1] == "why"


def test_hyde_searches_with_made_up_passages(scripted: Any) -> None:
    chat = scripted(['{"passage": "Huygens explained it."}', '{"passage": "It was Cassini."}', "{}"])
    assert HyDE(chat, n=2)(QUERY) == ("Huygens explained it.", "It was Cassini.")
    with pytest.raises(ReplyError, match="passage"):
        HyDE(chat)(QUERY)


def test_wrong_counts_are_usage_errors(scripted: Any) -> None:
    chat = scripted([])
    for wrong in (lambda: MultiQuery(chat, n=0), lambda: Decompose(chat, most=0), lambda: HyDE(chat, n=0)):
        with pytest.raises(UsageError):
            wrong()


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("Who discovered the rings of Saturn?", "discovered rings Saturn"),
        ("What's the speed of light, and how many moons has Io?", "speed light moons Io"),
        ('When was "the rings of Saturn" first seen in 1610?', '"the rings of Saturn" first seen 1610'),
        ("Kepler's and O'Brien's 3.5-m telescope", "Kepler's O'Brien's 3.5-m telescope"),
        ("who is it", "who is it"),
        ("", ""),
    ],
)
def test_keywords_drop_question_words_and_stop_words(asked: str, searched: str) -> None:
    assert Keywords()(Query(asked)) == (searched,)


def test_keywords_of_other_languages() -> None:
    assert Keywords("de")(Query("Wer hat die Ringe des Saturn erklärt?")) == ("Wer Ringe Saturn erklärt",)
    assert Keywords("none")(Query("who is it")) == ("who is it",)
    with pytest.raises(UsageError, match="the language 'xx'"):
        Keywords("xx")(QUERY)


@pytest.mark.parametrize(
    ("asked", "exact", "plain"),
    [
        ('"rings of Saturn" site:nasa.gov', '"rings of Saturn"', "rings of Saturn"),
        ("Cassini AND (Huygens OR Titan)", "Cassini Huygens Titan", "Cassini Huygens Titan"),
        ('saturn -car -"car dealer" NOT moon', "saturn", "saturn"),
        ("saturn -(car OR dealer) rings", "saturn rings", "saturn rings"),
        ("intitle:saturn filetype:pdf rings", "saturn rings", "saturn rings"),
        ("comets 1990..2000 before:2001", "comets 1990 2000", "comets 1990 2000"),
        ("minus -5 degrees on a well-known +day", "minus -5 degrees on a well-known day", "minus -5 degrees on a well-known day"),
        ('"AND NOT (this)" *', '"AND NOT (this)"', "AND NOT (this)"),
        ("“curly rings” || moons", "“curly rings” moons", "curly rings moons"),
        ("ALTERNATING CURRENT AND NOT DIRECT", "ALTERNATING CURRENT AND NOT DIRECT", "ALTERNATING CURRENT AND NOT DIRECT"),
        ('"moons" OR "rings" NOT "dust"', '"moons" "rings"', "moons rings"),
        ("site:nasa.gov", "site:nasa.gov", "site:nasa.gov"),
        ("a ratio of 3:1 or time 12:30", "a ratio of 3:1 or time 12:30", "a ratio of 3:1 or time 12:30"),
        ("", "", ""),
    ],
)
def test_operators_become_plain_text(asked: str, exact: str, plain: str) -> None:
    assert Operators()(Query(asked)) == (exact,)
    assert Operators(phrases=False)(Query(asked)) == (plain,)


@given(st.text(st.sampled_from('ab "“”-+()*ANDORT:.0\0'), max_size=30))
def test_operators_leave_something_of_any_text(text: str) -> None:
    for phrases in (True, False):
        (found,) = Operators(phrases)(Query(text))
        assert found.strip() or not text.strip()


def test_quotes_stay_exact_for_bm25(library: Index) -> None:
    stage = Rewrite(Operators()) >> BM25(library)
    assert stage.search('"rings of Saturn" site:nasa.gov -poster').ids == ("gap",)

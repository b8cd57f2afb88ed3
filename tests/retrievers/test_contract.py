"""One contract over every named recipe and a few composed ones, on a real index with a public part and two owners."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrievers.base import Message, Query, Ranking, Reply, Sources, Stage
from retrievers.crossencoder import CrossEncoder
from retrievers.decompose import Decompose
from retrievers.dense import Dense
from retrievers.errors import UsageError
from retrievers.fusion import Borda, Fuse, MinMax, ZScore
from retrievers.hyde import HyDE
from retrievers.index import Index
from retrievers.keyword import Keywords
from retrievers.lexical import BM25
from retrievers.listwise import Listwise
from retrievers.maxp import MaxP
from retrievers.maxsim import MaxSim
from retrievers.monot5 import MonoT5
from retrievers.multiquery import MultiQuery
from retrievers.operators import Operators
from retrievers.pointwise import Pointwise
from retrievers.q2q import Q2Q
from retrievers.recipes import RECIPES, recipe
from retrievers.rerank import Rerank
from retrievers.rewrite import Expand, Rewrite
from retrievers.scope import Scope

NOTES = Scope(types=("note",))
QUERIES = [
    Query("Who saw four moons of Jupiter?", id="1", user="alice"),
    Query("telescope moons of Jupiter", id="2", user="bob"),
    Query("telescope moons of Jupiter", id="3"),
    Query("rings of Saturn in 1675", id="4", user="nobody", context="the dark gap"),
    Query("Saturn ring Ceres parallax", id="5", scope=NOTES),
    Query("moons poster", id="6", user="bob", scope=Scope(dates=(("<", "1700"),))),
    Query('"thin flat ring" -comet', id="7"),
    Query("zyzzyva", id="8"),
    Query("", id="9"),
]


class Obliging:
    """A language model without a memory: it answers every form that stages ask for."""

    def chat(self, messages: Sequence[Message], schema: Mapping[str, Any] | None, cause: Query) -> Reply:
        given = messages[-1]["content"]
        if "order" in schema["properties"]:  # type: ignore[index]
            return Reply(json.dumps({"order": [one["number"] for one in json.loads(given)["passages"]][::-1]}))
        replies: dict[str, Any] = {
            "relevant": "Saturn" in given,
            "question": f"tell about {cause.text}",
            "passage": f"It is known that {cause.text}.",
            "queries": [f"{cause.text} astronomer", "astronomer"],
            "questions": ["who saw it?"],
        }
        return Reply(json.dumps({name: replies[name] for name in schema["properties"]}))  # type: ignore[index]


@dataclass(frozen=True)
class Tiny:
    """Tiny checkpoints by the name of their scorer."""

    classifier: Path
    t5: Path


def composed(index: Index, tiny: Tiny) -> dict[str, Stage]:
    chat, bm25, dense = Obliging(), BM25(index), Dense(index)
    both = (bm25, dense)
    return {
        "min-max": Fuse(both, MinMax((0.3, 0.7))),
        "z-score": Fuse(both, ZScore()),
        "borda": Fuse(both, Borda((2, 1))),
        "expand": Expand(MultiQuery(chat), bm25 % 5),
        "decompose": Expand(Decompose(chat), Fuse(both), MinMax()),
        "operators": Rewrite(Operators(phrases=False)) >> dense,
        "keywords": Rewrite(Keywords()) >> bm25,
        "q2q": Rewrite(Q2Q(chat)) >> dense,
        "hyde": Rewrite(HyDE(chat)) >> dense % 5,
        "cross-encoder": bm25 % 10 >> Rerank(CrossEncoder(index, str(tiny.classifier)), depth=5),
        "monot5": dense >> Rerank(MonoT5(index, str(tiny.t5)), depth=5, against="text"),
        "listwise": Fuse(both) >> Rerank(Listwise(index, chat, window=4, step=2), depth=8),
        "pointwise": bm25 >> Rerank(Pointwise(index, chat)),
        "documents": BM25(index, unit="document"),
        "maxp": dense >> MaxP(index),
        "nested": Fuse((Expand(Keywords(), dense % 6), bm25 >> Rerank(MaxSim(index)))) % 4 >> Rerank(MaxSim(index)),
    }


NAMES = [*RECIPES, *composed(Index(None), Tiny(Path("a"), Path("b")))]  # type: ignore[arg-type]


@dataclass(frozen=True)
class Case:
    """A stage made twice, and what it gave for all queries at once."""

    stage: Stage
    twin: Stage
    given: list[Ranking]
    found: list[Ranking]


@pytest.fixture(scope="module", params=NAMES)
def case(request: pytest.FixtureRequest, library: Index, classifier: Callable[[int], Path], tiny_t5: Path) -> Case:
    def made() -> Stage:
        tiny = Tiny(classifier(1), tiny_t5)
        return RECIPES[name](Sources(library)) if name in RECIPES else composed(library, tiny)[name]

    name: str = request.param
    stage, given = made(), [Ranking(query) for query in QUERIES]
    return Case(stage, made(), given, stage(given))


def visible(index: Index, query: Query) -> set[str]:
    """What a query may find, read from the index without any retriever."""
    found: set[str] = set()
    for unit in index.visible(query.user, "passage"):
        inside = unit.admitted(query.scope)
        found |= {id for place, id in enumerate(unit.ids) if inside is None or inside[place]}
    return found


def facts(ranking: Ranking) -> tuple[Any, ...]:
    return ranking.query, ranking.ids, ranking.scores.tobytes(), ranking.trails


def test_there_is_one_ranking_for_each_query_in_its_order(case: Case) -> None:
    assert len(case.found) == len(QUERIES)
    for query, ranking in zip(QUERIES, case.found, strict=True):
        about = ranking.query
        assert (about.id, about.user, about.asked, about.context, about.scope) == (
            query.id, query.user, query.asked, query.context, query.scope,
        )  # fmt: skip


def test_something_is_found(case: Case) -> None:
    assert all(len(case.found[place]) for place in (0, 1, 2, 3))


def test_a_batch_equals_its_singles_bit_for_bit(case: Case) -> None:
    assert [facts(case.stage([one])[0]) for one in case.given] == [facts(one) for one in case.found]


def test_ids_are_unique_and_sorted_by_score_then_id(case: Case) -> None:
    for ranking in case.found:
        assert len(set(ranking.ids)) == len(ranking.ids) == len(ranking.scores) == len(ranking.trails)
        assert ranking.scores.dtype == np.float32
        assert np.isfinite(ranking.scores).all()
        keys = [(-score, id) for score, id in zip(ranking.scores.tolist(), ranking.ids, strict=True)]
        assert keys == sorted(keys)


def test_the_trail_ends_in_the_place_and_the_score_of_now(case: Case) -> None:
    for ranking in case.found:
        for place, hit in enumerate(ranking, start=1):
            assert (hit.trail[-1].rank, hit.trail[-1].score) == (place, hit.score)
            assert all(step.stage and step.rank >= 1 for step in hit.trail)


def test_the_input_is_untouched_and_a_ranking_that_is_given_is_replaced(case: Case) -> None:
    earlier = [Ranking.ranked(query, ("moons", "comet"), [2.0, 1.0], "Earlier") for query in QUERIES]
    before = [facts(one) for one in earlier]
    found = case.stage(earlier)
    assert [facts(one) for one in earlier] == before
    assert [facts(one) for one in found] == [facts(one) for one in case.found]


def test_an_empty_batch_gives_an_empty_list(case: Case) -> None:
    assert case.stage([]) == []


def test_the_name_is_stable_and_holds_no_address_and_no_path(case: Case, library: Index) -> None:
    name = repr(case.stage)
    assert name == repr(case.twin)
    for wrong in (" at 0x", "object", str(library.path), library.identity[:16], "/tmp"):
        assert wrong not in name


def test_nothing_outside_user_and_scope_is_found(case: Case, library: Index) -> None:
    for query, ranking in zip(QUERIES, case.found, strict=True):
        assert set(ranking.ids) <= visible(library, query)


def test_the_owners_part_is_found_by_its_owner(case: Case) -> None:
    alice, bob, public = (set(case.found[place].ids) for place in (0, 1, 2))
    assert alice & {"diary", "alice:moons"}
    assert bob & {"plan", "debt"}
    assert not public & {"diary", "alice:moons", "plan", "debt"}


def test_what_one_user_is_shown_does_not_depend_on_who_asked_before(case: Case) -> None:
    again = case.twin([Ranking(QUERIES[1])])[0]
    assert facts(again) == facts(case.found[1])


def test_names_are_different(library: Index, classifier: Callable[[int], Path], tiny_t5: Path) -> None:
    stages = [made(Sources(library)) for made in RECIPES.values()]
    stages += composed(library, Tiny(classifier(1), tiny_t5)).values()
    assert len({repr(stage) for stage in stages}) == len(stages)


def test_a_misspelt_recipe_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no recipe 'hibrid'.*did you mean --recipe hybrid"):
        recipe("hibrid")
    with pytest.raises(UsageError, match=r"one of bm25, conversation, dense, .*--recipe hybrid"):
        recipe("zzz")


def test_a_file_of_ones_own_adds_recipes(tmp_path: Path, library: Index) -> None:
    mine = tmp_path / "my_recipes.py"
    code = "from retrievers.lexical import BM25\nRECIPES = {'short': lambda sources: BM25(sources.need_index()) % 3}\n"
    mine.write_text(code, "utf-8")
    assert len(recipe("short", mine)(Sources(library)).search("Saturn Jupiter telescope moons comet")) == 3
    assert recipe("bm25", mine) is RECIPES["bm25"]
    with pytest.raises(UsageError, match="did you mean --recipe short"):
        recipe("shortt", mine)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no recipes file at"),
        ("x = 1", "defines no RECIPES"),
        ("RECIPES = {'a': 3}", "the recipe 'a' of .* is no function"),
        ("RECIPES = {", "SyntaxError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_broken_file_of_recipes_is_named(tmp_path: Path, content: str | None, said: str) -> None:
    mine = tmp_path / "mine.py"
    if content is not None:
        mine.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=said):
        recipe("bm25", mine)

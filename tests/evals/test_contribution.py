"""What each retriever of a fusion adds: two arms worked by hand, and the properties that define Shapley values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.state import Search
from agent.tools import Tools
from evals.datasets import Question
from evals.replay import replay
from evals.replaying.arms import Arms, Once
from evals.replaying.contribution import Share, contribution, shapley, subsets
from evals.replaying.issued import Asked, Issued
from retrievers.base import Query, Ranking, Stage, Then
from retrievers.errors import FathomError, UsageError
from retrievers.fusion import Borda, Fuse, MinMax, ReciprocalRank
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.operators import Operators
from retrievers.rewrite import Rewrite
from tests.evals.planets import Finding, planets

ITEMS = ("bath.md#1", "neptune.md#1", "neptune.md#2", "rings.md#1", "uranus.md#1")
DOCUMENTS = ("bath.md", "neptune.md", "rings.md", "uranus.md")
TWO = Issued(Question("q1", "?", ("neptune.md", "rings.md")), (Asked(Search("one"), 1), Asked(Search("two"), 1)))
ONE = Issued(Question("q2", "?", ("bath.md",)), (Asked(Search("three"), 2),))
WORDS = Finding({"one": ("neptune.md#1",), "two": ("rings.md#1",), "three": ("uranus.md#1", "neptune.md#1")}, "Words")
MEANING = Finding({"one": ("neptune.md#1",), "two": (), "three": ("bath.md#1",)}, "Meaning")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return planets(tmp_path_factory.mktemp("planets"))


def fused(index: Index, *arms: Stage) -> Tools:
    return Tools(index, Fuse(arms))


def test_two_arms_are_shared_as_worked_by_hand(index: Index) -> None:
    """q1: both documents by Words, one by Meaning, both by the two. q2: none by Words; bath.md by Meaning, and by the two, for
    it and uranus.md are first in one arm each and there are two places.

    So Words is worth 1/2, Meaning (1/2 + 1) / 2, both 1. In the order Words, Meaning they add 1/2 and 1/2; in the other one
    Meaning adds 3/4 and Words 1/4.
    """
    found = contribution([TWO, ONE], fused(index, WORDS, MEANING))
    assert found.recall == 1.0
    assert found.shares == (
        Share("Words", alone=1 / 2, leave_one_out=1 / 4, shapley=(1 / 2 + 1 / 4) / 2),
        Share("Meaning", alone=3 / 4, leave_one_out=1 / 2, shapley=(3 / 4 + 1 / 2) / 2),
    )
    assert found.as_json() == {
        "recall": 1.0,
        "arms": [
            {"arm": "Words", "alone": 0.5, "leave_one_out": 0.25, "shapley": 0.375},
            {"arm": "Meaning", "alone": 0.75, "leave_one_out": 0.5, "shapley": 0.625},
        ],
    }


games = st.integers(1, 5).flatmap(
    lambda count: st.lists(st.floats(-1, 1), min_size=2**count - 1, max_size=2**count - 1).map(
        lambda values: (count, dict(zip(subsets(range(count)), [0.0, *values], strict=True)))
    )
)


@given(games)
def test_shapley_values_are_the_mean_gain_over_all_orders_and_sum_to_the_whole(
    game: tuple[int, dict[frozenset[int], float]],
) -> None:
    count, worth = game
    gains = [0.0] * count
    for order in permutations(range(count)):
        for place, one in enumerate(order):
            gains[one] += worth[frozenset(order[: place + 1])] - worth[frozenset(order[:place])]
    found = shapley(worth, count)
    assert found == pytest.approx([gain / factorial(count) for gain in gains], abs=1e-12)
    assert sum(found) == pytest.approx(worth[frozenset(range(count))], abs=1e-12)


def test_an_arm_that_finds_nothing_has_no_share(index: Index) -> None:
    found = contribution([TWO, ONE], fused(index, WORDS, MEANING, Finding({}, "Idle")))
    assert found.shares[2] == Share("Idle", 0.0, 0.0, 0.0)
    assert [one.shapley for one in found.shares[:2]] == pytest.approx([0.375, 0.625])


def test_two_arms_that_find_the_same_share_it_and_neither_is_missed(index: Index) -> None:
    again = replace(WORDS, name="Again")
    found = contribution([TWO], fused(index, WORDS, again))
    assert [(one.alone, one.leave_one_out, one.shapley) for one in found.shares] == [(1.0, 0.0, 0.5), (1.0, 0.0, 0.5)]


rankings = st.lists(st.sampled_from(ITEMS), unique=True, max_size=4)
scripts = st.fixed_dictionaries({"one": rankings, "two": rankings})


@given(
    st.lists(scripts, min_size=1, max_size=4),
    st.lists(st.sampled_from(DOCUMENTS), unique=True, min_size=1, max_size=3),
    st.integers(1, 3),
    st.sampled_from([ReciprocalRank(), Borda(), MinMax()]),
)
def test_the_shares_of_any_fusion_sum_to_what_the_recipe_reaches(
    index: Index,
    arms: list[dict[str, list[str]]],
    wanted: list[str],
    most: int,
    method: ReciprocalRank | Borda | MinMax,
) -> None:
    asked = [Issued(Question("q", "?", tuple(wanted)), (Asked(Search("one"), most), Asked(Search("two"), most)), 4)]
    tools = Tools(index, Fuse(tuple(Finding(script, f"arm{place}") for place, script in enumerate(arms)), method))
    found = contribution(asked, tools)
    assert found.recall == replay(asked, tools).replayed.mean()
    assert sum(one.shapley for one in found.shares) == pytest.approx(found.recall, abs=1e-12)
    for place, one in enumerate(found.shares):
        rest = tuple(stage for other, stage in enumerate(tools.stage.stages) if other != place)  # type: ignore[attr-defined]
        left = replay(asked, replace(tools, stage=Fuse(rest, method))).replayed.mean() if rest else 0.0
        assert one.leave_one_out == pytest.approx(found.recall - left, abs=1e-12)
        alone = replay(asked, replace(tools, stage=Fuse((Finding(arms[place]),), method))).replayed.mean()
        assert one.alone == alone


def test_each_arm_searches_a_query_once_however_many_subsets_there_are(index: Index) -> None:
    arms = [Finding(WORDS.script, f"arm{place}") for place in range(6)]
    contribution([TWO, ONE], fused(index, *arms))
    assert [[query.text for query in arm.asked] for arm in arms] == [["one", "two", "three"]] * 6


def test_what_was_found_before_is_given_to_the_same_query_alone() -> None:
    words = replace(WORDS, asked=[])
    once = Once(words)
    assert once.search("one").ids == once.search("one").ids == ("neptune.md#1",)
    assert once.search("two").ids == ("rings.md#1",)
    assert once.search(Query("one", user="ann")).ids == ("neptune.md#1",)
    assert [(query.text, query.user) for query in words.asked] == [("one", None), ("two", None), ("one", "ann")]
    assert once.label == "Words"


class Turned(Stage):
    """The last first."""

    def __call__(self, batch: Sequence[Ranking]) -> list[Ranking]:
        return [Ranking.ranked(one.query, one.ids, range(len(one)), self.label) for one in batch]


def test_what_stands_before_and_behind_the_fusion_is_kept(index: Index) -> None:
    """Of `three` the last of all is first: neptune.md of Words, bath.md of Meaning; cut to the first two, then turned."""
    quoted = Issued(ONE.question, (Asked(Search('site:x "three"'), 1),))
    stage = Rewrite(Operators(phrases=False)) >> (Fuse((WORDS, MEANING)) % 2 >> Turned())
    # fused: bath.md and uranus.md at 1/61 each, by id, then neptune.md at 1/62; the first two, turned: uranus.md
    found = contribution([quoted], Tools(index, stage))
    assert (found.recall, [one.alone for one in found.shares]) == (0.0, [0.0, 1.0])
    assert [one.shapley for one in found.shares] == [-0.5, 0.5]


def test_a_subset_keeps_its_own_weights(index: Index) -> None:
    arms = Arms.of(Fuse((WORDS, MEANING, BM25(index)), MinMax(weights=(0.5, 0.0, 0.2))) % 3)
    assert repr(arms.only([0, 2])) == repr(Fuse((WORDS, BM25(index)), MinMax(weights=(0.5, 0.2))) % 3)
    assert arms.only([1]) is None
    assert arms.only([]) is None


def test_an_arm_without_weight_has_no_share(index: Index) -> None:
    found = contribution([TWO, ONE], Tools(index, Fuse((WORDS, MEANING), MinMax(weights=(1, 0)))))
    assert [one.alone for one in found.shares] == [0.5, 0.0]
    # neptune.md of `three` has the lowest score of Words, 0, as bath.md has: by id bath.md comes before it
    assert [one.shapley for one in found.shares] == [0.75, 0.25]


def test_arms_of_one_name_are_told_apart(index: Index) -> None:
    assert Arms.of(Fuse((BM25(index), WORDS, BM25(index, depth=5)))).names == (
        repr(BM25(index)),
        "Words",
        repr(BM25(index, depth=5)),
    )


def test_the_outermost_fusion_is_shared(index: Index) -> None:
    inner = Fuse((WORDS, MEANING))
    assert Arms.of(Fuse((inner % 10, BM25(index)))).names == ("Fuse % 10", "BM25")


def test_a_recipe_without_a_fusion_or_with_several_is_refused(index: Index) -> None:
    with pytest.raises(UsageError, match="the recipe fuses nothing: BM25") as caught:
        contribution([TWO], Tools(index, BM25(index) % 10))
    assert caught.value.next == "--recipe hybrid"
    with pytest.raises(UsageError, match="2 fusions side by side"):
        Arms.of(Then(Fuse((WORDS,)), Fuse((MEANING,))))


def test_more_than_six_arms_are_refused(index: Index) -> None:
    with pytest.raises(UsageError, match="the recipe fuses 7 arms") as caught:
        contribution([TWO], fused(index, *[replace(WORDS, name=f"arm{place}") for place in range(7)]))
    assert caught.value.expected.startswith("at most 6")


def test_without_anything_relevant_nothing_can_be_shared(index: Index) -> None:
    with pytest.raises(FathomError, match="none of the 1 questions says"):
        contribution([Issued(Question("q", "?"), ())], fused(index, WORDS, MEANING))

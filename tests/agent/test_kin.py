"""Which words say much the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.extraction.kin import covers, families, kin, stemmed


@pytest.mark.parametrize(
    ("one", "other"),
    [("born", "birth"), ("drew", "drawn"), ("discovery", "discoverer"), ("founded", "established"), ("astronomer", "astronomy")],
)
def test_one_family_or_a_long_common_beginning_is_kin(one: str, other: str) -> None:
    left, right = stemmed([one, other])
    assert kin(left, right)
    assert kin(right, left)


@pytest.mark.parametrize(("one", "other"), [("moon", "month"), ("planet", "plant"), ("1846", "1848"), ("mother", "father")])
def test_words_that_only_look_alike_are_not(one: str, other: str) -> None:
    left, right = stemmed([one, other])
    assert not kin(left, right)


def test_figures_are_kin_to_themselves_alone() -> None:
    assert kin("1846", "1846")
    assert not kin("18460", "18461")


def test_families_are_of_words_that_tie_things_together() -> None:
    (born, chair) = stemmed(["born", "chair"])
    assert families(born)
    assert not families(chair)
    assert covers("birth", {"born", "chair"})
    assert not covers("chair", {"born"})


@given(st.text("abcdefgh", min_size=1, max_size=12), st.text("abcdefgh", min_size=1, max_size=12))
def test_kinship_is_mutual(one: str, other: str) -> None:
    assert kin(one, other) == kin(other, one)

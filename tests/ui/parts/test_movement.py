"""Movements between rankings, worked by hand, and what must hold of any."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from ui.parts.movement import Line, Moved, arrow, common, lines, moved
from ui.parts.swap import cells

RANKINGS = (("a", "b", "c", "d"), ("b", "a", "e", "c"), ("e", "b"))


def test_each_passage_has_its_ranks_and_how_it_moved() -> None:
    assert moved(RANKINGS, k=3) == (
        Moved("a", (1, 2, None), ("", "▼1", "gone")),
        Moved("b", (2, 1, 2), ("", "▲1", "▼1")),
        Moved("c", (3, 4, None), ("", "gone", "")),
        Moved("e", (None, 3, 1), ("", "new", "▲2")),
    )


def test_a_movement_is_told_as_the_first_places_show_it() -> None:
    assert [arrow(5, 2, 10), arrow(2, 4, 10), arrow(3, 3, 10)] == ["▲3", "▼2", "="]
    assert [arrow(12, 4, 10), arrow(None, 4, 10), arrow(4, 12, 10), arrow(4, None, 10)] == ["new", "new", "gone", "gone"]
    assert [arrow(12, 11, 10), arrow(None, None, 10)] == ["", ""]


def test_lines_run_between_neighbours_and_what_goes_out_ends_below_the_last_place() -> None:
    assert lines(moved(RANKINGS, 3), 3) == (
        Line("a", 0, 1, 2, "fell"),
        Line("a", 1, 2, 4, "gone"),
        Line("b", 0, 2, 1, "rose"),
        Line("b", 1, 1, 2, "fell"),
        Line("c", 0, 3, 4, "gone"),
        Line("e", 0, 4, 3, "new"),
        Line("e", 1, 3, 1, "rose"),
    )


def test_what_neighbours_share_is_counted() -> None:
    assert common(RANKINGS, 3) == (2, 2)  # a b, then b e
    assert common(RANKINGS[:1], 3) == ()


def test_one_ranking_has_no_movements_and_none_has_no_passages() -> None:
    assert moved([("a", "b")], 2) == (Moved("a", (1,), ("",)), Moved("b", (2,), ("",)))
    assert lines(moved([("a", "b")], 2), 2) == ()
    assert moved([], 5) == ()


def test_a_cell_says_rank_and_movement_and_brackets_what_lies_below() -> None:
    assert cells(Moved("c", (3, 4, None), ("", "gone", "")), k=3) == ["3", "(4) gone", "–"]
    assert cells(Moved("b", (2, 1, 2), ("", "▲1", "▼1")), k=3) == ["2", "1 ▲1", "2 ▼1"]


@given(some.permutations("abcdefgh"), some.permutations("abcdefgh"), some.integers(1, 10))
def test_there_and_back_mirrors_every_movement_and_nothing_is_lost(left: list[str], right: list[str], k: int) -> None:
    mirror = {"▲": "▼", "▼": "▲", "=": "=", "n": "g", "g": "n"}
    there = {one.id: one.arrows[1] for one in moved([left, right], k)}
    back = {one.id: one.arrows[1] for one in moved([right, left], k)}
    assert there.keys() == back.keys() == {*left[:k], *right[:k]}
    for id, told in there.items():
        assert back[id][0] == mirror[told[0]]
        assert back[id][1:] == told[1:] or told[0] in "ng"
    came, went = list(there.values()).count("new"), list(there.values()).count("gone")
    assert came == went

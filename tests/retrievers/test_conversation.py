"""Conversations: turns with their speaker, windows of neighbouring turns, and the recipe that fuses both."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrievers.base import Query, Ranking, Sources
from retrievers.build import BuildSettings, build
from retrievers.conversation import Dialogue, Turn, Windows
from retrievers.corpus import Document, ReadOptions
from retrievers.encoder import Encoder
from retrievers.errors import FathomError, UsageError
from retrievers.extend import extend
from retrievers.index import Index
from retrievers.lexical import BM25
from retrievers.maxp import MaxP
from retrievers.recipes import conversation
from retrievers.scope import Scope
from retrievers.units import units_of

Maker = Callable[..., Index]

TALK = [
    {"id": "a1", "title": "8 May", "text": "  We met a heron. ", "speaker": "Ann", "session": 1, "caption": "a grey bird"},
    {"id": "a2", "title": "8 May", "text": "Where was that?", "speaker": "Ben", "session": 1, "caption": None},
    {"id": "a3", "title": "8 May", "text": "By the lake.", "speaker": "Ann", "session": 1},
    {"id": "a4", "title": "8 May", "text": "I shall go there.", "speaker": "Ben", "session": 1},
    {"id": "b1", "title": "9 May", "text": "The lake was frozen.", "speaker": "Ben", "session": 2},
]


def row(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "title": "", "text": f"words of {id}", "conversation": "c", "session": 1, **more}


def document(**fields: Any) -> Document:
    return Document("d", "8 May", " Hi there. ", "jsonl", "d.jsonl", "0" * 64, fields=fields)


def turn(id: str, session: str = "1", conversation: str = "c") -> Turn:
    return Turn.of(Document(id, "", id, "jsonl", "d.jsonl", "", fields={"conversation": conversation, "session": session}), 0)


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    def made(rows: list[dict[str, Any]], dialogue: Dialogue | None = None, owner: str = "none", **options: Any) -> Index:
        (tmp_path / "talk.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
        settings = BuildSettings(
            units=options.pop("units", ("turn", "window")), dialogue=dialogue or Dialogue(), encoder=options.pop("encoder", None)
        )
        build([tmp_path / "talk.jsonl"], tmp_path / "talk.index", settings, ReadOptions(owner_field=owner, **options))
        return Index.open(tmp_path / "talk.index")

    return made


@pytest.fixture
def talk(make: Maker) -> Index:
    return make([one | {"conversation": "c"} for one in TALK])


def test_a_turn_is_searched_with_its_time_its_speaker_and_its_caption_and_is_cited_by_its_own_text(talk: Index) -> None:
    item = talk.item("a1")
    assert item.searchable == "8 May\nAnn: We met a heron. [a grey bird]"
    assert (item.unit, item.text, item.start, item.end) == ("turn", "We met a heron.", 2, 17)
    assert talk.text(item.document, item.start, item.end) == item.text
    assert item.covers == ("a1",)
    assert talk.item("a2").searchable == "8 May\nBen: Where was that?"


def test_a_window_is_searched_by_its_turns_stands_for_them_and_shows_the_middle_one(talk: Index) -> None:
    assert talk.visible(None, "window")[0].ids == ["a1..a3", "a2..a4", "b1..b1"]
    item = talk.item("a2..a4")
    assert item.searchable == "8 May\nBen: Where was that?\nAnn: By the lake.\nBen: I shall go there."
    assert item.covers == ("a2", "a3", "a4")
    assert (item.document, item.text) == ("a3", "By the lake.")
    assert talk.text("a3", item.start, item.end) == item.text
    assert talk.item("b1..b1").covers == ("b1",)


def test_what_is_left_out_is_not_searched() -> None:
    said = Turn.of(document(user="u", session=1, speaker="Ann", caption="a bird", date="2023-05-08T13:56"), 4)
    assert said.time == "8 May\n2023-05-08T13:56"
    assert Dialogue().searched([said, said]) == "8 May\n2023-05-08T13:56\nAnn: Hi there. [a bird]\nAnn: Hi there. [a bird]"
    assert Dialogue(time=False).searched([said]) == "Ann: Hi there. [a bird]"
    assert Dialogue(speaker=False, caption=False).searched([said]) == "8 May\n2023-05-08T13:56\nHi there."


def test_a_date_that_the_title_says_is_not_said_again() -> None:
    assert Turn.of(document(user="u", session=1, date="8 May"), 0).time == "8 May"


def test_a_turn_belongs_to_its_conversation_or_else_to_its_user() -> None:
    assert Turn.of(document(conversation="c", user="u", session=7), 0).conversation == "c"
    found = Turn.of(document(conversation=None, user="u", session=7), 0)
    assert (found.conversation, found.session, found.speaker, found.caption) == ("u", "7", "", "")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"user": "u"}, "'d' has no field 'session'"),
        ({"user": "u", "session": " "}, "'d' has no field 'session'"),
        ({"session": 1}, "'d' has no field 'conversation' or 'user'"),
        ({"user": "u", "session": [1]}, "neither text nor a whole number in its field 'session'"),
        ({"user": "u", "session": True}, "neither text nor a whole number in its field 'session'"),
        ({"user": "u", "session": 1, "speaker": {"name": "Ann"}}, "in its field 'speaker'"),
    ],
)
def test_a_record_that_is_no_turn_is_a_usage_error(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Turn.of(document(**fields), 0)
    assert "--units passage" in str(caught.value)


def test_units_that_the_data_cannot_give_stop_the_build_and_leave_no_index(make: Maker, tmp_path: Path) -> None:
    for units in (("turn",), ("window",), ("passage", "window")):
        with pytest.raises(UsageError, match=r"talk\.jsonl: the record 'x' has no field 'session'"):
            make([{"id": "x", "title": "", "text": "No talk.", "conversation": "c"}], units=units)
    with pytest.raises(FathomError):
        Index.open(tmp_path / "talk.index")
    (tmp_path / "notes.txt").write_text("No talk.", "utf-8")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        build([tmp_path / "notes.txt"], tmp_path / "notes.index", BuildSettings(units=("turn",), encoder=None))


def test_windows_keep_to_their_session_and_their_conversation_though_records_are_mixed() -> None:
    windows = Windows(2)
    mixed = [turn("a"), turn("x", "2"), turn("b"), turn("o", conversation="d"), turn("c")]
    found = [[one.id for one in window] for each in mixed for window in windows.add(each)]
    assert found == [["a", "b"], ["b", "c"]]
    assert [[one.id for one in window] for window in windows.rest()] == [["x"], ["o"]]


@given(st.lists(st.tuples(st.sampled_from("cd"), st.sampled_from("12")), max_size=40), st.integers(2, 5))
def test_every_turn_is_covered_and_every_window_is_a_stretch_of_one_session(places: list[tuple[str, str]], size: int) -> None:
    turns = [turn(str(number), session, talk) for number, (talk, session) in enumerate(places)]
    windows = Windows(size)
    found = [window for each in turns for window in windows.add(each)] + list(windows.rest())
    assert {one.id for window in found for one in window} == {one.id for one in turns}
    for window in found:
        session = [one for one in turns if (one.conversation, one.session) == (window[0].conversation, window[0].session)]
        first = session.index(window[0])
        assert list(window) == session[first : first + size]
        assert len(window) == min(size, len(session))


def test_owners_windows_hold_their_own_turns_alone_by_the_ids_that_they_see(make: Maker) -> None:
    ids = [("a", None), ("a", "ann"), ("b", "ben"), ("c", "ann"), ("d", None)]
    index = make([row(id, owner=owner) for id, owner in ids], Dialogue(2), owner="owner")
    windows = {user: [unit.ids for unit in index.visible(user, "window")] for user in (None, "ann", "ben")}
    assert windows == {None: [["a..d"]], "ann": [["a..d"], ["a..c"]], "ben": [["a..d"], ["b..b"]]}
    assert index.item("a..d", "ann").covers == ("a", "d")
    assert index.item("a..c", "ann").covers == ("ann:a", "c")
    (found,) = (BM25(index, unit="window") >> MaxP(index))([Ranking(Query("words of a c", user="ann"))])
    assert set(found.ids) == {"a", "d", "ann:a", "c"}
    with pytest.raises(FathomError, match=r"no item 'a\.\.c'"):
        index.item("a..c", "ben")


def test_a_scope_admits_a_window_with_all_its_records_alone(make: Maker) -> None:
    rows = [row(id, type=kind) for id, kind in (("a", "note"), ("b", "note"), ("c", "note"), ("d", "mail"))]
    index = make(rows, Dialogue(2))
    (unit,) = index.visible(None, "window")
    assert unit.ids == ["a..b", "b..c", "c..d"]
    assert unit.admitted(Scope(types=("note",))).tolist() == [True, True, False]  # type: ignore[union-attr]
    assert unit.admitted(Scope(types=("mail",))).tolist() == [False, False, False]  # type: ignore[union-attr]
    (found,) = (BM25(index, unit="window") >> MaxP(index))([Ranking(Query("words", scope=Scope(types=("note",))))])
    assert set(found.ids) == {"a", "b", "c"}


def test_equal_windows_share_a_row_and_say_the_same(make: Maker) -> None:
    rows = [row(f"{session}{n}", text=text, session=session) for session in "xy" for n, text in enumerate(("Hi.", "Hello."))]
    index = make(rows, Dialogue(2))
    (unit,) = index.visible(None, "window")
    assert (unit.ids, unit.size) == (["x0..x1", "y0..y1"], 1)
    assert list(unit.texts()) == ["Hi.\nHello."] == [index.item("y0..y1").searchable]


def test_a_split_record_is_one_turn_all_the_same(make: Maker) -> None:
    index = make([row("a", text="One. " * 300)], split=True, units=("turn", "passage"))
    assert index.visible(None, "turn")[0].ids == ["a"]
    assert len(index.visible(None, "passage")[0].ids) == 2


def test_an_index_says_how_it_was_cut_and_grows_in_the_same_way(make: Maker, tmp_path: Path) -> None:
    index = make([row("a"), row("b"), row("c")], Dialogue(2, time=False))
    assert index.settings.dialogue == Dialogue(2, time=False)
    (tmp_path / "more.jsonl").write_text(json.dumps(row("x", session=2)) + "\n" + json.dumps(row("y", session=2)) + "\n", "utf-8")
    extend(tmp_path / "talk.index", {"more.jsonl": tmp_path / "more.jsonl"})
    grown = Index.open(tmp_path / "talk.index")
    assert set(grown.visible(None, "window")[0].ids) == {"a..b", "b..c", "x..y"}
    assert grown.settings.dialogue == Dialogue(2, time=False)


def test_the_recipe_gives_turns_and_finds_what_a_neighbour_says(make: Maker) -> None:
    index = make([one | {"conversation": "c"} for one in TALK], encoder=Encoder(dtype="float32", device="cpu"))
    found = conversation(Sources(index)).search("Where by the lake did they meet the heron?")
    assert set(found.ids) == {"a1", "a2", "a3", "a4", "b1"}
    assert found.ids[-1] != "a1"
    hit = next(hit for hit in found if hit.id == "a3")
    assert [step.stage for step in hit.trail] == ["BM25", "Dense", "BM25", "MaxP", "Dense", "MaxP", "Fuse"]
    assert hit.trail[3].detail in ("best passage a1..a3", "best passage a2..a4")


def test_the_recipe_needs_an_index_of_turns(make: Maker) -> None:
    index = make([row("a")], units=("passage",))
    with pytest.raises(FathomError, match="no unit 'turn'"):
        conversation(Sources(index)).search("words")


def test_a_window_of_one_turn_is_no_window() -> None:
    with pytest.raises(UsageError, match="windows of 1 turns"):
        Dialogue(window=1)


def test_units_are_named_one_by_one_or_with_commas() -> None:
    assert units_of(["turn, window", "passage", "turn"]) == ("turn", "window", "passage")
    with pytest.raises(UsageError, match="the unit 'widow'"):
        BuildSettings(units=units_of(["turn,widow"]))

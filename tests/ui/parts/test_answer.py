"""The answer's card: claims with buttons and marks, sides of a conflict, a refusal, and hostile words that do nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.record import record
from agent.reports.footnotes import footnoted
from agent.spec import Spec
from agent.state import EFFORTS, Answer, Claim, Failure
from retrievers.scope import Scope
from tests.ui.parts.answered import HOSTILE, Room, marked, said
from ui.parts.answer import beside, told_how
from ui.parts.refusal import advised

RISKY = ("<script", "<b>", "<i>", "![", "](", "**bold**", ":red[red", "$x$")


def test_claims_have_buttons_numbered_like_the_footnotes(chat: Room) -> None:
    run = chat.write(chat.disputed())
    app = chat.page(run)
    labels = {one.key: one.label for one in app.button if str(one.key).startswith("cite-")}
    numbers = {f"cite-{run}-1-{place}": place[-1] for place in ("1-1", "1-2", "2-1", "3-2", "4-3")}
    assert labels == numbers
    assert app.button(key=f"cite-{run}-1-4-3").help == "Open it where it stands: The north › Wren"
    assert "3.2 metres **bold**" in said(app)


def test_a_claim_that_does_not_hold_says_so_and_why(chat: Room) -> None:
    app = chat.page(chat.write(chat.disputed()))
    assert marked(app).count("Not supported by what was shown") == 1
    assert "The number 1999 is in <b>no</b> cited span" in said(app)


def test_what_sources_say_stands_side_by_side(chat: Room) -> None:
    app = chat.page(chat.write(chat.disputed()))
    assert "The sources disagree" in marked(app)
    columns = ["\n".join(str(one.value) for one in column.text) for column in app.columns]
    assert columns == ["Wren Observatory\nFounded in 1887.", "The north › Wren\nFounded in 1891."]


def test_sources_are_listed_with_title_section_and_quote(chat: Room) -> None:
    run = chat.write(chat.disputed())
    app = chat.page(run)
    assert [app.button(key=f"source-cite-{run}-1-{place}").label for place in ("1-1", "1-2", "4-3")] == ["1", "2", "3"]
    assert "“The Wren Observatory was founded in 1891 by Thomas Askew.”" in said(app)


def test_how_it_came_about_is_said_in_words(chat: Room) -> None:
    run = chat.write(chat.disputed(), failures=[Failure("search 2", "Unavailable", "no <b>model</b>", "start it")])
    app = chat.page(run)
    how = "1 search, 4 passages shown, 1.5 s, confidence 0.50: the search ended because the effort's budget was spent."
    assert f"{how} Recipe bm25, policy extractive (no language model: sentences word for word)." in said(app)
    assert "search 2: no <b>model</b>" in said(app)
    assert "What to do: start it" in said(app)
    told = {**record(chat.visit.ledger, run), "policy": "chat"}
    assert told_how(told, "qwen3").endswith("Recipe bm25, policy chat (the language model qwen3).")


def test_nothing_of_a_corpus_or_a_model_is_read_as_markup(chat: Room) -> None:
    run = chat.write(chat.disputed(), failures=[Failure("a", "b", "<b>c</b>", "![d](http://evil.example)")])
    app = chat.page(run)
    app.button(key=f"cite-{run}-1-1-1").click().run()
    assert "<U+202E>elttil<U+202C>" in said(app)
    assert not [mark for mark in RISKY if mark in marked(app)]


def test_a_citation_opens_the_passage_with_the_span_apart_and_its_trail(chat: Room) -> None:
    run = chat.write(chat.disputed())
    app = chat.page(run)
    app.button(key=f"cite-{run}-1-1-1").click().run()
    quote = "has a mirror of 3.2 metres ![x](http://evil.example/x.png)"
    assert quote in [one.value for one in app.text]
    assert HOSTILE[: HOSTILE.index(" has a mirror")] in [one.value for one in app.text]
    assert "Search 1: “wren <i>founded</i>”" in said(app)
    assert "Rerank(<b>): rank 2 of 3, score 0.5" in said(app)
    assert "hostile.txt, passage hostile.txt#1, characters 38 to 96" in said(app)


def test_an_answer_of_another_generation_is_shown_by_its_recorded_words(chat: Room) -> None:
    citation = replace(chat.cite("wren-a.md", "founded in 1887"), quote="founded in 1886")
    run = chat.write(Answer("found", "1886", "", (Claim("It was founded in 1886.", (citation,), True),)), identity="another")
    app = chat.page(run)
    app.button(key=f"cite-{run}-1-1-1").click().run()
    assert "founded in 1886" in said(app)
    assert "by Thomas Askew" not in said(app)
    assert "built anew" in app.info[0].value


def test_a_corpus_that_is_gone_leaves_the_quotes(chat: Room, tmp_path: Path) -> None:
    run = chat.write(chat.disputed())
    service = replace(chat.visit.service, settings=chat.visit.service.settings.model_copy(update={"home": tmp_path / "empty"}))
    app = replace(chat, visit=replace(chat.visit, service=service)).page(run)
    app.button(key=f"cite-{run}-1-1-2").click().run()
    assert "The corpus of this answer is not there any more" in app.info[0].value.replace("\\", "")


def test_a_pdf_shows_its_page(chat: Room) -> None:
    citation = chat.cite("lapwing.pdf", "The Lapwing array has 48 dishes.")
    run = chat.write(Answer("found", "48", "", (Claim("It has 48 dishes.", (citation,), True),)))
    app = chat.page(run)
    app.button(key=f"cite-{run}-1-1-1").click().run()
    assert not app.info
    assert "Page 1, the cited words boxed" in str(app.get("image")[0].proto)  # pyright: ignore[reportAttributeAccessIssue]


def test_what_was_not_found_is_a_card_with_searches_nearest_misses_and_advice(chat: Room) -> None:
    run = chat.write(Answer("not_found"))
    app = chat.page(run)
    assert said(app).startswith("Not found in this corpus")
    assert "“wren <i>founded</i>”" in said(app)
    assert "4 hits" in marked(app)
    assert "Choose more effort" in marked(app)
    app.button(key=f"cite-{run}-1-shown-1").click().run()
    assert "The Wren Observatory was founded in 1887 by Thomas Askew. It stands on a hill." in said(app)
    assert [one.key for one in app.button if str(one.key).startswith("object-")] == []


@pytest.mark.parametrize(
    ("spec", "count"),
    [(Spec("i"), 3), (Spec("i", effort=EFFORTS["deep"]), 2), (Spec("i", scope=Scope.parse(["type=pdf"])), 4)],
)
def test_advice_fits_how_it_was_asked(spec: Spec, count: int) -> None:
    assert len(advised(spec)) == count


def test_an_answer_without_claims_is_its_text_unless_that_is_the_headline(chat: Room) -> None:
    for text, shown in (("Two words.", ""), ("Two words, and more.", "Two words, and more.")):
        told = record(chat.visit.ledger, chat.write(Answer("found", "two words", text)))
        assert beside(told, footnoted(told)) == shown

"""What a reader says is written once, is theirs alone, and is shown as such when the page is drawn again."""

from __future__ import annotations

from agent.entries.rows import Feedback
from agent.ledger import Ledger
from tests.ui.parts.answered import Room, marked, said
from ui.parts.feedback import last, objected


def rows(chat: Room, run: str) -> list[tuple[str, int | None, int | None, str]]:
    return [(one.verdict, one.claim, one.citation, one.note) for one in chat.visit.ledger.feedback(run, 1)]


def test_a_thumb_is_written_once_and_shown_again(chat: Room) -> None:
    run = chat.write(chat.disputed())
    app = chat.page(run)
    key = f"feedback-{run}-1"
    assert "Is this right?" in marked(app)
    app.feedback(key=key).set_value(1).run()
    app.run()
    assert rows(chat, run) == [("up", None, None, "")]
    again = chat.page(run)
    assert again.feedback(key=key).value == 1
    assert "You said that it is right" in marked(again)


def test_another_thumb_is_a_new_row_and_one_taken_back_is_none(chat: Room) -> None:
    run = chat.write(chat.disputed())
    app = chat.page(run)
    key = f"feedback-{run}-1"
    app.feedback(key=key).set_value(1).run()
    app.feedback(key=key).set_value(0).run()
    app.feedback(key=key).set_value(None).run()
    assert [row[0] for row in rows(chat, run)] == ["up", "down"]
    assert app.feedback(key=key).value == 0


def test_an_objection_names_the_claim_and_the_citation_of_a_conflict(chat: Room) -> None:
    run = chat.write(chat.disputed())
    app = chat.page(run)
    cite = f"cite-{run}-1-4-3"  # the second side of the conflict: claim 4, source 3
    app.button(key=cite).click().run()
    app.text_input(key=f"note-{cite}").set_value("It says <b>land</b>").run()
    app.button(key=f"object-{cite}").click().run()
    assert rows(chat, run) == [("unsupported", 4, 1, "It says <b>land</b>")]
    assert "this does not support it" in marked(app)
    app.button(key=f"object-{cite}").click().run()
    assert len(rows(chat, run)) == 1
    again = chat.page(run)
    assert "You said that source 3 does not support this." in marked(again)
    again.button(key=cite).click().run()
    assert "“It says <b>land</b>”" in said(again)
    assert "<b>land</b>" not in marked(again)


def test_what_one_says_another_is_not_shown(chat: Room) -> None:
    run = chat.write(chat.disputed())
    chat.page(run).feedback(key=f"feedback-{run}-1").set_value(0).run()
    other = chat.page(run, user="ada")
    assert f"No run '{run}'" in said(other)
    assert Ledger(chat.visit.service.store, "ada").runs() == []


def test_the_last_word_counts() -> None:
    about = [Feedback("up"), Feedback("unsupported", claim=1, citation=2), Feedback("down")]
    assert last(about) == Feedback("down")
    assert last(about, 1, 2) == Feedback("unsupported", claim=1, citation=2)
    assert last(about, 1, 1) is None
    assert objected(about, 1, 2)
    assert not objected(about, 1, 1)

"""The page Evidence over a real run of the small index: every view, its choices, and what is said where something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from agent.settings import Settings
from agent.spec import Spec
from agent.state import EFFORTS
from retrievers.errors import FathomError
from ui.service import Service
from ui.visit import Visit

HANG = 60.0
QUESTION = "Who discovered Titan, and in which year?"


@dataclass
class Desk:
    """A visitor with one answered question."""

    visit: Visit
    index: str
    run: str
    left_for: list[tuple[str, dict[str, str]]]

    def page(self, user: str = "local", **address: str) -> AppTest:
        """The page at this address, drawn once."""
        visit = self.visit if user == "local" else replace(self.visit, user=user)
        app = AppTest.from_function(drawn, args=(visit,), default_timeout=HANG)
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    def view(self, name: str) -> AppTest:
        app = self.page(run=self.run)
        app.segmented_control(key=f"evidence-view-{self.run}-1").set_value(name).run()
        assert not app.exception
        return app


def drawn(visit: object) -> None:
    from ui.evidence import render
    from ui.parts.problem import told

    with told():
        render(visit)  # pyright: ignore[reportArgumentType]


Opened = Callable[..., Desk]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, index: str) -> Iterator[Opened]:
    monkeypatch.chdir(tmp_path)
    for name in ("FATHOM_ENDPOINT", "FATHOM_MODEL", "FATHOM_API_KEY", "FATHOM_SETTINGS", "FATHOM_USER_HEADER"):
        monkeypatch.delenv(name, raising=False)
    left_for: list[tuple[str, dict[str, str]]] = []
    services: list[Service] = []

    def leave(name: str, **parameters: str) -> None:
        left_for.append((name, parameters))

    for module in ("ui.evidence.go", "ui.parts.swap.go"):
        monkeypatch.setattr(module, leave)

    def open_(question: str | None = QUESTION, recipe: str = "bm25", **given: Any) -> Desk:
        settings = Settings.load(
            ledger=f"sqlite:///{tmp_path / 'ledger.db'}", home=tmp_path / "home", index=Path(given.pop("at", index)), **given
        )
        service = Service.open(settings)
        services.append(service)
        visit, run = Visit(service, "local", None), ""
        if question is not None:
            path = str(Path(settings.index or "").resolve())
            run = visit.runs.start([question], Spec(path, recipe, effort=EFFORTS["quick"]), purpose="chat")
            visit.runs.wait(run, HANG)
        return Desk(visit, index, run, left_for)

    yield open_
    for service in services:
        service.store.close()


@pytest.fixture
def desk(opened: Opened) -> Desk:
    return opened()


def said(app: AppTest) -> str:
    parts = (app.text, app.markdown, app.caption, app.info, app.error)
    return "\n".join(str(one.value) for several in parts for one in several)


def table(app: AppTest, place: int = 0) -> list[dict[str, Any]]:
    return [dict(row) for row in app.dataframe[place].value.to_dict("records")]  # pyright: ignore[reportUnknownMemberType]


def charts(app: AppTest) -> list[str]:
    """The charts' specifications, with their data."""
    return [one.proto.spec for one in app.get("vega_lite_chart")]  # pyright: ignore[reportAttributeAccessIssue]


def drawing(spec: Any) -> Any:
    """A chart without its data: what is drawn, and how."""
    if isinstance(spec, list):
        return [drawing(one) for one in cast("list[Any]", spec)]
    if isinstance(spec, dict):
        parts = cast("dict[str, Any]", spec)
        return {name: drawing(value) for name, value in parts.items() if name not in ("data", "datasets")}
    return spec


def test_without_a_question_the_page_teaches_and_leads_to_the_chat(opened: Opened) -> None:
    desk = opened(None)
    app = desk.page()
    assert "Once a question was asked" in said(app)
    app.button(key="evidence-ask").click().run()
    assert desk.left_for == [("chat", {})]


def test_without_a_run_the_newest_questions_are_offered_and_one_opens(desk: Desk) -> None:
    app = desk.page()
    app.button(key=f"evidence-run-{desk.run}").click().run()
    assert app.query_params["run"] == desk.run
    assert QUESTION in said(app)


def test_the_funnel_counts_what_the_ledger_holds(desk: Desk) -> None:
    app = desk.page(run=desk.run)
    shown = desk.visit.ledger.shown(desk.run, 1)
    rows = {row["Stage"]: row["Distinct passages"] for row in table(app)}
    assert list(rows) == ["Retrieved by BM25", "Shown", "Cited"]
    assert rows["Shown"] == str(len(shown))
    assert int(rows["Retrieved by BM25"]) >= len(shown) >= int(rows["Cited"]) >= 1
    assert len(charts(app)) == 1


def test_one_search_has_a_funnel_of_its_own(desk: Desk) -> None:
    app = desk.page(run=desk.run)
    searches = [one for one in desk.visit.ledger.done(desk.run, 1) if one.repeats is None]
    assert len(searches) > 1
    app.selectbox(key=f"evidence-search-{desk.run}-1").set_value(1).run()
    rows = {row["Stage"]: row["Distinct passages"] for row in table(app)}
    assert rows["Retrieved by BM25"] == str(desk.visit.ledger.candidates(desk.run, 1, 1)[0].total)
    assert rows["Shown"] == str(len(searches[0].shown))


def test_passages_are_listed_and_one_is_followed_through_the_stages(desk: Desk) -> None:
    app = desk.view("passages")
    first = desk.visit.ledger.shown(desk.run, 1)[0]
    assert table(app)[0]["Shown"] == "[1]"
    app.selectbox(key="evidence-passage").set_value(first.item).run()
    assert app.query_params["passage"] == first.item
    assert "It was shown as [1], by search 1" in said(app)
    assert "Christiaan Huygens discovered Titan in 1655." in said(app)
    places = table(app, 1)
    assert places[0]["Stage"] == "BM25"
    assert places[0]["Place"].startswith("rank 1 of ")


def test_an_address_with_a_passage_opens_it_and_an_unknown_one_says_how_to_go_on(desk: Desk) -> None:
    first = desk.visit.ledger.shown(desk.run, 1)[0]
    assert "It was shown as [1]" in said(desk.page(run=desk.run, passage=first.item))
    lost = said(desk.page(run=desk.run, passage="<script>nowhere"))
    assert "No stage of any search kept it" in lost
    assert "Its text cannot be shown" in lost


def test_why_says_that_a_passage_was_cited_and_where_it_stood(desk: Desk) -> None:
    app = desk.view("why")
    first = desk.visit.ledger.shown(desk.run, 1)[0]
    app.text_input(key=f"why-{desk.run}-1").set_value(first.item).run()
    assert "It is here: it was shown, and the answer cites it." in said(app)
    assert table(app)[0]["Rank"] == 1


def test_why_offers_what_the_words_may_mean_and_tells_of_the_one_that_is_picked(desk: Desk) -> None:
    app = desk.view("why")
    key = f"why-{desk.run}-1"
    app.text_input(key=key).set_value("LASSELL brewer").run()
    assert "Which of these do you mean?" in said(app)
    app.button(key=f"{key}-pick-0").click().run()
    assert str(app.text_input(key=key).value).startswith("lassell.txt")
    assert "What to do:" in said(app)
    assert "brewer in Liverpool" in said(app)


def test_why_says_of_what_is_nowhere_that_it_is_not_in_the_corpus(desk: Desk) -> None:
    app = desk.view("why")
    app.text_input(key=f"why-{desk.run}-1").set_value("xylophone").run()
    assert "It is not in this corpus" in said(app)
    assert "Add its file on the page Corpus" in said(app)


def test_swap_ranks_side_by_side_and_names_a_recipe_that_cannot(desk: Desk) -> None:
    app = desk.view("swap")
    app.get("button_group")
    key = f"swap-recipes-{desk.run}-1"
    assert app.pills(key=key).value == ["hybrid", "bm25", "dense"]
    assert said(app).count("This recipe cannot rank this query") == 2
    assert "was built without an encoder" in said(app)
    app.pills(key=key).set_value(["bm25", "okapi"]).run()
    rows = table(app)
    assert rows[0]["1  bm25"] == "1"
    assert rows[0]["2  okapi"].startswith("1")
    assert "also stand in the ranking before it" in said(app)
    assert app.button(key="swap-ask-bm25").disabled


def test_swap_takes_any_query_that_was_issued(desk: Desk) -> None:
    app = desk.view("swap")
    app.pills(key=f"swap-recipes-{desk.run}-1").set_value(["bm25"]).run()
    issued = app.selectbox(key=f"swap-query-{desk.run}-1").options
    assert len(issued) > 1
    app.selectbox(key=f"swap-query-{desk.run}-1").set_value(issued[1]).run()
    rankings = {one.query: one.ids for n in range(1, 9) for one in desk.visit.ledger.candidates(desk.run, 1, n)}
    assert table(app)[0]["Id"] == rankings[issued[1]][0]


def test_asking_again_forks_the_run_with_the_other_recipe(desk: Desk) -> None:
    app = desk.view("swap")
    app.pills(key=f"swap-recipes-{desk.run}-1").set_value(["bm25", "okapi"]).run()
    app.button(key="swap-ask-okapi").click().run()
    newest = desk.visit.ledger.runs(limit=1)[0]
    desk.visit.runs.wait(newest.id, HANG)
    assert (newest.parent, newest.parent_turn, newest.spec["recipe"]) == (desk.run, 1, "okapi")
    assert desk.left_for == [("chat", {"conversation": newest.conversation})]


def test_a_recipe_of_ones_own_that_fails_is_named_and_the_others_go_on(opened: Opened, tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text(
        "from retrievers.lexical import BM25\n\ndef broken(sources):\n    return {}['*no*']\n\n"
        "RECIPES = {'broken': broken, 'mine': lambda sources: BM25(sources.need_index())}\n"
    )
    desk = opened(recipes=own)
    app = desk.view("swap")
    app.pills(key=f"swap-recipes-{desk.run}-1").set_value(["broken", "mine"]).run()
    assert "The recipe broken failed: KeyError: '*no*'" in said(app)
    assert table(app)[0]["1  mine"] == "1"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ({"run": "nope"}, "No run 'nope'"),
        ({"run": "OWN", "question": "2"}, "has no question 2"),
        ({"run": "OWN", "question": "-1"}, "No question '-1'"),
        ({"run": "OWN", "question": "9" * 40}, "No question '999"),
    ],
)
def test_an_address_that_names_nothing_is_said_in_words(desk: Desk, address: dict[str, str], told: str) -> None:
    own = {name: desk.run if value == "OWN" else value for name, value in address.items()}
    assert told in said(desk.page(**own))


def test_another_users_run_is_as_unknown_as_one_that_never_was(desk: Desk) -> None:
    other = said(desk.page("eve", run=desk.run))
    assert f"No run '{desk.run}'" in other
    assert "Titan" not in other


def test_where_the_corpus_is_gone_the_ledgers_part_is_still_there(desk: Desk, opened: Opened, corpus: Path) -> None:
    gone = opened(None, at=corpus / "elsewhere.index")
    gone.run = desk.run
    assert table(gone.page(run=desk.run))[-1]["Stage"] == "Cited"
    assert table(gone.view("passages"))[0]["Shown"] == "[1]"
    for view in ("why", "swap"):
        assert "The corpus of this question is not among yours here" in said(gone.view(view))


def test_words_of_a_corpus_are_never_read_as_markup_or_as_a_part_of_a_chart(
    opened: Opened, tmp_path: Path, fathom: Callable[..., Any]
) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    title = "<img src=http://evil.example/x> ![a](http://evil.example/y) datum['x'] \u202egpj"
    text = "William Herschel discovered Uranus in 1781. **bold** :material/bug:"
    (folder / "a.jsonl").write_text(json.dumps({"_id": "a", "title": title, "text": text}) + "\n")
    assert fathom("index", str(folder), "--out", str(tmp_path / "hostile.index"), "--encoder", "none").code == 0
    desk = opened("Who discovered Uranus?", at=tmp_path / "hostile.index")
    item = desk.visit.ledger.shown(desk.run, 1)[0].item
    app = desk.page(run=desk.run, passage=item)
    assert not any("evil" in str(one.value) for one in app.markdown)
    assert any("<U+202E>gpj" in str(one.value) for one in app.text)
    swap = desk.view("swap")
    swap.pills(key=f"swap-recipes-{desk.run}-1").set_value(["bm25", "okapi"]).run()
    path, bumps = (json.loads(one) for one in [*charts(app), *charts(swap)])
    assert "evil" not in json.dumps([drawing(path), drawing(bumps)])
    assert "<img src=http://evil" in json.dumps(bumps)  # as a value that is drawn letter by letter


def test_whose_desk_it_is_decides_who_is_told_why(desk: Desk) -> None:
    other = replace(desk.visit, reader="eve")
    app = AppTest.from_function(drawn, args=(other,), default_timeout=HANG)
    app.query_params["run"] = desk.run
    app.run()
    app.segmented_control(key=f"evidence-view-{desk.run}-1").set_value("why").run()
    app.text_input(key=f"why-{desk.run}-1").set_value("saturn.md").run()
    assert "This question was asked for another user" in said(app)
    with pytest.raises(FathomError, match="no run"):
        replace(desk.visit, user="eve").ledger.run(desk.run)

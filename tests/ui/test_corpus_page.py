"""The pages Corpus and Health and the welcome: what they count and name, for whom, and the questions to start with."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.settings import Settings
from retrievers.build import BuildSettings
from retrievers.corpus import ReadOptions
from retrievers.extend import create, extend
from retrievers.index import Index
from ui.doctor import Check
from ui.holdings import Bar, histogram, holdings, listing, matching
from ui.parts.checks import shown, verdict
from ui.service import Service
from ui.starting import Topic, questions, topic

PLAIN = BuildSettings(encoder=None)
DOCS = {
    "ceres.md": "# Ceres\n\nCeres is a dwarf planet. It was discovered in Palermo in 1801.\n",
    "pluto.md": "# Pluto\n\nPluto is a dwarf planet. It was discovered on 18 February 1930.\n",
    "maria.md": "# Maria Mitchell\n\nMaria Mitchell was an astronomer who taught at Vassar. She was born in Nantucket in 1818.\n",
}


def placed(folder: Path, texts: dict[str, str]) -> dict[str, Path]:
    folder.mkdir(parents=True)
    files = {name: folder / str(number) for number, name in enumerate(texts)}
    for name, text in texts.items():
        files[name].write_text(text, "utf-8")
    return files


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a public corpus, in which alice has a file, bob has one, and bob's other file could not be read."""
    root = tmp_path / "home" / "sky"
    create(root, placed(tmp_path / "public", DOCS), settings=PLAIN)
    extend(root, placed(tmp_path / "a", {"alice.txt": "My red notebook of Mars."}), "alice")
    extend(root, placed(tmp_path / "b", {"bob.txt": "Bob saw Mars too.", "bob.mp3": "x"}), "bob")
    return tmp_path / "home"


@pytest.fixture
def service(home: Path, tmp_path: Path) -> Service:
    return Service.open(Settings.load(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", home=home))


def page(service: Service, module: str, user: str = "local", reader: str | None = None) -> AppTest:
    def draw(service: object, module: str, user: str, reader: str | None) -> None:  # run as a script: no name of ours is known
        from importlib import import_module

        from ui.parts.problem import told
        from ui.visit import Visit

        with told():
            import_module(module).render(Visit(service, user, reader))  # type: ignore[arg-type]

    return AppTest.from_function(draw, default_timeout=60, args=(service, module, user, reader))


def words(app: AppTest) -> str:
    kinds = ("title", "subheader", "markdown", "caption", "text", "info", "success", "warning", "error", "button", "metric")
    told = [str(getattr(one, "value", "")) + str(getattr(one, "label", "")) for kind in kinds for one in getattr(app, kind)]
    frames = [str(frame.value.to_dict()) for frame in app.dataframe]
    return "\n".join(told + frames)


def test_each_reader_is_told_of_the_public_part_and_their_own(home: Path) -> None:
    index = Index.open(home / "sky")
    told = {user: holdings(index, user) for user in (None, "alice", "bob", "carol")}
    assert {user: (one.documents, one.own) for user, one in told.items()} == {
        None: (3, 0), "alice": (4, 1), "bob": (4, 1), "carol": (3, 0),
    }  # fmt: skip
    assert [file.name for file in told["alice"].files] == ["alice.txt", "ceres.md", "maria.md", "pluto.md"]
    assert [one.path for one in told["bob"].skipped] == ["bob.mp3"]
    assert told["alice"].skipped == told[None].skipped == ()
    assert told["alice"].units == {"passage": 4}


def test_a_file_of_records_is_named_to_those_who_see_one_of_them(tmp_path: Path) -> None:
    rows = [{"id": "p", "text": "For all.", "user": None}, {"id": "b", "text": "Bob's.", "user": "bob"}]
    hers = [{"id": "a", "text": "Alice's.", "user": "alice"}, {"id": "a", "text": "Again.", "user": "alice"}]
    files = placed(
        tmp_path / "f", {"all.jsonl": "\n".join(map(json.dumps, rows)), "hers.jsonl": "\n".join(map(json.dumps, hers))}
    )
    create(tmp_path / "i", files, settings=PLAIN, options=ReadOptions(owner_field="user"))
    index = Index.open(tmp_path / "i")
    assert [(one.name, one.size, one.documents) for one in holdings(index, "bob").files] == [("all.jsonl", None, 2)]
    assert [one.name for one in holdings(index, "alice").files] == ["all.jsonl", "hers.jsonl"]
    assert holdings(index, "bob").skipped == ()
    assert [one.reason for one in holdings(index, "alice").skipped] == ["the id 'a' came before, with a different text"]


def test_lengths_fall_into_bars_of_one_round_width() -> None:
    assert histogram([]) == ()
    assert histogram([5]) == (Bar(5, 5, 1),)
    assert histogram([10, 12, 25, 25]) == tuple(Bar(low, low + 1, {10: 1, 12: 1, 24: 2}.get(low, 0)) for low in range(10, 26, 2))
    many = [100] * 95 + [190] * 4 + [99_999]
    assert (histogram(many)[-1].high, sum(bar.documents for bar in histogram(many))) == (None, 100)


def test_a_list_is_filtered_by_all_words(home: Path) -> None:
    entries = listing(Index.open(home / "sky"), "alice")
    assert [one.id for one in entries] == ["alice.txt", "ceres.md", "maria.md", "pluto.md"]
    assert [one.id for one in matching(entries, "MARIA  mitch")] == ["maria.md"]
    assert matching(entries, "maria pluto") == []


def test_a_topic_is_what_a_first_sentence_says_that_the_title_is() -> None:
    assert topic("Ceres", DOCS["ceres.md"].replace("# ", "")) == Topic("Ceres", False, "is", "discovered", 1801)
    assert topic("Maria Mitchell", DOCS["maria.md"].replace("# ", "")) == Topic("Maria Mitchell", True, "was", "born", 1818)
    assert topic("Hale Telescope", "The Hale Telescope is a reflector on Palomar.") == Topic("the Hale Telescope", False, "is")
    triton = topic("Triton", "Triton is a moon of Neptune. It was discovered in 1846 by William Lassell.")
    assert triton == Topic("Triton", False, "is", "discovered", 1846, "discovered")
    assert topic("Uranus", "Uranus is a planet. The name Uranus was invented by Johann Bode.") == Topic("Uranus", False, "is")
    assert topic("Mars", "Nobody knows what the planet is. Mars is a planet.") is None
    assert topic("notes", "notes is a file") is None
    assert topic("Evil\u202egpj", "Evil\u202egpj is a file") is None
    assert topic("", "It is a thing.") is None


def test_questions_to_start_with_are_the_corpus_own_and_the_readers(home: Path, tmp_path: Path) -> None:
    index = Index.open(home / "sky")
    asked = questions(index, None)
    assert asked[0] in ("Which was discovered first, Ceres or Pluto?", "Which was discovered first, Pluto or Ceres?")
    assert asked[1:] == ("When was Maria Mitchell born?",)
    assert questions(index, None) == asked
    extend(home / "sky", placed(tmp_path / "x", {"zeta.md": "# Zeta Secret\n\nZeta Secret is a plan of Alice's.\n"}), "alice")
    index = Index.open(home / "sky")
    assert questions(index, "bob") == questions(index, None) == asked
    assert "What is Zeta Secret?" in questions(index, "alice")


def test_records_without_titles_give_terms_that_they_spell_out(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "text": text} for n, text in enumerate(["Body mass index (BMI) was measured.", "A body mass index (BMI)."])
    ]
    create(tmp_path / "i", placed(tmp_path / "f", {"r.jsonl": "\n".join(map(json.dumps, rows))}), settings=PLAIN)
    assert questions(Index.open(tmp_path / "i"), None) == ("What is said about body mass index (BMI)?",)


def test_where_nothing_fits_there_are_no_questions(tmp_path: Path) -> None:
    create(tmp_path / "i", placed(tmp_path / "f", {"a.txt": "1 2 3", "b.txt": "hello there, how are you"}), settings=PLAIN)
    assert questions(Index.open(tmp_path / "i"), None) == ()


def test_the_page_shows_a_reader_nothing_of_others(service: Service) -> None:
    app = page(service, "ui.corpus_page", "alice", "alice").run()
    assert not app.exception
    said = words(app)
    assert "alice.txt" in said
    assert "bob" not in said
    assert app.metric[0].value == "4"


def test_the_list_is_filtered_on_the_page(service: Service) -> None:
    app = page(service, "ui.corpus_page").run()
    app.text_input(key="documents-filter").set_value("maria").run()
    assert app.button(key="document-0").label == "Maria Mitchell"
    assert "1 of 3 documents" in words(app)
    app.text_input(key="documents-filter").set_value("nothing so called").run()
    assert "No title holds these words" in words(app)


def test_a_document_is_opened_by_its_address_and_anothers_is_not(service: Service) -> None:
    app = page(service, "ui.corpus_page", "alice", "alice")
    app.query_params["document"] = "alice.txt"
    assert "My red notebook of Mars." in words(app.run())
    app.query_params["document"] = "bob.txt"
    said = words(app.run())
    assert "There is no document 'bob.txt' here" in said
    assert "Bob saw" not in said
    assert str(service.settings.home) not in said


def test_a_search_shows_passages_with_their_trail(service: Service) -> None:
    app = page(service, "ui.corpus_page", "alice", "alice").run()
    app.text_input(key="search-text").set_value("red mars")
    app.button(key="search-start").click().run()
    said = words(app)
    assert "My red notebook of Mars." in said
    assert "BM25 #1" in said
    assert "Bob saw" not in said


def test_an_upload_of_a_reader_is_theirs_and_of_a_single_user_for_all(service: Service, home: Path) -> None:
    from ui.parts.uploading import add
    from ui.visit import Visit

    alice, alone = Visit(service, "alice", "alice"), Visit(service, "local", None)
    corpus = alice.corpora.named("sky")
    forged = json.dumps({"id": "f", "text": "Planted.", "user": "bob"}).encode()
    add(alice, [("../forged.jsonl", forged)], corpus, "")
    _wait(service, "alice")
    add(alone, [("all.txt", b"For all.")], corpus, "")
    _wait(service, "local")
    seen = {user: [one.id for one in listing(Index.open(home / "sky"), user)] for user in (None, "alice", "bob")}
    assert seen == {
        None: ["all.txt", "ceres.md", "maria.md", "pluto.md"],
        "alice": ["alice.txt", "f", "all.txt", "ceres.md", "maria.md", "pluto.md"],
        "bob": ["bob.txt", "all.txt", "ceres.md", "maria.md", "pluto.md"],
    }
    assert list((home / ".incoming").iterdir()) == []


def _wait(service: Service, user: str) -> None:
    for _ in range(600):
        if all(one.state != "running" for one in service.builds.of(user)):
            break
        time.sleep(0.05)
    assert [one.error for one in service.builds.of(user)] == [None] * len(service.builds.of(user))


def test_a_home_without_a_corpus_offers_the_demo_and_an_upload(tmp_path: Path) -> None:
    service = Service.open(Settings.load(ledger=f"sqlite:///{tmp_path / 'ledger.db'}", home=tmp_path / "home"))
    app = page(service, "ui.corpus_page").run()
    assert not app.exception
    assert app.button(key="welcome-demo-start").label == "Make the demo corpus"
    assert app.button(key="upload-start").disabled


def test_health_tells_a_single_user_places_and_nobody_else(service: Service) -> None:
    alone, behind = page(service, "ui.health_page").run(), page(service, "ui.health_page", "alice", "alice").run()
    assert str(service.settings.home) in words(alone)
    assert str(service.settings.home.parent) not in words(behind)
    behind.button(key="health-run").click().run()
    said = words(behind)
    assert "every file's hash is right" in said
    assert str(service.settings.home.parent) not in said
    assert "bob" not in said


def test_checks_behind_a_header_hold_no_path_and_no_figure_of_others() -> None:
    found = [
        Check("python", "ok", "3.11.7"),
        Check("ledger", "fail", "/srv/ledger.db cannot be made", "name another"),
        Check("index", "ok", "/srv/i: 5,000 documents"),
        Check("index", "warn", "1 inputs skipped, first bob.mp3", "leave it out"),
    ]
    assert list(shown(found, alone=True)) == found
    assert [(one.found, one.next) for one in shown(found, alone=False)] == [
        ("3.11.7", ""),
        ("not well", "tell whoever runs this server"),
        ("whole: every file's hash is right", ""),
    ]
    assert verdict(found) == ("fail", "1 of 4 checks failed")
    assert verdict(found[:1]) == ("ok", "all 1 checks are well")

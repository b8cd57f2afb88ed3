"""Documents, questions and models that try to be more than text: nothing runs, nothing is fetched, nothing is a link."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Serve, indexed
from tests.browser.served import Served
from tests.browser.tabs import Tab
from tests.faults.stub_llm import Reply, StubServer

EVIL = "evil.example"
HIT = "window.__hit=(window.__hit||0)+1"
_FORMS = (
    f"<script>{HIT}</script>",
    f"<img src=x onerror={HIT}>",
    f"<img src=https://{EVIL}/a.png>",
    f"![a picture](https://{EVIL}/b.png)",
    f"![a picture][ref]\n\n[ref]: https://{EVIL}/c.png",
    f"[read on](javascript:{HIT})",
    f"[read on](data:text/html,<script>{HIT}</script>)",
    f"[read on](https://{EVIL}/?q=secret)",
    f"<https://{EVIL}/auto>",
    f"https://{EVIL}/bare",
    f"<a href='javascript:{HIT}'>read on</a>",
    f"<svg onload={HIT}>",
    f"<iframe src=https://{EVIL}/frame></iframe>",
    f"<style>@import 'https://{EVIL}/s.css'; body {{ display: none }}</style>",
    f"<link rel=stylesheet href=https://{EVIL}/l.css>",
    f"<form action=https://{EVIL}/f><input autofocus onfocus={HIT}></form>",
    f"<details open ontoggle={HIT}>",
    "$$\\href{javascript:alert(1)}{x}$$",
    ":material/home: :red[red] :blue-background[blue] :rainbow[all]",
    "[1] [2](#) 【3†source】 [titan.md]",
    "\u202egnp.exe\u202c and \u2066turned\u2069 and zero\u200bwidth\u200d",
    "```\n<script>" + HIT + "</script>\n```",
    "# A heading\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "{{7*7}} ${7*7} <%= 7*7 %> {run.id} %s %(name)s",
    "\x00\x07\x1b[31mred\x1b[0m",
)
PAYLOADS = [f"{form} no. {number}" if number else form for number in range(8) for form in _FORMS]
NAMES = ("Zorbay", "Quillmar", "Ostrava", "Pellworm", "Tynemouth", "Skagen", "Fastnet", "Eddystone")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight lighthouses with 25 of the 200 payloads each, in sentences that answer the question, in titles and in headings."""
    folder = tmp_path_factory.mktemp("hostile")
    for place, name in enumerate(NAMES):
        own = PAYLOADS[place * len(_FORMS) : (place + 1) * len(_FORMS)]
        said = [f"The lighthouse of {name} was built by Ada Quill in {1801 + place} {payload}." for payload in own]
        records = [{"id": f"{name}-{n}", "title": f"{name} {own[n]}", "text": text} for n, text in enumerate(said)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records), "utf-8")
    (folder / f"<img src=x onerror={HIT}>.md").write_text(f"# Skerry {_FORMS[0]}\n\n## {_FORMS[5]}\n\n{said[0]}\n", "utf-8")
    return indexed(folder, folder.with_name("hostile.index"), "--encoder", "none")


@pytest.fixture(scope="module")
def model() -> Iterator[StubServer]:
    """A model that repeats what hostile documents would have it say."""
    said = " ".join(_FORMS)
    script = [Reply(said, [("search", {"query": f"lighthouse {_FORMS[1]}"})]), Reply(f"Explanation: {said} [Zorbay-0] [1] [99].")]
    with StubServer(*script) as server:
        yield server


@pytest.fixture(scope="module")
def server(serve: Serve, hostile: Path, model: StubServer) -> Served:
    return serve("--index", hostile, FATHOM_ENDPOINT=model.url, FATHOM_MODEL="stub")


def harmless(tab: Tab) -> None:
    """Nothing of a payload has become anything: no script ran, no picture but Streamlit's own, no link out of the chat."""
    tab.still()
    page = tab.page
    assert page.evaluate("window.__hit") is None
    assert page.evaluate("document.body.checkVisibility()")
    links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    assert {urlsplit(link).scheme for link in links} <= {"http", "https"}
    assert {urlsplit(link).netloc for link in links} <= {urlsplit(tab.address).netloc}
    pictures = page.eval_on_selector_all("img", "all => all.map(one => one.currentSrc || one.src)")
    assert {urlsplit(one).netloc for one in pictures} <= {urlsplit(tab.address).netloc, ""}
    frames = [frame.url for frame in page.frames if frame != page.main_frame]
    assert frames == []
    assert page.locator("[onerror], [onload], [onfocus], [ontoggle], svg[onload], form[action], object, embed").count() == 0
    assert page.get_by_test_id("stApp").locator("script, link, .katex").count() == 0
    assert "\u202e" not in tab.words
    assert "\u200b" not in tab.words
    assert tab.foreign == set()


def choose_extractive(tab: Tab) -> None:
    tab.keys("choices-open").get_by_role("button").first.click()
    tab.page.locator("[class*='st-key-policy-']").get_by_text("extractive", exact=True).click()
    tab.page.keyboard.press("Escape")
    tab.sees("extractive")


def test_the_check_itself_would_see_it(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    app = tab.page.get_by_test_id("stApp")
    for markup in (
        f"<b id=z><img src='https://{EVIL}/z.png'></b>",
        "<b id=z><a href='javascript:alert(1)'>x</a></b>",
        "<b id=z><iframe srcdoc='x'></iframe></b>",
        "<b id=z>\u202egnp</b>",
    ):
        harmless(tab)
        app.evaluate("(app, markup) => app.insertAdjacentHTML('beforeend', markup)", markup)
        with pytest.raises(AssertionError):
            harmless(tab)
        app.evaluate("app => app.querySelector('#z').remove()")
        tab.hosts -= tab.foreign
    tab.pardon("ERR_NAME_NOT_RESOLVED")


def test_what_documents_say_is_text_everywhere(server: Served, browse: Open, full: bool) -> None:
    tab = browse(server.address).open()
    choose_extractive(tab)
    harmless(tab)
    for count, name in enumerate(NAMES if full else NAMES[:2], start=1):
        tab.ask(f"Who built the lighthouse of {name}, and when?")
        tab.answered(count)
        tab.sees("Ada Quill")
        harmless(tab)
    tab.citations.first.click()
    expect(tab.page.get_by_role("dialog").locator("[class*='st-key-cited-']")).to_be_visible()
    harmless(tab)
    conversation = tab.conversation
    run = server.ledger().runs(conversation=conversation)[0].id
    for path in (f"/runs?run={run}", "/runs", f"/evidence?run={run}", "/evidence"):
        one = browse(server.address).open(path, "stMainBlockContainer")
        one.sees(NAMES[0] if path in ("/runs", "/evidence") else "lighthouse")
        harmless(one)
        one.page.close()


def test_a_corpus_is_looked_through_without_harm(server: Served, browse: Open) -> None:
    tab = browse(server.address).open("/corpus", "stMainBlockContainer")
    tab.still()
    harmless(tab)
    for name in ("Documents", "Search"):
        tab.page.get_by_role("tab", name=name).click()
        harmless(tab)
    tab.key("search-text").get_by_role("textbox").fill("lighthouse Ada Quill no.")
    tab.press("search-start")
    expect(tab.keys("hit-open-")).to_have_count(10)
    harmless(tab)
    tab.press("hit-open-1")
    expect(tab.key("document-text")).to_be_visible()
    harmless(tab)


def test_a_question_and_a_models_words_are_text_too(server: Served, browse: Open, full: bool) -> None:
    questions = (f"{_FORMS[0]} {_FORMS[1]} {_FORMS[5]} who built it?", _FORMS[3], f"{_FORMS[20]} {_FORMS[7]}")
    for question in questions if full else questions[:1]:
        tab = browse(server.address).open()
        tab.ask(question)
        tab.answered()
        harmless(tab)
        run = server.ledger().runs(conversation=tab.conversation)[0]
        for path in (f"/runs?run={run.id}", f"/evidence?run={run.id}", "/runs"):
            tab.open(path, "stMainBlockContainer")
            harmless(tab)


def test_a_forged_citation_cites_nothing(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    tab.ask("Who built the lighthouse of Zorbay?")
    tab.answered()
    run = server.ledger().runs(conversation=tab.conversation)[0]
    shown = {one.item for one in server.ledger().shown(run.id, 1)}
    answer = server.ledger().questions(run.id)[0].answer
    assert answer is not None
    assert {citation.item for claim in answer.claims for citation in claim.citations} <= shown
    cited = sum(len(claim.citations) for claim in answer.claims)
    assert tab.citations.count() == cited

"""Files dropped into the page: they become part of a corpus, are asked about, and cannot hurt the server."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import Open, Serve
from tests.browser.served import Served
from tests.browser.tabs import HANG, INPUT, Tab

NOTES = "# The lighthouse of Zorbay\n\nAda Quill built the lighthouse of Zorbay in 1871. It stands on a rock of red sandstone.\n"
QUESTION = "Who built the lighthouse of Zorbay, and when?"


@pytest.fixture(scope="module")
def server(serve: Serve, index: Path, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A server on a corpus of its own, to which files can be added."""
    home = tmp_path_factory.mktemp("own") / "observatories"
    shutil.copytree(index, home)
    return serve("--index", home)


def file(name: str, content: bytes | str) -> FilePayload:
    return {
        "name": name,
        "mimeType": "application/octet-stream",
        "buffer": content.encode() if isinstance(content, str) else content,
    }


def bomb() -> bytes:
    """A Word document of a few hundred kilobytes that would unpack to 400 megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as member:
        for _ in range(400):
            member.write(bytes(1 << 20))
    return out.getvalue()


def drop(tab: Tab, *files: FilePayload) -> None:
    """Drop files into the form that is open, and start. What was typed before is taken up first: it draws the form anew."""
    tab.page.wait_for_timeout(500)
    tab.still()
    tab.keys("upload-files-").locator("input[type=file]").set_input_files(list(files))
    start = tab.key("upload-start").get_by_role("button")
    expect(start).to_be_enabled()
    start.click()


def send(tab: Tab, *files: FilePayload) -> None:
    """The same, and wait until they are indexed, or refused."""
    drop(tab, *files)
    expect(tab.keys("build-dismiss-").first).to_be_visible()


def adding(browse: Open, served: Served) -> Tab:
    tab = browse(served.address).open("/corpus", "stMainBlockContainer")
    tab.page.get_by_role("tab", name="Add files").click()
    return tab


def test_an_uploaded_file_is_asked_about(server: Served, browse: Open) -> None:
    tab = adding(browse, server)
    send(tab, file("zorbay.md", NOTES))
    tab.sees("is ready")
    tab.open()
    tab.ask(QUESTION)
    tab.answered()
    tab.sees("Ada Quill")
    tab.citations.first.click()
    expect(tab.page.get_by_role("dialog").locator("[class*='st-key-cited-']")).to_contain_text("1871")
    expect(tab.page.get_by_role("dialog")).to_contain_text("zorbay.md")


def test_a_bomb_is_refused_and_the_corpus_goes_on_serving(server: Served, browse: Open) -> None:
    before = server.memory()
    tab = adding(browse, server)
    send(tab, file("bomb.docx", bomb()), file("broken.pdf", b"%PDF-1.7 no more"))
    tab.sees("bomb.docx")
    tab.sees("zip bomb")
    tab.sees("broken.pdf")
    server.until_logged("bomb.docx")
    assert server.memory() - before < 200 << 20
    tab.open()
    tab.ask("Who discovered Titan, and in which year?")
    tab.answered()
    tab.sees("Huygens")


def test_a_file_that_is_too_large_is_refused_by_its_size(server: Served, browse: Open) -> None:
    tab = adding(browse, server)
    tab.keys("upload-files-").locator("input[type=file]").set_input_files([file("large.txt", bytes(11 << 20))])
    tab.sees("10.0MB or smaller")
    expect(tab.key("upload-start").get_by_role("button")).to_be_disabled()


def test_a_name_that_climbs_writes_nowhere_else(server: Served, browse: Open) -> None:
    tab = adding(browse, server)
    send(tab, file("../../../climbed.md", "# Climbed\n\nWords of a file whose name climbs.\n"))
    tab.still()
    assert list(server.folder.parent.rglob("climbed.md")) == []


def test_without_a_corpus_the_page_offers_the_demo_and_an_upload(serve: Serve, browse: Open, full: bool) -> None:
    served = serve()
    tab = browse(served.address).open(ready="stMainBlockContainer")
    expect(tab.key("welcome-demo-start")).to_be_visible()
    expect(tab.key("welcome-upload")).to_be_visible()
    assert tab.page.get_by_test_id(INPUT).count() == 0
    tab.key("upload-name").get_by_role("textbox").fill("lighthouses")
    tab.key("upload-name").get_by_role("textbox").press("Enter")
    drop(tab, file("zorbay.md", NOTES))
    tab.ask(QUESTION)
    tab.answered()
    tab.sees("Ada Quill")
    assert (served.home / "lighthouses" / "CURRENT").is_file()
    if full:
        again = browse(serve().address).open(ready="stMainBlockContainer")
        again.press("welcome-demo-start")
        expect(again.page.get_by_test_id(INPUT)).to_be_visible(timeout=5 * HANG)
        again.ask("Who discovered Pluto?")
        again.answered()
        again.sees("Tombaugh")

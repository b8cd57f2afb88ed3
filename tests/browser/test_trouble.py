"""What goes wrong is told on the page in words, stands in the log, and loses nothing."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from playwright.sync_api import expect

from agent.runs import LONGEST
from tests.browser.conftest import Open, Serve
from tests.browser.served import Served, free_port
from tests.browser.tabs import INPUT

TITAN = "Who discovered Titan, and in which year?"
WRONG = "Something is not as it should be"


def test_an_unknown_conversation_is_said_to_be_unknown(server: Served, browse: Open) -> None:
    tab = browse(server.address)
    for id in ("20200101-000000-000aaaaaaaaaa", "../../etc/passwd", "<script>alert(1)</script>"):
        tab.open(f"/?conversation={id}", "stAlert")
        tab.sees(f"No conversation '{id}'")
        tab.still()
        server.until_logged(f"no conversation '{id}'")
    tab.press("new-conversation")
    expect(tab.page.get_by_test_id(INPUT)).to_be_enabled()


def test_a_question_of_a_megabyte_is_refused_before_anything_is_recorded(server: Served, browse: Open) -> None:
    before = len(server.ledger().runs())
    tab = browse(server.address).open()
    tab.ask("x" * (1 << 20))
    tab.sees(f"at most {LONGEST:,}")
    server.until_logged("a question of 1,048,576 characters")
    assert len(server.ledger().runs()) == before
    tab.ask(TITAN)
    tab.answered()


def test_a_locked_ledger_is_waited_for_and_then_named(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        tab.ask(TITAN)
        tab.sees("another process holds it")
        other.execute("ROLLBACK")
    server.until_logged("another process holds it")
    tab.ask(TITAN)
    tab.answered()


def test_an_endpoint_that_is_down_is_named(serve: Serve, index: Path, browse: Open) -> None:
    served = serve(
        "--index", index, FATHOM_ENDPOINT=f"http://127.0.0.1:{free_port()}/v1", FATHOM_MODEL="stub", FATHOM_RETRIES="0"
    )
    tab = browse(served.address).open()
    tab.ask(TITAN)
    tab.answered()
    tab.sees("could not be reached")
    served.until_logged("could not be reached")


def test_a_damaged_index_is_named_and_answers_nothing(serve: Serve, index: Path, tmp_path: Path, browse: Open) -> None:
    damaged = tmp_path / "damaged.index"
    shutil.copytree(index, damaged)
    largest = max((path for path in damaged.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    served = serve("--index", damaged)
    tab = browse(served.address).open(ready="stAlert")
    tab.sees(WRONG)
    tab.sees(largest.name)
    served.until_logged(largest.name)
    assert tab.page.get_by_test_id(INPUT).count() == 0

"""Two people behind a proxy that signs them in: each sees what is theirs, and nobody becomes another by saying so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Serve
from tests.browser.served import Served
from tests.browser.tabs import INPUT, Tab
from tests.faults.header_proxy import HEADER, HeaderProxy

PLUTO = "Who discovered Pluto, and in which year?"
NOBODY = "does not say who you are"


@pytest.fixture(scope="module")
def many(serve: Serve, index: Path) -> Served:
    """A server that learns from a header who asks."""
    return serve("--index", index, "--user-header", HEADER)


@pytest.fixture(scope="module")
def proxy(many: Served) -> Iterator[HeaderProxy]:
    with HeaderProxy(many.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def theirs(many: Served, proxy: HeaderProxy) -> dict[str, str]:
    """The addresses of two users."""
    return {user: proxy.sign_in(user) for user in ("ada", "bob")}


def asked(browse: Open, address: str) -> Tab:
    tab = browse(address).open()
    tab.ask(PLUTO)
    tab.answered()
    return tab


def test_each_sees_only_their_own(many: Served, theirs: dict[str, str], browse: Open) -> None:
    ada = asked(browse, theirs["ada"])
    ada.sees("Signed in as ada")
    bob = browse(theirs["bob"]).open()
    bob.sees("Signed in as bob")
    bob.sees("Your conversations will be listed here")
    assert PLUTO not in bob.words
    assert [run.title for run in many.ledger("ada").runs()] == [PLUTO]
    assert many.ledger("bob").runs() == []
    assert many.ledger("local").runs() == []


def test_an_id_of_anothers_opens_nothing(many: Served, theirs: dict[str, str], browse: Open) -> None:
    ada = asked(browse, theirs["ada"])
    run = many.ledger("ada").runs(conversation=ada.conversation)[0].id
    for path in (f"/?conversation={ada.conversation}", f"/runs?run={run}", f"/evidence?run={run}&question=1"):
        ada.open(path, "stMainBlockContainer").sees(PLUTO)
        bob = browse(theirs["bob"]).open(path, "stMainBlockContainer")
        bob.sees("Something is not as it should be")
        bob.still()
        for word in (PLUTO, "Tombaugh", "Lowell"):
            assert word not in bob.words
        many.until_logged(f"no {'conversation' if 'conversation' in path else 'run'}")


@pytest.mark.parametrize("name", [HEADER, HEADER.lower(), HEADER.upper()])
def test_a_header_that_the_visitor_sends_does_nothing(name: str, theirs: dict[str, str], browse: Open) -> None:
    tab = browse(theirs["ada"], extra_http_headers={name: "bob"}).open("/?user=bob")
    tab.sees("Signed in as ada")
    assert "bob" not in tab.words


def test_without_the_header_nobody_is_signed_in(many: Served, browse: Open) -> None:
    tab = browse(many.address).open(ready="stAlert")
    tab.sees(NOBODY)
    assert tab.page.get_by_test_id(INPUT).count() == 0
    many.until_logged(NOBODY)


def test_two_names_are_nobodys(many: Served, browse: Open) -> None:
    """A proxy that adds its header beside the visitor's own: the first of two would be the visitor's."""
    with HeaderProxy(many.port, trusting=True) as proxy:
        tab = browse(proxy.sign_in("ada"), extra_http_headers={HEADER: "bob"}).open(ready="stAlert")
        tab.sees("says more than once who you are")
        assert tab.page.get_by_test_id(INPUT).count() == 0


def test_a_user_who_is_only_claimed_is_not_one_where_there_is_a_single_user(server: Served, browse: Open) -> None:
    tab = browse(server.address, extra_http_headers={HEADER: "eve"}).open("/?user=eve")
    tab.sees("A single user on this machine")
    assert "eve" not in tab.words.split()
    expect(tab.page.get_by_test_id("stAlert")).to_have_count(0)

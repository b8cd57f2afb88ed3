"""What connects to the server and what it connects to: its own pages, and nothing else."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.browser.conftest import Open, Serve
from tests.browser.outside import Outside
from tests.browser.served import Served
from tests.faults.header_proxy import HEADER

_UPGRADE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: streamlit\r\n\r\n"
)


def connects(served: Served, host: str, origin: str) -> bool:
    """Whether a page of this origin gets a session, under the name by which it reached the server."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        connection.sendall(_UPGRADE.format(host=host, origin=origin).encode())
        status = connection.recv(4096).split(b" ", 2)[1]
    assert status in (b"101", b"403")
    return status == b"101"


def test_its_own_pages_connect(server: Served) -> None:
    for name in ("127.0.0.1", "localhost"):
        assert connects(server, f"{name}:{server.port}", f"http://{name}:{server.port}")


def test_a_page_of_another_site_is_refused_and_nobody_is_asked_about_it(server: Served, outside: Outside) -> None:
    assert not connects(server, server.address.removeprefix("http://"), "http://evil.example")
    assert outside.asked == []


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_page_that_made_its_own_name_lead_here_is_refused(name: str, server: Served, outside: Outside) -> None:
    assert not connects(server, f"{name}:{server.port}", f"http://{name}:{server.port}")
    assert outside.asked == []


def test_a_proxy_may_be_known_by_any_name(serve: Serve, index: Path) -> None:
    served = serve("--index", index, "--user-header", HEADER)
    assert connects(served, "fathom.example", "https://fathom.example")
    assert not connects(served, "fathom.example", "https://evil.example")


def test_a_whole_conversation_asks_no_other_host(server: Served, outside: Outside, browse: Open) -> None:
    tab = browse(server.address).open()
    tab.ask("Who discovered Titan, and in which year?")
    tab.answered()
    for path in ("/evidence", "/runs", "/corpus", "/health"):
        tab.open(path, "stMainBlockContainer").still()
    assert tab.foreign == set()
    assert outside.asked == []


def test_the_recorder_would_see_it(outside: Outside) -> None:
    with socket.create_connection(("127.0.0.1", outside.port), timeout=60) as connection:
        connection.sendall(b"GET http://elsewhere.example/ HTTP/1.1\r\n\r\n")
        connection.recv(1)
    assert outside.asked == [b"GET http://elsewhere.example/ HTTP/1.1"]
    outside.asked.clear()

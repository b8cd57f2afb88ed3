"""A tab of a real browser on the chat, which keeps what it asked the network for and what went wrong in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

HANG = 90_000
_INLINE = ("data", "blob", "about")
expect.set_options(timeout=HANG)
INPUT = "stChatInputTextArea"
# Streamlit looks for its own files below the page's address first, before it tries the root.
_PROBED = ("/_stcore/health", "/_stcore/host-config")


@dataclass
class Tab:
    """A page of the server at `address`, and the watch over it.

    >>> tab.ask("Who discovered Titan?"); tab.answered()
    """

    page: Page
    address: str
    hosts: set[str] = field(default_factory=set[str])
    wrong: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.page.set_default_timeout(HANG)
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("websocket", lambda socket: self._asked(socket.url))
        self.page.on("pageerror", lambda error: self.wrong.append(f"page error: {error}"))
        self.page.on("console", self._said)
        self.page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}") or dialog.dismiss())

    @property
    def foreign(self) -> set[str]:
        """The hosts that it asked, other than the server's."""
        return self.hosts - {urlsplit(self.address).netloc}

    def open(self, path: str = "/", ready: str = INPUT) -> Tab:
        """Open a page, and wait for the element with this test id."""
        self.page.goto(f"{self.address}{path}", wait_until="commit")
        self.page.get_by_test_id(ready).first.wait_for()
        return self

    def key(self, key: str) -> Locator:
        """The element of a widget or container with this key."""
        return self.page.locator(f".st-key-{key}")

    def keys(self, start: str) -> Locator:
        """Those whose key begins so."""
        return self.page.locator(f"[class*='st-key-{start}']")

    @property
    def citations(self) -> Locator:
        """The buttons of the claims' citations."""
        return self.page.locator("[class*='st-key-numbers-'] button:visible")

    def press(self, key: str) -> None:
        """Click the button with this key."""
        self.key(key).get_by_role("button").first.click()

    def ask(self, question: str) -> None:
        """Type a question and send it."""
        box = self.page.get_by_test_id(INPUT)
        expect(box).to_be_enabled()
        box.fill(question)
        box.press("Enter")

    def answered(self, count: int = 1) -> None:
        """Wait until `count` questions stand on the page, the last of them answered, and another can be asked."""
        expect(self.page.get_by_test_id("stChatMessage")).to_have_count(2 * count)
        expect(self.keys("about-")).to_have_count(count)
        expect(self.keys("stop-")).to_have_count(0)
        expect(self.page.get_by_test_id(INPUT)).to_be_enabled()
        self.still()

    def still(self) -> None:
        """Wait until the page is drawn."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    def sees(self, words: str | re.Pattern[str]) -> None:
        """Wait until the words stand on the page."""
        expect(self.page.get_by_test_id("stApp")).to_contain_text(words)

    @property
    def conversation(self) -> str:
        """The id in the address; waits for it."""
        self.page.wait_for_url(re.compile(r"[?&]conversation="))
        return self.page.url.partition("conversation=")[2].partition("&")[0]

    @property
    def words(self) -> str:
        """All text of the page."""
        return self.page.locator("body").inner_text()

    @property
    def too_wide(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth"))

    def pardon(self, words: str) -> None:
        """Take back what went wrong by the test's own doing."""
        self.wrong = [one for one in self.wrong if words not in one]

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _INLINE:
            self.hosts.add(parts.netloc)

    def _said(self, message: ConsoleMessage) -> None:
        where = str(message.location.get("url", ""))
        if message.type == "error" and not where.endswith(_PROBED):
            self.wrong.append(f"console: {message.text} {where}")

"""The pages for everybody: axe-core finds nothing against WCAG 2.1 AA on any of them, light or dark, wide or narrow."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.served import Served
from tests.browser.tabs import INPUT, Tab

_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}, "resultTypes": ["violations"]}


def against(tab: Tab) -> list[tuple[str, str]]:
    """What is against the rules: the rule and the element, as axe-core tells them."""
    tab.still()
    expect(tab.page.locator("[data-stale='true']")).to_have_count(0)  # what is about to be redrawn is faded
    found: dict[str, Any] = Axe().run(tab.page, options=_RULES).response
    return [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]]


def test_the_check_itself_would_see_it(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    tab.page.get_by_role("heading", name="Ask your documents").evaluate("title => { title.style.color = '#AAA' }")
    tab.page.get_by_test_id("stApp").evaluate("app => app.insertAdjacentHTML('beforeend', '<button></button>')")
    assert {rule for rule, _ in against(tab)} == {"color-contrast", "button-name"}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_is_against_the_rules_of_access(
    scheme: Literal["light", "dark"], width: int, server: Served, browse: Open
) -> None:
    tab = browse(server.address, width=width, color_scheme=scheme).open()
    found = {"/": against(tab)}
    tab.ask("Who discovered Titan, and in which year?")
    tab.answered()
    found["answered"] = against(tab)
    tab.citations.first.click()
    tab.page.get_by_role("dialog").wait_for()
    found["a citation"] = against(tab)
    run = server.ledger().runs()[0].id
    for path in (f"/evidence?run={run}&question=1", f"/runs?run={run}", "/runs", "/compare", "/corpus", "/health"):
        found[path] = against(tab.open(path, "stMainBlockContainer"))
    assert {path: some for path, some in found.items() if some} == {}


def test_a_question_is_asked_and_its_source_opened_by_the_keyboard_alone(server: Served, browse: Open) -> None:
    tab = browse(server.address).open()
    tab.page.get_by_test_id(INPUT).press("Tab")
    tab.page.keyboard.press("Shift+Tab")
    tab.page.keyboard.type("Who discovered Titan, and in which year?")
    tab.page.keyboard.press("Enter")
    tab.answered()
    tab.page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.closest('[class*=st-key-numbers-]') !== null"):
            break
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("dialog")).to_contain_text("Titan")
    tab.page.keyboard.press("Escape")
    expect(tab.page.get_by_role("dialog")).to_have_count(0)

"""The evidence page in a browser, on an index with vectors: the funnel, one passage's path, and recipes swapped."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Serve
from tests.browser.served import Served
from tests.browser.tabs import Tab

TITAN = "Who discovered Titan, and in which year?"


@pytest.fixture(scope="module")
def server(serve: Serve, vectors: Path) -> Served:
    return serve("--index", vectors)


@pytest.fixture
def evidence(server: Served, browse: Open) -> Tab:
    """The evidence page of a question that was answered with the recipe hybrid."""
    known = server.ledger().runs()
    tab = browse(server.address)
    if not known:
        tab.open().ask(TITAN)
        tab.answered()
        known = server.ledger().runs()
    assert known[-1].spec["recipe"] == "hybrid"
    tab.open(f"/evidence?run={known[-1].id}", "stMainBlockContainer")
    tab.sees(TITAN)
    tab.still()
    return tab


def view(tab: Tab, name: str) -> None:
    tab.keys("evidence-view-").get_by_role("radio", name=name).or_(
        tab.keys("evidence-view-").get_by_role("button", name=name)
    ).first.click()
    tab.still()


def test_the_funnel_is_drawn_and_told(evidence: Tab) -> None:
    for stage in ("Retrieved by BM25", "Retrieved by Dense", "Fused", "Shown", "Cited"):
        evidence.sees(stage)
    expect(evidence.page.get_by_test_id("stVegaLiteChart").first).to_be_visible()


def test_recipes_are_swapped_and_their_rankings_stand_side_by_side(evidence: Tab) -> None:
    view(evidence, "Swap recipes")
    expect(evidence.page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    expect(evidence.page.get_by_test_id("stDataFrame")).to_be_visible()
    for recipe in ("hybrid", "bm25", "dense"):
        expect(evidence.key(f"swap-ask-{recipe}")).to_be_visible()
    evidence.sees("also stand in the ranking before it")
    evidence.keys("swap-recipes-").get_by_text("hybrid-maxsim", exact=True).click()
    expect(evidence.key("swap-ask-hybrid-maxsim")).to_be_visible()


def test_a_recipe_that_was_swapped_in_answers_in_the_same_conversation(evidence: Tab, server: Served) -> None:
    view(evidence, "Swap recipes")
    before = server.ledger().runs()
    evidence.press("swap-ask-bm25")
    evidence.answered(2)
    runs = server.ledger().runs()
    assert len(runs) == len(before) + 1
    assert runs[0].conversation == before[-1].conversation == evidence.conversation
    assert (runs[0].spec["recipe"], runs[0].parent) == ("bm25", before[-1].id)


def test_a_passage_that_is_not_there_is_explained(evidence: Tab) -> None:
    view(evidence, "Why is a passage not here?")
    box = evidence.keys("why-").get_by_role("textbox").first
    box.fill("pluto.md")
    box.press("Enter")
    expect(evidence.keys("why-cause-").or_(evidence.keys("rows-why")).first).to_be_visible()

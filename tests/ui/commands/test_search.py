"""`fathom search`: hits with their place and their trail."""

from __future__ import annotations

from pathlib import Path

from retrievers.index import Index
from tests.ui.conftest import Fathom

KEYS = ["id", "score", "title", "document", "start", "end", "text", "trail"]


def test_a_hit_says_where_it_stands_and_why_it_is_here(fathom: Fathom, index: str) -> None:
    ran = fathom("search", "who discovered Triton", "--index", index, "--recipe", "bm25", "-k", "2", "--json")
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.json
    assert [list(hit) for hit in (first, second)] == [KEYS, KEYS]
    assert (first["document"], first["title"]) == ("neptune.md", "Neptune")
    text = Index.open(index).document("neptune.md").text
    assert text[first["start"] : first["end"]] == first["text"] == "William Lassell discovered Triton on 10 October 1846."
    assert first["trail"] == [{"stage": "BM25", "rank": 1, "score": first["score"], "detail": ""}]
    assert first["score"] > second["score"]


def test_k_is_the_most_that_comes(fathom: Fathom, index: str) -> None:
    assert len(fathom("search", "discovered", "--index", index, "--recipe", "bm25", "-k", "1", "--json").json) == 1


def test_conditions_can_be_repeated(fathom: Fathom, index: str) -> None:
    def found(*where: str) -> set[str]:
        options = [part for one in where for part in ("--where", one)]
        ran = fathom("search", "telescope garden Berlin rings", "--index", index, "--recipe", "bm25", "--json", *options)
        return {hit["document"] for hit in ran.json}

    assert found() == {"neptune.md", "uranus.md", "saturn.md", "galle.md", "lassell.txt"}
    assert found("type=txt") == {"lassell.txt"}
    assert found("path=*.md", "document=galle.md") == {"galle.md"}


def test_people_see_the_trail_in_words(fathom: Fathom, index: str) -> None:
    out = fathom("search", "rings of Saturn", "--index", index, "--recipe", "bm25").out
    assert "Saturn" in out
    assert "saturn.md#1" in out
    assert "BM25 #1 (" in out
    assert max(map(len, out.splitlines())) <= 100


def test_nothing_found_is_said(fathom: Fathom, index: str) -> None:
    ran = fathom("search", "zebra", "--index", index, "--recipe", "bm25")
    assert ran.code == 0
    assert ran.out.startswith("nothing found for “zebra”")
    assert fathom("search", "zebra", "--index", index, "--recipe", "bm25", "--json").json == []


def test_a_recipe_of_ones_own_is_found_in_its_file(fathom: Fathom, index: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from retrievers.lexical import BM25\nRECIPES = {'two': lambda sources: BM25(sources.need_index()) % 2}\n", "utf-8"
    )
    ran = fathom("search", "discovered", "--index", index, "--recipe", "two", "--recipes", "mine.py", "--json")
    assert len(ran.json) == 2
    missing = fathom("search", "x", "--index", index, "--recipe", "tow", "--recipes", "mine.py", "--json")
    assert missing.error["next"] == "did you mean --recipe two?"


def test_a_recipe_that_asks_a_model_and_has_none_says_what_to_add(fathom: Fathom, index: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("RECIPES = {'asks': lambda sources: sources.need_chat()}\n", "utf-8")
    ran = fathom("search", "x", "--index", index, "--recipe", "asks", "--recipes", "mine.py", "--json")
    assert ran.code == 1
    assert ran.error["next"] == "add --endpoint URL --model NAME"


def test_what_a_document_says_cannot_act_on_the_terminal(fathom: Fathom, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "evil.txt").write_text("comet \x1b[2J\x1b]0;owned\x07 [bold]tail[/bold] \u202etxet", "utf-8")
    fathom("index", "docs", "--out", "e.index", "--encoder", "none")
    out = fathom("search", "comet", "--index", "e.index", "--recipe", "bm25").out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out
    assert "[bold]tail[/bold]" in out

"""Exports: every claim with its footnotes, and nothing in a text that could act where it is opened."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.export import export
from agent.reports.export_html import escaped as escaped_html
from agent.reports.export_markdown import escaped
from agent.reports.footnotes import footnoted
from retrievers.errors import UsageError
from retrievers.printable import one_line

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![p](http://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "[ref]: http://evil.example 'x'",
    "<http://evil.example>",
    "http://evil.example and www.evil.example",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "&lt;b&gt; &#106;avascript",
    "# heading\n\n---\n\n> quote\n\n```\ncode\n```",
    "1. one\n2) two\n- three\n+ four\n* five",
    "| a | b |\n|--|--|\n| c | d |",
    "`code` **bold** __bold__ ~~gone~~ $x^2$ <!-- c -->",
    "[^1]: a note of my own [^1]",
    "]]></title></style><style>@import url(http://evil.example)</style>",
    "\x1b[2J \u202e reversed \u200b",
    "    indented code",
    "Setext\n===",
)


def citation(document: str, start: int, quote: str, item: str = "") -> dict[str, Any]:
    return {"document": document, "item": item or f"{document}#1", "start": start, "end": start + len(quote), "quote": quote}


def claim(text: str, *citations: dict[str, Any], supported: bool = True) -> dict[str, Any]:
    told = {"text": text, "supported": supported, "citations": list(citations)}
    return told if supported else {**told, "reason": "not in the cited text: the number 72"}


def record(**changed: Any) -> dict[str, Any]:
    tables = citation("kepler.md", 10, "were printed in Ulm")
    return {
        "run": "r1",
        "question": "Where were the tables printed?",
        "policy": "extractive",
        "recipe": "hybrid",
        "stop": "answered",
        "answer": {"kind": "found", "short": "Ulm", "text": "They were printed in Ulm.", "entities": [], "confidence": None},
        "claims": [claim("They were printed in Ulm.", tables), claim("It cost 72 florins.", tables, supported=False)],
        "conflicts": [],
        "failures": [],
        "shown": [{"item": "kepler.md#1", "title": "Johannes Kepler", "document": "kepler.md"}],
        "searches": [{"query": "tables printed", "rewritten": "tables printed", "recipe": "hybrid", "hits": 12}],
        "usage": {"searches": 1, "tokens_in": 0, "tokens_out": 0, "seconds": 0.5, "cost": 0.0},
        **changed,
    }


def hostile(text: str) -> dict[str, Any]:
    """A record that holds `text` in every place that a corpus, a person or a model can reach."""
    cited = {**citation(text, 0, text, text), "path": [text, text]}
    return record(
        run=text,
        question=text,
        answer={"kind": "conflict", "short": text, "text": text, "entities": [text], "confidence": None},
        claims=[claim(text, cited), {**claim(text, cited, supported=False), "reason": text}],
        conflicts=[{"about": text, "claims": [claim(text, cited)]}],
        failures=[{"step": text, "kind": text, "happened": text, "remedy": text}],
        shown=[{"item": text, "title": text, "document": text}],
        searches=[{"query": text, "rewritten": text, "recipe": text, "hits": 1}],
        policy=text,
        recipe=text,
    )


def test_a_span_that_is_cited_twice_has_one_number() -> None:
    first, second = citation("a", 0, "one"), citation("b", 5, "two")
    noted = footnoted(record(claims=[claim("x", first, second), claim("y", second, first, first)]))
    assert [one.sources for one in noted.sentences] == [(1, 2), (2, 1)]
    assert [(one.number, one.document, one.start, one.end) for one in noted.sources] == [(1, "a", 0, 3), (2, "b", 5, 8)]


def test_markdown_has_a_footnote_for_every_source() -> None:
    lines = export([record()], "md").splitlines()
    assert lines[0] == "# Where were the tables printed?"
    assert "**Ulm**" in lines
    assert "They were printed in Ulm.[^1]" in lines
    assert "It cost 72 florins.[^1] *(not supported by what was shown: not in the cited text: the number 72)*" in lines
    assert lines[-1] == "[^1]: **Johannes Kepler**, kepler.md#1, characters 10 to 29: “were printed in Ulm”"
    assert "| 1 | tables printed | 12 hits |" in lines


def test_footnotes_of_several_questions_are_told_apart() -> None:
    text = export([record(), record(run="r2")], "md")
    assert text.count("[^1-1]: ") == text.count("[^2-1]: ") == 1


def test_html_has_a_target_for_every_footnote() -> None:
    page = Page(export([record(), record()], "html"))
    assert page.links == ["#q1-1", "#q1-1", "#q2-1", "#q2-1"]
    assert set(page.links) <= {f"#{id}" for id in page.ids}
    assert "They were printed in Ulm." in page.text


def test_nothing_found_is_said_with_the_searches_that_were_tried() -> None:
    answer = {"kind": "not_found", "short": "", "text": "", "entities": [], "confidence": None}
    for format in ("md", "html"):
        text = export([record(answer=answer, claims=[])], format)
        assert "Not found in this corpus" in text
        assert "tables printed" in text


def test_json_is_the_record_itself() -> None:
    assert json.loads(export([record()], "json")) == record()
    assert json.loads(export([record(), record(run="r2")], "json")) == [record(), record(run="r2")]
    assert json.loads(export([record(question="\ud800")], "json"))["question"] == "\ud800"
    export([record(question="\ud800")], "json").encode()


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        export([record()], "htm")
    assert caught.value.next == "--format html"


class Page(HTMLParser):
    """An HTML page as a browser reads it: tags, attributes, links and the text that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.styles, self.policy = 0, ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.styles += tag == "style"
        found = dict(attrs)
        self.policy = (found["content"] or "") if found.get("http-equiv") == "Content-Security-Policy" else self.policy
        for name, value in attrs:
            self.attributes.add(name)
            self.links += [value or ""] if name == "href" else []
            self.ids += [value or ""] if name == "id" else []

    def handle_data(self, data: str) -> None:
        self.text += data


TAGS = {
    "html", "head", "meta", "title", "style", "body", "article", "h1", "h2", "p", "sup", "a", "ol", "ul", "li", "span", "strong",
    "blockquote", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href"}


def inert_page(text: str) -> Page:
    page = Page(text)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert page.styles == 1
    assert all(link.startswith("#q1-") for link in page.links)
    assert page.policy == "default-src 'none'; style-src 'unsafe-inline'"
    return page


def reader() -> MarkdownIt:
    """A reader that takes every link for a good one, and HTML for HTML."""
    found = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found.validateLink = lambda url: True  # type: ignore[method-assign]
    return found


MARKS = st.text(st.sampled_from("`*_[]()<>#|~!&;\\-+=.:/\"' ab1\n"), max_size=40)


def inert_paper(text: str) -> None:
    tokens = reader().parse(text)
    kinds = {token.type for token in tokens} | {one.type for token in tokens for one in token.children or ()}
    allowed = {"heading", "paragraph", "strong", "em", "table", "thead", "tbody", "tr", "th", "td", "bullet_list", "list_item"}
    spare = kinds - {f"{name}_{end}" for name in allowed for end in ("open", "close")}
    assert spare <= {"inline", "text", "text_special", "softbreak"}, spare


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_is_shown_and_never_obeyed(payload: str) -> None:
    page = inert_page(export([hostile(payload)], "html"))
    assert one_line(payload) in page.text
    inert_paper(export([hostile(payload)], "md"))


@given(st.text(st.characters(), max_size=40) | MARKS)
@example("\xad")  # shown, it is nothing at all
def test_no_text_at_all_is_obeyed(text: str) -> None:
    text = text if text.strip() else "x"
    inert_page(export([hostile(text)], "html"))
    inert_paper(export([hostile(text)], "md"))


ACTIVE = (
    "a *b* c", "a **b** c", "a _b_ c", "a __b__ c", "a ~~b~~ c", "a `b` c", "a [b](c) d", "![b](c)", "[a][b]", "<b>a</b>", "<http://a.b>",
    "a &amp; b", "a &copy; b", "\\* a", "# a", "## a", "a #", "> a", "- a", "+ a",
    "* a", "1. a", "1) a", "---", "===", "```", "~~~", "| a |", "a\\", "<!-- a -->", "&#42;a&#42;",
)  # fmt: skip


@pytest.mark.parametrize("text", ACTIVE)
def test_every_mark_of_markdown_is_taken_for_itself(text: str) -> None:
    assert_text(text)


@given(st.text(max_size=80) | MARKS)
def test_escaped_markdown_reads_as_the_text_itself(text: str) -> None:
    assert_text(text)


def assert_text(text: str) -> None:
    """Escaped, it reads as itself: at the beginning of a line, after something else, and in a heading."""
    for before in ("", "so: ", "# "):
        tokens = reader().parse(before + escaped(text))
        parts = [one for token in tokens for one in token.children or ()]
        assert "".join(one.content for one in parts) == (before.removeprefix("# ") + one_line(text)).strip()
        assert {one.type for one in parts} <= {"text", "text_special"}
        block = "heading" if before == "# " else "paragraph"
        assert [token.type for token in tokens if token.type != "inline"] in ([], [f"{block}_open", f"{block}_close"])


@given(st.text(max_size=80))
def test_escaped_html_reads_as_the_text_itself(text: str) -> None:
    page = Page(f"<p>{escaped_html(text)}</p>")
    assert page.text == one_line(text)
    assert page.tags == {"p"}

"""A report as a page and as Markdown: what is written of hostile words, and what a page must have and must not."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from evals.answering.evidence import Point
from evals.charts import recall_at_budget
from evals.reporting.document import Cell, Changed, Commands, Document, Figure, Listing, Section, Table, Words, crossed
from evals.reporting.markdown import code, paper
from evals.reporting.page import page

HOSTILE = (
    '"><script>alert(1)</script><img src=http://a.b/x onerror=alert(1)> | ` ``` ![x](http://a.b) <http://a.b> # *y* &amp; $z$'
)
TABLE = Table(HOSTILE, (HOSTILE, "b"), ((Cell(HOSTILE), Cell(HOSTILE, HOSTILE, "bad")), (Cell("x"), Cell("y"))))
FIGURE = Figure(HOSTILE, HOSTILE, TABLE, recall_at_budget({HOSTILE: [Point(1, 0.5, 1)]}, "searches"))
LISTING = Listing(HOSTILE, (Changed(HOSTILE, HOSTILE, HOSTILE, HOSTILE), Changed("q2", "two\nlines", "1 to 0", "fathom why a")))
ALL = Document(HOSTILE, HOSTILE, (Section(HOSTILE, (FIGURE, TABLE, Words(HOSTILE), Commands((HOSTILE,)), LISTING)),))


class Read(HTMLParser):
    """Every element with its attributes, and the words between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def read() -> Read:
    return Read(page(ALL))


def test_a_page_runs_nothing_and_loads_nothing(read: Read) -> None:
    assert not {"script", "img", "link", "iframe", "object", "embed", "base", "form", "a", "use", "image"} & {
        name for name, _ in read.elements
    }
    names = {name for _, attributes in read.elements for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in ("src", "href", "xlink:href", "style", "srcset")}
    style = "".join(read.words)
    assert "@import" not in style
    assert "url(" not in style
    policy = next(one for one in read.of("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_hostile_words_are_words(read: Read) -> None:
    # title, heading, line below it, section, figure's heading and caption (its legend is cut short); two tables with caption,
    # head, row, cell and small letters each; words, command, the listing's caption; a question's id, text, values and command
    assert "".join(read.words).count(HOSTILE) == 6 + 2 * 5 + 3 + 4


def test_every_figure_and_every_table_has_a_name_and_every_figure_its_numbers(read: Read) -> None:
    (figure,) = read.of("figure")
    assert figure["aria-labelledby"] in {one.get("id") for one in read.of("h3")}
    pictures = [one for one in read.of("div") if one.get("role") == "img"]
    assert [one["aria-label"] for one in pictures] == [f"{HOSTILE}. {HOSTILE}"]
    assert len(read.of("table")) == len(read.of("caption")) == 2
    order = [name for name, _ in read.elements]
    assert order.index("svg") < order.index("figcaption") < order.index("details") < order.index("table")


def test_a_page_names_its_language_and_each_head_and_row(read: Read) -> None:
    assert read.of("html") == [{"lang": "en"}]
    assert {one.get("scope") for one in read.of("th")} == {"col", "row"}
    assert len(read.of("h1")) == 1
    ids = [one["id"] for _, one in read.elements if "id" in one]
    assert len(ids) == len(set(ids))


def test_a_region_that_scrolls_can_be_reached_by_the_keyboard(read: Read) -> None:
    wide = [one for one in read.of("div") if one.get("class") == "wide"]
    assert {(one["tabindex"], one["role"], one["aria-label"]) for one in wide} == {("0", "region", HOSTILE)}


def test_two_figures_of_a_section_have_names_of_their_own() -> None:
    twice = Document("a", "b", (Section("c", (FIGURE, replace(FIGURE, title="other"))), Section("d", (FIGURE,))))
    ids = [one["id"] for _, one in Read(page(twice)).elements if "id" in one]
    assert len(ids) == len(set(ids)) == 3


def test_markdown_means_the_same_words() -> None:
    rendered = Read(MarkdownIt("commonmark", {"html": True}).enable("table").render(paper(ALL)))
    assert not {"script", "img", "a", "em"} & {name for name, _ in rendered.elements}
    assert len(rendered.of("table")) == 2
    assert len(rendered.of("th")) == 2 * 2
    assert len(rendered.of("td")) == 2 * 4
    # as in the page, without its title in the head; a code span in the text of a command keeps its ticks
    assert "".join(rendered.words).count(HOSTILE) == 5 + 2 * 5 + 3 + 4
    assert len(rendered.of("li")) == 1 + 2


def test_markdown_has_a_curves_numbers_and_no_picture() -> None:
    written = paper(ALL)
    assert "<svg" not in written
    assert written.count("| x | y |") == 2


@pytest.mark.parametrize("text", ["a", "a `b`", "```", "``a`", " a", "|"])
def test_a_code_span_holds_any_text(text: str) -> None:
    rendered = Read(MarkdownIt("commonmark").render(code(text)))
    assert [name for name, _ in rendered.elements] == ["p", "code"]
    assert "".join(rendered.words).strip() == text.strip()


def test_a_table_stands_so_that_it_is_high_rather_than_wide() -> None:
    found = {"bm25": {f"m{place}": place for place in range(4)}, "dense": {"m0": 9}}
    table = crossed("Means", "system", found, ["m0", "m1", "m2", "m3"], lambda value: Cell(str(value)))
    assert table.head == ("measure", "bm25", "dense")
    assert [[cell.text for cell in row] for row in table.rows][:2] == [["m0", "0", "9"], ["m1", "1", "none"]]
    few = crossed("Means", "system", found, ["m0", "m1"], lambda value: Cell(str(value)))
    assert few.head == ("system", "m0", "m1")
    assert [[cell.text for cell in row] for row in few.rows] == [["bm25", "0", "1"], ["dense", "9", "none"]]

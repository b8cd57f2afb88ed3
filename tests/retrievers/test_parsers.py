"""Every format as a reader would see it, and what is refused: encrypted, broken, scanned, bombs, and work without end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrievers.corpus import FORMATS, Document, Mark, ReadOptions, Skipped, read, walk
from retrievers.errors import UsageError
from retrievers.parsers.child import PARSERS
from retrievers.parsers.draft import Request
from retrievers.parsers.worker import Parsers

Reader = Callable[..., Any]
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\xff\xfe\xfd"


@pytest.fixture(scope="module")
def parsers() -> Iterator[Parsers]:
    with Parsers(ReadOptions()) as parsers:
        yield parsers


@pytest.fixture
def parse(tmp_path: Path, parsers: Parsers) -> Reader:
    """What a file of this name and content gives, where it gives one document or notice."""

    def parsed(name: str, content: bytes | str, options: ReadOptions | None = None) -> Document | Skipped:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        (file,) = walk([path])
        if isinstance(file, Skipped):
            return file
        (found,) = read(file, options, None if options else parsers)
        return found

    return parsed


def saved(thing: Any) -> bytes:
    """The bytes that an Office library writes."""
    out = BytesIO()
    thing.save(out)
    return out.getvalue()


def pdf(*pages: list[str], title: str = "", date: str = "") -> bytes:
    """A PDF whose pages show these lines in Helvetica; a page without lines shows nothing, as a scan's text layer would."""
    kids = " ".join(f"{5 + 2 * place} 0 R" for place in range(len(pages)))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Title ({title}) /CreationDate ({date}) >>",
    ]
    for place, lines in enumerate(pages):
        shown = " 0 -14 Td ".join(f"({line}) Tj" for line in lines)
        stream = f"BT /F1 12 Tf 72 720 Td {shown} ET" if lines else ""
        box = "/MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
        bodies.append(f"<< /Type /Page /Parent 2 0 R {box} /Contents {6 + 2 * place} 0 R >>")
        bodies.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}{trailer}".encode()


PAGES = pdf(["Kepler found", "three laws."], ["The third came in 1619."], title="Harmonices", date="D:16190101")


def word() -> bytes:
    import docx

    document = docx.Document()
    document.core_properties.title = "The Moons"
    document.core_properties.author = "G. Galilei"
    document.core_properties.created = datetime(1610, 3, 13)
    document.add_heading("Sidereus Nuncius", 1)
    document.add_paragraph("Four moons move about Jupiter.")
    document.add_paragraph("Io", style="List Bullet")
    document.add_heading("Periods", 2)
    table = document.add_table(rows=3, cols=2)
    for row, values in zip(table.rows, (("moon", "days"), ("Io", "1.77"), ("Europa", "3.55")), strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    return saved(document)


def book(*rows: tuple[Any, ...]) -> bytes:
    import openpyxl

    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Planets"
    for row in rows:
        sheet.append(row)
    return saved(made)


def slides() -> bytes:
    import pptx

    made = pptx.Presentation()
    for title, body in (("Rings", "Huygens saw a ring."), ("Gap", "Cassini saw a gap.")):
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    made.slides[1].notes_slide.notes_text_frame.text = "Say that it was 1675."
    return saved(made)


def mail() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Edmond <e@example.org>", "isaac@example.org", "The comet"
    message["Date"] = "Tue, 22 Aug 1682 10:00:00 +0000"
    message.set_content("It will return.\n\nIn 1758.\n")
    return message


# Text


def test_text_is_kept_with_one_kind_of_line_end(parse: Reader) -> None:
    found = parse("the_red planet.txt", b"Mars is red.\r\n\r\nIt has two\rmoons.\n")
    assert (found.text, found.title, found.type) == ("Mars is red.\n\nIt has two\nmoons.\n", "the red planet", "txt")
    assert (found.id, found.notes, dict(found.fields)) == ("the_red planet.txt", (), {})


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Johannes Kepler wurde 1571 in Weil der Stadt geboren. Er erklärte die Bahnen und schrieb über die Größe."),
        ("cp1252", "L’anneau était déjà visible à l’œil exercé."),
        ("cp1250", "Mikołaj Kopernik urodził się w Toruniu. Żył długo i badał ruchy planet."),
        ("cp1251", "Луна вращается вокруг Земли. Галилей увидел четыре спутника Юпитера."),
        ("cp932", "ガリレオは木星の四つの衛星を見た。それは1610年のことである。"),
    ],
)
def test_another_encoding_is_read_and_told(encoding: str, text: str, parse: Reader) -> None:
    found = parse("letter.txt", text.encode(encoding))
    assert found.text == text
    assert found.notes == (f"read as {found.fields['encoding']}, which is a guess",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(encoding: str, parse: Reader) -> None:
    found = parse("letter.txt", "Größe 😀".encode(encoding))
    assert (found.text, found.notes) == ("Größe 😀", ())


def test_a_text_that_breaks_its_own_byte_order_mark_is_refused(parse: Reader) -> None:
    found = parse("letter.txt", b"\xef\xbb\xbfabc\xff")
    assert found.reason == "begins with the mark of utf_8_sig and is not in it: invalid start byte"


@pytest.mark.parametrize("content", [PICTURE * 20, bytes(1000), Path(sys.executable).resolve().read_bytes()[:100_000]])
def test_binary_data_named_txt_is_named(content: bytes, parse: Reader) -> None:
    assert "binary data" in parse("notes.txt", content).reason


def test_a_stray_nul_is_replaced_and_told(parse: Reader) -> None:
    found = parse("notes.txt", "A star was seen by night.\0 It was new.")
    assert found.text == "A star was seen by night.\ufffd It was new."
    assert found.fields["fathom_replaced"] == {"text": [[25, 0]]}
    assert "cannot be stored" in found.notes[0]


# Markdown


def test_markdown_is_read_without_its_markup(parse: Reader) -> None:
    source = """---
title: "On *Mars*"
date: 1609-08-01
tags: [a, b]
---
# Mars

A **red** planet, see [Kepler](kepler.md "K") and `orbit()`.
It moves.

- one
- two
  1. deep

## Moons

| name | days |
|------|------|
| Phobos | 0.3 |
| Deimos | 1.3 |

```python
a  = 1
```

<div>last <b>words</b></div>
"""
    found = parse("mars.md", source)
    expected = (
        "Mars\n\nA red planet, see Kepler and orbit().\nIt moves.\n\n- one\n- two\n  1. deep\n\nMoons\n\n"
        "name: Phobos\ndays: 0.3\n\nname: Deimos\ndays: 1.3\n\na  = 1\n\nlast words"
    )
    assert found.text == expected
    assert (found.title, found.date, found.fields["tags"]) == ("On *Mars*", "1609-08-01", "[a, b]")
    assert found.marks == (
        Mark("heading", 0, "Mars", 1),
        Mark("heading", expected.index("Moons"), "Moons", 2),
        Mark("type", expected.index("name: Phobos"), "table"),
        Mark("type", expected.index("a  = 1"), "code"),
        Mark("type", expected.index("last words"), "text"),
    )


def test_a_markdown_file_is_called_by_its_first_heading(parse: Reader) -> None:
    assert parse("a.md", "Before.\n\nVenus\n=====\n").title == "Venus"
    assert parse("a_file.md", "## Only a lower one\n").title == "a file"


# HTML


def test_html_is_read_as_it_is_seen(parse: Reader) -> None:
    source = """<!doctype html><html><head><title>The  Moon</title><meta property="article:published_time"
      content="1969-07-20T20:17:00Z"><style>p {}</style></head><body><!-- not shown -->
      <h1>Apollo <em>11</em></h1><p>The <b>Eagle</b>&nbsp;landed.<br>Men walked.</p><script>x()</script>
      <div>First<p>second</p>third</div><ul><li>dust</li></ul>
      <table><tr><th>who</th><th>role</th></tr><tr><td>Armstrong</td><td>commander</td></tr></table>
      <table><tr><td>only a layout</td></tr></table><pre>a
  b</pre></body></html>"""
    found = parse("moon.html", source)
    assert found.text == (
        "Apollo 11\n\nThe Eagle landed.\nMen walked.\n\nFirst\n\nsecond\n\nthird\n\n- dust\n\n"
        "who: Armstrong\nrole: commander\n\nonly a layout\n\na\n  b"
    )
    assert (found.title, found.date) == ("The Moon", "1969-07-20")
    assert found.marks[0] == Mark("heading", 0, "Apollo 11", 1)


def test_html_may_declare_its_encoding(parse: Reader) -> None:
    found = parse("a.html", '<meta charset="iso-8859-2"><p>Żył w Toruniu</p>'.encode("iso-8859-2"))
    assert (found.text, found.notes) == ("Żył w Toruniu", ())


def test_html_nested_without_end_is_read_without_recursion(parse: Reader) -> None:
    found = parse("deep.html", "<div>" * 50_000 + "bottom")
    assert isinstance(found, Document | Skipped)
    assert parse("a.html", "<p>still here").text == "still here"


# Office


def test_a_word_document_has_headings_lists_and_tables(parse: Reader) -> None:
    found = parse("moons.docx", word())
    expected = (
        "Sidereus Nuncius\n\nFour moons move about Jupiter.\n\n- Io\n\n"
        "Periods\n\nmoon: Io\ndays: 1.77\n\nmoon: Europa\ndays: 3.55"
    )
    assert (found.text, found.title, found.date) == (expected, "The Moons", "1610-03-13")
    assert (found.fields, found.type) == ({"author": "G. Galilei"}, "docx")
    periods, first = expected.index("Periods"), expected.index("moon: Io")
    assert found.marks == (
        Mark("heading", 0, "Sidereus Nuncius", 1),
        Mark("heading", periods, "Periods", 2),
        Mark("type", first, "table"),
    )


def test_a_workbook_gives_each_row_under_its_header(parse: Reader) -> None:
    rows = ("planet", "found", "moons"), ("Uranus", datetime(1781, 3, 13), 27.0), (None, None, None), ("Neptune", 1846, 14.5)
    found = parse("planets.xlsx", book(*rows))
    assert found.text == "Planets\n\nplanet: Uranus\nfound: 1781-03-13\nmoons: 27\n\nplanet: Neptune\nfound: 1846\nmoons: 14.5"
    assert found.marks == (Mark("heading", 0, "Planets", 1), Mark("type", 9, "table"))


def test_a_workbook_with_owners_is_refused(parse: Reader) -> None:
    content = book(("note", "Owner"), ("mine", "alice"))
    with pytest.raises(UsageError, match="field 'Owner'"):
        parse("a.xlsx", content)
    with pytest.raises(UsageError, match="cannot be divided"):
        parse("a.xlsx", content, ReadOptions(owner_field="Owner"))
    assert "note: mine" in parse("a.xlsx", content, ReadOptions(owner_field="none")).text


def test_slides_are_pages(parse: Reader) -> None:
    found = parse("rings.pptx", slides())
    assert found.text == "Rings\n\nHuygens saw a ring.\n\nGap\n\nCassini saw a gap.\n\nSay that it was 1675."
    gap = found.text.index("Gap")
    assert found.marks == (
        Mark("page", 0, "1"),
        Mark("heading", 0, "Rings", 1),
        Mark("page", gap, "2"),
        Mark("heading", gap, "Gap", 1),
    )
    assert found.title == "Rings"


# PDF


def test_a_pdf_knows_its_pages_title_and_date(parse: Reader) -> None:
    found = parse("harmony.pdf", PAGES)
    assert found.text == "Kepler found\nthree laws.\n\nThe third came in 1619."
    assert found.marks == (Mark("page", 0, "1"), Mark("page", 26, "2"))
    assert (found.title, found.date) == ("Harmonices", "1619-01-01")


def test_a_pdfs_outline_gives_headings(parse: Reader) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(BytesIO(pdf(["Laws", "Planets move in ellipses.", "The Third", "Periods and distances."]))))
    laws = writer.add_outline_item(title="Laws", page_number=0)
    writer.add_outline_item(title="THE THIRD", page_number=0, parent=laws)
    out = BytesIO()
    writer.write(out)
    found = parse("laws.pdf", out.getvalue())
    assert found.text == "Laws\n\nPlanets move in ellipses.\n\nThe Third\n\nPeriods and distances."
    assert found.marks[1:] == (Mark("heading", 0, "Laws", 1), Mark("heading", 33, "The Third", 2))


def test_a_scanned_pdf_is_named_as_having_no_text_layer(parse: Reader) -> None:
    found = parse("scan.pdf", pdf([], [], []))
    assert found.reason == "has no text layer: its 3 pages are pictures"
    assert "ocrmypdf" in found.next


def test_a_page_without_text_is_told(parse: Reader) -> None:
    assert parse("half.pdf", pdf(["Text."], [])).notes == ("no text layer on 1 of 2 pages: 2",)


@pytest.mark.parametrize(("password", "readable"), [("secret", False), ("", True)])
def test_an_encrypted_pdf_is_named_unless_its_password_is_empty(password: str, readable: bool, parse: Reader) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(BytesIO(PAGES)))
    writer.encrypt(password, owner_password="owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    found = parse("locked.pdf", out.getvalue())
    if readable:
        assert found.text.startswith("Kepler found")
    else:
        assert found.reason == "is encrypted, and needs a password"


@pytest.mark.parametrize("content", [b"%PDF-1.7\nnothing more", b"no pdf at all", PAGES[: len(PAGES) // 2]])
def test_a_broken_pdf_is_named(content: bytes, parse: Reader) -> None:
    found = parse("broken.pdf", content)
    assert isinstance(found, Skipped)
    assert "broken" in found.reason or "no pages" in found.reason


# Mail and tables


def test_a_mail_says_who_wrote_when(parse: Reader) -> None:
    message = mail()
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="orbit.bin")
    found = parse("comet.eml", bytes(message))
    assert found.text == (
        "From: Edmond <e@example.org>\nTo: isaac@example.org\nDate: Sat, 22 Aug 1682 10:00:00 +0000\n\n"
        "It will return.\n\nIn 1758."
    )
    assert (found.title, found.date) == ("The comet", "1682-08-22")
    assert found.notes == ("the attachment 'orbit.bin' was not read",)


def test_a_mail_in_html_alone_is_read(parse: Reader) -> None:
    message = mail()
    message.set_content("<p>It <b>will</b> return.</p>", subtype="html")
    assert parse("comet.eml", bytes(message)).text.endswith("\n\nIt will return.")


def test_a_mail_whose_charset_is_wrong_is_not_mangled(parse: Reader) -> None:
    headers = b"Subject: Gr\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 8bit\n\n"
    raw = headers + b"Die Gr\xf6\xdfe der Bahnen\n"
    found = parse("size.eml", raw)
    assert found.text == "Die Größe der Bahnen"
    assert "which is a guess" in found.notes[0]


def test_what_is_no_mail_is_named(parse: Reader) -> None:
    assert "headers of a mail" in parse("x.eml", "just words\n").reason


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'planet,"number, of moons",note\nMars,2,\n"Ju\npiter",95,"big, ""very"""\n\n'),
        ("a.csv", 'planet;number, of moons;note\nMars;2;\n"Ju\npiter";95;"big, ""very"""\n'),
        ("a.tsv", 'planet\tnumber, of moons\tnote\nMars\t2\t\n"Ju\npiter"\t95\t"big, ""very"""\n'),
    ],
)
def test_each_row_of_a_table_reads_alone(name: str, content: str, parse: Reader) -> None:
    found = parse(name, content)
    assert found.text == 'planet: Mars\nnumber, of moons: 2\n\nplanet: Ju piter\nnumber, of moons: 95\nnote: big, "very"'
    assert (found.id, found.title, found.marks) == (name, "a", (Mark("type", 0, "table"),))


def test_a_table_without_rows_is_named(parse: Reader) -> None:
    assert parse("a.csv", "planet,moons\n").reason == "has no rows below its header"


def test_rows_of_a_table_go_to_their_owners(tmp_path: Path, parse: Reader) -> None:
    (tmp_path / "n.csv").write_text("note,user\nfirst,alice\nsecond,bob\nthird,alice\n", "utf-8")
    (file,) = walk([tmp_path / "n.csv"])
    with pytest.raises(UsageError, match=r"n\.csv has a field 'user'"):
        list(read(file))  # type: ignore[arg-type]
    found = {one.owner: one.text for one in read(file, ReadOptions(owner_field="user"))}  # type: ignore[arg-type, union-attr]
    assert found == {"alice": "note: first\nuser: alice\n\nnote: third\nuser: alice", "bob": "note: second\nuser: bob"}
    for row in ("fourth,\n", "fourth\n"):
        with pytest.raises(UsageError, match=r"n\.csv, line 3"):
            parse("n.csv", "note,user\nfirst,alice\n" + row, ReadOptions(owner_field="user"))


# Bombs and limits


def archive(*members: tuple[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members:
            made.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: archive(("word/document.xml", bytes(200_000_000))), "would unpack to 190 MB"),
        (lambda: archive(*((f"m{number}", b"") for number in range(10_001))), "an archive of 10001 members"),
        (lambda: archive(("../../etc/x", b"y")), "holds a member named '../../etc/x'"),
        (lambda: archive(("/etc/x", b"y")), "holds a member named '/etc/x'"),
        (lambda: archive(("a.txt", b"y")), "broken"),
        (lambda: word()[:2000], "is broken"),
        (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2000), "is encrypted, or in the binary format"),
        (lambda: b"no archive", "is broken"),
    ],
    ids=["bomb", "members", "climbing", "absolute", "another", "cut", "encrypted", "text"],
)
def test_an_archive_that_is_no_document_is_refused(name: str, content: Callable[[], bytes], reason: str, parse: Reader) -> None:
    found = parse(name, content())
    assert isinstance(found, Skipped)
    assert reason in found.reason
    assert found.next


def test_a_bomb_is_refused_before_it_is_unpacked(parse: Reader) -> None:
    parse("small.docx", word())
    before = {child.pid: child.memory_info().rss for child in psutil.Process().children()}
    bomb = archive(("word/document.xml", bytes(200_000_000)))
    start = time.perf_counter()
    assert isinstance(parse("bomb.docx", bomb), Skipped)
    assert time.perf_counter() - start < 5
    after = {child.pid: child.memory_info().rss for child in psutil.Process().children()}
    assert set(before) == set(after)
    assert all(after[pid] - rss < 64 << 20 for pid, rss in before.items())


def test_an_archive_that_lies_about_its_sizes_gives_no_more_than_it_said(parse: Reader) -> None:
    """200 MB that claim to be 1,000 bytes, in both of the archive's headers."""
    content, size, lie = word_with(bytes(200_000_000)), (200_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert content.count(size) == 2
    found = parse("liar.docx", content.replace(size, lie))
    assert isinstance(found, Skipped)
    assert "broken" in found.reason


def word_with(body: bytes) -> bytes:
    """A Word document whose main part is `body`."""
    with zipfile.ZipFile(BytesIO(word())) as old:
        return archive(*((name, body if name == "word/document.xml" else old.read(name)) for name in old.namelist()))


HEAVY = "<p>" + "<b>x</b>" * 1_000_000


def test_parsing_that_needs_too_much_memory_is_stopped(parse: Reader) -> None:
    found = parse("heavy.html", HEAVY, ReadOptions(memory=64))
    assert found.reason == "needs more than 64 MB of memory to parse"


def test_parsing_that_takes_too_long_is_stopped(parse: Reader) -> None:
    found = parse("slow.html", HEAVY, ReadOptions(seconds=1))
    assert found.reason == "was not parsed within 1 s"


def test_a_file_or_a_text_that_is_too_large_is_refused(parse: Reader) -> None:
    assert parse("long.txt", "a " * (1 << 20), ReadOptions(megabytes=1)).reason == "has 2 MB, more than 1"
    rows = [("word",), *((f"{number} " + "abc " * 2000,) for number in range(200))]
    assert "holds more than 1048576 characters" in parse("long.xlsx", book(*rows), ReadOptions(megabytes=1)).reason


def test_a_child_that_was_killed_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Mars\n\nRed.", "utf-8")
    (file,) = walk([tmp_path / "a.md"])
    with Parsers(ReadOptions()) as parsers:
        first = list(read(file, None, parsers))  # type: ignore[arg-type]
        (child,) = psutil.Process().children()[-1:]
        child.kill()
        child.wait()
        assert list(read(file, None, parsers)) == first  # type: ignore[arg-type]


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Mars", "utf-8")
    code = """
import os, signal, sys, psutil
from retrievers.corpus import ReadOptions, read, walk
from retrievers.parsers.worker import Parsers
parsers = Parsers(ReadOptions())
(file,) = walk([sys.argv[1]])
list(read(file, None, parsers))
print(*[child.pid for child in psutil.Process().children()], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "a.md")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    (pid,) = map(int, done.stdout.split())
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_parsing_opens_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, where sockets can be taken away."""

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a parser opened a socket")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    page = '<!DOCTYPE html SYSTEM "http://example.org/x.dtd"><base href="http://example.org/"><img src="a.png"><p>Seen.</p>'
    for kind, content in {**SEEDS, "html": page.encode(), "md": b"![a](http://example.org/a.png) Seen."}.items():
        path = tmp_path / f"a.{kind}"
        path.write_bytes(content)
        assert PARSERS[kind](Request(path, path.name, 1 << 20))[0].text


def test_a_childs_working_folder_lends_it_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is indexed from within may hold a file named like a module."""
    (tmp_path / "charset_normalizer.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", "utf-8")
    (tmp_path / "json.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", "utf-8")
    (tmp_path / "a.txt").write_bytes("Größe der Bahnen".encode("cp1252"))
    monkeypatch.chdir(tmp_path)
    (file,) = walk(["a.txt"])
    assert [type(one) for one in read(file)] == [Document]  # type: ignore[arg-type]
    assert not (tmp_path / "ran").exists()


# Anything at all


SEEDS = {"pdf": PAGES, "docx": word(), "xlsx": book(("a", "b"), (1, 2)), "pptx": slides(), "eml": bytes(mail())}
SUFFIXES = sorted(suffix for suffix in FORMATS if not suffix.startswith(".jsonl"))
CONTENT = st.binary(min_size=1, max_size=300) | st.text(min_size=1).map(lambda text: text.encode("utf-8", "surrogatepass"))
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


def only_documents_or_notices(path: Path, content: bytes, parsers: Parsers) -> None:
    path.write_bytes(content)
    for file in walk([path]):
        found = [file] if isinstance(file, Skipped) else list(read(file, ReadOptions(owner_field="none"), parsers))
        assert found
        for one in found:
            if isinstance(one, Skipped):
                assert one.reason
                assert one.next
            else:
                assert one.text.strip()
                one.text.encode()
                assert all(0 <= mark.start < len(one.text) for mark in one.marks)
                headings = [mark for mark in one.marks if mark.kind == "heading"]
                assert all(one.text.startswith(mark.label, mark.start) for mark in headings)


@pytest.fixture(scope="module")
def lenient() -> Iterator[Parsers]:
    with Parsers(ReadOptions(owner_field="none", seconds=20)) as parsers:
        yield parsers


@ONCE
@given(suffix=st.sampled_from(SUFFIXES), content=CONTENT)
def test_any_bytes_give_documents_or_a_notice(suffix: str, content: bytes, tmp_path: Path, lenient: Parsers) -> None:
    only_documents_or_notices(tmp_path / f"any{suffix}", content, lenient)


@settings(ONCE, max_examples=min(300, ONCE.max_examples))  # a parser that fails is started anew: slow
@given(kind=st.sampled_from(sorted(SEEDS)), place=st.floats(0, 1), change=st.binary(min_size=1, max_size=8), cut=st.booleans())
def test_a_damaged_document_gives_documents_or_a_notice(
    kind: str, place: float, change: bytes, cut: bool, tmp_path: Path, lenient: Parsers
) -> None:
    content = SEEDS[kind]
    at = int(place * (len(content) - 1))
    hurt = content[:at] + change + (b"" if cut else content[at + len(change) :])
    only_documents_or_notices(tmp_path / f"hurt.{kind}", hurt, lenient)


def test_random_bytes_of_every_kind_give_a_notice(tmp_path: Path, lenient: Parsers) -> None:
    for suffix in SUFFIXES:
        only_documents_or_notices(tmp_path / f"noise{suffix}", os.urandom(5000), lenient)

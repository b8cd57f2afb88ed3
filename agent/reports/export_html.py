"""A question's record as one HTML page with footnotes: no script, nothing from outside, every text escaped."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agent.reports.footnotes import Footnoted, Sentence, Source, footnoted
from agent.reports.wording import KINDS, came, effort_of, ended, headline
from retrievers.printable import one_line

Record = Mapping[str, Any]
_STYLE = """
:root { color-scheme: light dark;
  --ink: #1d2430; --soft: #5b6675; --line: #d9dee6; --mark: #0b63b6; --paper: #fff; --bad: #9a5b00 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --soft: #9aa6b5; --line: #333c48; --mark: #7db8f2; --paper: #14181e; --bad: #e0ad5c }
}
body { background: var(--paper); color: var(--ink); font: 17px/1.6 Georgia, "Times New Roman", serif;
  margin: 0 auto; max-width: 44rem; padding: 3rem 1.25rem 5rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem }
article + article { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 3rem }
h2 { font: 600 .8rem/1.4 system-ui, sans-serif; letter-spacing: .06em; margin: 2.25rem 0 .75rem; text-transform: uppercase;
  color: var(--soft) }
.short { font-size: 1.25rem; font-weight: 600; margin: 0 0 1.25rem }
sup a { font: 600 .72rem system-ui, sans-serif; padding: 0 .1em; text-decoration: none }
a { color: var(--mark) }
.open { color: var(--bad); font-style: italic }
ol, ul { padding-left: 1.5rem } li { margin: .5rem 0 } li:target { outline: 2px solid var(--mark); outline-offset: .35rem }
.where, table, .facts { font: .85rem/1.5 system-ui, sans-serif; color: var(--soft) }
blockquote { margin: .25rem 0 0; padding-left: .9rem; border-left: 3px solid var(--line) }
table { border-collapse: collapse; width: 100% }
td, th { border-top: 1px solid var(--line); padding: .4rem .5rem; text-align: left; vertical-align: top }
td:last-child, th:last-child { text-align: right }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(records: Sequence[Record]) -> str:
    """The answers, their sources as footnotes, and how each was found, as one page that stands alone.

    >>> page([record(ledger, run)]).startswith("<!doctype html>")
    True
    """
    title = escaped(records[0]["question"]) if records else "Fathom"
    bodies = "\n".join(
        f"<article>\n{chr(10).join(_question(one, f'q{number}-'))}\n</article>" for number, one in enumerate(records, start=1)
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{bodies}\n</body>\n</html>\n"
    )


def escaped(text: str) -> str:
    """`text` on one line, for the content of an element or of a quoted attribute.

    >>> escaped('<img src="x">')
    '&lt;img src=&quot;x&quot;&gt;'
    """
    return html.escape(one_line(text), quote=True)


def _question(record: Record, prefix: str) -> Iterator[str]:
    noted = footnoted(record)
    yield f"<h1>{escaped(record['question'])}</h1>"
    yield f'<p class="short">{escaped(headline(record))}</p>'
    yield from _body(record, noted, prefix)
    if noted.sources:
        yield "<h2>Sources</h2>"
        yield f"<ol>{''.join(_source(one, prefix) for one in noted.sources)}</ol>"
    if record["failures"]:
        yield "<h2>What failed</h2>"
        yield f"<ul>{''.join(_failure(one) for one in record['failures'])}</ul>"
    yield "<h2>How it was found</h2>"
    yield _facts(record)
    if record["searches"]:
        yield _searches(record["searches"])


def _body(record: Record, noted: Footnoted, prefix: str) -> Iterator[str]:
    if noted.sentences:
        yield from (f"<p>{_sentence(one, prefix)}</p>" for one in noted.sentences)
    elif record["answer"]["text"] and record["answer"]["text"] != headline(record):
        yield f"<p>{escaped(record['answer']['text'])}</p>"
    for dispute in noted.disputes:
        yield f"<h2>{KINDS['conflict']}: {escaped(dispute.about)}</h2>"
        yield f"<ul>{''.join(f'<li>{_sentence(one, prefix)}</li>' for one in dispute.sentences)}</ul>"


def _sentence(one: Sentence, prefix: str) -> str:
    marks = "".join(f'<sup><a href="#{prefix}{number}">{number}</a></sup>' for number in one.sources)
    if one.supported:
        return escaped(one.text) + marks
    reason = f": {escaped(one.reason)}" if one.reason else ""
    return f'{escaped(one.text)}{marks} <span class="open">(not supported by what was shown{reason})</span>'


def _source(one: Source, prefix: str) -> str:
    title = f"<strong>{escaped(one.title)}</strong>, " if one.title else ""
    path = f" (by {escaped(' / '.join(one.path))})" if one.path else ""
    where = f"{title}{escaped(one.item)}, characters {one.start} to {one.end}{path}"
    return f'<li id="{prefix}{one.number}"><span class="where">{where}</span><blockquote>{escaped(one.quote)}</blockquote></li>'


def _failure(one: Record) -> str:
    happened = escaped(one.get("happened") or one["kind"])
    remedy = f"; {escaped(one['remedy'])}" if one["remedy"] else ""
    return f"<li>{escaped(one['step'])}: {happened}{remedy}</li>"


def _facts(record: Record) -> str:
    how = f"policy {escaped(record['policy'])}, recipe {escaped(record['recipe'])}, {effort_of(record)}"
    return f'<p class="facts">Run {escaped(record["run"])}: {how}. The search ended because {ended(record)}.</p>'


def _searches(searches: Sequence[Record]) -> str:
    rows = "".join(
        f"<tr><td>{number}</td><td>{escaped(one['query'])}</td><td>{escaped(came(one))}</td></tr>"
        for number, one in enumerate(searches, start=1)
    )
    return f"<table><thead><tr><th></th><th>searched</th><th>came to</th></tr></thead><tbody>{rows}</tbody></table>"

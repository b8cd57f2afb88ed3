"""A report as one HTML page: no script, nothing from outside, every text escaped, light and dark."""

from __future__ import annotations

import html
from collections.abc import Iterator

from agent.reports.export_html import escaped
from evals import charts
from evals.reporting.document import Cell, Changed, Commands, Document, Figure, Listing, Section, Table, Words

_STYLE = """
:root { color-scheme: light dark;
  --ink: #1d2430; --soft: #5b6675; --line: #d9dee6; --paper: #fff; --wash: #f4f6f9; --good: #1f7a4d; --bad: #a3470c }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --soft: #9aa6b5; --line: #333c48; --paper: #14181e; --wash: #1c222b; --good: #5cc795; --bad: #f0a070 }
}
body { background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 64rem;
  padding: 2.5rem 1.25rem 5rem; overflow-wrap: anywhere }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 }
.about { color: var(--soft); margin: .35rem 0 0 }
h2 { border-top: 1px solid var(--line); font-size: 1.25rem; margin: 3rem 0 1rem; padding-top: 1.5rem }
h3 { font-size: 1rem; margin: 0 0 .5rem }
p { max-width: 46rem } p.small, figcaption, .values { color: var(--soft); font-size: .88rem }
.wide { margin: 0 0 1.5rem; overflow-x: auto }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; min-width: 100% }
caption { font-weight: 600; padding: 0 0 .4rem; text-align: left; white-space: nowrap }
td, th { border-top: 1px solid var(--line); padding: .4rem 1rem .4rem 0; text-align: left; vertical-align: top; font-weight: 400 }
thead th { border-top: 0; color: var(--soft); white-space: nowrap } tbody th { font-weight: 600; min-width: 6.5rem }
table.figures tbody th { min-width: 10rem } tbody th, td { max-width: 30rem }
table.figures td, table.figures thead th + th { text-align: right; overflow-wrap: normal; white-space: nowrap }
td span { color: var(--soft); display: block; font-size: .8rem } .good { color: var(--good) } .bad { color: var(--bad) }
table:not(.figures) td { min-width: 8rem }
pre { background: var(--wash); border-radius: 6px; font: .82rem/1.6 ui-monospace, monospace; margin: .5rem 0 1.25rem;
  overflow-wrap: anywhere; padding: .6rem .8rem; white-space: pre-wrap }
.charts { display: grid; gap: 2.5rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)) }
figure { margin: 0; min-width: 0 } figure svg { height: auto; max-width: 100% } figcaption { margin: .5rem 0 }
.charts + * { margin-top: 2rem }
summary { color: var(--soft); cursor: pointer; font-size: .88rem } details .wide { margin-top: .75rem }
ol { padding-left: 1.5rem } li { margin: 0 0 1.25rem } li p { margin: 0 } li pre { margin: .4rem 0 0 }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(document: Document) -> str:
    """The whole report as one page that stands alone.

    >>> page(report.document()).startswith("<!doctype html>")
    True
    """
    body = "\n".join(_section(one, number) for number, one in enumerate(document.sections, start=1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escaped(document.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escaped(document.title)}</h1>\n<p class="about">{escaped(document.about)}</p>\n{body}\n</main>\n</body>\n</html>\n'
    )


def _section(section: Section, number: int) -> str:
    """Figures beside each other where there is room, all else below each other."""
    figures = [_figure(one, f"{number}-{place}") for place, one in enumerate(section.blocks) if isinstance(one, Figure)]
    drawn = [f'<div class="charts">\n{chr(10).join(figures)}\n</div>'] if figures else []
    rest = [_block(one) for one in section.blocks if not isinstance(one, Figure)]
    return "\n".join([f"<section>\n<h2>{escaped(section.title)}</h2>", *drawn, *rest, "</section>"])


def _block(block: Words | Table | Commands | Listing) -> str:
    match block:
        case Words(text):
            return f'<p class="small">{escaped(text)}</p>'
        case Commands(lines):
            return "".join(f"<pre>{escaped(line)}</pre>" for line in lines)
        case Listing(caption, questions):
            return f"<h3>{escaped(caption)}</h3>\n<ol>{''.join(map(_changed, questions))}</ol>"
        case Table():
            return _table(block)


def _table(table: Table) -> str:
    """It scrolls by itself where the page is narrow; so it can be reached by the keyboard."""
    head = "".join(f'<th scope="col">{escaped(name)}</th>' for name in table.head)
    rows = "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in table.rows)
    kind = ' class="figures"' if table.figures else ""
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escaped(table.caption)}"><table{kind}>'
        f"<caption>{escaped(table.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(row: tuple[Cell, ...]) -> Iterator[str]:
    first, *rest = row
    yield f'<th scope="row">{escaped(first.text)}</th>'
    for one in rest:
        tone = f' class="{one.tone}"' if one.tone else ""
        soft = f"<span>{escaped(one.soft)}</span>" if one.soft else ""
        yield f"<td{tone}>{escaped(one.text)}{soft}</td>"


def _figure(figure: Figure, id: str) -> str:
    return (
        f'<figure aria-labelledby="figure-{id}">\n<h3 id="figure-{id}">{escaped(figure.title)}</h3>\n'
        f'<div role="img" aria-label="{escaped(f"{figure.title}. {figure.says}")}">{charts.svg(figure.chart)}</div>\n'
        f"<figcaption>{escaped(figure.says)}</figcaption>\n"
        f"<details><summary>The numbers</summary>{_table(figure.numbers)}</details>\n</figure>"
    )


def _changed(one: Changed) -> str:
    return (
        f'<li><p><strong>{escaped(one.id)}</strong> {escaped(one.text)}</p><p class="values">{escaped(one.values)}</p>'
        f"<pre>{escaped(one.why)}</pre></li>"
    )

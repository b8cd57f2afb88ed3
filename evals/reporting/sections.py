"""What a report says, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agent.reports.wording import counted
from evals.compare import Compared
from evals.means import Mean
from evals.reporting.document import Block, Cell, Changed, Commands, Document, Listing, Section, Table, Tone, Words, crossed
from evals.reporting.figures import causes, curves
from evals.reporting.repeating import NOT_KEPT, again, facts
from evals.reporting.wording import chance, figure, gap

if TYPE_CHECKING:
    from evals.reporting.measured import Measured

_FLIPS, _NAMED = 10, 3
_INTERVALS = "In small letters: the 95 % bootstrap interval over questions, and how many of them the measure applies to."
_TESTS = (
    "All over the n questions that a measure applies to in both systems. Difference: with its 95 % bootstrap interval. p: paired "
    "randomisation, or McNemar's exact test where every value is 0 or 1; Holm: corrected for all tests of this report. "
    "Detectable: the smallest difference that so many questions show with 80 % power. Up and down: questions with a greater "
    "value, or a smaller one."
)


def document(report: Measured) -> Document:
    """All sections of a report that have something to say.

    >>> document(report).sections[0].title
    'What was measured'
    """
    first = report.systems[0]
    asked = counted(len(first.scores.questions), "question")
    sections = {
        "What was measured": _measured(report),
        "Figures": _figures(report),
        "Differences": _differences(report),
        "Curves": curves(report),
        "Why answers were missed": causes(report),
        "Questions that changed most": _flips(report),
        "Groups of questions": _groups(report),
    }
    told = ((title, tuple(blocks)) for title, blocks in sections.items())
    whole = tuple(Section(title, blocks) for title, blocks in told if blocks)
    return Document(_title(report), f"{first.scores.spec.dataset or 'questions'}: {asked}", whole)


def _title(report: Measured) -> str:
    first, *rest = (one.name for one in report.systems)
    if not rest:
        return first
    others = " and ".join(rest) if len(rest) < _NAMED else f"{len(rest)} systems"
    return f"{others} against {first}"


def _measured(report: Measured) -> Iterator[Block]:
    """What all systems have in common, what each has of its own, and what to type."""
    told = {one.name: facts(one.kept) for one in report.systems}
    keys = list(dict.fromkeys(name for own in told.values() for name in own))
    common = [key for key in keys if len({own.get(key, "") for own in told.values()}) == 1]
    own = [key for key in keys if key not in common]
    first = told[report.systems[0].name]
    yield Table("All systems", ("fact", "value"), tuple((Cell(key), Cell(first[key])) for key in common), figures=False)
    if own:
        rows = tuple((Cell(name), *(Cell(each.get(key, "none")) for key in own)) for name, each in told.items())
        yield Table("Each system", ("system", *own), rows, figures=False)
    yield Words("To measure these systems anew:")
    yield Commands(again([one.kept for one in report.systems]))
    yield Words(f"{NOT_KEPT} The index identity above tells whether the corpus and its index are the same.")
    if report.command:
        yield Words("To write this report again:")
        yield Commands((report.command,))


def _figures(report: Measured) -> Iterator[Block]:
    found = report.means
    measures = list(next(iter(found.values.values())))
    yield crossed("Means", "system", found.recipes, measures, _mean)
    yield Words(_INTERVALS)
    for name, each in found.recipes.items():
        failed = int(found.failed[name].sum())
        if failed:
            rest = ", ".join(f"{measure} {figure(each[measure].without_errors)}" for measure in measures)
            yield Words(f"{name}: {counted(failed, 'question')} failed, which counts as 0. Without errors: {rest}.")
    if not any(found.failed[name].any() for name in found.recipes):
        yield Words("Errors: no question failed.")


def _mean(one: Mean) -> Cell:
    if one.value is None:
        return Cell("none", "applies to no question")
    errors = f"; {counted(one.errors, 'error')}, {figure(one.without_errors)} without" if one.errors else ""
    return Cell(figure(one.value), f"{figure(one.low)} to {figure(one.high)}; n {one.n:,}{errors}")


def _differences(report: Measured) -> Iterator[Block]:
    first = report.systems[0].name
    head = ("measure", first, "", "difference", "p", "Holm", "detectable", "up", "down", "n")
    for name, found in report.comparisons.items():
        rows = tuple(_difference(measure, one, measure in report.better) for measure, one in found.measures.items())
        yield Table(f"{name} less {first}", tuple(column or name for column in head), rows)
    if report.comparisons:
        yield Words(_TESTS)


def _difference(measure: str, one: Compared, better: bool) -> tuple[Cell, ...]:
    tone: Tone = "" if not better else "good" if one.low > 0 else "bad" if one.high < 0 else ""
    return (
        Cell(measure),
        Cell(figure(one.a)),
        Cell(figure(one.b)),
        Cell(gap(one.difference), f"{gap(one.low)} to {gap(one.high)}", tone),
        Cell(chance(one.p)),
        Cell(chance(one.p_holm)),
        Cell(figure(one.detectable) if one.detectable else "unknown"),
        *(Cell(f"{count:,}") for count in (one.wins, one.losses, one.n)),
    )


def _flips(report: Measured) -> Iterator[Block]:
    """By what an answer is worth; what it took changes with every run."""
    first = report.systems[0].name
    for name, found in report.comparisons.items():
        flips = found.flips(_FLIPS, report.better)
        told = tuple(Changed(one.id, one.text, _moved(one.a, one.b), one.why) for one in flips)
        yield Listing(f"{first} to {name}", told) if told else Words(f"{first} to {name}: no question changed.")


def _moved(a: Mapping[str, float], b: Mapping[str, float]) -> str:
    return ", ".join(f"{measure} {figure(value)} to {figure(b[measure])}" for measure, value in a.items())


def _groups(report: Measured) -> Iterator[Block]:
    found = report.means
    measures = list(next(iter(found.values.values())))
    for group, each in found.groups.items():
        n = sum(group in {f"{name}={value}" for name, value in one.groups.items()} for one in found.asked)
        told = [name for name in measures if any(one[name].n for one in each.values())]
        yield crossed(f"{group}: {counted(n, 'question')}", "system", each, told, _mean)

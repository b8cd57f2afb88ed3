"""The figures of a report: curves of agents and of retrieval alone, and the causes of missed answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from evals import charts
from evals.answering.base import AnswerMeasure
from evals.answering.confidence import CalibrationError, Risk, RiskCoverage
from evals.answering.evidence import Budget, Point, recall_curve
from evals.answering.words import ExactMatch
from evals.reporting.curves import COVERAGES, budgets, depth_curve, recall_by, risk_at
from evals.reporting.document import Block, Cell, Figure, Table, Words
from evals.reporting.wording import CAUSE_WORDS, figure, share
from retrievers.errors import FathomError

if TYPE_CHECKING:
    from evals.outcomes import Outcome
    from evals.reporting.measured import Measured

Outcomes = Mapping[str, Sequence["Outcome"]]


def curves(report: Measured) -> Iterator[Block]:
    """Recall at a budget and risk by coverage of agents, recall by depth of retrieval alone; those that have points."""
    agents = {one.name: one.kept.outcomes for one in report.agents}
    alone = {one.name: one.kept.outcomes for one in report.alone}
    if agents:
        yield from _budget(agents, "searches")
        if any(step.tokens for found in agents.values() for one in found for step in one.steps):
            yield from _budget(agents, "tokens")
        yield from _risk(agents)
    if alone:
        yield from _depth(alone, min(one.kept.depth for one in report.alone))


def causes(report: Measured) -> Iterator[Block]:
    """Bars and a table; where an index is gone, a line that says so."""
    counts = {name: found for name, found in report.causes.items() if not isinstance(found, FathomError)}
    if counts:
        yield caused(counts)
    for name, found in report.causes.items():
        if isinstance(found, FathomError):
            yield Words(f"{name} has no causes: {found.happened}; {found.next}")


def caused(counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """The figure of `{system: {cause: count}}`.

    >>> caused({"standard": {"right": 27, "cut": 13}}).title
    'Causes'
    """
    order = [cause for cause in CAUSE_WORDS if any(one.get(cause) for one in counts.values())]
    rows = tuple((Cell(CAUSE_WORDS[cause]), *(Cell(f"{one.get(cause, 0):,}") for one in counts.values())) for cause in order)
    says = "Each question has one cause, the first that applies along the pipeline. " + " ".join(
        f"{name}: {one.get('right', 0):,} of {sum(one.values()):,} right." for name, one in counts.items()
    )
    return Figure("Causes", says + _more(len(counts)), Table("Causes", ("cause", *counts), rows), charts.causes(counts))


def _budget(agents: Outcomes, unit: Budget) -> Iterator[Block]:
    found = {name: recall_curve(outcomes, unit) for name, outcomes in agents.items()}
    found = {name: curve for name, curve in found.items() if curve}
    if not found:
        return
    title = "Evidence recall by searches" if unit == "searches" else "Evidence recall by tokens shown"
    ends = ", ".join(f"{name} {figure(curve[-1].recall)} after {curve[-1].budget:,}" for name, curve in found.items())
    says = (
        f"The share of the relevant documents that was shown within so many {unit}, over the {_n(found)} that name any: {ends}."
    )
    yield Figure(title, says + _more(len(found)), _recalls(unit, found), charts.recall_at_budget(found, unit))


def _depth(alone: Outcomes, kept: int) -> Iterator[Block]:
    longest = max((len(one.ranking) for found in alone.values() for one in found), default=0)
    deepest = min(kept, longest)
    found = {name: depth_curve(outcomes, deepest) for name, outcomes in alone.items()} if deepest else {}
    if not found:
        return
    title = "Recall by depth"
    ends = ", ".join(f"{name} {figure(curve[-1].recall)}" for name, curve in found.items())
    says = f"The share of what is relevant among the first places, over the {_n(found)} that name any; at {deepest:,}: {ends}."
    yield Figure(title, says + _more(len(found)), _recalls("places", found), charts.recall_at_depth(found))


def _recalls(unit: str, found: Mapping[str, Sequence[Point]]) -> Table:
    few = budgets(found)
    rows = tuple((Cell(name), *(Cell(figure(recall_by(curve, budget))) for budget in few)) for name, curve in found.items())
    return Table(f"Recall within so many {unit}", ("system", *(f"{budget:,}" for budget in few)), rows)


def _risk(agents: Outcomes) -> Iterator[Block]:
    """The curve, its area and both calibration errors; right is an exact match."""
    right: AnswerMeasure = ExactMatch()
    risk = RiskCoverage(right)
    found = {name: risk.curve(outcomes) for name, outcomes in agents.items()}
    found = {name: curve for name, curve in found.items() if curve}
    if not found:
        yield Words("No risk-coverage curve: no answer has both a confidence and a right answer to be held against.")
        return
    areas = ", ".join(f"{name} {figure(risk.figure(agents[name]).value)} over {len(curve):,}" for name, curve in found.items())
    says = f"The share of wrong answers ({right}) among those taken, the surest first. Area, less is better: {areas} answers."
    numbers = _risks(found, agents, right)
    yield Figure("Risk by coverage", says + _more(len(found)), numbers, charts.risk_by_coverage(found))
    yield Table(
        "Confidence",
        ("system", "area under risk-coverage", "calibration error", "calibration error (official)", "n"),
        tuple(_confidence(name, agents[name], right) for name in found),
    )
    yield Words(
        "Calibration error: the root of the mean square gap between confidence and the share that is right, in bins of 100 by "
        "confidence. The official one is what the evaluator of BrowseComp-Plus publishes: it leaves out the last bin, takes an "
        "answer without confidence for a sure one, and says nothing of fewer than 100."
    )


def _risks(found: Mapping[str, Sequence[Risk]], agents: Outcomes, right: AnswerMeasure) -> Table:
    rows = tuple((Cell(name), *(Cell(figure(risk_at(curve, one))) for one in COVERAGES)) for name, curve in found.items())
    return Table("Risk where so many answers are taken", ("system", *(share(one) for one in COVERAGES)), rows)


def _confidence(name: str, outcomes: Sequence[Outcome], right: AnswerMeasure) -> tuple[Cell, ...]:
    area = RiskCoverage(right).figure(outcomes)
    errors = (CalibrationError(official, right).figure(outcomes).value for official in (False, True))
    return (Cell(name), Cell(figure(area.value)), *(Cell(figure(one)) for one in errors), Cell(f"{area.n:,}"))


def _n(found: Mapping[str, Sequence[Point]]) -> str:
    n = next(iter(found.values()))[0].n
    return f"{n:,} question" if n == 1 else f"{n:,} questions"


def _more(systems: int) -> str:
    return f" The first {charts.MOST} of {systems} systems are drawn." if systems > charts.MOST else ""

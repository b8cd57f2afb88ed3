"""`fathom judge`: whether the answers of an evaluation are right, by the match of words or by a language model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.commands.options import Endpoint, Json, LedgerUrl, Model
from ui.commands.workplace import Workplace
from ui.terminal.console import DONE, emit
from ui.terminal.meter import meter

if TYPE_CHECKING:
    from evals.judges import Judged
    from evals.judging.tally import Tally
    from evals.scores import Kept


def judge(
    name: Annotated[
        str,
        typer.Argument(help="An agent's evaluation, all of it or one :SYSTEM of it, or a run's id.", metavar="NAME"),
    ],
    endpoint: Endpoint = None,
    model: Model = None,
    parallel: Annotated[int, typer.Option(help="How many answers are judged at a time.", min=1, metavar="N")] = 4,
    ledger: LedgerUrl = None,
    as_json: Json = False,
) -> int:
    """Judge the answers of an evaluation against the right ones.

    Without an endpoint, an answer is correct where it has the words of a right one, small differences of form aside. With one, a
    language model is asked at temperature 0 whether it says the same; it may say that it cannot tell, which counts neither way.
    Refusals and questions that failed are incorrect, and no model is asked about them. Every verdict is kept in the ledger with
    its reason and is never asked for again, so that the same command goes on after a stop.
    """
    from evals.judges import Bench, NormalisedMatch
    from evals.judging.tally import Tally
    from evals.scores import systems
    from ui.terminal.judging import judging

    place = Workplace.at(ledger, endpoint=endpoint, model=model)
    kept, tally = systems(place.ledger, name), Tally()
    plain = Bench(place.ledger, NormalisedMatch())
    match = [plain.judge(one) for one in kept]
    asks = bool(place.settings.endpoint or model)
    judged = _asked(place, kept, tally, parallel, as_json) if asks else match
    pairs = list(zip(judged, match, strict=True)) if asks else []
    emit(_json(judged, pairs, tally)) if as_json else judging(judged, pairs, tally)
    for one in judged:
        one.check()
    return DONE


def _asked(place: Workplace, kept: list[Kept], tally: Tally, parallel: int, quiet: bool) -> list[Judged]:
    """What a language model says."""
    from evals.judges import Bench, ModelJudge

    where = place.settings.for_endpoint()
    with ModelJudge.open(where, tally) as by, meter({}, "answers", quiet=quiet) as progress:
        bench = Bench(place.ledger, by, parallel, progress)
        return [bench.judge(one) for one in kept]


def _json(judged: list[Judged], pairs: list[tuple[Judged, Judged]], tally: Tally) -> dict[str, Any]:
    agreements = {one.name: one.against(match).as_json() for one, match in pairs}
    systems = {one.name: {**one.as_json(), "agreement": agreements.get(one.name)} for one in judged}
    usage = tally.usage
    took = {"calls": len(tally.calls), "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out, "cost": usage.cost}
    return {"judge": judged[0].judge, "systems": systems, **took}

"""The lexical-dense gap and its change, worked by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.state import Search
from evals.agentic.gap import Gap
from evals.agentic.protocol import Protocol
from evals.datasets import Question
from evals.outcomes import Outcome, Step
from evals.replaying.issued import Asked, Issued

ASKED = [Question(f"q{number}", "Who?", ("a", "b")) for number in range(4)]
ISSUED = tuple(Issued(one, tuple(Asked(Search(text)) for text in ("x", "y")[: 1 + place % 2])) for place, one in enumerate(ASKED))


def found(*shown: str) -> Sequence[Outcome]:
    """An outcome a question, of the documents that its letters are; ten tokens each."""
    return [Outcome(one, tuple(ids), steps=(Step(tuple(ids), 10 * len(ids)),)) for one, ids in zip(ASKED, shown, strict=True)]


def made() -> Gap:
    before = found("ab", "ab", "a", "a"), found("a", "a", "a", "")  # lexical 0.75, dense 0.375
    after = found("ab", "a", "a", "a"), found("ab", "a", "a", "a")  # 0.625 both
    worse = found("ab", "ab", "a", "a"), found("", "a", "a", "")
    return Gap(Protocol(), ISSUED, {"none": before, "q2q": after, "operators": worse})


def test_a_row_has_both_recalls_and_their_gap() -> None:
    first = made().rows[0]
    assert (first.lexical.value, first.dense.value, first.gap.value, first.gap.n) == (0.75, 0.375, 0.375, 4)
    assert (first.gap.wins, first.gap.losses, first.change, first.p_holm) == (3, 0, None, None)
    assert first.tokens == (15.0, 7.5)


def test_the_change_is_of_gaps_paired_by_question() -> None:
    change = made().rows[1].change
    assert change is not None
    # gaps 0.5 0.5 0 0.5, after 0 0 0 0: three questions of four lose theirs, and of the 8 sign patterns two are so extreme
    assert (change.value, change.wins, change.losses, change.p) == (-0.375, 0, 3, 0.25)


def test_ps_are_corrected_for_the_ways_of_rewriting() -> None:
    _, one, other = made().rows
    assert other.change is not None
    assert (other.change.value, other.change.p) == (0.125, 1.0)  # one question of four differs
    assert (one.p_holm, other.p_holm) == (0.5, 1.0)


def test_searches_stand_beside_recall() -> None:
    told = made().as_json()
    assert (told["n"], told["searches"], told["protocol"]["k"]) == (4, 1.5, 5)
    assert [row["rewrite"] for row in told["rows"]] == ["none", "q2q", "operators"]
    assert told["rows"][0]["gap"]["value"] == pytest.approx(0.375)
